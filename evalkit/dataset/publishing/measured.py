"""What was measured of a dataset, kept in its folder for the card: agreement, leakage, suspects.

Who measures says so (`--record`); the card repeats the figures, and says where the gold has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.files import json_bytes, read_json, write_file
from evalkit.shapes import checked, each, fields, number, text
from evalkit.version import __version__

__all__ = ["MEASURED_FILE", "Measurement", "read_measured", "record_measurement"]

MEASURED_FILE = ".evalkit-measured.json"


def _figure(value: object) -> None:
    """A number, or nothing where it is not defined."""
    if value is not None:
        number()(value)


_ONE = fields({"evalkit": text, "gold": each(text), "figures": each(_figure)})
_MEASURED = fields({"version": number(1, 1), "measured": each(_ONE)}, {"format": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Figures and what they are about.

    Attributes:
        figures: name → figure; None where it is not defined.
        gold: split → fingerprint of the gold that was measured.
        evalkit: the version that measured.
    """

    figures: Mapping[str, float | None]
    gold: Mapping[str, str]
    evalkit: str = __version__

    def is_of(self, splits: Sequence[GoldDataset]) -> bool:
        """Whether the gold that was measured is the gold of these splits still."""
        now = {gold.split: gold.fingerprint for gold in splits}
        return all(now.get(split) == fingerprint for split, fingerprint in self.gold.items())


def read_measured(folder: Path) -> dict[str, Measurement]:
    """What was measured of the gold in a folder, by the name of what measured; empty if nothing was.

    Raises:
        FormatError: the file is damaged.
    """
    path = folder / MEASURED_FILE
    if not path.is_file():
        return {}
    remedy = "delete it, and measure again"
    read = checked(read_json(path, damaged=remedy), _MEASURED, path, remedy)
    return {
        name: Measurement(figures=own["figures"], gold=own["gold"], evalkit=own["evalkit"])
        for name, own in sorted(read["measured"].items())
    }


def record_measurement(
    folder: Path, name: str, figures: Mapping[str, float | None], splits: Sequence[GoldDataset]
) -> None:
    """Keeps figures in the folder of a dataset, in place of older ones of the same name, for the next build's card.

    Args:
        folder: the dataset folder.
        name: what measured, such as `agreement`.
        figures: name → figure; None where it is not defined.
        splits: what was measured.

    Raises:
        InputError: the folder is none.
        OutputError: it cannot be written.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: figures are recorded in a dataset folder, which this is not; build one first")
    measured = read_measured(folder)
    gold = {own.split: own.fingerprint for own in splits}
    measured[name] = Measurement(figures=dict(figures), gold=gold)
    rows = {
        own: {"evalkit": one.evalkit, "gold": dict(one.gold), "figures": dict(one.figures)}
        for own, one in sorted(measured.items())
    }
    write_file(folder / MEASURED_FILE, json_bytes({"format": "evalkit.measured", "version": 1, "measured": rows}))
