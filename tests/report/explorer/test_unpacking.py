"""The front end reads from a chunk what Python wrote into it: every item, and every credit to the last bit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from evalkit.analysis.exploration.chunk import chunks_of
from evalkit.analysis.exploration.exploration import Exploration
from evalkit.analysis.exploration.index import index_of
from evalkit.dataset.loading.load import load_dataset
from evalkit.files import read_text
from evalkit.report.explorer.bundle import FRONT
from evalkit.workflows.looking.view import view_runs
from evalkit.workflows.running.run import run_extractor


@pytest.fixture(scope="module")
def seen() -> Exploration:
    gold = load_dataset(None, split="test").subset(limit=5)
    rules = run_extractor("rules", gold, cache=False)
    fewer = [
        replace(one, annotations=one.annotations.with_layers(quotes=one.annotations.quotes[1:], stances=None))
        for one in rules.predictions
    ]
    other = replace(rules, extractor="other", layers=("entities", "quotes"), predictions=tuple(fewer), admitted=())
    return view_runs([rules, other], dataset=gold, baseline=rules, overview=False)


@pytest.fixture(scope="module")
def opened(chromium: Any, seen: Exploration) -> list[Any]:
    """The articles as the front end unpacks them."""
    (chunk,), index = chunks_of(seen.explored), index_of(seen.explored)
    script = read_text(FRONT / "unpacking.js").replace("export function", "function")
    page = chromium.new_page()
    told = page.evaluate(
        f"([chunk, index]) => {{ {script}; return chunk.texts.map((_, at) => unpackArticle(chunk, index, at)); }}",
        [json.loads(json.dumps(chunk)), index],
    )
    page.close()
    return told


def test_every_item_and_every_credit(opened: list[Any], seen: Exploration):
    (chunk,), index = chunks_of(seen.explored), index_of(seen.explored)
    patterns = {
        layer: [[one[0] / one[1] if isinstance(one, list) else one for one in row] for row in rows]
        for layer, rows in chunk["credits"].items()
    }
    items = 0
    for at, article in enumerate(opened):
        assert article["meta"] == dict(seen.explored.articles[at].metadata)
        assert article["zones"] == [list(zone) for zone in seen.explored.articles[at].zones]
        for layer in index["layers"]:
            told = article["layers"][layer["name"]]
            for number, run in enumerate(seen.runs):
                own, side = run.judged[layer["name"]], told["runs"][number]
                if not own.predicted.there[at]:
                    assert side is None
                    continue
                for which, records in (("gold_", own.gold), ("", own.predicted)):
                    places = range(records.first[at], records.first[at + 1])
                    sided = told["gold"] if which else side
                    assert sided["label"] == [
                        layer["labels"].index(own.layer.label(records.records[place])) for place in places
                    ]
                    for field in layer["fields"]:
                        values = [getattr(records.records[place], field["name"]) for place in places]
                        if field["type"] == "spans":
                            assert sided[field["name"]] == [[list(span) for span in spans] for spans in values]
                        elif field["type"] == "name" and "refers" not in field:
                            names = [None if one is None else article["names"][one] for one in sided[field["name"]]]
                            assert names == values
                    credits = own.credits[0 if which else 1]
                    assert [patterns[layer["name"]][one] for one in side[f"{which}credit"]] == [
                        [None if credit != credit else credit for credit in credits[place].tolist()] for place in places
                    ]
                    if own.task is not None:
                        kinds = own.kinds[0 if which else 1]
                        assert side[f"{which}kind"] == kinds[places.start : places.stop].tolist()
                    items += len(places)
    assert items > 300


def test_what_changed_since_the_baseline(opened: list[Any], seen: Exploration):
    since, own = seen.runs[1].since["quotes"], seen.runs[1].judged["quotes"]
    changes = [change for article in opened for change in article["layers"]["quotes"]["runs"][1]["gold_change"]]
    assert changes == (since.broken + 2 * since.fixed).tolist()
    assert len(changes) == len(own.gold.records)
    assert any(changes)
