"""Plain files scored from columns give what the records give, and everything else is left to the records."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_dataset
from evalkit.formats.native.columns import read_native_columns
from evalkit.layers.quotes import QUOTES
from evalkit.options import Intervals, Options, ReadOptions, Scoring
from evalkit.predictions.load import load_predictions
from evalkit.records import Example
from evalkit.results import EvalResult
from evalkit.scoring.tasks.table import load_task
from evalkit.workflows.scoring.plain_files import read_plain_files
from evalkit.workflows.scoring.score import score_predictions, score_run

Row = dict[str, Any]


def entity(start: int, end: int, label: str = "PER", **more: Any) -> Row:
    return {"start": start, "end": end, "label": label, **more}


def write(path: Path, rows: list[Row], head: str = "") -> Path:
    path.write_text(head + "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def scored(**fields: Any) -> Options:
    return Options(scoring=Scoring(**fields), intervals=Intervals(resamples=0))


def by_records(gold_path: Path, predicted_path: Path, options: Options) -> EvalResult:
    gold = load_dataset(gold_path)
    return score_run(gold, load_predictions(predicted_path, gold.examples), options, baseline=False)


def by_columns(gold_path: Path, predicted_path: Path, options: Options) -> EvalResult | None:
    if read_plain_files(gold_path, predicted_path, options) is None:
        return None
    records = {"scoring": options.scoring, "intervals": options.intervals}
    return score_predictions(gold_path, predicted_path, baseline=False, **records)


class TestReading:
    def test_columns(self, tmp_path: Path) -> None:
        rows = [
            {"id": "b", "entities": [entity(0, 3), entity(4, 9, "ORG")], "text": "Ida, Fjord", "title": "T"},
            {"id": "c", "entities": [], "quotes": None},
            {"id": "a", "entities": [{"id": "e1", "spans": [[2, 5]], "label": "PER"}]},
        ]
        found = read_native_columns(write(tmp_path / "rows.jsonl", rows, head="\ufeff"))
        assert found is not None
        assert (found.articles, found.labels) == (["b", "c", "a"], ["PER", "ORG"])
        assert list(found.texts) == ["Ida, Fjord", "", ""]
        items = found.items
        arrays = (items.article, items.start, items.end, items.label)
        assert [column.tolist() for column in arrays] == [[0, 0, 2], [0, 4, 2], [3, 9, 5], [0, 1, 0]]
        assert {column.dtype for column in arrays} == {np.dtype(np.int32)}
        assert found.plain.all()

    def test_another_layer(self, tmp_path: Path) -> None:
        quotes = [{"content": [[2, 5]], "kind": "direct"}, {"content": [[7, 9]], "kind": "mixed"}]
        path = write(tmp_path / "rows.jsonl", [{"id": "a", "quotes": quotes}])
        found = read_native_columns(path, QUOTES)
        assert found is not None
        places = (found.items.start.tolist(), found.items.end.tolist())
        assert (found.labels, *places) == (["direct", "mixed"], [2, 7], [5, 9])
        assert read_native_columns(path) is None

    def test_a_row_with_all_that_people_have(self, tmp_path: Path) -> None:
        items = [entity(0, 3, id="e1", entity_id="ida", score=0.5), entity(5, 10, "ORG", id="e2", link="Q1")]
        quotes = [
            {"id": "q1", "kind": "direct", "content": [[0, 3], [5, 10]], "speaker": [11, 12], "speaker_id": "ida"}
        ]
        row = {
            "id": "a",
            "text": "Ida, Fjord and",
            "metadata": {"story": "s", "none": None},
            "zones": [{"kind": "body", "start": 0, "end": 4}, {"kind": "caption", "start": 4, "end": 10}],
            "scope": {"zones": ["body"]},
            "entities": items,
            "quotes": quotes,
            "stances": [],
            "readings": {"kari": {"entities": items[:1]}, "ola": {"entities": []}},
        }
        told: list[Example] = []
        found = read_native_columns(write(tmp_path / "rows.jsonl", [row]), told=told.append)
        assert found is not None
        assert (found.plain.any(), found.reach.tolist()) == (False, [12])
        assert (found.outside.start.tolist(), found.outside.end.tolist()) == ([4], [10])
        assert {name: len(own) for name, own in found.readings.items()} == {"kari": 1, "ola": 0}
        assert (found.metadata, found.scoped.tolist()) == ([{"story": "s"}], [True])
        assert read_native_columns(tmp_path / "rows.jsonl", alone=True) is None
        (example,) = told
        assert [entity.spans for entity in example.gold.entities] == [((0, 3),), ((5, 10),)]

    def test_a_field_that_no_row_before_had(self, tmp_path: Path) -> None:
        # More than what is looked at to see which fields there are.
        rows: list[Row] = [{"id": f"a{at}", "entities": [entity(0, 9)] * 3} for at in range(999)]
        path = write(tmp_path / "rows.jsonl", [*rows, {"id": "z", "lang": "en", "entities": [entity(0, 9, score=1)]}])
        found = read_native_columns(path)
        assert found is not None
        assert (len(found.items), found.plain.sum()) == (2998, 2997)

    def test_no_file_and_no_regular_file(self, tmp_path: Path) -> None:
        assert read_native_columns(tmp_path / "absent.jsonl") is None
        assert read_native_columns(tmp_path) is None

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
    def test_a_pipe_is_not_touched(self, tmp_path: Path) -> None:
        # Opening it would wait for a writer, who never comes.
        os.mkfifo(tmp_path / "pipe")
        assert read_native_columns(tmp_path / "pipe") is None


NOT_PLAIN = [
    pytest.param({"entities": [entity(0, 1)]}, id="no-id"),
    pytest.param({"id": 7, "entities": [entity(0, 1)]}, id="id-is-no-text"),
    pytest.param({"id": None, "entities": [entity(0, 1)]}, id="id-is-null"),
    pytest.param({"article_id": "a", "id": "b", "entities": []}, id="article-id"),
    pytest.param({"id": "a"}, id="no-entities"),
    pytest.param({"id": "a", "entities": None}, id="entities-null"),
    pytest.param({"id": "a", "entities": {"start": 1}}, id="entities-are-an-object"),
    pytest.param({"id": "a", "entities": "none"}, id="entities-are-a-text"),
    pytest.param({"id": "a", "entities": [["start", "end", "label"]]}, id="entity-is-a-list"),
    pytest.param({"id": "a", "entities": [7]}, id="entity-is-a-number"),
    pytest.param({"id": "a", "entities": [entity(3, 2)]}, id="reversed"),
    pytest.param({"id": "a", "entities": [entity(2, 2)]}, id="empty"),
    pytest.param({"id": "a", "entities": [entity(-1, 2)]}, id="negative"),
    pytest.param({"id": "a", "entities": [entity(False, True)]}, id="bool"),
    pytest.param({"id": "a", "entities": [entity(0.0, 1)]}, id="float"),
    pytest.param({"id": "a", "entities": [entity("0", "1")]}, id="text-offset"),
    pytest.param({"id": "a", "entities": [entity(0, None)]}, id="no-end"),
    pytest.param({"id": "a", "entities": [entity(0, 2**31 - 1)]}, id="huge"),
    pytest.param({"id": "a", "entities": [entity(0, 2**40)]}, id="huger"),
    pytest.param({"id": "a", "entities": [entity(0, 1, 5)]}, id="label-is-a-number"),
    pytest.param({"id": "a", "entities": [entity(0, 1, [])]}, id="label-is-a-list"),
    pytest.param({"id": "a", "entities": [{"start": 0, "end": 1}]}, id="no-label"),
    pytest.param({"id": "a", "entities": [{"start": 0, "end": 1, "type": "PER"}]}, id="other-field-for-the-label"),
    pytest.param({"id": "a", "entities": [entity(0, 1, id="e"), entity(1, 2, id="e")]}, id="equal-ids"),
    pytest.param({"id": "a", "entities": [entity(0, 1, id=1)]}, id="id-of-an-entity-is-a-number"),
    pytest.param({"id": "a", "entities": [{"spans": [[0, 1], [2, 3]], "label": "PER"}]}, id="two-spans"),
    pytest.param({"id": "a", "entities": [{"spans": [0, 1], "label": "PER"}]}, id="flat-span"),
    pytest.param({"id": "a", "entities": [{"spans": [{"start": 0, "end": 1}], "label": "PER"}]}, id="span-object"),
    pytest.param({"id": "a", "entities": [{"spans": ["ab"], "label": "PER"}]}, id="span-is-a-text"),
    pytest.param({"id": "a", "entities": [entity(0, 1, spans=None)]}, id="spans-and-start"),
    pytest.param({"id": "a", "entities": [entity(0, 9)], "text": "short"}, id="after-the-text"),
    pytest.param({"id": "a", "entities": [], "text": 7}, id="text-is-a-number"),
    pytest.param({"id": "a", "entities": [], "scope": {"labels": ["PER"]}}, id="scope"),
    pytest.param({"id": "a", "entities": [], "split": "test"}, id="split"),
    pytest.param({"id": "a", "entities": [], "error": "boom"}, id="error"),
    pytest.param({"id": "a", "entities": [], "text_sha256": "x"}, id="hash"),
    pytest.param({"id": "a", "entities": [], "text": "Ida", "text_sha256": "x"}, id="another-hash"),
    pytest.param({"id": "a", "entities": [entity(0, 1, txt="I")]}, id="unknown-key"),
    pytest.param({"id": "a", "entities": [entity(0, 1, id="e1"), entity(0, 1)]}, id="some-have-ids"),
    pytest.param({"id": "a", "entities": [], "quotes": [{"kind": "direct", "content": []}]}, id="quote-stands-nowhere"),
    pytest.param({"id": "a", "entities": [], "quotes": [{"kind": "no", "content": [[0, 1]]}]}, id="kind-of-quote"),
    pytest.param({"id": "a", "entities": [], "quotes": [{"kind": "direct", "content": [[2, 1]]}]}, id="quote-reversed"),
    pytest.param(
        {
            "id": "a",
            "text": "Ida",
            "entities": [],
            "quotes": [{"kind": "direct", "content": [[0, 1]], "cue": [[2, 9]]}],
        },
        id="cue-after-the-text",
    ),
    pytest.param(
        {"id": "a", "text": "Ida", "entities": [], "quotes": [{"kind": "direct", "content": [[0, 1]], "text": "d"}]},
        id="another-text-of-a-quote",
    ),
    pytest.param(
        {"id": "a", "entities": [], "quotes": [{"kind": "direct", "content": [[0, 1]]}] * 2}, id="quote-twice"
    ),
    pytest.param({"id": "a", "entities": [], "categories": []}, id="layer-whose-labels-are-free"),
    pytest.param({"id": "a", "entities": [], "zones": [{"kind": "body", "start": 3, "end": 3}]}, id="empty-zone"),
    pytest.param({"id": "a", "entities": [], "scope": {"quotes": {"kinds": ["direct"]}}}, id="scope-of-a-layer"),
    pytest.param({"id": "a", "entities": [], "scope": {"zones": []}}, id="scope-of-nothing"),
    pytest.param({"id": "a", "entities": [], "readings": {"": {"entities": []}}}, id="nobody-read"),
    pytest.param({"id": "a", "entities": [], "readings": {"k": {"quotes": []}}}, id="reading-without-the-layer"),
    pytest.param(
        {"id": "a", "entities": [], "readings": {"k": {"entities": [], "scope": {"zones": ["body"]}}}},
        id="reading-with-a-scope",
    ),
]


@pytest.mark.parametrize("row", NOT_PLAIN)
def test_what_is_not_plain_is_left_alone(tmp_path: Path, row: Row) -> None:
    plain = {"id": "z", "entities": [entity(0, 1)]}
    assert read_native_columns(write(tmp_path / "plain.jsonl", [plain])) is not None
    assert read_native_columns(write(tmp_path / "rows.jsonl", [plain, row])) is None


ODD_PREDICTIONS = [
    pytest.param({"id": "a", "entities": [], "text": ""}, id="empty-text"),
    pytest.param({"id": "a", "entities": [], "error": "boom"}, id="error"),
    pytest.param({"id": "a", "entities": [], "usage": {"tokens": 3}}, id="usage"),
    pytest.param({"id": "a", "entities": [], "zones": []}, id="zones"),
    pytest.param({"id": "a", "entities": [], "quotes": [{"kind": " ", "content": [[0, 1]]}]}, id="kind-says-nothing"),
    pytest.param({"id": "a", "entities": [], "lang": "e\u0000"}, id="control-character"),
]


@pytest.mark.parametrize("row", ODD_PREDICTIONS)
def test_odd_predictions_are_left_alone(tmp_path: Path, row: Row) -> None:
    assert read_native_columns(write(tmp_path / "rows.jsonl", [row]), predicted=True) is None


DAMAGED = [
    pytest.param('{"id": "a", "entities": []', id="cut-off"),
    pytest.param('[{"id": "a", "entities": []}]', id="one-list"),
    pytest.param('{"id": "a", "entities": []}\n"x"', id="text"),
    pytest.param('{"id": "a", "entities": []}\n{"id": "a", "entities": []}', id="same-id"),
    pytest.param("", id="nothing"),
    pytest.param('{"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER", "label": "ORG"}]}', id="key-twice"),
    pytest.param(
        r'{"id": "a", "metadata": {"x\\": "y"}, "entities": [{"start": 0, "end": 3, "label": "PER", "label": "ORG"}]}',
        id="key-twice-beside-a-backslash",
    ),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_damaged_files_are_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "rows.jsonl").write_text(content)
    good = write(tmp_path / "good.jsonl", [{"id": "a", "entities": []}])
    assert read_plain_files(tmp_path / "rows.jsonl", good, Options()) is None
    assert read_plain_files(good, tmp_path / "rows.jsonl", Options()) is None


def test_an_empty_text_of_an_item_is_compared_too(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", [{"id": "a", "text": "Ola Brun left.", "entities": [entity(0, 8)]}])
    odd = write(tmp_path / "odd.jsonl", [{"id": "a", "text": "Ola Brun left.", "entities": [entity(0, 8, text="")]}])
    assert read_plain_files(good, good, Options()) is not None
    assert read_plain_files(odd, good, Options()) is None
    assert read_plain_files(good, odd, Options()) is None


NAMES = st.sampled_from(["a", "b", "B", "å", "d", "z"])


TEXT = "twelve chars and more"
ZONES = [{"kind": "headline", "start": 0, "end": 4}, {"kind": "body", "start": 5, "end": 21}]


@st.composite
def rows_of(draw: st.DrawFn, labels: tuple[str, ...], gold: bool) -> list[Row]:
    return [draw(row_of(name, labels, gold)) for name in draw(st.lists(NAMES, unique=True, min_size=1))]


@st.composite
def row_of(draw: st.DrawFn, name: str, labels: tuple[str, ...], gold: bool) -> Row:
    row: Row = {"id": name, "entities": draw(entities_of(labels))}
    if draw(st.booleans()):
        # Of another layer nothing is counted here.
        row["quotes"] = [
            {
                "kind": "direct",
                "content": [[at, at + 3]],
                "cue": [[0, 1]],
                "speaker_id": draw(st.sampled_from([None, "x"])),
            }
            for at in draw(st.lists(st.integers(0, 9), unique=True, max_size=3))
        ]
        row["stances"] = [{"holder": "author", "target": "x", "label": "favor", "aliases": ["b", "a"], "evidence": []}]
    if not gold:
        return row
    text = draw(st.sampled_from([None, "", TEXT]))
    if text is not None:
        row["text"] = text
    if text:
        for item in row["entities"] if draw(st.booleans()) else ():
            start, end = item["spans"][0] if "spans" in item else (item["start"], item["end"])
            item["text"] = text[start:end]
    if draw(st.booleans()):
        row |= {"zones": ZONES, "metadata": {"story": draw(st.sampled_from("ab"))}}
        row["scope"] = {"layers": None, "labels": None, "zones": draw(st.sampled_from([None, ["body"]]))}
    if draw(st.booleans()):
        readers = draw(st.lists(st.sampled_from(["kari", "ola", "per"]), unique=True))
        row["readings"] = {reader: {"entities": draw(entities_of(labels)), "quotes": []} for reader in readers}
    return row


@st.composite
def entities_of(draw: st.DrawFn, labels: tuple[str, ...]) -> list[Row]:
    places = draw(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 5), st.sampled_from(labels)), max_size=6))
    form = draw(st.sampled_from(["start", "spans", "id"]))
    more: Row = draw(st.sampled_from([{}, {"score": 0.5}, {"entity_id": "x"}, {"entity_id": None, "link": "Q1"}]))
    items: list[Row] = []
    for at, (start, size, label) in enumerate(places):
        own = more if draw(st.booleans()) else {}
        if form == "spans":
            items.append({"spans": [[start, start + size]], "label": label, **own})
        else:
            items.append(entity(start, start + size, label, **({"id": f"x{at}"} if form == "id" else {}), **own))
    return items


OPTIONS = [
    Options(scoring=Scoring(tasks=("entities",)), intervals=Intervals(resamples=20)),
    scored(tasks=("entities",), conventions=("exact", "fuzzy", "overlap", "iou:0.5")),
    scored(tasks=("entities",), conventions=("type",)),
    scored(tasks=("entities",), conventions=("boundary",)),
]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gold=rows_of(("PER", "ORG", "GPE"), gold=True),
    predicted=rows_of(("PER", "ORG", "LOC", "Person"), gold=False),
    options=st.sampled_from(OPTIONS),
)
def test_the_result_is_that_of_the_records(
    tmp_path: Path, gold: list[Row], predicted: list[Row], options: Options
) -> None:
    paths = write(tmp_path / "gold.jsonl", gold), write(tmp_path / "mine.jsonl", predicted)
    result = by_columns(*paths, options)
    both = {row["id"] for row in gold} & {row["id"] for row in predicted}
    if not both or not any(row["entities"] for row in gold):
        return
    assert result is not None
    assert result.to_json() == by_records(*paths, options).to_json()


PLAIN = tuple(
    name
    for name in load_task("entities").every
    if (own := load_task("entities").conventions[name.partition(":")[0]]).plain and not own.needs
)


def test_every_plain_convention_where_all_texts_are_known(tmp_path: Path) -> None:
    text = "Ida Moen left Oslo for Bergen."
    rows = [{"id": name, "text": text, "entities": [entity(0, 8), entity(14, 18, "GPE")]} for name in "ba"]
    gold = write(tmp_path / "gold.jsonl", rows)
    predicted = write(tmp_path / "mine.jsonl", [{"id": "a", "entities": [entity(0, 3), entity(14, 18, "GPE")]}])
    options = scored(conventions=PLAIN)
    result = by_columns(gold, predicted, options)
    assert result is not None
    # Ida and Oslo, of Ida, Moen and Oslo in each of two articles.
    assert result.tasks["entities"]["token"].micro.recall == 2 / 6
    assert result.to_json() == by_records(gold, predicted, options).to_json()


GIVES_WAY = [
    pytest.param(scored(label_map="conll4"), id="label-map"),
    pytest.param(scored(predicted_label_map="news"), id="predicted-map"),
    pytest.param(scored(labels=("PER",)), id="labels"),
    pytest.param(scored(tasks=("quotes",)), id="task"),
    pytest.param(scored(conventions=("trimmed",)), id="a-convention-that-looks-at-the-text"),
    pytest.param(scored(conventions=("linked",)), id="a-convention-of-a-part-that-plain-items-lack"),
    pytest.param(Options(intervals=Intervals(cluster="story")), id="clusters"),
    pytest.param(Options(read=ReadOptions(format="conll")), id="format"),
    pytest.param(Options(read=ReadOptions(limit=1)), id="limit"),
]


@pytest.mark.parametrize("options", GIVES_WAY)
def test_options_that_need_records(tmp_path: Path, options: Options) -> None:
    path = write(tmp_path / "rows.jsonl", [{"id": "a", "entities": [entity(0, 1)]}])
    assert read_plain_files(path, path, Options()) is not None
    assert read_plain_files(path, path, options) is None


def test_problems_between_the_files(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold.jsonl", [{"id": "a", "text": "Oslo", "entities": [entity(0, 4, "GPE")]}])
    unknown = write(tmp_path / "unknown.jsonl", [{"id": "a", "entities": [entity(0, 4, "Town")]}])
    outside = write(tmp_path / "outside.jsonl", [{"id": "a", "entities": [entity(0, 5, "GPE")]}])
    assert read_plain_files(gold, unknown, Options()) is not None
    assert read_plain_files(unknown, gold, Options()) is not None
    (tmp_path / "labels.toml").write_text("[entities.GPE]\n")
    assert read_plain_files(unknown, gold, Options()) is None
    assert read_plain_files(gold, outside, Options()) is None
