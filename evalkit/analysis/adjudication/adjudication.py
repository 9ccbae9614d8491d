"""Gold from readings: all articles of a dataset, what was decided of each item, and what is left to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.analysis.adjudication.case import Case
from evalkit.analysis.adjudication.decisions import (
    ACCEPTED,
    DISPUTED,
    EDITED,
    PERSON,
    REJECTED,
    Decision,
)
from evalkit.analysis.adjudication.questions import Unread, questions_of, read_fields
from evalkit.analysis.adjudication.strategies import strategy_of
from evalkit.analysis.differences.matching import Version, changes_between
from evalkit.analysis.differences.naming import common_names, renamed_things
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.harmless import clean
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Example, Scope
from evalkit.showing import number_noted, number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Adjudicated", "Adjudication", "Returned", "adjudicated", "edits_of", "made_layers", "told"]

STATUSES = (ACCEPTED, REJECTED, DISPUTED)


@dataclass(frozen=True, kw_only=True, repr=False)
class Adjudication:
    """What became of the items that several people marked.

    Attributes:
        dataset: what the dataset is called.
        strategy: the rule, as it is written.
        readers: annotator → how many articles each read.
        splits: the gold by split, with the readings beside it; of what is disputed nothing is in it.
        decisions: what became of each item that anybody proposed, by article, layer and question.
        adjudicated: how many articles have a gold made of readings.
        kept: how many articles have gold of their own, which stayed.
        disputed_articles: the articles in which something is disputed, by id.
        out: the dataset folder that was written, or None.
        disputed: the file or folder for people that was written, or None.
        beside: the files that belong to `disputed` and lie beside it, by name, such as the configuration of a tool.
        notes: what is to be said besides.
    """

    dataset: str
    strategy: str
    readers: Mapping[str, int]
    splits: tuple[GoldDataset, ...]
    decisions: tuple[Decision, ...]
    adjudicated: int
    kept: int
    disputed_articles: tuple[str, ...]
    out: Path | None = None
    disputed: Path | None = None
    beside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Layer → questions that were accepted (one item is gold), rejected (none is), or are disputed."""
        status: dict[tuple[str, str, str], str] = {}
        for one in self.decisions:
            key = (one.layer, one.article_id, one.question)
            # A question is rejected only if nothing of it is left.
            status[key] = min(status.get(key, REJECTED), one.status, key=(DISPUTED, ACCEPTED, REJECTED).index)
        there = Counter((layer, own) for (layer, _, _), own in status.items())
        layers = [layer.name for layer in all_layers() if any(own == layer.name for own, _ in there)]
        return {layer: {own: there[layer, own] for own in STATUSES} for layer in layers}

    @property
    def rules(self) -> dict[str, int]:
        """Rule → items that are gold by it, the most frequent first."""
        there = Counter(one.rule for one in self.decisions if one.status == ACCEPTED)
        return dict(sorted(there.items(), key=lambda pair: (-pair[1], pair[0])))

    def figures(self) -> dict[str, float]:
        """What a condition may be about: `disputed`, `accepted`, `rejected`, `quotes.disputed`, `articles.disputed`."""
        counts = self.counts
        return {
            **{own: sum(layer[own] for layer in counts.values()) for own in STATUSES},
            "articles.adjudicated": self.adjudicated,
            "articles.disputed": len(self.disputed_articles),
            "articles.kept": self.kept,
            **{f"{layer}.{own}": number for layer, row in counts.items() for own, number in row.items()},
        }

    def to_json(self) -> dict[str, Any]:
        """The decisions and their counts as JSON values, without the articles."""
        return {
            "format": "evalkit.adjudication",
            "version": 1,
            "dataset": self.dataset,
            "strategy": self.strategy,
            "readers": dict(self.readers),
            "articles": {
                "adjudicated": self.adjudicated,
                "kept": self.kept,
                "disputed": list(self.disputed_articles),
            },
            "counts": self.counts,
            "rules": self.rules,
            "decisions": [one.to_json() for one in self.decisions],
            "out": None if self.out is None else str(self.out),
            "disputed": None if self.disputed is None else str(self.disputed),
            "beside": list(self.beside),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a decision."""
        import pandas as pd

        columns = ["article_id", "layer", "question", "status", "rule", "by", "reason", "text"]
        rows = [{name: getattr(one, name) for name in columns} | {"by": ", ".join(one.by)} for one in self.decisions]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        disputed = int(self.figures()[DISPUTED])
        return clean(f"<Adjudication of {self.dataset} by {self.strategy}: {number_of(disputed, 'dispute')}>")

    _repr_html_ = shown_html


@dataclass(frozen=True, kw_only=True)
class Adjudicated:
    """The articles whose gold was made of readings.

    Attributes:
        examples: article id → the article with its gold and its readings.
        decisions: what became of each item, by article, layer and question.
        drafts: article id → what a person starts from, and a word on each disputed item by layer and index; of the
            articles in which something is disputed.
        notes: what was met, in words, and how often.
    """

    examples: Mapping[str, Example]
    decisions: tuple[Decision, ...]
    drafts: Mapping[str, tuple[Annotations, Mapping[tuple[str, int], str]]]
    notes: Mapping[str, int] = field(default_factory=dict)


class Returned(NamedTuple):
    """What came back of an article.

    Attributes:
        given: the annotations.
        by: whose they are.
        truth: whether the tool says that they are the gold.
    """

    given: Annotations
    by: str
    truth: bool = False


Settled = Mapping[str, Sequence[Returned]]
"""Article id → what came back of it; several where it is not known which of them is a person's."""


def adjudicated(
    examples: Sequence[Example],
    strategy: str,
    *,
    earlier: Iterable[Decision] = (),
    settled: Settled | None = None,
    unchanged: bool = False,
    kept: Mapping[str, Annotations] | None = None,
) -> Adjudicated:
    """Gold for some articles with readings.

    Args:
        examples: the articles.
        strategy: the rule, such as `agree`.
        earlier: the decisions of people that were made before.
        settled: what people made of articles now; it goes before what they decided before.
        kept: article id → layers of its gold that stay; what readings say of these is not asked.
        unchanged: take an article that came back as it was written for decided, too.

    Raises:
        UnknownNameError: there is no such strategy or reader.
        InputError: readings of an article have different scopes.
    """
    readings: dict[str, list[Annotations]] = {}
    for example in examples:
        for name, own in example.readings.items():
            readings.setdefault(name, []).append(own)
    rule, unread = strategy_of(strategy, readings), read_fields(readings)
    remembered: dict[str, list[Decision]] = {}
    for one in earlier:
        remembered.setdefault(one.article_id, []).append(one)
    settled = settled or {}
    never = read_fields({"": [given for own in settled.values() for given, *_ in own]})[""] if settled else {}
    by_id = {example.article.id: example for example in examples}
    kept, nothing = kept or {}, Annotations()
    asked = [_asked(example, kept.get(example.article.id, nothing)) for example in examples]
    made: dict[str, Example] = {}
    decisions: list[Decision] = []
    drafts: dict[str, tuple[Annotations, Mapping[tuple[str, int], str]]] = {}
    notes: Counter[str] = Counter()
    for reading in questions_of(asked, rule.order(readings)):
        example = by_id[reading.article.id]
        stays = kept.get(example.article.id, nothing)
        case = Case(reading, rule, unread, example.gold.scope if stays.layers else _scope(example), stays)
        if reading.dangling:
            notes["references of readings to items that are not there, left out"] += reading.dangling
        case.remember(remembered.get(example.article.id, ()))
        case.close()
        if example.article.id in settled:
            chosen = _chosen(case, settled[example.article.id], never, unchanged=unchanged)
            if chosen is None:
                notes["articles that came back as they were written, in which nothing was decided"] += 1
            else:
                case.settle(*chosen, never)
            case.close()
            notes["items that a rule had accepted and a person left out or changed"] += case.overruled
        made[example.article.id] = replace(example, gold=case.gold())
        lines = list(case.decisions())
        decisions += lines
        if any(one.status == DISPUTED for one in lines):
            drafts[example.article.id] = case.draft()
    return Adjudicated(examples=made, decisions=tuple(decisions), drafts=drafts, notes=notes)


def _asked(example: Example, kept: Annotations) -> Example:
    """The article with what its readings say of layers that do not stay, and things called as those that stay do."""
    if not kept.layers:
        return example
    gone = dict.fromkeys(kept.layers)
    readings = {
        name: renamed_things(own, common_names(kept, own)).with_layers(**gone) for name, own in example.readings.items()
    }
    return replace(example, readings=readings)


def _chosen(case: Case, came: Sequence[Returned], never: Unread, *, unchanged: bool) -> tuple[Annotations, str] | None:
    """What a person made of an article, among all that came back; None if nobody did anything.

    Raises:
        InputError: several people did, not the same, and no one of it is said to be the gold.
    """
    touched = [one for one in came if not case.is_untouched(one.given, never)]
    touched = [one for one in touched if one.truth] or touched
    touched = [
        one for at, one in enumerate(touched) if not any(case.is_same(one.given, o.given, never) for o in touched[:at])
    ]
    if len(touched) > 1:
        people = sorted({one.by for one in touched})
        ways, remedy = "", "say whose counts with --annotator NAME"
        if len(people) < len(touched):
            ways, remedy = f" in {number_of(len(touched), 'way')}", "leave out the file that does not count"
        raise InputError(f"article {case.article.id!r:.80} was settled{ways} by {', '.join(people)}; {remedy}")
    chosen = next(iter(touched or (came if unchanged else ())), None)
    return None if chosen is None else (chosen.given, chosen.by)


def _scope(example: Example) -> Scope:
    """What of an article all who read it annotated exhaustively.

    Raises:
        InputError: one of them marked something where another may not have looked.
    """
    scopes = {name: own.scope for name, own in sorted(example.readings.items())}
    first, *others = scopes.values()
    for other in others:
        if other == first:
            continue
        common = Scope(
            layers=_both(first.layers, other.layers),
            labels=_both(first.labels, other.labels),
            zones=_both(first.zones, other.zones),
        )
        if first.of != other.of or (outside := _outside(example, common)):
            what = "" if first.of != other.of else f", and {outside} is outside what all of them looked at"
            raise InputError(
                f"article {example.article.id!r:.80}: {', '.join(scopes)} read it under different scopes{what}; give "
                "all readings of an article one scope"
            )
        first = replace(common, of=first.of)
    return first


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(name for name in one if name in other)


def _outside(example: Example, scope: Scope) -> str:
    """An item that a reader marked outside a scope, in words; "" if there is none."""
    zones = [zone for zone in example.article.zones if scope.zones is not None and zone.kind not in scope.zones]
    for reader, own in sorted(example.readings.items()):
        for layer in all_layers():
            for item in layer.of(own) or ():
                apart = any(s.start < z.end and z.start < s.end for s in layer.spans(item) for z in zones)
                layers = scope.layers is not None and layer.name not in scope.layers
                if apart or layers or not layer.in_scope(item, scope.labels):
                    return f"{layer.one} {item.id} of {reader}"
    return ""


def made_layers(example: Example, recorded: Collection[str] | None) -> set[str]:
    """The layers of an article whose gold is made of readings; the others stay as they are.

    Args:
        example: the article.
        recorded: the layers that the record has lines of; None if it has none of the article.
    """
    gold = example.gold
    read = {name for own in example.readings.values() for name in own.layers}
    if recorded is None:
        return {name for name in read if gold[name] is None}
    # Of what readers mark there is a line. A layer without any, in which they mark something, was gold before.
    marked = {name for own in example.readings.values() for name, items in own.layers.items() if items}
    return {name for name in read if name in recorded or not gold[name] or name not in marked}


def edits_of(example: Example, recorded: Iterable[Decision]) -> list[Decision]:
    """The record of an article with what somebody changed in its gold by hand since, as the decisions of a person.

    A layer that is not there (any more) is not annotated, which is no decision about its items.
    """
    kept = list(recorded)
    made = made_layers(example, {one.layer for one in kept})
    accepted: dict[str, list[Any]] = {name: [] for name in example.gold.layers if name in made}
    for one in kept:
        if one.status == ACCEPTED and one.layer in accepted:
            accepted[one.layer].append(one.item)
    others = {name: None for name in example.gold.layers if name not in made}
    for change in changes_between(
        [Version(example.article, Annotations(accepted), example.gold.with_layers(**others))]
    ):
        old, new = change.old, change.new
        if old is not None:
            kept = [one for one in kept if one.status != ACCEPTED or one.layer != change.layer or one.item.id != old.id]
        item, status = (old, REJECTED) if new is None else (new, ACCEPTED)
        kept.append(
            Decision(
                article_id=change.article_id,
                layer=change.layer,
                question=item.id,
                status=status,
                rule=PERSON,
                by=(EDITED,),
                item=item,
                text=change.old_text if new is None else change.new_text,
            )
        )
    return kept


def told(notes: Mapping[str, int]) -> list[str]:
    """What was met, as sentences."""
    return [number_noted(number, what) for what, number in notes.items() if number]
