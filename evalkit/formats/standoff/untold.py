"""How the regions were counted of which a file does not say what stands there.

Regions whose text is known decide, those of the same text first; where there are none, the edges of words do. Where
neither does and it makes a difference, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from evalkit.formats.standoff.edges import is_at_edges
from evalkit.records import Span
from evalkit.text.counting import Counting

__all__ = ["Choice", "Untold", "choose_ways"]

Readings = Mapping[Counting, Mapping[int, tuple[Span, ...]]]


class Untold(NamedTuple):
    """The regions of one text of which nothing is claimed.

    Attributes:
        text: the text.
        readings: where each region stands in each way of counting in which it is a span, the usual way first.
        told: the ways that the other regions of the text bear out.
    """

    text: str
    readings: Readings
    told: frozenset[Counting]


class Choice(NamedTuple):
    """How the regions of one text are taken to be counted.

    Attributes:
        way: the way; None if nothing tells it.
        by_edges: whether only the edges of words say so.
    """

    way: Counting | None
    by_edges: bool = False


def choose_ways(several: Sequence[Untold], told: Iterable[frozenset[Counting]]) -> list[Choice]:
    """How the regions of each of several texts were counted.

    Args:
        several: the texts of a file with regions of which nothing is claimed.
        told: for each text of the file the ways that regions with a text bear out.
    """
    of_file: frozenset[Counting] | None = None
    for ways in told:
        of_file = ways if of_file is None else of_file & ways
    fitting = [_fitting(one) for one in several]
    everywhere = [ways for ways, one in zip(fitting, several, strict=True) if _one_of(one, one.readings) is None]
    at_edges = frozenset.intersection(*everywhere) if everywhere else frozenset()
    choices = []
    for one, own in zip(several, fitting, strict=True):
        proved = _one_of(one, one.told & (of_file or one.told)) or _one_of(one, one.told)
        if proved is not None:
            choices.append(Choice(proved))
            continue
        # Where the other regions contradict each other, they leave all ways.
        left = one.told or frozenset(one.readings)
        choices.append(Choice(_one_of(one, left & at_edges) or _one_of(one, left & own), by_edges=True))
    return choices


def _one_of(one: Untold, ways: Iterable[Counting]) -> Counting | None:
    """The first of some ways, if all of them lead to one place each."""
    kept = set(ways)
    left = [(way, spans) for way, spans in one.readings.items() if way in kept]
    return left[0][0] if left and all(spans == left[0][1] for _, spans in left) else None


def _fitting(one: Untold) -> frozenset[Counting]:
    """The ways in which the most regions are spans of the text, and all stand at the edges of words."""
    most = max(map(len, one.readings.values()), default=0)
    return frozenset(
        way
        for way, regions in one.readings.items()
        if len(regions) == most and all(is_at_edges(one.text, span) for spans in regions.values() for span in spans)
    )
