"""What a project got to be gated by: settings, a workflow, a first baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["EXTENDED", "KEPT", "WRITTEN", "ProjectInit"]

WRITTEN, EXTENDED, KEPT = "written", "extended", "kept as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectInit:
    """What a project got.

    Attributes:
        folder: the project.
        files: path in it → "written", "extended" or "kept as it is".
        next_steps: what to do from here.
        notes: what is to be known.
    """

    folder: Path
    files: Mapping[str, str]
    next_steps: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The files and steps as JSON values."""
        return {
            "format": "evalkit.project",
            "version": 1,
            "folder": str(self.folder),
            "files": dict(self.files),
            "next_steps": list(self.next_steps),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a file."""
        import pandas as pd

        return pd.DataFrame({"file": list(self.files), "outcome": list(self.files.values())})

    _repr_html_ = shown_html
