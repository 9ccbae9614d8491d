"""Readers' agreement beside every figure, where articles have several readings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.load import load_dataset
from evalkit.report.render import render_report
from evalkit.results import EvalResult
from evalkit.workflows.agreement import measure_agreement
from evalkit.workflows.run import run_extractor
from evalkit.workflows.score import score_predictions

TEXT = "Ida Moen left Oslo for Rome."
MOEN = {"spans": [[0, 8]], "label": "PER"}
OSLO = {"spans": [[14, 18]], "label": "GPE"}
ROME = {"spans": [[23, 27]], "label": "GPE"}


def row(name: str, *gold: dict[str, Any], **readings: list[dict[str, Any]]) -> dict[str, Any]:
    by_name = {reader: {"entities": items} for reader, items in readings.items()}
    return {"id": name, "text": TEXT, "entities": [*gold], **({"readings": by_name} if by_name else {})}


ROWS = [
    # kari and ola share one of two; the gold is what they agreed on in the end, and bo read this article alone.
    row("a1", MOEN, OSLO, kari=[MOEN], ola=[MOEN, OSLO]),
    row("a2", MOEN, kari=[MOEN], ola=[MOEN | {"label": "ORG"}]),
    row("a3", MOEN, OSLO, bo=[MOEN]),
    row("a4", MOEN),
]
PREDICTED = [{"id": f"a{number}", "entities": [MOEN, ROME]} for number in range(1, 5)]


def written(folder: Path, rows: list[dict[str, Any]] = ROWS) -> tuple[Path, Path]:
    paths = folder / "gold.jsonl", folder / "predicted.jsonl"
    for path, own in zip(paths, (rows, PREDICTED), strict=True):
        path.write_text("".join(json.dumps(one) + "\n" for one in own), encoding="utf-8")
    return paths


def scored(folder: Path, rows: list[dict[str, Any]] = ROWS, **words: Any) -> EvalResult:
    gold, predicted = written(folder, rows)
    return score_predictions(gold, predicted, baseline=False, resamples=0, **words)


def test_it_is_reader_against_reader_over_what_several_read(tmp_path: Path) -> None:
    result = scored(tmp_path)
    exact = result.ceiling["entities"]["exact"]
    # One of 3 and 2 items is common: 2 · 1 / 5; of labels PER 2 · 1 / 3, GPE and ORG none.
    assert exact.micro.f1 == pytest.approx(0.4)
    assert {label: prf.f1 for label, prf in exact.labels.items()} == pytest.approx({"GPE": 0, "ORG": 0, "PER": 2 / 3})
    assert exact.micro.articles == 2
    assert exact.signature.endswith("|ceiling:kari+ola")
    assert (
        "ceiling: the mean F1 of 2 readers (kari, ola) against each other, over 2 of 4 articles, which several of them "
        "read" in result.notes
    )


def test_it_is_what_agreement_says(tmp_path: Path) -> None:
    result = scored(tmp_path, conventions=["all"])
    own = measure_agreement(written(tmp_path)[0], conventions=["all"], resamples=0)
    for convention, ceiling in result.ceiling["entities"].items():
        scores = own.layers["entities"][convention].scores
        assert scores is not None
        assert (ceiling.micro.f1, ceiling.macro.f1) == (scores.micro.f1, scores.macro.f1)
    assert set(result.ceiling["entities"]) == set(result.tasks["entities"])


def test_every_form_shows_it_beside_the_score(tmp_path: Path) -> None:
    result = scored(tmp_path, tasks=["entities"], conventions=["exact", "boundary"])
    # The model has 4 of 8 and 6 items: 2 · 4 / 14.
    markdown = render_report(result, "markdown")
    assert "| ceiling F1 | of it |" in markdown
    assert "0.571" in markdown
    assert "143 % of the ceiling" in markdown
    assert "ceiling F1" in render_report(result, "html")
    assert "ceiling_f1\tceiling_articles" in render_report(result, "tsv").splitlines()[0]
    assert json.loads(render_report(result, "json"))["ceiling"]["entities"]["exact"]["micro"]["articles"] == 2
    frame = result.to_pandas().set_index(["convention", "label"])
    assert frame.loc[("exact", "micro"), "ceiling_f1"] == pytest.approx(0.4)
    assert frame.loc[("exact", "micro"), "ceiling_articles"] == 2


def test_it_comes_back_from_json(tmp_path: Path) -> None:
    result = scored(tmp_path)
    assert EvalResult.from_json(result.to_json()).ceiling == result.ceiling


def test_without_two_readings_nothing_changes(tmp_path: Path) -> None:
    plain = scored(tmp_path, [one for one in ROWS if one["id"] in ("a3", "a4")])
    assert plain.ceiling == {}
    assert "ceiling" not in plain.to_json()
    assert "ceiling_f1" not in plain.to_pandas()
    assert "ceiling" not in render_report(plain, "markdown")


def test_what_the_readers_were_is_said(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(
        '[readers]\nkari = "a language model"\nola = "a language model"\nbo = "a student"\n'
    )
    (note,) = [note for note in scored(tmp_path).notes if note.startswith("ceiling")]
    assert note.endswith("it is the consistency of readers of this kind: kari, ola: a language model")


def test_one_annotator_as_gold_keeps_the_ceiling(tmp_path: Path) -> None:
    result = scored(tmp_path, annotator="ola")
    assert result.ceiling["entities"]["exact"].micro.f1 == pytest.approx(0.4)


def test_label_maps_and_labels_are_for_readings_too(tmp_path: Path) -> None:
    mapping = tmp_path / "who.toml"
    mapping.write_text('PER = "WHO"\nORG = "WHO"\nGPE = "WHERE"\n')
    mapped = scored(tmp_path, label_map=mapping)
    # With PER and ORG as one, two of 3 and 2 are common.
    assert mapped.ceiling["entities"]["exact"].micro.f1 == pytest.approx(0.8)
    only = scored(tmp_path, labels=["PER"])
    assert only.ceiling["entities"]["exact"].labels["PER"].f1 == pytest.approx(2 / 3)
    # No reader gave it, so readers cannot be asked about it.
    nobody = scored(tmp_path, [*ROWS[1:3], row("a4", OSLO)], labels=["GPE"])
    assert nobody.ceiling == {}


def test_a_run_has_floor_and_ceiling_and_keeps_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    gold = load_dataset(written(tmp_path)[0])
    run = run_extractor("rules", gold, out=tmp_path / "r")
    result = score_predictions(None, run, resamples=0)
    assert result.floor["entities"]["exact"].micro.counts is not None
    assert result.ceiling["entities"]["exact"].micro.f1 == pytest.approx(0.4)
