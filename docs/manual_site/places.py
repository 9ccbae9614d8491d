"""Where the pages come from: a path in the repository for each page that is made of a file outside docs/."""

from __future__ import annotations

from pathlib import Path

__all__ = ["DOCS", "ROOT", "TAKEN"]

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent

TAKEN = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "annotations/GUIDELINES.md": "evidence/guidelines.md",
    "annotations/README.md": "evidence/gold.md",
    "experiments/public_corpora/results.md": "evidence/public_corpora_results.md",
    **{
        f"experiments/{path.parent.name}/README.md": f"evidence/{path.parent.name}.md"
        for path in sorted(ROOT.glob("experiments/*/README.md"))
        if path.parent.name != "benchmarks"
    },
    **{
        f"evalkit/extractors/shipped/models/{path.parent.name}/MODEL_CARD.md": f"evidence/{path.parent.name}.md"
        for path in sorted(ROOT.glob("evalkit/extractors/shipped/models/*/MODEL_CARD.md"))
    },
}
"""File of the repository → the page that it becomes, word for word."""
