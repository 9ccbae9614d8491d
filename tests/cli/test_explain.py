from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, Once


@pytest.fixture
def run(workspace: Path, evalkit: Evalkit, once: Once) -> Path:
    """People of gold.jsonl: finds both persons and takes Oslo for one."""

    def prepare() -> None:
        asked = ("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "people", "--resamples", "0")
        done = evalkit(*asked)
        assert done.status == 0, done.err

    once(prepare)
    return workspace / "people"


def test_each_item_with_its_kind_and_credit(run: Path, evalkit: Evalkit) -> None:
    done = evalkit("explain", "people", "a-port", "--json")

    items = done.json["layers"][0]["items"]
    # Ida Moen is right on both sides; Oslo is GPE in the gold and PER in the prediction.
    assert [(shown["item"]["side"], shown["item"]["text"], shown["item"]["kind"]) for shown in items] == [
        ("gold", "Ida Moen", "right"),
        ("predicted", "Ida Moen", "right"),
        ("gold", "Oslo", "label"),
        ("predicted", "Oslo", "label"),
    ]
    assert (items[2]["credits"]["exact"], items[2]["credits"]["boundary"]) == (0, 1)


def test_a_span_limits_what_is_shown(run: Path, evalkit: Evalkit) -> None:
    by_words = evalkit("explain", "people", "a-port", "Oslo", "--json").json
    by_place = evalkit("explain", "people", "a-port", "14-18", "--json").json

    assert [shown["item"]["text"] for shown in by_words["layers"][0]["items"]] == ["Oslo", "Oslo"]
    assert by_words == by_place


@pytest.mark.parametrize("width", [60, 100, 200])
def test_the_table_fits_the_terminal(run: Path, evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    done = evalkit("explain", "people", "b-strike", "--convention", "exact", "--convention", "type")

    assert done.status == 0
    assert "Bergen" in done.out
    assert max(map(len, done.out.splitlines())) <= width


def test_an_article_without_items(run: Path, evalkit: Evalkit) -> None:
    assert "entities: no gold or predicted item is there" in evalkit("explain", "people", "d-empty").out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(("people", "a-prt"), "no article 'a-prt'; did you mean 'a-port'", id="article"),
        pytest.param(("people", "a-port", "Bergen"), "'Bergen' is not in the article", id="words"),
        pytest.param(("people", "a-port", "4-900"), "not inside the article, which has 19", id="span"),
        pytest.param(("people", "a-port", "--convention", "exat"), "did you mean 'exact'", id="convention"),
        pytest.param(("people", "a-port", "--task", "entitis"), "did you mean 'entities'", id="task"),
        pytest.param(("nothing", "a-port"), "is no run folder", id="run"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run: Path, evalkit: Evalkit, argv: tuple[str, ...], message: str) -> None:
    done = evalkit("explain", *argv)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_articles_of_which_a_condition_holds(run: Path, evalkit: Evalkit) -> None:
    """People finds nobody in Bergen: b-strike misses a place. Oslo has another label in two articles."""
    done = evalkit("explain", "people", "--where", "entities.missed > 0")
    assert done.status == 0
    assert "1 of 4 articles where entities.missed > 0" in done.out
    assert "b-strike" in done.out
    assert "a-port" not in done.out
    found = evalkit("explain", "people", "--where", "label >= 1", "--json").json
    # Under exact another label is lost on both sides.
    assert [(one["article"], one["values"], one["lost"]) for one in found["found"]] == [
        ("a-port", {"label": 1}, 2),
        ("c-ship", {"label": 1}, 2),
    ]
    assert found["found"][0]["errors"]["entities"]["kinds"]["right"] == 1
    assert "there is no such article" in evalkit("explain", "people", "--where", "missed > 99").out
    # What the list counts is what the article counts.
    (shown,) = evalkit("explain", "people", "b-strike", "--json").json["layers"]
    assert [item["item"]["kind"] for item in shown["items"]].count("missed") == 1


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(("--where", "mised > 3"), "did you mean 'missed'", id="name"),
        pytest.param(("--where", "missed"), "it gives a number, not yes or no", id="no comparison"),
        pytest.param(("--where", "__import__('os')"), "has no meaning here", id="code"),
        pytest.param(("a-port", "--where", "missed > 3"), "ARTICLE_ID has no use with --where", id="article"),
        pytest.param(("--where", "missed > 3", "--slice", "zone"), "--slice has no use with --where", id="slice"),
        pytest.param(("--where", "missed > 3", "--fit-threshold"), "--fit-threshold has no use with --where", id="fit"),
        pytest.param(
            ("--where", "missed > 3", "--task", "quotes"),
            "there are no errors to look for (quotes: the extractor does not claim it)",
            id="task",
        ),
    ],
)
def test_a_condition_that_cannot_be_is_one_line_and_exit_2(
    run: Path, evalkit: Evalkit, argv: tuple[str, ...], message: str
) -> None:
    done = evalkit("explain", "people", *argv)

    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1
