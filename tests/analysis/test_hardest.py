from __future__ import annotations

from collections.abc import Callable

import pytest

from evalkit.analysis.hardest import hardest_articles
from evalkit.scoring.counts import CountTable


def test_hardest_articles(make_table: Callable[..., CountTable]) -> None:
    table = make_table(
        {
            "a": {"X": (3, 2, 1, 1)},  # two missed, one spurious
            "b": {"X": (1, 1, 1, 1)},  # nothing lost
            "c": {"X": (4, 0, 0, 0)},  # four missed
            "d": {"X": (1, 2, 0.5, 0.5), "Y": (0, 1, 0, 0)},  # half missed, two and a half spurious
        }
    )
    worst = hardest_articles(table)
    assert [(own.article, own.missed, own.spurious) for own in worst] == [("c", 4, 0), ("a", 2, 1), ("d", 0.5, 2.5)]
    assert (worst[1].gold, worst[1].predicted) == (3, 2)
    assert worst[1].f1 == pytest.approx(2 * 1 / 2 * 1 / 3 / (1 / 2 + 1 / 3))
    assert [own.article for own in hardest_articles(table, limit=1)] == ["c"]
