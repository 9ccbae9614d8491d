"""A chunk says all there was in few characters, and the same characters each time."""

from __future__ import annotations

import json
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.exploration.chunk import chunks_of, codes, told_credit
from evalkit.analysis.exploration.exploration import Exploration
from evalkit.analysis.exploration.index import index_of
from evalkit.dataset.gold import GoldDataset
from evalkit.predictions.run import Run
from evalkit.workflows.looking.view import view_runs
from tests.analysis.exploration.unpacking import numbers_of, unpacked

NUMBERS = st.one_of(st.none(), st.integers(-60, 200), st.integers(-(2**31), 2**31 - 1))


@given(st.lists(NUMBERS))
def test_codes_are_read_as_they_were_written(numbers: list[int | None]):
    written = codes(numbers)
    assert numbers_of(written) == numbers
    # It is text that JSON holds.
    assert orjson.loads(orjson.dumps(written)) == written


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        pytest.param([0, 1, 10], "01:", id="characters from 0 on"),
        pytest.param([None, -3], "./3", id="none and minus"),
        pytest.param([50003], ",13", id="large ones in two parts"),
    ],
)
def test_codes(numbers: list[int | None], written: str):
    assert codes(numbers) == written


@given(st.integers(0, 400), st.integers(1, 400))
def test_credits_are_the_same_to_the_last_bit(part: int, whole: int):
    credit = min(part, whole) / whole
    told = told_credit(credit)
    assert (told[0] / told[1] if isinstance(told, list) else told) == credit
    assert told_credit(float("nan")) is None


@given(st.floats(0, 1))
def test_any_credit_is_the_same_to_the_last_bit(credit: float):
    told = json.loads(json.dumps(told_credit(credit)))
    assert (told[0] / told[1] if isinstance(told, list) else told) == credit


def test_a_chunk_holds_every_item_with_all_that_became_of_it(seen: Exploration):
    (chunk,), index = chunks_of(seen.explored), index_of(seen.explored)
    chunk = json.loads(orjson.dumps(chunk))
    assert chunk["texts"] == [article.text for article in seen.explored.articles]
    for at in range(len(seen.explored.articles)):
        layers = unpacked(chunk, index, at)
        for layer in index["layers"]:
            judged = [run.judged[layer["name"]] for run in seen.runs]
            sides = [judged[0].gold, *(own.predicted for own in judged)]
            for number, (side, told) in enumerate(zip(sides, layers[layer["name"]], strict=True)):
                if not side.there[at]:
                    assert told is None
                    continue
                places = range(side.first[at], side.first[at + 1])
                assert len(told) == len(places)
                for position, item in zip(places, told, strict=True):
                    record = side.records[position]
                    assert item["label"] == judged[0].layer.label(record)
                    for field in layer["fields"]:
                        if "refers" not in field:
                            assert item[field["name"]] == plain(getattr(record, field["name"]), field["type"])
                    for run, own in enumerate(judged):
                        if number == 0 and own.predicted.there[at]:
                            kind, credits, change = item["of"][run]
                            assert kind == (own.task and own.task.kinds[own.kinds[0][position]])
                            assert credits == counted(own.credits[0][position])
                            since = seen.runs[run].since.get(layer["name"])
                            assert change == (since.broken[position] + 2 * since.fixed[position] if since else 0)
                        elif number - 1 == run:
                            assert item["kind"] == (own.task and own.task.kinds[own.kinds[1][position]])
                            assert item["credits"] == counted(own.credits[1][position])
                            partner = own.partner[position]
                            assert item["partner"] == (None if partner < 0 else partner - own.gold.first[at])


def plain(value, kind):
    """A value of a field as it is read again: spans as pairs, a score in thousandths."""
    if kind == "spans":
        return tuple(map(tuple, value))
    if kind == "span":
        return () if value is None else (tuple(value),)
    if kind == "number":
        return None if value is None else round(1000 * value)
    return value


def counted(credits):
    """Credits as they are read again."""
    return [None if credit != credit else credit for credit in credits.tolist()]


def test_references_are_numbers_of_items(seen: Exploration):
    (chunk,), index = chunks_of(seen.explored), index_of(seen.explored)
    field = next(
        own
        for layer in index["layers"]
        if layer["name"] == "stances"
        for own in layer["fields"]
        if own["name"] == "quote_id"
    )
    assert field["refers"] == "quotes"
    layers = unpacked(chunk, index, 0)
    own = seen.runs[0].judged
    quotes = own["quotes"].gold.records[: own["quotes"].gold.first[1]]
    for item, stance in zip(layers["stances"][0], own["stances"].gold.records, strict=False):
        expected = None if stance.quote_id is None else [quote.id for quote in quotes].index(stance.quote_id)
        assert item["quote_id"] == expected


def test_the_order_of_articles_and_items_changes_nothing(gold: GoldDataset, rules: Run):
    def turned(run: Run) -> Run:
        predictions = [
            replace(
                one,
                annotations=one.annotations.with_layers(
                    **{name: items[::-1] for name, items in one.annotations.layers.items()}
                ),
            )
            for one in reversed(run.predictions)
        ]
        return replace(run, predictions=tuple(predictions), admitted=())

    written = []
    for run in (rules, turned(rules)):
        seen = view_runs(run, dataset=gold, overview=False).explored
        written.append(orjson.dumps([index_of(seen), *chunks_of(seen)]))
    assert written[0] == written[1]


class TestIndex:
    def test_facets_find_the_articles(self, seen: Exploration):
        index = index_of(seen.explored)
        rows = [
            row
            for row in index["facets"]["items"]
            if row["task"] == "entities" and row["run"] == 1 and row["kind"] == "label"
        ]
        own = seen.runs[1].judged["entities"]
        # A pair of other labels is one gold and one predicted item.
        assert (
            sum(row["gold"] for row in rows) == sum(row["predicted"] for row in rows) == (own.kinds[0] == 1).sum() > 0
        )
        found = sorted({position for row in rows for position in positions(row["articles"])})
        assert found == sorted(set(own.gold.article[own.kinds[0] == 1].tolist()))

    def test_a_failed_article_is_told_with_its_error(self, seen: Exploration):
        index = index_of(seen.explored)
        assert index["facets"]["failed"] == [{"run": 1, "articles": [5]}]
        assert index["runs"][1]["failed"] == {"5": "it <b>burst</b>"}

    def test_runs_that_do_not_do_alike(self, seen: Exploration):
        rows = index_of(seen.explored)["facets"]["disagree"]
        assert {(row["task"], *row["runs"]) for row in rows} >= {("entities", 0, 1), ("entities", 1, 2)}
        # The same entities in both.
        assert ("entities", 0, 2) not in {(row["task"], *row["runs"]) for row in rows}

    def test_properties_and_fields_of_articles(self, gold: GoldDataset, rules: Run):
        facets = index_of(view_runs(rules, dataset=gold, resamples=0).explored)["facets"]
        assert (
            {"zone", "length", "nested"}
            <= {row["property"] for row in facets["property"]}
            <= {"zone", "length", "nested", "seen", "speaker", "holder", "target"}
        )
        by_article = {row["property"] for row in facets["article"]}
        assert "section" in by_article
        # Each of these articles has one of its own.
        assert "source" not in by_article
        for row in facets["property"]:
            assert set(positions(row["wrong"])) <= set(positions(row["articles"]))

    def test_what_is_not_evaluated_of_a_run_is_said(self, seen: Exploration):
        index = index_of(seen.explored)
        assert index["runs"][2]["not_evaluated"]["quotes"] == "the extractor does not claim it"
        assert index["cost"]["quotes"]["exact"][2] is None
        assert len(index["cost"]["quotes"]["exact"][0]) == len(seen.explored.articles)

    def test_it_is_json(self, seen: Exploration):
        index = index_of(seen.explored)
        assert json.loads(json.dumps(index, allow_nan=False)) == index


def positions(told: list[int]) -> list[int]:
    """Positions from gaps."""
    found, before = [], 0
    for gap in told:
        before += gap
        found.append(before)
    return found
