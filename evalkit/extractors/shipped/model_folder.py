"""The folder of a shipped model: whether its files are there, its settings, and a fingerprint over files and code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import ExtractorError

__all__ = ["MODELS", "ModelFolder"]

MODELS = Path(__file__).parent / "models"
"""Where the shipped models are, each in a folder of its name."""


class ModelFolder:
    """The files of one model.

    Attributes:
        path: where they are.
        files: all of them.
        settings: what the last of them, a JSON file, says.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        """Look for the files and read the settings.

        Args:
            path: the folder.
            names: what the files are called; the last one holds the settings.

        Raises:
            ExtractorError: a file is missing.
        """
        self.path = Path(path)
        self.files = [self.path / name for name in names]
        missing = [file.name for file in self.files if not file.is_file()]
        if missing:
            raise ExtractorError(
                f"{path}: no {', '.join(missing)} there; the folder of such a model holds {', '.join(names)}: copy all "
                "of them, or install evalkit again for a shipped one"
            )
        self.settings: dict[str, Any] = json.loads(self.files[-1].read_text(encoding="utf-8"))
