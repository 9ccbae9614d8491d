"""Where the gold that ships with the package lies."""

from __future__ import annotations

from pathlib import Path

__all__ = ["BUNDLED_NAME", "bundled_gold", "dataset_name"]

BUNDLED_NAME = "news-gold"
"""The name of the bundled gold in signatures, and as a source for `load_dataset`."""


def bundled_gold() -> Path:
    """The dataset folder of the bundled gold: inside an installed package, beside it in a working copy."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "gold"
    return installed if installed.is_dir() else package.parent / "annotations"


def dataset_name(folder: Path) -> str:
    """How the dataset in a folder is called in signatures: `news-gold` for the bundled one, else like the folder."""
    resolved = folder.resolve()
    return BUNDLED_NAME if resolved == bundled_gold().resolve() else resolved.name
