"""Measuring speed; no test looks at a clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.predictions.speed import read_speed
from evalkit.records import Annotations, Article, Example
from evalkit.workflows.running.speed import measure_speed

EXAMPLES = [
    Example(article=Article(id=name, text=f"Ida {name}."), gold=Annotations(entities=())) for name in ("a", "b", "c")
]


class Counts:
    """Finds nothing, and keeps in mind which articles it was asked about at once."""

    name = "counts"
    layers = ("entities",)

    def __init__(self, fails: str = "") -> None:
        self.batches: list[list[str]] = []
        self.fails = fails

    def fingerprint(self) -> str:
        return "counts"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        self.batches.append([article.id for article in articles])
        if self.fails in [article.id for article in articles]:
            raise ValueError("no idea")
        return [Annotations(entities=()) for _ in articles]


def test_a_warm_up_then_passes_in_batches_then_each_article_alone():
    system = Counts()
    told: list[tuple[int, int]] = []
    speed = measure_speed(system, EXAMPLES, passes=2, batch_size=2, progress=lambda *now: told.append(now))
    together, alone = [["a", "b"], ["c"]], [["a"], ["b"], ["c"]]
    assert system.batches == together + 2 * together + 2 * alone
    assert (len(speed.passes), len(speed.latencies), speed.characters) == (2, 3, (6, 6, 6))
    assert (speed.batch_size, speed.workers, speed.failed) == (2, 1, 0)
    assert told == [(at, 5) for at in range(6)]


def test_batches_of_one_article_tell_both():
    system = Counts()
    speed = measure_speed(system, EXAMPLES, passes=3, batch_size=1)
    assert system.batches == 4 * [["a"], ["b"], ["c"]]
    assert all(own > 0 for own in (*speed.passes, *speed.latencies))


def test_failures_are_counted():
    assert measure_speed(Counts(fails="b"), EXAMPLES, passes=1, batch_size=1).failed == 1


def test_it_is_written_where_a_run_lies(tmp_path: Path):
    speed = measure_speed(Counts(), EXAMPLES, passes=1, out=tmp_path)
    kept = read_speed(tmp_path)
    assert kept is not None
    assert (kept.articles, kept.machine) == (speed.articles, speed.machine)
    assert [path.name for path in tmp_path.iterdir()] == ["speed.json"]


@pytest.mark.parametrize(
    ("dataset", "passes", "message"),
    [
        (EXAMPLES, 0, "passes must be a whole number from 1"),
        (EXAMPLES, True, "passes must be a whole number from 1"),
        ([], 1, "over no article"),
    ],
)
def test_what_cannot_be_measured(dataset: Any, passes: int, message: str):
    with pytest.raises(InputError, match=message):
        measure_speed(Counts(), dataset, passes=passes)
