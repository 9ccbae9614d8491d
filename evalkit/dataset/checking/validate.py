"""Everything that is wrong with a dataset, not just the first thing.

Besides the codes of `evalkit.dataset.checking.checks`:

==========================  ===========================================================================
format                      a file, line or field that is not in its format
article-duplicate           an article is in two splits
corpus-missing              an article of a dataset folder has no text in `corpus/`
corpus-differs              its text or its metadata in `corpus/` differs from what was annotated
file-name                   the file is not named after the article that it holds
field-unknown               a key of an item that nothing is read from, and that is near the name of a field
label-spelling              a label that is spelled in another way elsewhere in the gold
layer-unknown               nothing but objects under names that are no layer
split-copy                  an article of another split has the same text, or nearly
==========================  ===========================================================================

The corpus is compared where there is one: a folder `corpus`, or `NAME-corpus`, beside the dataset folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.checking.disputes import dispute_notes, open_disputes, record_of
from evalkit.dataset.checking.examination import OF_READINGS, Examination, format_problem
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.checking.raw_checks import check_file_names
from evalkit.dataset.loading.readings import undecided_notes
from evalkit.dataset.loading.sources import RawExample, check_settings, find_place, read_place
from evalkit.dataset.loading.stored import InMemoryError
from evalkit.dataset.loading.streamed import is_streamed, streamed
from evalkit.dataset.making.declaration import DATASET_FILE, read_declaration
from evalkit.dataset.making.manifest import changes_since_build
from evalkit.dataset.making.store import ARTICLES_FILE, article_entry, read_article_entries, split_files
from evalkit.dataset.publishing.licences import licence_problems, states_licences
from evalkit.errors import FormatError
from evalkit.files import read_text
from evalkit.formats.collection import without_collection
from evalkit.options import ReadOptions
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "CORPUS_FOLDER",
    "OF_READINGS",
    "Validation",
    "check_corpus",
    "corpus_beside",
    "own_corpus",
    "validate_dataset",
]

CORPUS_FOLDER = "corpus"


def corpus_beside(out: Path) -> Path:
    """The folder of article texts beside a dataset folder: its own, if there is one, else `corpus`."""
    own = own_corpus(out)
    return own if own.is_dir() else own.parent / CORPUS_FOLDER


def own_corpus(out: Path) -> Path:
    """The folder of article texts that is called after a dataset, for one that has another beside it."""
    # The folder that one is in has no name to go up from.
    parent, whole = out.parent, out.resolve()
    return (parent if parent.resolve() == whole.parent else whole.parent) / f"{whole.name}-{CORPUS_FOLDER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validation found.

    Attributes:
        problems: every problem, sorted by article and place.
        counts: how many articles, items of each layer in the gold, readings, and items that these hold were looked at.
            An only reading without gold is the gold, and is not counted again.
        checks: what was checked besides the articles themselves, such as the corpus.
        notes: what is to be said about how it was read.
        labels: how many items have each label, for the layers whose labels nobody has listed, under the names of
            `counts`.
        places: article id → where it stands, `file:line`, or `file[index]` in a list.
    """

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    checks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The problems and what was looked at as JSON values."""
        return {
            "format": "evalkit.validation",
            "version": 1,
            "problems": [asdict(problem) for problem in self.problems],
            "counts": dict(self.counts),
            "checks": list(self.checks),
        }

    def to_pandas(self) -> DataFrame:
        """One row a problem."""
        import pandas as pd

        names = [own.name for own in fields(Problem)]
        return pd.DataFrame([asdict(problem) for problem in self.problems], columns=names)

    _repr_html_ = shown_html


@without_collection()
def validate_dataset(
    source: str | Path | None = None,
    *,
    corpus: Path | None = None,
    licences: bool = False,
    copies: bool = True,
    read: ReadOptions | None = None,
) -> Validation:
    """Every problem of every split of a source (see `load_dataset` for what a source is).

    Args:
        source: None for the bundled gold.
        corpus: the folder of article texts; by default the `corpus` beside a dataset folder, if there is one.
        licences: whether every article has to say its `licence` and `origin`; otherwise only where any article does.
        copies: whether articles of one split are looked for in the others, which takes longer than the rest.
        read: how files are read.

    Raises:
        InputError: the source does not exist or holds no article.
    """
    read = read or ReadOptions()
    found = find_place(source, read.format, profile=read.profile, download=read.download)
    check_settings(read, found)
    if is_streamed(found, read):
        with suppress(InMemoryError):
            examined = Examination(found, read, streamed=True)
            for batch in streamed(found):
                examined.take(batch)
            return _validation(examined, corpus, licences=licences, copies=copies)
    examined = Examination(found, read)
    examined.take(read_place(found, read))
    return _validation(examined, corpus, licences=licences, copies=copies)


def _validation(examined: Examination, corpus: Path | None, *, licences: bool, copies: bool) -> Validation:
    """What was found, once all articles were looked at."""
    found, articles = examined.place, examined.articles
    problems = [*examined.problems, *examined.spelling()]
    if copies:
        problems += examined.copies()
    checks: tuple[str, ...] = ()
    declared = "" if found.folder is None else read_declaration(found.folder).licence
    unstated: list[str] = []
    if not licences and not states_licences(articles):
        if declared:
            unstated = [f"no article says its licence or origin; {DATASET_FILE} declares {declared!r} of the dataset"]
    else:
        problems += licence_problems(articles, declared)
        checks = ("licences",)
    if not examined.inventory.metadata:
        problems += examined.unknown()
    changes: list[str] = []
    disputes: list[str] = []
    if found.kind == "folder":
        problems += check_file_names(examined.raws)
        corpus = corpus or corpus_beside(Path(found.location))
        if corpus.is_dir():
            problems += check_corpus(examined.raws, corpus)
            checks = (*checks, "corpus")
        disputes = dispute_notes(open_disputes(record_of(found.path), (article.id for article in articles)))
        changes = changes_since_build(found.path, split_files(found.path))
    return Validation(
        problems=tuple(sorted(problems, key=Problem.sort_key)),
        counts=examined.counts(),
        checks=checks,
        notes=(*examined.sentences(), *undecided_notes(examined.undecided), *disputes, *unstated, *changes),
        labels=examined.unlisted_labels(),
        places=examined.places,
    )


def check_corpus(raws: Sequence[RawExample], corpus: Path) -> list[Problem]:
    """Where the annotated texts and metadata differ from what lies in the corpus."""
    try:
        entries = read_article_entries(corpus)
    except FormatError as error:
        return [format_problem(error)]
    return [problem for raw in raws for problem in _check_article(raw, corpus, entries)]


def _check_article(raw: RawExample, corpus: Path, entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    article = raw.example.article
    path = corpus / f"{article.id}.txt"
    if not path.is_file():
        yield Problem(article.id, "text", "corpus-missing", f"{path} does not exist; build the dataset")
    elif (text := read_text(path)) != article.text:
        yield Problem(article.id, "text", "corpus-differs", f"{path} {_first_difference(text, article.text)}")
    entry = entries.get(article.id)
    if entry is None:
        message = f"{corpus / ARTICLES_FILE} has no line for it; build the dataset"
        yield Problem(article.id, "metadata", "corpus-missing", message)
        return
    for key, value in article_entry(raw.example).items():
        if entry.get(key) != value:
            message = f"{key} is {value!r}, {corpus / ARTICLES_FILE} says {entry.get(key)!r}; build the dataset"
            yield Problem(article.id, key, "corpus-differs", message)


def _first_difference(published: str, annotated: str) -> str:
    pairs = zip(published, annotated, strict=False)
    place = next((i for i, (one, other) in enumerate(pairs) if one != other), min(len(published), len(annotated)))
    return (
        f"differs from the annotated text from character {place}: {published[place : place + 20]!r} against "
        f"{annotated[place : place + 20]!r}; restore the text that was annotated"
    )
