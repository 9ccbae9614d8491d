"""A dataset perturbed in one way or several: other texts, the same annotations on the same words.

====================  ======================================================================================
kind                  what it does to an article
====================  ======================================================================================
``case``              every letter small
``typos``             one word of twenty mistyped
``quotation-marks``   quotations in marks of another style
``names``             names swapped for others of the same label
``dates``             other days of the week, months and years
``line-ends``         lines that end after 60 to 76 letters
``headline-case``     the headline in words with capitals, or in capitals
``boilerplate``       advertisement and links between paragraphs
====================  ======================================================================================

What is drawn, a hash of the seed, the kind, the id of the article and the place in it says: the order of articles
changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.checking.validate import corpus_beside, own_corpus
from evalkit.dataset.gold import GoldDataset, as_stored, gold_dataset
from evalkit.dataset.loading.sources import ALL, find_place
from evalkit.dataset.making.build import declaring_folder, labels_file, write_corpus, write_dataset
from evalkit.dataset.making.store import BUNDLED_NAME
from evalkit.dataset.perturbing.days import other_days
from evalkit.dataset.perturbing.edits import Edit, EditedText, Tally, edited_example, without_overlaps
from evalkit.dataset.perturbing.furniture import boilerplate, with_boilerplate_zones
from evalkit.dataset.perturbing.names import names_in, swapped_names
from evalkit.dataset.perturbing.spelling import (
    Draw,
    headline_case,
    lower_case,
    quotation_marks,
    typing_mistakes,
    wrapped_lines,
)
from evalkit.dataset.publishing.licences import ORIGIN
from evalkit.dataset.splitting.division import Source, splits_from
from evalkit.dataset.splitting.rule import drawn_number
from evalkit.errors import InputError, OutputError
from evalkit.files import path_of
from evalkit.formats.native.canonical import canonical_example
from evalkit.layers.base import surface
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions, listed
from evalkit.records import Annotations, Article, Example, Span
from evalkit.registry import unknown_name
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "KINDS",
    "PERTURBED",
    "PERTURBED_FROM",
    "PerturbedDataset",
    "PerturbedKind",
    "chosen_kinds",
    "kind_notes",
    "perturb_dataset",
    "perturbed_before",
    "perturbed_gold",
]

_Perturb = Callable[[Example, Draw], Iterable[Edit]]

NAMES = "names"
BOILERPLATE = "boilerplate"
_OF_TITLES = ("case", "headline-case")
"""Kinds that are done to a title that does not stand in the text, too."""

_PERTURBS: Mapping[str, _Perturb] = {
    "case": lower_case,
    "typos": typing_mistakes,
    "quotation-marks": quotation_marks,
    "dates": other_days,
    "line-ends": wrapped_lines,
    "headline-case": headline_case,
    BOILERPLATE: boilerplate,
}
KINDS = ("case", "typos", "quotation-marks", NAMES, "dates", "line-ends", "headline-case", BOILERPLATE)
"""The kinds of perturbation there are."""

_LINKED = "called otherwise now, without the link that said who it was"

PERTURBED, PERTURBED_FROM = "perturbed", "perturbed_from"
"""Metadata of a perturbed article: the kind, and the id of the article that it was made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerturbedKind:
    """What one kind of perturbation did.

    Attributes:
        kind: its name.
        articles: how many articles there are.
        changed: how many of them have another text.
        edits: how many places were changed.
        kept: layer → items of the gold that are there, on the same words.
        dropped: layer → items of the gold that are not, as nothing or only some of their words is left.
        parts: layer → parts of items that are gone, such as a cue.
        notes: what is to be said besides, such as what was left as it was.
    """

    kind: str
    articles: int
    changed: int
    edits: int
    kept: Mapping[str, int]
    dropped: Mapping[str, int]
    parts: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The counts as JSON values."""
        layers = {
            name: {
                "kept": self.kept.get(name, 0),
                "dropped": self.dropped.get(name, 0),
                "parts": self.parts.get(name, 0),
            }
            for name in sorted({*self.kept, *self.dropped})
        }
        return {
            "kind": self.kind,
            "articles": self.articles,
            "changed": self.changed,
            "edits": self.edits,
            "layers": layers,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PerturbedDataset:
    """A dataset perturbed.

    Attributes:
        dataset: the name of the dataset.
        seed: what was drawn with.
        kinds: what each kind did.
        splits: the perturbed articles by split, and the originals where they were asked for.
        folder: where they were written; None if nowhere.
        notes: what is to be said besides, a sentence each.
    """

    dataset: str
    seed: int
    kinds: tuple[PerturbedKind, ...]
    splits: tuple[GoldDataset, ...]
    folder: Path | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What was done as JSON values, without the articles."""
        return {
            "format": "evalkit.perturb",
            "version": 1,
            "dataset": self.dataset,
            "seed": self.seed,
            "kinds": [kind.to_json() for kind in self.kinds],
            "folder": None if self.folder is None else str(self.folder),
            "splits": {gold.split: len(gold) for gold in self.splits},
            "measured": None,
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a kind: articles, those changed, edits, and items kept and dropped."""
        import pandas as pd

        rows = [
            {
                **{name: getattr(one, name) for name in ("kind", "articles", "changed", "edits")},
                "kept": sum(one.kept.values()),
                "dropped": sum(one.dropped.values()),
                "parts": sum(one.parts.values()),
            }
            for one in self.kinds
        ]
        return pd.DataFrame(rows, columns=["kind", "articles", "changed", "edits", "kept", "dropped", "parts"])

    _repr_html_ = shown_html


def perturb_dataset(
    source: Source = None,
    *,
    kinds: str | Sequence[str],
    out: str | Path | None = None,
    seed: int = 0,
    with_originals: bool = False,
    split: str = ALL,
    read: ReadOptions | None = None,
) -> PerturbedDataset:
    """The articles of a dataset with other texts and the same annotations on the same words.

    Args:
        source: the splits of a dataset, examples, or where to load them from; the bundled gold by default.
        kinds: what is done: one of `case`, `typos`, `quotation-marks`, `names`, `dates`, `line-ends`, `headline-case`,
            `boilerplate`, or several, each to every article.
        out: a new dataset folder to write; nothing is written if None.
        seed: another one draws other places, names and lines.
        with_originals: also the articles as they are, as for training.
        split: only this one.
        read: how files are read.

    With one kind and without originals articles keep their ids; otherwise a perturbed one is called `ID--KIND`. The
    metadata of a perturbed article says its kind and what it was made of.

    Raises:
        UnknownNameError: there is no such kind.
        InputError: no kind, or the dataset cannot be read.
        OutputError: the folder exists, or cannot be written.
    """
    chosen = chosen_kinds(kinds)
    folder = None if out is None else path_of(out, "out must be the path of a folder")
    if folder is not None and folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise OutputError(f"{folder}: exists already; name a new folder")
    if folder is not None and (texts := own_corpus(folder)).exists():
        raise OutputError(f"{texts}: holds the texts of a dataset of that name; name another folder, or delete it")
    given = splits_from(source, read or ReadOptions(), split)
    plain = len(chosen) == 1 and not with_originals
    by_kind = {kind: perturbed_gold(given, kind, seed=seed) for kind in chosen}
    examples = [list(gold) if with_originals else [] for gold in given]
    for kind, (_, splits) in by_kind.items():
        for own, gold in zip(examples, splits, strict=True):
            own += gold if plain else [_called(example, kind) for example in gold]
    name = f"{given[0].name}-{'+'.join(chosen)}"
    done = tuple(
        gold_dataset(
            own, name=name, split="test" if gold.split == ALL and folder else gold.split, inventory=gold.inventory
        )
        for own, gold in zip(examples, given, strict=True)
    )
    if folder is not None:
        _write(done, folder, source, read or ReadOptions())
    told = [told for told, _ in by_kind.values()]
    return PerturbedDataset(
        dataset=given[0].name,
        seed=seed,
        kinds=tuple(told),
        splits=done,
        folder=folder,
        notes=tuple(dict.fromkeys((*given[0].notes, *perturbed_before(given), *kind_notes(told)))),
    )


def chosen_kinds(kinds: str | Sequence[str]) -> tuple[str, ...]:
    """Kinds of perturbation, each once.

    Raises:
        UnknownNameError: there is no such kind.
        InputError: none is named.
    """
    chosen = tuple(dict.fromkeys(listed(kinds, wanted="kinds must be a name or a list of names")))
    for kind in chosen:
        if kind not in KINDS:
            raise unknown_name("kind", kind, KINDS)
    if not chosen:
        raise InputError(f"no kind of perturbation is named; there are {', '.join(KINDS)}")
    return chosen


def perturbed_before(splits: Iterable[GoldDataset]) -> list[str]:
    """A note where articles were perturbed before."""
    before = Counter(str(kind) for gold in splits for one in gold if (kind := one.article.metadata.get(PERTURBED)))
    number = number_of(sum(before.values()), "article was perturbed", "articles were perturbed")
    return [f"{number} before ({', '.join(sorted(before))}), and this comes on top"] if before else []


def kind_notes(kinds: Sequence[PerturbedKind]) -> list[str]:
    """What each kind left as it was, and a note for each that found nothing to change in some articles."""
    return [f"{kind.kind}: {note}" for kind in kinds for note in kind.notes] + [
        f"{kind.kind}: nothing to change in {kind.articles - kind.changed} of {number_of(kind.articles, 'article')}"
        for kind in kinds
        if kind.changed < kind.articles
    ]


def _called(example: Example, kind: str) -> Example:
    return replace(example, article=replace(example.article, id=f"{example.article.id}--{kind}"))


def perturbed_gold(
    splits: Sequence[GoldDataset], kind: str, *, seed: int
) -> tuple[PerturbedKind, tuple[GoldDataset, ...]]:
    """Every article of some splits perturbed in one way, under its id, and what that did."""
    tally, edits, changed = Tally(), 0, 0
    left: Counter[str] = Counter()
    done = []
    for gold in splits:
        # Names come from the same split: who trains on the one must not read those of the other.
        perturb = _PERTURBS.get(kind) or partial(swapped_names, names=names_in(gold), left=left)
        examples = []
        for example in gold:
            perturbed, number = _perturbed(example, kind, perturb, seed, tally)
            if kind == NAMES:
                perturbed = _without_links(example, perturbed, left)
            examples.append(perturbed)
            edits += number
            changed += number > 0
        done.append(gold_dataset(examples, name=f"{gold.name}-{kind}", split=gold.split, inventory=gold.inventory))
    told = PerturbedKind(
        kind=kind,
        articles=sum(map(len, splits)),
        changed=changed,
        edits=edits,
        kept=dict(tally.kept),
        dropped=dict(tally.dropped),
        parts={name: number for name, number in tally.parts.items() if number},
        notes=tuple(f"{number_of(number, 'thing')} {what}" for what, number in sorted(left.items()) if number),
    )
    return told, tuple(done)


def _without_links(before: Example, example: Example, left: Counter[str]) -> Example:
    """Without the links of entities that are called otherwise now, which say who they were; counts those of gold."""

    def bare(old: Annotations, new: Annotations, counted: Counter[str]) -> Annotations:
        layers: dict[str, list[Any]] = {}
        for name, items in new.layers.items():
            layer = load_layer(name)
            called = {one.id: surface(before.article.text, layer.spans(one)) for one in old.layers[name]}
            layers[name] = []
            for one in items:
                swapped = getattr(one, "link", None) is not None
                swapped &= surface(example.article.text, layer.spans(one)) != called[one.id]
                counted[_LINKED] += swapped
                layers[name].append(replace(one, link=None) if swapped else one)
        return Annotations(layers, new.scope)

    gold = bare(before.gold, example.gold, left)
    readings = {name: bare(before.readings[name], own, Counter()) for name, own in example.readings.items()}
    return replace(example, gold=gold, readings=readings)


def _perturbed(example: Example, kind: str, perturb: _Perturb, seed: int, tally: Tally) -> tuple[Example, int]:
    article = example.article

    def draw(place: str) -> float:
        return drawn_number(seed, f"{kind}\n{article.id}\n{place}")

    edits = without_overlaps(perturb(example, draw))
    done, edited = edited_example(example, edits, tally)
    zones = with_boilerplate_zones(done.article.zones, edits, edited) if kind == BOILERPLATE else done.article.zones
    metadata = {**article.metadata, PERTURBED: kind, PERTURBED_FROM: article.id}
    if origin := article.metadata.get(ORIGIN):
        metadata[ORIGIN] = f"{origin}; perturbed ({kind})"
    title = _title(article, kind, perturb, draw, edited)
    return replace(done, article=replace(done.article, title=title, zones=zones, metadata=metadata)), len(edits)


def _title(article: Article, kind: str, perturb: _Perturb, draw: Draw, edited: EditedText) -> str:
    """The title as the text has it now, if it had it before."""
    title = article.title
    place = article.text.find(title) if title else -1
    if place >= 0:
        span = edited.move(Span(place, place + len(title)))
        return title if span is None else " ".join(edited.text[span.start : span.end].split())
    if not title or kind not in _OF_TITLES:
        return title
    alone = Example(article=Article(id=article.id, text=f"{title}\n"), gold=Annotations())
    return EditedText(alone.article.text, without_overlaps(perturb(alone, draw))).text.rstrip("\n")


def _write(splits: Sequence[GoldDataset], folder: Path, source: Source, read: ReadOptions) -> None:
    """Writes the dataset folder, with the labels and declarations of the one that it was made of."""
    beside: Path | None = None
    place = source
    if isinstance(source, GoldDataset):
        # What was loaded says where from; the bundled gold has a name for that.
        place = source.origin.get("dataset", source)
        place = None if place == BUNDLED_NAME else place
    if place is None or isinstance(place, (str, Path)):
        beside = find_place(place, read.format, profile=read.profile, download=read.download).folder
    folders = [] if beside is None else [beside]
    stored = [replace(gold, examples=tuple(map(canonical_example, as_stored(gold)))) for gold in splits]
    write_dataset(stored, folder, declared_in=declaring_folder(folders), labels=labels_file([folder, *folders]))
    if corpus_beside(folder).is_dir():
        # The texts of another dataset lie there, which these are not.
        write_corpus(stored, own_corpus(folder))
