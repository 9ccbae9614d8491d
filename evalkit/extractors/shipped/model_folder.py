"""The folder of a shipped model: whether its files are there, its settings, and a fingerprint over files and code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import ExtractorError, FormatError
from evalkit.shapes import Shape, checked, fields, list_of, number, text

__all__ = ["MODELS", "ModelFolder"]

MODELS = Path(__file__).parent / "models"
"""Where the shipped models are, each in a folder of its name."""


_SETTINGS: Mapping[str, Shape] = {
    "labels": list_of(text),
    "size": number(8, 4096, whole=True),
    "overlap": number(0, 4096, whole=True),
    **dict.fromkeys(("bias", "cost"), number()),
    **dict.fromkeys(("least", "threshold"), number(0, 1)),
}
"""What a model may be set to."""


class ModelFolder:
    """The files of one model.

    Attributes:
        path: where they are.
        files: all of them.
        settings: what the last of them, a JSON file, says.
    """

    def __init__(self, path: Path, names: Sequence[str], settings: Sequence[str]) -> None:
        """Look for the files and read the settings.

        Args:
            path: the folder.
            names: what the files are called; the last one holds the settings.
            settings: which of them the model needs.

        Raises:
            ExtractorError: a file is missing.
            FormatError: a setting is missing, or is no such value.
        """
        self.path = Path(path)
        self.files = [self.path / name for name in names]
        missing = [file.name for file in self.files if not file.is_file()]
        if missing:
            raise ExtractorError(
                f"{path}: no {', '.join(missing)} there; the folder of such a model holds {', '.join(names)}: copy all "
                "of them, or install evalkit again for a shipped one"
            )
        remedy = "write the model folder again"
        try:
            # Not by `evalkit.files`: how evalkit writes and locks files is no part of what a model is.
            read = json.loads(self.files[-1].read_bytes())
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{self.files[-1]}: not valid JSON ({error}); {remedy}") from error
        shape = fields({name: _SETTINGS[name] for name in settings})
        self.settings: dict[str, Any] = checked(read, shape, self.files[-1], remedy)
