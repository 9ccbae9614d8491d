"""One article while it is adjudicated: its questions, what rules and people decided of them, and its gold.

What people decided goes before rules. What a person decided earlier is known by what it says, so it is found again when
there are more readings or other rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalkit.analysis.adjudication.decisions import (
    ACCEPTED,
    DISPUTED,
    PERSON,
    REJECTED,
    Decision,
    stands_at,
)
from evalkit.analysis.adjudication.questions import Proposal, Question, Reading, Unread, common_item, said_alike
from evalkit.analysis.adjudication.strategies import OPEN, Strategy, Verdict
from evalkit.analysis.differences.matching import Version, matched_items
from evalkit.analysis.differences.naming import common_names, renamed_things
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Annotations, Scope

__all__ = ["Case"]


@dataclass(slots=True, eq=False)
class _Point:
    """A question with its proposals and what became of it."""

    question: Question
    proposals: list[Proposal]
    verdict: Verdict
    rejected: dict[int, tuple[str, ...]]
    """Proposals that a person has rejected by their place, and who."""
    reason: str = ""
    """Why what was decided cannot be in the gold yet."""

    @property
    def decided(self) -> bool:
        return bool(self.verdict.rule) and not self.reason

    @property
    def gold(self) -> Any:
        """The item that is gold; None if there is none, or none yet."""
        return self.verdict.item.item if self.decided and self.verdict.item is not None else None


class Case:
    """One article.

    Args:
        reading: its questions.
        strategy: the rule.
        unread: reader → layer → fields that the reader never gives.
        scope: what was annotated exhaustively.
        kept: layers of the gold that stay as they are.

    Attributes:
        overruled: how many items that a rule had accepted a person has changed or left out.
    """

    def __init__(
        self, reading: Reading, strategy: Strategy, unread: Mapping[str, Unread], scope: Scope, kept: Annotations
    ) -> None:
        self.article, self.said, self.scope, self.kept = reading.article, reading.said, scope, kept
        self.overruled = 0
        self.points: dict[str, list[_Point]] = {}
        for layer in all_layers():
            if layer.name not in reading.layers:
                continue
            points = self.points[layer.name] = []
            for question in reading.layers[layer.name]:
                proposals = said_alike(question, layer, unread)
                points.append(_Point(question, proposals, strategy.decide(question, proposals), {}))

    def remember(self, decisions: Sequence[Decision]) -> None:
        """Takes over what people decided earlier."""
        called: dict[str, dict[str, str]] = {}
        accepted = [one for one in decisions if one.rule == PERSON and one.status != REJECTED]
        named = self._in_common_names(accepted)
        for name, points in self.points.items():
            layer = load_layer(name)
            own = [one for one in decisions if one.layer == name]
            places = {id(one): self._place(layer, points, one.item, one.question) for one in own}
            for one in own:
                place = places[id(one)]
                if place is not None:
                    called.setdefault(name, {}).setdefault(one.question, place.question.name)
                    if one.rule == PERSON and one.status == REJECTED:
                        number = _number(layer, place, one.item)
                        if number is not None:
                            place.rejected[number] = one.by
            settled = [
                (layer.renamed(named.get(id(one), one.item), called), one.by) for one in accepted if one.layer == name
            ]
            answers = self._accept(layer, points, settled, points)
            for old, new in zip([one for one in accepted if one.layer == name], answers, strict=True):
                called.setdefault(name, {})[old.question] = new
            for point in points:
                _heed_rejections(layer, point)

    def _in_common_names(self, accepted: Sequence[Decision]) -> dict[int, Any]:
        """What was accepted, with things called as they are now."""
        layers: dict[str, list[Any]] = {}
        for one in accepted:
            layers.setdefault(one.layer, []).append(one.item)
        whole = Annotations(layers)
        renamed = renamed_things(whole, common_names(self.said, whole))
        rest = {name: list(items) for name, items in renamed.layers.items()}
        return {id(one): rest[one.layer].pop(0) for one in accepted}

    def _place(self, layer: Layer[Any], points: Sequence[_Point], item: Any, name: str = "") -> _Point | None:
        """The question in which somebody said what an item says; of several alike the one of a name."""
        ordered = sorted(points, key=lambda point: point.question.name != name)
        return next((point for point in ordered if _number(layer, point, item) is not None), None)

    def _accept(
        self,
        layer: Layer[Any],
        points: list[_Point],
        items: Sequence[tuple[Any, tuple[str, ...]]],
        among: Sequence[_Point],
    ) -> list[str]:
        """Makes items gold by the word of a person; gives the questions that they answer, new ones or some of these."""
        answered: dict[int, _Point] = {}
        free = list(among)
        for number, (item, _) in enumerate(items):
            if (place := self._place(layer, free, item, item.id)) is not None:
                answered[number] = place
                free.remove(place)
        left = [number for number in range(len(items)) if number not in answered]
        free = [point for point in free if point.proposals]
        shown = [point.proposals[0].item for point in free]
        version = Version(
            self.article,
            self.said.with_layers(**{layer.name: shown}),
            self.said.with_layers(**{layer.name: [items[number][0] for number in left]}),
        )
        (matches,) = matched_items(layer.name, [version])
        answered |= {left[new]: free[old] for old, new in matches}
        names = []
        for number, (item, by) in enumerate(items):
            point = answered.get(number)
            if point is None:
                question = Question(self.article.id, layer.name, self._free(layer, points), ())
                point = _Point(question, [], OPEN, {})
                points.append(point)
            point.verdict = Verdict(PERSON, Proposal(replace(item, id=point.question.name), by), by)
            names.append(point.question.name)
        return names

    def _free(self, layer: Layer[Any], points: Sequence[_Point]) -> str:
        taken, number = {point.question.name for point in points}, len(points) + 1
        while f"{layer.prefix}{number}" in taken:
            number += 1
        return f"{layer.prefix}{number}"

    def draft(self) -> tuple[Annotations, dict[tuple[str, int], str]]:
        """What a person starts from, with a word on each item that is disputed: the gold, and all that may be."""
        layers: dict[str, list[Any]] = {}
        remarks: dict[tuple[str, int], str] = {}
        for name, points in self.points.items():
            items = layers[name] = []
            for point in points:
                if point.gold is not None:
                    items.append(point.gold)
                for number, proposal in enumerate(self._open_proposals(point)):
                    label = point.question.name if not number else f"{point.question.name}-{number + 1}"
                    remarks[name, len(items)] = _remark(point, proposal)
                    items.append(replace(proposal.item, id=label))
        return Annotations({**self.kept.layers, **layers}, self.scope), remarks

    def _open_proposals(self, point: _Point) -> list[Proposal]:
        if point.decided:
            return []
        if point.verdict.item is not None:
            return [point.verdict.item]
        return [one for number, one in enumerate(point.proposals) if number not in point.rejected]

    def is_untouched(self, given: Annotations, never: Unread) -> bool:
        """Whether what came back is the draft as it was, which decides nothing.

        Args:
            given: all items of the article, in the names of whoever gave them.
            never: layer → fields that no item of the file has: what its format cannot hold says nothing.
        """
        return self._says(self._in_names(given), self.draft()[0], never)

    def is_same(self, one: Annotations, other: Annotations, never: Unread) -> bool:
        """Whether two people made the same of the article; as for `is_untouched`."""
        first, second = self._in_names(one), self._in_names(other)
        return first.layers.keys() == second.layers.keys() and self._says(first, second, never)

    def _in_names(self, given: Annotations) -> Annotations:
        return renamed_things(given, common_names(self.said, given))

    def _says(self, own: Annotations, other: Annotations, never: Unread) -> bool:
        """Whether some annotations say the same as others in the layers that they have."""
        names = [name for name in self.points if name in own]
        return all(
            _same_items(load_layer(name), other[name] or (), own[name] or (), never.get(name, frozenset()))
            for name in names
        )

    def settle(self, given: Annotations, by: str, never: Unread) -> None:
        """Takes over what a person, `by`, made of the draft; the others as for `is_untouched`."""
        given = self._in_names(given)
        called: dict[str, dict[str, str]] = {}
        for name, points in list(self.points.items()):
            if name in given:
                self._settle(load_layer(name), points, given[name] or (), by, never.get(name, frozenset()), called)

    def _settle(
        self,
        layer: Layer[Any],
        points: list[_Point],
        given: Sequence[Any],
        by: str,
        never: frozenset[str],
        called: dict[str, dict[str, str]],
    ) -> None:
        items = [layer.renamed(item, called) for item in given]
        kept: dict[int, list[int]] = {}
        for number, item in enumerate(items):
            for place, point in enumerate(points):
                own = _candidates(self, point)
                if any(common_item(layer, one.item, item, frozenset(), never) is not None for one in own):
                    kept.setdefault(place, []).append(number)
                    break
        _keep_unnamed(layer, points, items, kept, never)
        names = called.setdefault(layer.name, {})
        done: set[int] = set()
        for place, numbers in kept.items():
            done.update(numbers)
            point = points[place]
            names.update({given[number].id: point.question.name for number in numbers})
            if len(numbers) > 1 or point.gold is not None:
                # Proposals that exclude each other stand as they were; or what is gold already.
                continue
            self._choose(layer, point, items[numbers[0]], by, never)
        rest = [number for number in range(len(items)) if number not in done]
        before = [point for place, point in enumerate(points) if place not in kept]
        self.overruled += sum(point.gold is not None and point.verdict.rule != PERSON for point in before)
        answers = self._accept(layer, points, [(items[number], (by,)) for number in rest], before)
        names.update({given[number].id: answer for number, answer in zip(rest, answers, strict=True)})
        for point in before:
            if point.question.name not in answers and (point.gold is not None or not point.decided):
                point.verdict, point.reason = Verdict(PERSON, None, (by,)), ""

    def _choose(self, layer: Layer[Any], point: _Point, item: Any, by: str, never: frozenset[str]) -> None:
        """Makes the one of several proposals gold that a person left, with all that its readers gave."""
        own = [
            merged
            for one in _candidates(self, point)
            if (merged := common_item(layer, one.item, item, frozenset(), never)) is not None
        ]
        if len(own) == 1:
            point.verdict = Verdict(PERSON, Proposal(replace(own[0], id=point.question.name), (by,)), (by,))

    def close(self) -> None:
        """Takes out of the gold what refers to an item or a thing that is not in it; it is disputed until that is."""
        for points in self.points.values():
            for point in points:
                point.reason = ""
        while True:
            found = [self._close_layer(load_layer(name), points) for name, points in self.points.items()]
            if not any(found):
                break

    def _close_layer(self, layer: Layer[Any], points: Sequence[_Point]) -> bool:
        """Whether something had to be taken out."""
        found = False
        there = [point for point in points if point.gold is not None]
        for field, other in layer.refers.items():
            known = {point.question.name for point in self.points.get(other, ()) if point.gold is not None}
            for point in there:
                if (wanted := getattr(point.gold, field)) is not None and wanted not in known:
                    point.reason, found = f"its {load_layer(other).one} {wanted} is not in the gold", True
        there = [point for point in points if point.gold is not None]
        for fault in layer.problems([point.gold for point in there], self.gold()):
            if fault.code == "reference-unknown" and not there[fault.position].reason:
                there[fault.position].reason, found = fault.message.partition(";")[0], True
        return found

    def gold(self) -> Annotations:
        """What was decided."""
        layers = {name: [p.gold for p in points if p.gold is not None] for name, points in self.points.items()}
        return Annotations({**self.kept.layers, **layers}, self.scope)

    def decisions(self) -> Iterable[Decision]:
        """A line for each item that anybody proposed, in the order of the questions."""
        for name, points in self.points.items():
            layer = load_layer(name)
            for point in points:
                for status, rule, by, item, reason in self._lines(layer, point):
                    yield Decision(
                        article_id=self.article.id,
                        layer=name,
                        question=point.question.name,
                        status=status,
                        rule=rule,
                        by=by,
                        reason=reason,
                        item=item,
                        text=stands_at(name, item, self.article.text),
                    )

    def _lines(self, layer: Layer[Any], point: _Point) -> Iterable[tuple[str, str, tuple[str, ...], Any, str]]:
        verdict = point.verdict
        chosen = None if verdict.item is None else verdict.item.item
        if chosen is not None:
            status = ACCEPTED if point.decided else DISPUTED
            yield status, verdict.rule, verdict.by, chosen, point.reason
        for number, proposal in enumerate(point.proposals):
            if chosen is not None and common_item(layer, proposal.item, chosen) is not None:
                continue
            if number in point.rejected:
                yield REJECTED, PERSON, point.rejected[number], proposal.item, ""
            elif verdict.rule:
                yield REJECTED, verdict.rule, verdict.by, proposal.item, ""
            else:
                yield DISPUTED, "", proposal.by, proposal.item, _why(layer, point)


def _number(layer: Layer[Any], point: _Point, item: Any) -> int | None:
    """Which of the proposals of a question says what an item says, all that is scored in it."""
    numbers = (n for n, one in enumerate(point.proposals) if common_item(layer, one.item, item) is not None)
    return next(numbers, None)


def _candidates(case: Case, point: _Point) -> list[Proposal]:
    """What of a question a person found in the draft."""
    return [point.verdict.item] if point.verdict.item is not None else case._open_proposals(point)


def _keep_unnamed(
    layer: Layer[Any],
    points: Sequence[_Point],
    items: Sequence[Any],
    kept: dict[int, list[int]],
    never: frozenset[str],
) -> None:
    """Takes an item that is gold for left as it was where a person says the same without naming the thing."""
    unnamed = never | {name for name in layer.thing_fields if name not in layer.names}
    rest = set(range(len(items))) - {number for numbers in kept.values() for number in numbers}
    for place, point in enumerate(points):
        if place in kept or point.gold is None:
            continue
        for number in sorted(rest):
            bare = all(getattr(items[number], name) is None for name in unnamed - never)
            if bare and common_item(layer, point.gold, items[number], frozenset(), unnamed) is not None:
                kept[place] = [number]
                rest.discard(number)
                break


def _heed_rejections(layer: Layer[Any], point: _Point) -> None:
    """Takes back what a rule decided, where a person has rejected it."""
    if point.verdict.rule == PERSON or not point.rejected:
        return
    if point.rejected.keys() >= set(range(len(point.proposals))):
        by = tuple(dict.fromkeys(who for whose in point.rejected.values() for who in whose))
        point.verdict = Verdict(PERSON, None, by)
    elif point.verdict.item is not None and _number(layer, point, point.verdict.item.item) in point.rejected:
        point.verdict = OPEN


def _same_items(layer: Layer[Any], one: Sequence[Any], other: Sequence[Any], never: frozenset[str]) -> bool:
    """Whether two lists hold the same items, whatever their order."""
    left = list(other)
    for item in one:
        match = next((n for n, own in enumerate(left) if _equal(layer, item, own, never)), None)
        if match is None:
            return False
        left.pop(match)
    return not left


def _equal(layer: Layer[Any], one: Any, other: Any, never: frozenset[str]) -> bool:
    one, other = layer.ordered(one), layer.ordered(other)
    return all(getattr(one, name) == getattr(other, name) for name in layer.decisive if name not in never)


def _remark(point: _Point, proposal: Proposal) -> str:
    others = [f"{', '.join(one.by)} otherwise" for one in point.proposals if one is not proposal]
    silent = [f"{', '.join(point.question.silent)} not"] if point.question.silent else []
    return f"disputed: {'; '.join([', '.join(proposal.by), *others, *silent])}"


def _why(layer: Layer[Any], point: _Point) -> str:
    """In what those who marked something differ, and who did not."""
    items = [layer.ordered(one.item) for one in point.proposals]
    every = [one.name for one in layer.fields if len({getattr(item, one.name) for item in items}) > 1]
    # What is not scored differs too where something else does, and is not why.
    differing = [name for name in every if name in layer.decisive] or every
    silent = point.question.silent
    several = len(differing) > 1 or differing[:1] == [layer.spans_field]
    words = [f"{', '.join(differing)} {'differ' if several else 'differs'}"] if differing else []
    return "; ".join([*words, *([f"not marked by {', '.join(silent)}"] if silent else [])])
