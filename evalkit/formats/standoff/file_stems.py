"""File names for articles and annotators, whatever they are called, and back."""

from __future__ import annotations

from urllib.parse import quote, unquote

from evalkit.errors import FormatError
from evalkit.files import file_name_of

__all__ = ["file_stem_of", "name_of_stem"]


def file_stem_of(name: str, what: str = "article") -> str:
    """The name of the files of an article or annotator: what cannot stand in one is written as `%2F`.

    Raises:
        FormatError: it is empty, or too long; says `what` it is.
    """
    stem = "".join(one if one.isalnum() or one in "_-." else quote(one, safe="") for one in name)
    # Neither hidden nor like an option; nor the name of a device, which is no name of a file on Windows.
    for written in (stem, f"%{ord(stem[0]):02X}{stem[1:]}") if stem[:1].isascii() and stem else (stem,):
        try:
            file_name_of(written.replace("%", "_"), "")
        except FormatError:
            continue
        if written[0] not in ".-":
            return written
    raise FormatError(f"{what} {name!r:.80}: it cannot be the name of a file; use a shorter one")


def name_of_stem(stem: str) -> str:
    """The article or annotator by the name of its files: what we write comes back, what others write stays."""
    name = unquote(stem, errors="surrogateescape")
    try:
        return name if name != stem and file_stem_of(name) == stem else stem
    except (FormatError, UnicodeEncodeError):
        return stem
