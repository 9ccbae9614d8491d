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

from evalkit.dataset.load import load_dataset
from evalkit.formats.native.columns import read_native_columns
from evalkit.layers.quotes import QUOTES
from evalkit.options import Intervals, Options, ReadOptions, Scoring
from evalkit.predictions.load import load_predictions
from evalkit.results import EvalResult
from evalkit.scoring.tasks.table import load_task
from evalkit.workflows.plain_files import read_plain_files
from evalkit.workflows.score import score_predictions, score_run

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
        assert (found.articles, found.texts, found.labels) == (["b", "c", "a"], ["Ida, Fjord", "", ""], ["PER", "ORG"])
        columns = [column.tolist() for column in (found.article, found.start, found.end, found.label)]
        assert columns == [[0, 0, 2], [0, 4, 2], [3, 9, 5], [0, 1, 0]]
        assert {column.dtype for column in (found.article, found.start, found.end, found.label)} == {np.dtype(np.int32)}

    def test_another_layer(self, tmp_path: Path) -> None:
        quotes = [{"content": [[2, 5]], "kind": "direct"}, {"content": [[7, 9]], "kind": "mixed"}]
        path = write(tmp_path / "rows.jsonl", [{"id": "a", "quotes": quotes}])
        found = read_native_columns(path, QUOTES)
        assert found is not None
        assert (found.labels, found.start.tolist(), found.end.tolist()) == (["direct", "mixed"], [2, 7], [5, 9])
        assert read_native_columns(path) is None

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
    pytest.param({"id": "a", "entities": [entity(0, 1, score=0.5)]}, id="score"),
    pytest.param({"id": "a", "entities": [entity(0, 1), entity(0, 1, entity_id="x")]}, id="entity-id"),
    pytest.param({"id": "a", "entities": [entity(0, 1, id="e"), entity(1, 2, id="e")]}, id="equal-ids"),
    pytest.param({"id": "a", "entities": [entity(0, 1, id=1)]}, id="id-of-an-entity-is-a-number"),
    pytest.param({"id": "a", "entities": [{"spans": [[0, 1], [2, 3]], "label": "PER"}]}, id="two-spans"),
    pytest.param({"id": "a", "entities": [{"spans": [0, 1], "label": "PER"}]}, id="flat-span"),
    pytest.param({"id": "a", "entities": [{"spans": [{"start": 0, "end": 1}], "label": "PER"}]}, id="span-object"),
    pytest.param({"id": "a", "entities": [{"spans": ["ab"], "label": "PER"}]}, id="span-is-a-text"),
    pytest.param({"id": "a", "entities": [entity(0, 1, spans=None)]}, id="spans-and-start"),
    pytest.param({"id": "a", "entities": [entity(0, 9)], "text": "short"}, id="after-the-text"),
    pytest.param({"id": "a", "entities": [], "text": 7}, id="text-is-a-number"),
    pytest.param({"id": "a", "entities": [], "quotes": []}, id="quotes"),
    pytest.param({"id": "a", "entities": [], "stances": []}, id="stances"),
    pytest.param({"id": "a", "entities": [], "zones": []}, id="zones"),
    pytest.param({"id": "a", "entities": [], "scope": {"labels": ["PER"]}}, id="scope"),
    pytest.param({"id": "a", "entities": [], "split": "test"}, id="split"),
    pytest.param({"id": "a", "entities": [], "error": "boom"}, id="error"),
    pytest.param({"id": "a", "entities": [], "text_sha256": "x"}, id="hash"),
]


@pytest.mark.parametrize("row", NOT_PLAIN)
def test_what_is_not_plain_is_left_alone(tmp_path: Path, row: Row) -> None:
    plain = {"id": "z", "entities": [entity(0, 1)]}
    assert read_native_columns(write(tmp_path / "plain.jsonl", [plain])) is not None
    assert read_native_columns(write(tmp_path / "rows.jsonl", [plain, row])) is None


DAMAGED = [
    pytest.param('{"id": "a", "entities": []', id="cut-off"),
    pytest.param('[{"id": "a", "entities": []}]', id="one-list"),
    pytest.param('{"id": "a", "entities": []}\n"x"', id="text"),
    pytest.param('{"id": "a", "entities": []}\n{"id": "a", "entities": []}', id="same-id"),
    pytest.param("", id="nothing"),
    pytest.param('{"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER", "label": "ORG"}]}', id="key-twice"),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_damaged_files_are_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "rows.jsonl").write_text(content)
    good = write(tmp_path / "good.jsonl", [{"id": "a", "entities": []}])
    assert read_plain_files(tmp_path / "rows.jsonl", good, Options()) is None
    assert read_plain_files(good, tmp_path / "rows.jsonl", Options()) is None


NAMES = st.sampled_from(["a", "b", "B", "å", "d", "z"])


@st.composite
def rows_of(draw: st.DrawFn, labels: tuple[str, ...], text: bool) -> list[Row]:
    rows = []
    for name in draw(st.lists(NAMES, unique=True, min_size=1)):
        places = draw(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 5), st.sampled_from(labels)), max_size=6))
        form = draw(st.sampled_from(["start", "spans", "id"]))
        entities: list[Row] = []
        for at, (start, size, label) in enumerate(places):
            if form == "spans":
                entities.append({"spans": [[start, start + size]], "label": label})
            else:
                entities.append(entity(start, start + size, label, **({"id": f"x{at}"} if form == "id" else {})))
        own = draw(st.sampled_from([None, "", "twelve chars and more"])) if text else None
        rows.append({"id": name, "entities": entities} | ({} if own is None else {"text": own}))
    return rows


OPTIONS = [
    Options(intervals=Intervals(resamples=20)),
    scored(conventions=("exact", "fuzzy", "overlap", "iou:0.5")),
    scored(tasks=("entities",), conventions=("type",)),
    scored(conventions=("right",)),
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gold=rows_of(("PER", "ORG", "GPE"), text=True),
    predicted=rows_of(("PER", "ORG", "LOC", "Person"), text=False),
    options=st.sampled_from(OPTIONS),
)
def test_the_result_is_that_of_the_records(
    tmp_path: Path, gold: list[Row], predicted: list[Row], options: Options
) -> None:
    paths = write(tmp_path / "gold.jsonl", gold), write(tmp_path / "mine.jsonl", predicted)
    result = by_columns(*paths, options)
    if not {row["id"] for row in gold} & {row["id"] for row in predicted}:
        assert result is None
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
