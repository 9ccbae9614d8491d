from __future__ import annotations

from collections.abc import Callable

from evalkit.analysis.ranking import ranking_changes, rankings
from evalkit.results import EvalResult
from evalkit.scoring.counts import CountTable


def runs(make_result: Callable[..., EvalResult], make_table: Callable[..., CountTable]) -> list[EvalResult]:
    # careful: exact 2 of 4, type 2 of 4; sloppy: exact 1 of 4, type 4 of 4.
    def run(name: str, exact: int, type_: int) -> EvalResult:
        tables = {
            convention: make_table({"a": {"X": (4, 4, right, right)}})
            for convention, right in (("exact", exact), ("type", type_), ("partial", 3))
        }
        return make_result({"entities": tables}, name=name)

    return [run("careful", 2, 2), run("sloppy", 1, 4)]


def test_the_order_of_two_runs_depends_on_the_convention(
    make_result: Callable[..., EvalResult], make_table: Callable[..., CountTable]
) -> None:
    (change,) = ranking_changes(runs(make_result, make_table))
    assert (change.task, change.first, change.second) == ("entities", "careful", "sloppy")
    assert dict(change.first_better) == {"exact micro f1": 0.25, "exact macro f1": 0.25}
    assert dict(change.second_better) == {"type micro f1": 0.5, "type macro f1": 0.5}
    assert change.equal == ("partial micro f1", "partial macro f1")


def test_no_change_under_one_convention(
    make_result: Callable[..., EvalResult], make_table: Callable[..., CountTable]
) -> None:
    assert ranking_changes(runs(make_result, make_table), conventions=["exact"]) == ()


def test_rankings(make_result: Callable[..., EvalResult], make_table: Callable[..., CountTable]) -> None:
    table = rankings(runs(make_result, make_table))["entities"]
    assert table["exact micro f1"] == ("careful", "sloppy")
    assert table["type micro f1"] == ("sloppy", "careful")
    assert table["partial micro f1"] == ("careful", "sloppy")
