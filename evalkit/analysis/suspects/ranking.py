"""Which items of gold are suspected of being wrong, and how strongly: from odds to one suspicion from 0 to 1.

Of a place where gold has item g, what is true is g, one of its rivals r, or nothing. Before gold is looked at, the odds
of the three are o(g), o(r) and 1. Annotators who write g where r is true, and who write g where there is nothing, make
such errors with some rate, so the suspicion is the probability (Bayes) that what gold says is not true::

    suspicion(g) = (CHANGED Σ o(r) + INVENTED) / (o(g) + CHANGED Σ o(r) + INVENTED)
    suspicion(missing c) = OVERLOOKED Σ o(c) / (1 + OVERLOOKED Σ o(c))

where the second sum is over what the systems have at a place where gold has nothing, and c is the likeliest of it. The
rates are those of careful annotators, from what was found wrong in gold that was corrected later; they set how items
that are there and items that are not are ranked among each other, and change nothing within either.

Where systems are weak, what they lack looks wrong too often. So no more of the gold is taken to be wrong than `WRONG`
of its items and `FEW` more: if suspicions add up to more, the log odds of all of a task are lowered alike until they do
not. Their order stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.analysis.suspects.candidates import GOLD, Candidates
from evalkit.analysis.suspects.odds import Odds
from evalkit.layers.table import load_layer
from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS
from evalkit.scoring.tasks.table import load_task

__all__ = ["MISSING", "Suspect", "plain_votes", "ranked", "suspect_kinds", "suspects_of"]

CHANGED, INVENTED, OVERLOOKED = 0.03, 0.003, 0.06
"""How often annotators give an item another label, bounds or speaker; invent one; overlook one."""

WRONG, FEW = 0.08, 2
"""The largest share of gold that is taken to be wrong, missing items included; and how many items may be besides."""

MISSING = "missing"
"""The kind of what gold lacks; what gold has where nothing is is `spurious`, the others are kinds of the task."""


_OF_RUNS = (RIGHT, DUPLICATE, MISSED, SPURIOUS)
"""Kinds of a task that say of a run what no item of gold can be, or that are called otherwise here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An item of gold that is probably wrong, or one that gold probably lacks.

    Attributes:
        article_id: its article.
        layer: its layer.
        kind: what is wrong with it: a kind of error of the task such as `label`, `boundary` or `speaker`; `spurious`
            if nothing should be there; `missing` if gold has nothing there.
        spans: where it stands, in code points.
        label: its label in the gold, or the proposed one if it is missing.
        text: the item in words.
        suspicion: how likely gold is wrong there, 0 to 1.
        gold: the item that gold has; None if it is missing.
        proposed: what is proposed instead; None if nothing should be there.
        agree: the systems that have the gold's item.
        propose: the systems that have the proposed one; if nothing is proposed, those that have nothing there.
        asked: how many systems say something of the article.
    """

    article_id: str
    layer: str
    kind: str
    spans: tuple[tuple[int, int], ...]
    label: str
    text: str
    suspicion: float
    gold: Any
    proposed: Any
    agree: tuple[str, ...] = ()
    propose: tuple[str, ...] = ()
    asked: int = 0


def suspects_of(candidates: Candidates, odds: Odds) -> list[Suspect]:
    """A suspicion for each gold item, and for each item that a system has where gold has none; in no order.

    Of articles that no system says anything of nothing is suspected, where there are systems.
    """
    weighed = [one for one in _weighed(candidates, odds.odds.tolist()) if candidates.asked[one[0]]]
    items = sum(GOLD in row.voters for row, asked in zip(candidates.rows, candidates.asked, strict=True) if asked)
    most = WRONG * items + FEW
    factor = _lowered([wrong for *_, wrong in weighed], most)
    return [_suspect(candidates, number, rival, _probability(wrong * factor)) for number, rival, wrong in weighed]


def _probability(odds: float) -> float:
    return odds / (1 + odds)


def _lowered(odds: Sequence[float], most: float) -> float:
    """What odds must be multiplied by, at most 1, so that their probabilities add up to no more than `most`."""
    low, high = 0.0, 1.0
    if sum(map(_probability, odds)) <= most:
        return 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if sum(_probability(one * middle) for one in odds) > most else (middle, high)
    return low


def suspect_kinds(task: str) -> tuple[str, ...]:
    """What can be wrong with the items of a task."""
    return (*(kind for kind in load_task(task).kinds if kind not in _OF_RUNS), MISSING, SPURIOUS)


def plain_votes(candidates: Candidates) -> list[Suspect]:
    """As `suspects_of`, by votes alone: the share of the systems that are against what gold says."""
    share, rows = candidates.share.tolist(), candidates.rows
    found = []
    for number, row in enumerate(rows):
        rivals = [rival for rival in row.rivals if GOLD not in rows[rival].voters]
        likeliest = max(rivals, key=lambda rival: (share[rival], -rival), default=None)
        if GOLD in row.voters:
            found.append(_suspect(candidates, number, likeliest, 1 - share[number]))
        elif not any(GOLD in rows[rival].voters for rival in row.rivals):
            found.append(_suspect(candidates, number, None, share[number]))
    return found


def ranked(suspects: Sequence[Suspect]) -> list[Suspect]:
    """The most suspicious first; of equally suspicious ones by article and place."""
    return sorted(
        suspects, key=lambda one: (-one.suspicion, one.article_id, one.layer, one.spans, one.label, one.kind, one.text)
    )


def _weighed(candidates: Candidates, odds: Sequence[float]) -> Iterator[tuple[int, int | None, float]]:
    """Candidate, the rival that is proposed for it, and the odds that gold is wrong there."""
    rows = candidates.rows
    for number, row in enumerate(rows):
        rivals = [rival for rival in row.rivals if GOLD not in rows[rival].voters]
        likeliest = max(rivals, key=lambda rival: (odds[rival], -rival), default=None)
        if GOLD in row.voters:
            changed = CHANGED * sum(odds[rival] for rival in rivals)
            proposed = likeliest if likeliest is not None and CHANGED * odds[likeliest] >= INVENTED else None
            yield number, proposed, (changed + INVENTED) / odds[number]
        elif not any(GOLD in rows[rival].voters for rival in row.rivals) and (
            likeliest is None or (odds[likeliest], -likeliest) < (odds[number], -number)
        ):
            # Of several readings of one place the likeliest stands for all.
            yield number, None, OVERLOOKED * (odds[number] + sum(odds[rival] for rival in rivals))


def _suspect(candidates: Candidates, number: int, rival: int | None, suspicion: float) -> Suspect:
    rows, layer = candidates.rows, load_layer(candidates.layer)
    row = rows[number]
    gold = row.voters.get(GOLD)
    other = None if rival is None else rows[rival]
    stated = row if gold is None else other
    proposed = None if stated is None else candidates.version(stated)
    kind = MISSING if gold is None else SPURIOUS if rival is None else row.rivals[rival]
    shown = proposed if gold is None else gold
    asked = [system for system in candidates.systems if candidates.votes[number, system] in (0, 1)]
    agree = [system for system in asked if gold is not None and system in row.voters]
    if gold is None:
        propose = [system for system in asked if system in row.voters]
    elif other is None:
        propose = [system for system in asked if system not in row.voters and not candidates.against[number, system]]
    else:
        propose = [system for system in asked if system in other.voters]
    return Suspect(
        article_id=row.article.id,
        layer=layer.name,
        kind=kind,
        spans=tuple((span.start, span.end) for span in layer.spans(shown)),
        label=layer.label(shown),
        text=layer.show(shown, row.article.text),
        suspicion=suspicion,
        gold=gold,
        proposed=proposed,
        agree=tuple(candidates.voters[system] for system in agree),
        propose=tuple(candidates.voters[system] for system in propose),
        asked=len(asked),
    )
