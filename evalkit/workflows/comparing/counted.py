"""Counts that lie beside a run already, where they are what would be counted now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit.analysis.runs import scored_table_of, uses_more
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import EvalkitError
from evalkit.predictions.facts import stated
from evalkit.predictions.run import Run
from evalkit.scoring.tasks.table import ScoredTable, is_ours
from evalkit.version import __version__
from evalkit.workflows.scoring.blocks import maps_said
from evalkit.workflows.scoring.pairing import scoring_of

__all__ = ["counted_before"]


def counted_before(
    run: Run, gold: GoldDataset, wanted: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, ScoredTable]] | None:
    """Task → convention → counts as they were stored; None where anything wanted is not, or was counted otherwise.

    They must have been made by this version, of these predictions, on this gold as it was read now, in the way in which
    the run is scored again, with label maps that say the same. What a convention of another package counts, or one that
    reads something besides, such as a file of weights, is counted anew. What each item earned is not among them.

    Args:
        run: the run.
        gold: the gold.
        wanted: task → conventions that can be evaluated.
    """
    result, about = run.result, run.gold
    if result is None or about is None or not run.sha256 or run.edited or run.scoring.without:
        return None
    made_of = (result.run.get("evalkit"), result.run.get("sha256"), result.run.get("gold_fingerprint"))
    if made_of != (__version__, run.sha256, gold.fingerprint) or result.gold != gold.signature.removeprefix("gold:"):
        return None
    if dict(about.origin) != dict(gold.origin) or result.articles != len(gold):
        return None
    scoring = scoring_of(run)
    if result.run.get("scoring") != stated(scoring, gold.reading):
        return None
    if result.run.get("maps", {}) != maps_said(gold, scoring):
        return None
    if not all(is_ours(task, name) for task, names in wanted.items() for name in names):
        return None
    try:
        if any(uses_more(result.tasks[task][name]) for task, names in wanted.items() for name in names):
            return None
        return {
            task: {name: scored_table_of(result.tasks[task][name]) for name in names} for task, names in wanted.items()
        }
    except (KeyError, EvalkitError):
        # Counts that are not there, or are damaged, are made anew.
        return None
