"""The annotation formats by name, and which of them a file is in.

Other packages add theirs through the entry-point group `evalkit.formats`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from evalkit.errors import EvalkitError, InputError, guarded
from evalkit.formats.base import Format
from evalkit.formats.contents import BINARY, other_content
from evalkit.registry import Registry

__all__ = ["FORMATS", "format_of_file", "format_of_folder", "head_of", "load_format", "loadable_formats"]

FORMATS = Registry(
    what="format",
    table={
        "conll": "evalkit.formats.tags.format:CONLL",
        "conllu": "evalkit.formats.conllu.format:CONLLU",
        "hf-tokens": "evalkit.formats.tags.hf_tokens:HF_TOKENS",
        "labelstudio": "evalkit.formats.labelstudio.format:LABEL_STUDIO",
        "inline": "evalkit.formats.inline.format:INLINE",
        "native": "evalkit.formats.native.format:NATIVE",
        "parquet": "evalkit.formats.columnar:PARQUET",
        "arrow": "evalkit.formats.columnar:ARROW",
        "doccano": "evalkit.formats.doccano.format:DOCCANO",
        "spacy": "evalkit.formats.spacy_docs.format:SPACY",
        "prodigy": "evalkit.formats.prodigy.format:PRODIGY",
        "gliner": "evalkit.formats.gliner.format:GLINER",
        "csv": "evalkit.formats.delimited.format:CSV",
        "xmi": "evalkit.formats.uima.format:XMI",
        "casjson": "evalkit.formats.uima.format:CASJSON",
        "json-standoff": "evalkit.formats.keyed.format:JSON_STANDOFF",
        "brat": "evalkit.formats.brat.format:BRAT",
        "parc3": "evalkit.formats.attribution.format:PARC3",
        "litbank": "evalkit.formats.attribution.format:LITBANK",
        "booknlp": "evalkit.formats.attribution.format:BOOKNLP",
        "tei": "evalkit.formats.attribution.format:TEI",
        "webannotation": "evalkit.formats.attribution.format:WEBANNOTATION",
        "webanno": "evalkit.formats.webanno.format:WEBANNO",
    },
    group="evalkit.formats",
)
"""Each name stands for a `evalkit.formats.base.Format`. Built-in ones import what they need when they read or write."""

NATIVE = "native"
"""What a pipe is read as: it can be read once only, so nobody can look into it first."""

HEAD = 1 << 16
"""How many bytes of a file are shown to the formats."""

LOOKED_INTO = 50
"""How many files of a folder are looked into."""

SURE = 0.5
"""A format that is less sure of a file says nothing about the folder that it is in."""


def load_format(name: str) -> Format:
    """The format of a name.

    Raises:
        UnknownNameError: there is none; the near match is named.
        EvalkitError: a plugin cannot be imported, or is no format.
    """
    loaded = FORMATS.load(name)
    if not isinstance(loaded, Format):
        raise EvalkitError(f"format {name!r} is {type(loaded).__name__} {str(loaded)[:40]!r}, not a Format")
    return loaded


def format_of_file(path: Path) -> Format:
    """The format that a file is in, found by looking into it.

    Raises:
        InputError: no format knows it, or two do; says how to name one.
        EvalkitError: no format knows it, and a plugin cannot be imported.
    """
    if not path.is_file() and not _is_standard_input(path):
        return load_format(NATIVE)
    head = head_of(path)
    best, broken = _surest(path, head)
    if len(best) == 1:
        _note_broken(broken)
        return load_format(best[0])
    if broken is not None and not best:
        raise broken
    if not best and (other := other_content(head) or BINARY.get(path.suffix)):
        raise InputError(f"{path}: is {other}")
    what = f"may be {' or '.join(best)}" if best else "is in no format that evalkit knows"
    raise InputError(f"{path}: {what}; name its format with --format ({', '.join(FORMATS.names())})")


def article_suffixes() -> set[str]:
    """The endings of files in a format, but for that of plain text."""
    return {suffix for form in loadable_formats().values() for suffix in form.suffixes} - {".txt"}


def format_of_folder(folder: Path) -> Format | None:
    """The format of a folder, or of the files in it; None if none of them is in a format of ours that has no rows.

    Files of rows in a folder are left to whoever knows which of them is which split.
    """
    best, broken = _surest(folder, b"")
    _note_broken(broken)
    if len(best) == 1:
        return load_format(best[0])
    suffixes = {suffix for form in loadable_formats().values() for suffix in form.suffixes}
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes and path.is_file())
    # What is hidden says something about the folder.
    files = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    for path in files[:LOOKED_INTO]:
        head = head_of(path)
        best, _ = _surest(path, head)
        form = load_format(best[0]) if len(best) == 1 else None
        if (
            form is not None
            and not form.of_rows
            and path.suffix in form.suffixes
            and form.certainty(path, head) >= SURE
        ):
            return form
    return None


def _is_standard_input(path: Path) -> bool:
    from evalkit.files import is_standard_input

    return is_standard_input(path)


def head_of(path: Path) -> bytes:
    """The beginning of a file, by which formats know theirs."""
    if _is_standard_input(path):
        from evalkit.files import read_bytes

        return read_bytes(path)[:HEAD]
    from evalkit.files import refuse_irregular

    refuse_irregular(path)
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; check the path") from error


def _surest(path: Path, head: bytes) -> tuple[list[str], EvalkitError | None]:
    """The names of the formats that are surest of a file, and what is wrong with one that could not be asked."""
    certainties: dict[str, float] = {}
    broken: EvalkitError | None = None
    for name in FORMATS.names():
        try:
            with guarded(f"format {name!r} cannot look into {path}"):
                certainties[name] = load_format(name).certainty(path, head)
        except EvalkitError as error:
            # One broken package must not keep everybody from reading files of other formats.
            broken = error
    highest = max(certainties.values(), default=0.0)
    return [name for name, certainty in certainties.items() if certainty == highest > 0], broken


def _note_broken(error: EvalkitError | None) -> None:
    if error is not None:
        _note(f"note: {error}; until then it is not asked")


@cache
def _note(message: str) -> None:
    """Says it once, however many files are looked into."""
    import logging

    logging.getLogger("evalkit.formats").warning("%s", message)


def loadable_formats() -> dict[str, Format]:
    """Every format by name but those of packages that are broken."""
    formats = {}
    for name in FORMATS.names():
        try:
            formats[name] = load_format(name)
        except EvalkitError:
            continue
    return formats
