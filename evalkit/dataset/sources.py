"""Where gold can come from, and its rows: our dataset folder, native files, inline files, anything `datasets` reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.dataset.hub import HUB_ID, read_hub
from evalkit.dataset.store import BUNDLED_NAME, bundled_gold, dataset_name, split_files
from evalkit.errors import FormatError, InputError
from evalkit.files import read_text
from evalkit.formats.files import paths_under
from evalkit.formats.inline.markup import parse_inline
from evalkit.formats.native.rows import claimed_surfaces, example_from_row, read_rows
from evalkit.records import Example
from evalkit.registry import near_match, unknown_name

__all__ = ["ALL", "RawExample", "Source", "find_source", "read_source"]

ALL = "all"
"""As a split: every split together."""

OnError = Callable[[FormatError], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExample:
    """An example as it was read, with what its file claims about it.

    Attributes:
        where: its place for messages, `file:line`.
        split: the split that its folder or row names.
        example: the article and its gold.
        surfaces: the texts given beside spans, by layer and index.
        sha256: the hash given for the text.
    """

    where: str
    split: str | None
    example: Example
    surfaces: Mapping[tuple[str, int], str] = field(default_factory=dict)
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that holds gold.

    Attributes:
        kind: `folder` (our layout), `native`, `inline`, or `hub` (whatever `datasets` can read).
        name: how the dataset is called in signatures.
        location: the path, or the hub id.
    """

    kind: str
    name: str
    location: str

    @property
    def folder(self) -> Path | None:
        """The folder that may hold a `labels.toml`."""
        path = Path(self.location)
        if self.kind == "hub" and not path.is_dir():
            return None
        return path if path.is_dir() else path.parent


def find_source(source: str | Path | None) -> Source:
    """What a source stands for: a bundled name, a path or a hub id.

    Raises:
        InputError: there is no such path; a near match beside it is named.
    """
    if source is None or str(source) == BUNDLED_NAME:
        return Source(kind="folder", name=BUNDLED_NAME, location=str(_existing(bundled_gold())))
    path = Path(source)
    if not path.exists():
        hub_id = isinstance(source, str) and HUB_ID.fullmatch(source) and not path.parent.is_dir()
        if hub_id and path.suffix not in (".json", ".jsonl", ".txt"):
            return Source(kind="hub", name=str(source).partition("@")[0].split("/")[-1], location=str(source))
        return Source(kind="folder", name="", location=str(_existing(path)))
    if not path.is_dir():
        # A pipe is read like a file, so that `--dataset <(zcat gold.jsonl.gz)` works.
        return Source(kind="inline" if path.suffix == ".txt" else "native", name=path.stem, location=str(path))
    name = dataset_name(path)
    if split_files(path):
        return Source(kind="folder", name=name, location=str(path))
    return Source(kind="inline" if _holds_inline(path) else "hub", name=name, location=str(path))


def _holds_inline(folder: Path) -> bool:
    """Plain text files are something that `datasets` reads too, so one is looked into."""
    files = sorted([*folder.glob("*.txt"), *folder.glob("*/*.txt")])
    return bool(files) and re.search(rb"^---\r?$", files[0].read_bytes(), re.MULTILINE) is not None


def _existing(path: Path) -> Path:
    if path.exists():
        return path
    beside = sorted(child.name for child in path.parent.iterdir()) if path.parent.is_dir() else []
    near = near_match(path.name, beside)
    hint = f"; did you mean {str(path.parent / near)!r}?" if near else "; check the path"
    raise InputError(f"dataset {str(path)!r} does not exist{hint}")


def read_source(source: Source, *, split: str = ALL, on_error: OnError | None = None) -> list[RawExample]:
    """The examples of a source, in the order of its files.

    Args:
        source: from `find_source`.
        split: the split to read, `all` for everything; a file whose rows name no split is read whole.
        on_error: is told of each row that cannot be read, and reading goes on; without it the first one raises.

    Raises:
        UnknownNameError: there is no such split; the known ones are listed.
        InputError: something cannot be read.
    """
    if source.kind == "folder":
        return list(_read_folder(Path(source.location), split, on_error))
    if source.kind == "inline":
        return _of_split(list(_read_inline(Path(source.location), on_error)), split)
    if source.kind == "native":
        return _of_split(list(_read_native(Path(source.location), None, on_error)), split)
    by_split = read_hub(source.location, split=None if split == ALL else split)
    return [
        raw
        for name, rows in by_split.items()
        for raw in _parsed(((f"{source.location}[{name}][{i}]", row) for i, row in enumerate(rows)), name, on_error)
    ]


def _read_folder(folder: Path, split: str, on_error: OnError | None) -> Iterator[RawExample]:
    files = split_files(folder)
    if not files:
        raise InputError(f"{folder}: holds no annotated article (SPLIT/ID.json); build it with evalkit dataset build")
    if split != ALL and split not in files:
        raise unknown_name("split", split, files)
    for name, paths in files.items():
        if split in (ALL, name):
            for path in paths:
                yield from _read_native(path, name, on_error)


def _read_native(path: Path, split: str | None, on_error: OnError | None) -> Iterator[RawExample]:
    yield from _parsed(read_rows(path, on_error=on_error), split, on_error)


def _read_inline(path: Path, on_error: OnError | None) -> Iterator[RawExample]:
    for file in paths_under(path, (".txt",)):
        try:
            example = parse_inline(read_text(file), where=str(file))
        except FormatError as error:
            if on_error is None:
                raise
            on_error(error)
            continue
        inside = file.parent != path and path.is_dir()
        yield RawExample(where=str(file), split=file.parent.name if inside else None, example=example)


def _parsed(
    rows: Iterable[tuple[str, dict[str, object]]], split: str | None, on_error: OnError | None
) -> Iterator[RawExample]:
    for where, row in rows:
        try:
            example = example_from_row(row, where)
        except FormatError as error:
            if on_error is None:
                raise
            on_error(error)
            continue
        own = row.get("split")
        sha256 = row.get("text_sha256")
        yield RawExample(
            where=where,
            split=split if split is not None else own if isinstance(own, str) else None,
            example=example,
            surfaces=claimed_surfaces(row),
            sha256=sha256 if isinstance(sha256, str) else None,
        )


def _of_split(raws: list[RawExample], split: str) -> list[RawExample]:
    known = {raw.split for raw in raws if raw.split is not None}
    if split == ALL or not known:
        return raws
    if split not in known:
        raise unknown_name("split", split, known)
    return [raw for raw in raws if raw.split == split]
