"""What the catalogue knows of a public corpus: one TOML file an entry, read strictly.

An entry says where the files of the corpus lie and what their bytes are (a pinned commit, sizes, SHA-256), what may be
done with them and how they are cited, how they are read and which article is in which split. It holds nothing of the
corpus itself. ``entries/wikigold.toml`` is a short one to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from evalkit.errors import FormatError
from evalkit.registry import near_match
from evalkit.toml import read_toml

__all__ = ["Citation", "CorpusFile", "Entry", "Licence", "Splits", "read_entry"]

_PLACES = {"OWNER/REPOSITORY": r"[\w.-]+/[\w.-]+", "a commit of 40 digits": r"[0-9a-f]{40}"}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFile:
    """One file of a corpus.

    Attributes:
        path: where it lies in the repository.
        size: in bytes.
        sha256: of its bytes.
        split: the split of its articles, unless the splits of the entry say another.
        name: what goes before the number of an article that has no name of its own; the file's name without its ending
            if empty.
    """

    path: str
    size: int
    sha256: str
    split: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What may be done with a corpus.

    Attributes:
        identifier: as the hub knows it, such as `cc-by-4.0`.
        name: in words.
        forbids: what it does not allow, in words, such as `commercial use`.
        notes: what else is to be known, such as that texts and annotations have different ones.
    """

    identifier: str
    name: str
    forbids: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """The facts of a publication, by the names that BibTeX has for them."""

    kind: str
    key: str
    author: str
    title: str
    year: int
    booktitle: str = ""
    journal: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    publisher: str = ""
    doi: str = ""
    url: str = ""

    def __str__(self) -> str:
        """The publication in one line."""
        place = self.booktitle or self.journal
        volume = f" {self.volume}" + (f"({self.number})" if self.number else "") if self.volume else ""
        where = f" In {place}{volume}" if self.booktitle else f" {place}{volume}" if place else ""
        pages = f", pages {self.pages}" if self.pages and where else ""
        names = self.author.replace(" and ", "; ")
        address = f" https://doi.org/{self.doi}" if self.doi else f" {self.url}" if self.url else ""
        return f"{names} ({self.year}). {self.title}.{where}{pages}{'.' if where else ''}{address}"

    @property
    def bibtex(self) -> str:
        """The publication as BibTeX."""
        facts = [(own.name, getattr(self, own.name)) for own in fields(self) if own.name not in ("kind", "key")]
        lines = (f"  {name} = {{{value}}}," for name, value in facts if value)
        return f"@{self.kind}{{{self.key},\n" + "\n".join(lines) + "\n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """Which article is in which split, beside what the files say.

    Attributes:
        rule: it in words, and whose rule it is.
        every: of the articles in the order of the files the first, and then every so many, are in `held`; 0 for none.
        held: the split of these.
        rest: the split of all others without one.
        later: file → [number, split]: the articles of that file after so many are in that split.
        lists: split → ids of articles.
    """

    rule: str = ""
    every: int = 0
    held: str = "test"
    rest: str = "test"
    later: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One public corpus.

    Attributes:
        name: what it is asked for by.
        title: what its authors call it.
        about: what it is, in one line.
        layers: what is annotated.
        language: of its texts, as in `Article.lang`.
        repository: `OWNER/NAME` at `host`.
        commit: the state of the repository that is pinned.
        licence: what may be done with it.
        cite: the publication that its authors want to be cited.
        files: what is fetched of it.
        format: the format of its files.
        articles: split → how many articles it has, counted.
        items: layer → how many items are annotated, counted.
        profile: what the types of its files mean, as a profile says it; that of the format if there is nothing.
        values: settings of the format.
        splits: which article is in which split.
        source: where the texts come from.
        annotators: who annotated them, and how.
        limits: what is to be known before a figure on it is believed, a sentence each.
        whole: the layers that are annotated exhaustively; all of them if none is named. Others are there because these
            refer to them, and are not evaluated.
        scope: what of single layers is annotated, as in `dataset.toml`.
        labels: the `labels.toml` of the corpus: definitions below the name of a layer, and maps.
        together: whether the files are read as one folder, because one of them is read with the others.
        left_out: what the items are called whose annotation does not fit its text, and which are left out and counted;
            empty where such an item is an error.
        faults: how many of them there are; any other number is an error.
        host: the pattern of the address of a file.
    """

    name: str
    title: str
    about: str
    layers: tuple[str, ...]
    language: str
    repository: str
    commit: str
    licence: Licence
    cite: Citation
    files: tuple[CorpusFile, ...]
    format: str
    articles: Mapping[str, int]
    items: Mapping[str, int]
    profile: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    splits: Splits = Splits()
    source: str = ""
    annotators: str = ""
    limits: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    scope: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)
    together: bool = False
    left_out: str = ""
    faults: int = 0
    host: str = "https://raw.githubusercontent.com/{repository}/{commit}/{path}"

    @property
    def size(self) -> int:
        """How many bytes its files have together."""
        return sum(file.size for file in self.files)

    @property
    def address(self) -> str:
        """Where people look at it: the repository at the commit."""
        return f"https://github.com/{self.repository}/tree/{self.commit}"

    def address_of(self, file: CorpusFile) -> str:
        """Where a file is fetched from."""
        return self.host.format(repository=self.repository, commit=self.commit, path=quote(file.path))


def read_entry(path: Path) -> Entry:
    """The entry in a file.

    Raises:
        InputError, FormatError: it cannot be read, is no TOML, or is no whole and right entry; says what.
    """
    table = read_toml(path)
    parts: dict[str, Any] = {"name": path.stem}
    for name, kind in (("licence", Licence), ("cite", Citation), ("splits", Splits)):
        if name in table:
            parts[name] = _record(kind, _table(table.pop(name), name, path), f"{path}: [{name}]")
    files = table.pop("files", [])
    if not isinstance(files, list):
        raise FormatError(f"{path}: files is {files!r:.60}; write a table [[files]] for each")
    parts["files"] = tuple(
        _record(CorpusFile, _table(one, "files", path), f"{path}: file {number}") for number, one in enumerate(files, 1)
    )
    entry: Entry = _record(Entry, {**table, **parts}, str(path))
    if problem := next(_problems(entry), ""):
        raise FormatError(f"{path}: {problem}")
    return entry


def _table(value: object, name: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"{path}: {name} is {value!r:.60}; write a table")
    return value


def _record(kind: Any, table: Mapping[str, Any], where: str) -> Any:
    """A record of the values of a table, each of which must be known and of the type that it is declared with."""
    known = {own.name: own for own in fields(kind)}
    for name in table:
        if name not in known:
            near = near_match(name, list(known))
            hint = f"did you mean {near!r}?" if near else "leave it out"
            raise FormatError(f"{where}: {name!r} is not known; {hint}")
    values: dict[str, Any] = {}
    for name, value in table.items():
        values[name] = _value(value, str(known[name].type), f"{where}: {name}")
    try:
        return kind(**values)
    except TypeError as error:
        raise FormatError(f"{where}: {str(error).partition('() ')[2]}; add it") from error


_KINDS: Mapping[str, type] = {"str": str, "int": int, "bool": bool, "Mapping[str, int]": int, "Mapping[str, str]": str}


def _value(value: Any, declared: str, where: str) -> Any:
    if declared in ("Licence", "Citation", "Splits", "tuple[CorpusFile, ...]"):
        return value
    values = list(value.values()) if isinstance(value, dict) else [value]
    if declared == "tuple[str, ...]":
        right = isinstance(value, list) and all(isinstance(one, str) for one in value)
        value = tuple(value) if right else value
    elif declared == "Mapping[str, tuple[str, ...]]":
        right = isinstance(value, dict) and all(isinstance(one, list) for one in values)
        value = {name: tuple(map(str, ids)) for name, ids in value.items()} if right else value
    elif declared == "Mapping[str, tuple[int, str]]":
        right = isinstance(value, dict) and all(list(map(type, one)) == [int, str] for one in values)
        value = {name: tuple(one) for name, one in value.items()} if right else value
    else:
        right = declared.startswith("Mapping") == isinstance(value, dict)
        if (kind := _KINDS.get(declared)) is not None:
            right = right and all(type(one) is kind for one in values)
    if not right:
        raise FormatError(f"{where} is {value!r:.60}; expected {declared}")
    return value


def _problems(entry: Entry) -> Iterator[str]:
    """What is wrong with an entry whose values have the right types, in words."""
    if not _NAME.fullmatch(entry.name):
        yield f"the name {entry.name!r} is not made of small letters, digits and hyphens; rename the file"
    for (wanted, pattern), value in zip(_PLACES.items(), (entry.repository, entry.commit), strict=True):
        if not re.fullmatch(pattern, value):
            yield f"{value!r:.60} is not {wanted}"
    if not entry.files:
        yield "it has no file; add a table [[files]] for each"
    for file in entry.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in file.path or ":" in file.path:
            yield f"{file.path!r} is no path inside a repository"
        if not _SHA256.fullmatch(file.sha256):
            yield f"{file.path}: {file.sha256!r:.70} is no SHA-256"
        if not 0 < file.size <= _LARGEST:
            yield f"{file.path}: a size of {file.size} bytes is not between 1 and {_LARGEST}"
    paths = [file.path for file in entry.files]
    yield from (f"{path!r} is given twice" for path in sorted({path for path in paths if paths.count(path) > 1}))
    yield from (f"splits.later names {path!r}, no file of it" for path in entry.splits.later if path not in paths)
    if not entry.about or "\n" in entry.about:
        yield "about must be one line"
    if bool(entry.left_out) != (entry.faults > 0):
        yield "left_out and faults go together: what is left out, and how many there are"
    if not entry.layers or not entry.articles:
        yield "layers and articles must name at least one each"
