"""Which files of brat belong together: a text, and what was said about it, perhaps by several annotators.

Usually `NAME.txt` and `NAME.ann` lie side by side (`NAME.a1`, `NAME.a2`, … where a task splits them). Elsewhere texts
lie in a folder of their own, the folders of annotators hold a copy each, or the name of an annotator follows that of
the text: `text/NAME.txt` and `attributions/NAME_ANNOTATOR.ann`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.files import read_bytes
from evalkit.formats.standoff.file_stems import name_of_stem
from evalkit.formats.standoff.layout import file_ids, inside, split_of_folder, visible_files

__all__ = ["ANNOTATIONS", "TEXT", "Pair", "Pairs", "find_pairs"]

TEXT = ".txt"
ANNOTATIONS = (".ann", ".a1", ".a2", ".rel", ".co")
"""One file with all annotations, or several with a part each."""

_BESIDE = ("text", "texts", "txt", "raw")
"""What folders of texts are called that lie beside the one of the annotations."""

_WITH_ANNOTATOR = re.compile(r"(.+)[._-]([^._-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A text with the files that one annotator made.

    Attributes:
        id: of the article.
        text: the file of the text.
        files: those of the annotations.
        annotator: who made them, where several made some for one text; empty for the only ones that there are.
        made_by: who made them, if a file is called after somebody.
        split: the split that a folder is called after.
    """

    id: str
    text: Path
    files: tuple[Path, ...]
    annotator: str = ""
    made_by: str = ""
    split: str | None = None


@dataclass(slots=True)
class Pairs:
    """The pairs of a place, with what is to be said about its other files."""

    pairs: list[Pair] = field(default_factory=list)
    problems: list[FormatError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


def find_pairs(place: Path) -> Pairs:
    """The pairs of a folder with all that lies in it, or the one that a file belongs to."""
    return _paired(place, visible_files(place, (TEXT, *ANNOTATIONS)) if place.is_dir() else _around(place))


def _around(place: Path) -> list[Path]:
    """The files that belong to one file."""
    if place.suffix == TEXT:
        return [place, *(part for part in map(place.with_suffix, ANNOTATIONS) if part.is_file())]
    suffixes = (".ann",) if place.suffix == ".ann" else ANNOTATIONS[1:]
    folders = (place.parent, *(place.parent.parent / name for name in _BESIDE))
    stems = (place.stem, *_without_annotator(place.stem))
    texts = [folder / (stem + TEXT) for stem in stems for folder in folders]
    return [*[text for text in texts if text.is_file()][:1], *filter(Path.is_file, map(place.with_suffix, suffixes))]


def _without_annotator(stem: str) -> tuple[str, ...]:
    with_annotator = _WITH_ANNOTATOR.fullmatch(stem)
    return (with_annotator[1],) if with_annotator else ()


def _paired(place: Path, files: Iterable[Path]) -> Pairs:
    found = Pairs()
    texts: dict[str, list[Path]] = {}
    parts: dict[Path, list[Path]] = {}
    for file in files:
        if file.suffix == TEXT:
            texts.setdefault(file.stem, []).append(file)
        else:
            parts.setdefault(file.with_suffix(""), []).append(file)
    of_text: dict[Path, list[tuple[str, tuple[Path, ...]]]] = {}
    for name, several in sorted(parts.items()):
        whole = [file for file in several if file.suffix == ".ann"]
        if whole and len(several) > 1:
            found.notes["files of parts left aside, as one with all annotations lies beside"] += len(several) - 1
        chosen = tuple(whole or sorted(several, key=lambda file: ANNOTATIONS.index(file.suffix)))
        text, annotator = _text_of(name, texts, parts)
        if text is None:
            found.problems.append(
                FormatError(f"{chosen[0]}: there is no {name.name}{TEXT} to it; put the text beside its annotations")
            )
        else:
            of_text.setdefault(text, []).append((annotator, chosen))
    without = [text for several in texts.values() for text in several if text not in of_text]
    if without:
        found.notes["texts without a file of annotations, left out as not annotated"] += len(without)
    found.pairs.extend(_named(place, of_text))
    return found


def _text_of(name: Path, texts: dict[str, list[Path]], parts: dict[Path, list[Path]]) -> tuple[Path | None, str]:
    """The text of some annotations, and who made them, if the name says so."""
    if text := _nearest(name, texts.get(name.name, [])):
        return text, ""
    if with_annotator := _WITH_ANNOTATOR.fullmatch(name.name):
        text = _nearest(name, texts.get(with_annotator[1], []))
        # One that has annotations of its own lies beside by chance.
        if text is not None and text.with_suffix("") not in parts:
            return text, with_annotator[2]
    return None, ""


def _nearest(name: Path, texts: list[Path]) -> Path | None:
    """Of texts that are called alike the one that shares most folders with some annotations."""

    def shared(text: Path) -> int:
        alike = [one == other for one, other in zip(name.parent.parts, text.parent.parts, strict=False)]
        return (alike.index(False) if False in alike else len(alike)) * 2 + (text.parent == name.parent)

    ranked = sorted(texts, key=shared, reverse=True)
    if not ranked or (len(ranked) > 1 and shared(ranked[0]) == shared(ranked[1])):
        return None
    return ranked[0]


def _named(place: Path, of_text: dict[Path, list[tuple[str, tuple[Path, ...]]]]) -> Iterator[Pair]:
    """The pairs with their ids: texts that are called alike are told apart, or are copies for several annotators."""
    root = place if place.is_dir() else place.parent
    ids = file_ids(root, of_text)
    alike: dict[str, list[Path]] = {}
    for text in of_text:
        alike.setdefault(text.stem, []).append(text)
    for stem, texts in sorted(alike.items()):
        copies = len(texts) > 1 and _are_copies(root, texts)
        for text in texts:
            several = of_text[text]
            article = name_of_stem(stem if copies else ids[text])
            for annotator, files in several:
                folder = "-".join(inside(root, files[0]).parent.parts)
                yield Pair(
                    id=article,
                    text=text,
                    files=files,
                    annotator=(annotator or folder) if copies or len(several) > 1 else "",
                    made_by=annotator,
                    split=split_of_folder(root, files[0]),
                )


def _are_copies(root: Path, texts: list[Path]) -> bool:
    """Whether texts that are called alike are the same; those of different splits are different articles."""
    if len({split_of_folder(root, text) for text in texts}) > 1:
        return False
    return len({read_bytes(text) for text in texts}) == 1
