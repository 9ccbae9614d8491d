from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.gate.baseline import (
    ArticleMark,
    Baseline,
    NoBaselineError,
    baseline_bytes,
    in_file,
    read_baseline,
    write_baseline,
)
from evalkit.options import Scoring
from evalkit.predictions.run import GoldReference, MadeBy, Run
from evalkit.records import Annotations, Entity, Prediction, Quote, Span, Stance

TEXT = "Ida Moen left Oslo for Bergen."
TEXTS = {"a": TEXT, "b": TEXT}
MARKS = {name: ArticleMark("0123456789abcdef", "fedcba9876543210") for name in TEXTS}


def entity(start: int, end: int, number: int = 1) -> Entity:
    return Entity(id=f"e{number}", spans=(Span(start, end),), label="PER")


@pytest.fixture
def baseline() -> Baseline:
    predictions = [
        Prediction(article_id=name, annotations=Annotations(entities=(entity(0, 8),)), seconds=0.25, usage={"cost": 2})
        for name in ("b", "a")
    ]
    run = Run(
        extractor="mine",
        predictions=tuple(predictions),
        layers=("entities",),
        gold=GoldReference(name="gold", fingerprint="1234567890abcdef", split="test", articles=2),
        made_by=MadeBy(fingerprint="f" * 8),
        scoring=Scoring(labels=("PER",)),
    )
    return Baseline(run=run, marks=MARKS, unseen="a file that it opens", evalkit="0.1.0")


def written(baseline: Baseline) -> str:
    return baseline_bytes(baseline, TEXTS).decode()


def test_what_is_written_is_read_again(tmp_path: Path, baseline: Baseline) -> None:
    path = tmp_path / "folder" / "base.json"
    write_baseline(path, baseline_bytes(baseline, TEXTS))

    again = read_baseline(path)

    assert written(again).encode() == path.read_bytes()
    assert [prediction.article_id for prediction in again.run.predictions] == ["a", "b"]
    assert (again.marks, again.unseen, again.note) == (MARKS, "a file that it opens", "")
    assert (again.run.layers, again.run.stated_scoring) == (("entities",), {"labels": ["PER"]})


def test_a_compressed_file_holds_the_same(tmp_path: Path, baseline: Baseline) -> None:
    plain, path = baseline_bytes(baseline, TEXTS), tmp_path / "base.json.gz"
    write_baseline(path, in_file(path, plain))
    assert (in_file(path, plain), in_file(tmp_path / "base.json", plain)) == (path.read_bytes(), plain)
    assert gzip.decompress(path.read_bytes()) == plain
    assert written(read_baseline(path)).encode() == plain


@pytest.mark.parametrize("change", [lambda content: content[:-9], lambda content: content[:12] + b"000" + content[15:]])
def test_a_damaged_compressed_file_is_never_replaced(
    tmp_path: Path, baseline: Baseline, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "base.json.gz"
    path.write_bytes(change(in_file(path, baseline_bytes(baseline, TEXTS))))
    with pytest.raises(NoBaselineError, match="is no baseline"):
        read_baseline(path)


def test_what_steers_or_hides_is_written_escaped_and_read_as_it_is(tmp_path: Path, baseline: Baseline) -> None:
    odd = "P\u202eE\u200bR\x9b"
    prediction = Prediction(article_id=odd, annotations=Annotations(entities=(replace(entity(0, 8), label=odd),)))
    other = replace(
        baseline, run=replace(baseline.run, predictions=(prediction,)), marks={odd: ArticleMark("0" * 16, "1" * 16)}
    )
    path = tmp_path / "base.json"
    write_baseline(path, baseline_bytes(other, {}))
    assert r"P\u202eE\u200bR\u009b" in path.read_text(encoding="utf-8")
    assert odd not in path.read_text(encoding="utf-8")
    whole = {**json.loads(path.read_bytes()), "articles": 1}
    path.write_text(json.dumps(whole), encoding="utf-8")
    (again,) = read_baseline(path).run.predictions
    assert (again.article_id, [item.label for item in again.annotations["entities"] or ()]) == (odd, [odd])


def test_the_file_is_json_with_one_item_a_line_and_its_words(baseline: Baseline) -> None:
    text = written(baseline)

    assert json.loads(text)["format"] == "evalkit.baseline"
    assert text.splitlines().count('{"spans":[[0,8]],"text":"Ida Moen","label":"PER"}') == 2
    # Times and costs differ between runs that are otherwise the same.
    assert "seconds" not in text
    assert "cost" not in text


def test_the_order_of_predictions_and_their_times_leave_no_trace(baseline: Baseline) -> None:
    other = tuple(replace(prediction, seconds=9.0) for prediction in reversed(baseline.run.predictions))

    assert written(replace(baseline, run=replace(baseline.run, predictions=other))) == written(baseline)


def of_items(baseline: Baseline, annotations: Annotations) -> list[str]:
    prediction = Prediction(article_id="a", annotations=annotations)
    return written(replace(baseline, run=replace(baseline.run, predictions=(prediction,)))).splitlines()


@given(st.lists(st.integers(0, 20), unique=True, max_size=5), st.integers(0, 20))
def test_another_item_adds_its_line_and_changes_no_other(starts: list[int], more: int) -> None:
    """Numbered ids would move with every item that is put in before. (The last item has no comma after it.)"""
    run = Run(
        extractor="mine",
        predictions=(),
        gold=GoldReference(name="gold", fingerprint="1" * 16, split="test", articles=1),
        made_by=MadeBy(fingerprint="f"),
    )
    plain = Baseline(run=run, marks=MARKS)

    def items(own: list[int]) -> list[str]:
        entities = tuple(entity(start, start + 9, at) for at, start in enumerate(sorted(own)))
        lines = of_items(plain, Annotations(entities=entities))
        return [line.rstrip(",") for line in lines if line.startswith('{"spans"')]

    before, after = items(starts), items([*starts, more])

    assert len(after) == len(before) + 1
    assert not Counter(before) - Counter(after)


def test_ids_that_others_refer_to_come_from_the_place(baseline: Baseline) -> None:
    """A stance names its quote; the quote is called after where it begins, whatever number it had."""
    quote = Quote(id="q7", kind="direct", content=(Span(9, 18),))
    stance = Stance(id="s3", holder="moen", target="topic:oslo", label="favor", quote_id="q7")

    lines = of_items(baseline, Annotations(quotes=(quote,), stances=(stance,)))

    assert any('"id":"q9"' in line and "left Oslo" in line for line in lines)
    assert any('"quote_id":"q9"' in line and '"id"' not in line for line in lines)


@pytest.fixture
def large(baseline: Baseline, monkeypatch: pytest.MonkeyPatch) -> Baseline:
    """One whose articles are taken to be more than anybody reads."""
    monkeypatch.setattr("evalkit.gate.baseline.FOR_PEOPLE", 1)
    quotes = tuple(
        Quote(id=f"q{start}", kind="direct", content=(Span(start, start + 3), Span(start + 4, start + 6)), cue=())
        for start in (0, 9)
    )
    everything = Annotations(
        entities=(replace(entity(0, 8), entity_id="moen", score=0.5), entity(14, 18, 2)),
        quotes=(*quotes, replace(quotes[0], id="q7", speaker=Span(0, 8), speaker_id="moen")),
        stances=(Stance(id="s", holder="moen", target="topic:oslo", label="favor", quote_id="q9"),),
    )
    labelled = Annotations(stances=everything.stances)
    predictions = (
        Prediction(article_id="a", annotations=everything, given=labelled),
        Prediction(article_id="b", annotations=Annotations(entities=()), error="none today"),
    )
    return replace(baseline, run=replace(baseline.run, predictions=predictions, layers=("entities", "quotes")))


def test_a_large_one_is_rows_without_words(tmp_path: Path, large: Baseline, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "base.json"
    text = written(large)
    path.write_text(text, encoding="utf-8")
    again = read_baseline(path)
    assert (again.marks, again.note, written(again)) == (MARKS, "", text)
    assert "Ida Moen" not in text
    assert '\n["a","0123456789abcdef","fedcba9876543210",[[[0,8],0,1,0.5],[[14,18],0]],' in text
    # What is read from it is what is read from the other form.
    monkeypatch.setattr("evalkit.gate.baseline.FOR_PEOPLE", 2)
    path.write_text(written(large), encoding="utf-8")
    plain = read_baseline(path)
    assert "Ida Moen" in written(large)
    assert again.run.predictions == plain.run.predictions
    assert again.run.predictions[1] == replace(large.run.predictions[1], seconds=0.0)
    assert again.head == plain.head


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("[[0,8],0,1,0.5]", "[[0,8],0,99]", r"\[0\]: entities\[0\]: entity_id: .* texts .* 99", id="text"),
        pytest.param("[[0,8],0,1,0.5]", "[[0,8],true]", r"\[0\]: entities\[0\]: label: .* True", id="no-number"),
        pytest.param("[[0,8],0,1,0.5]", "[[0,8],0,1,1,1,1,1]", r"entities\[0\]: expected a list of at most", id="long"),
        pytest.param(
            "[[0,8],0,1,0.5]",
            "7",
            r"entities\[0\]: expected a list of at most .* found 7; write it anew with --update",
            id="item",
        ),
        pytest.param("[[0,8],0,1,0.5]", "[[0],0]", r"span \[0\]|spans?", id="span"),
        pytest.param('["b",', "[null,", "expected text", id="no-id"),
        pytest.param('["b",', '["a",', "expected 2 articles, each once", id="doubled"),
        pytest.param('["b","0123456789abcdef"', '["b",5', "found 5, expected text", id="mark"),
        pytest.param('"texts": [', '"texts": [5,', "found 5, expected text", id="texts"),
        pytest.param('"fields": [', '"fields": 5, "more": [', "fields", id="fields"),
    ],
)
def test_a_damaged_row(tmp_path: Path, large: Baseline, old: str, new: str, message: str) -> None:
    path = tmp_path / "base.json"
    text = written(large)
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FormatError, match=message) as raised:
        read_baseline(path)
    assert "base.json" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"{", "is no baseline .not valid JSON", id="cut-off"),
        pytest.param(b'{"id": "a"}\n{"id": "b"}\n', "is no baseline", id="lines"),
        pytest.param(b"def extract(article):\n", "is no baseline", id="code"),
        pytest.param(b"", "is no baseline", id="nothing"),
        pytest.param(b'{"format": "evalkit.result", "evalkit.baseline', "is no baseline", id="another-cut-off"),
        pytest.param(b'{\n"format": "evalkit.baseline",\n"version": 2,\n"extr', "damaged.*--update", id="cut-in-head"),
        pytest.param(b'{"format":"evalkit.baseline","version":1,<<<<<<< HEAD', "damaged.*--update", id="conflict"),
        pytest.param(b"[]", "is no baseline", id="list"),
        pytest.param(b'{"format": "evalkit.result"}', "is no baseline", id="result"),
        pytest.param(b'{"format": "evalkit.baseline", "version": 9}', "version 9", id="later"),
        pytest.param(b'{"format": "evalkit.baseline", "version": 2}', "damaged", id="empty"),
    ],
)
def test_damaged_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "base.json"
    path.write_bytes(content)

    with pytest.raises(FormatError, match=message):
        read_baseline(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"text_sha256": "0123456789abcdef", ', "", id="no-hash"),
        pytest.param('"gold_fingerprint": "fedcba9876543210"', '"gold_fingerprint": 3', id="number"),
        pytest.param('"spans":[[0,8]]', '"spans":[[0]]', id="span"),
    ],
)
def test_a_damaged_field(tmp_path: Path, baseline: Baseline, old: str, new: str) -> None:
    path = tmp_path / "base.json"
    text = written(baseline)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(FormatError, match=r"base\.json"):
        read_baseline(path)


@pytest.mark.parametrize("change", ["gone", "doubled"])
def test_articles_that_are_gone_or_doubled(tmp_path: Path, baseline: Baseline, change: str) -> None:
    """A merge by hand that loses an article would shorten what a gate compares."""
    path = tmp_path / "base.json"
    data = json.loads(written(baseline))
    rows = data["predictions"]
    data["predictions"] = rows[1:] if change == "gone" else [*rows, rows[0]]
    path.write_text(json.dumps(data), encoding="utf-8")

    with pytest.raises(
        FormatError, match=rf"base\.json: damaged: .* expected {len(rows)} articles, each once; write it anew"
    ):
        read_baseline(path)


@given(st.integers(0, 400))
def test_a_cut_baseline_may_be_replaced_from_where_it_names_itself(cut: int) -> None:
    """Everything shorter than its first field could be anything."""
    run = Run(
        extractor="mine",
        predictions=(),
        gold=GoldReference(name="g", fingerprint="1", split="test", articles=0),
        made_by=MadeBy(fingerprint="f"),
    )
    content = baseline_bytes(Baseline(run=run, marks={}), {})
    beginning = b'{\n"format": "evalkit.baseline"'
    assert content.startswith(beginning)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "base.json"
        path.write_bytes(content[: min(cut, len(content) - 3)])

        with pytest.raises(FormatError) as raised:
            read_baseline(path)

    known = cut >= len(beginning)
    assert isinstance(raised.value, NoBaselineError) == (not known)
    assert ("write it anew with --update" in str(raised.value)) == known


def test_a_file_of_the_first_version_is_read_and_says_so(tmp_path: Path) -> None:
    """It holds tables, which nobody looks at any more, and not what its articles were like."""
    path = tmp_path / "base.json"
    head = {"extractor": "mine", "fingerprint": "f", "gold": "g@1", "gold_fingerprint": "1" * 16, "split": "test"}
    more = {"articles": 1, "layers": ["entities"], "scoring": {}, "evalkit": "0.1.0", "tables": {"entities": {}}}
    row = {"id": "a", "entities": [{"id": "e1", "spans": [[0, 8]], "label": "PER"}]}
    path.write_text(json.dumps({"format": "evalkit.baseline", "version": 1, **head, **more, "predictions": [row]}))

    baseline = read_baseline(path)

    assert [prediction.article_id for prediction in baseline.run.predictions] == ["a"]
    assert baseline.marks == {}
    assert baseline.unseen
    assert "earlier evalkit" in baseline.note


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--update"):
        read_baseline(tmp_path / "base.json")


def test_a_place_that_cannot_be_written(tmp_path: Path, baseline: Baseline) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="cannot be written"):
        write_baseline(tmp_path / "file" / "base.json", baseline_bytes(baseline, TEXTS))
