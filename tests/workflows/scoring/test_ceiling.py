"""Readers' agreement beside every figure, where articles have several readings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.loading.load import load_dataset
from evalkit.report.forms.terminal import render_terminal
from evalkit.report.of.table import document_of
from evalkit.report.render import render_report
from evalkit.results import EvalResult
from evalkit.workflows.comparing.compare import compare_runs
from evalkit.workflows.curating.agreement import measure_agreement
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions

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
    return score_predictions(gold, predicted, baseline=False, **({"resamples": 0} | words))


def test_it_is_reader_against_reader_over_what_several_read(tmp_path: Path) -> None:
    result = scored(tmp_path)
    exact = result.ceiling["entities"]["exact"]
    # One of 3 and 2 items is common: 2 · 1 / 5; of labels PER 2 · 1 / 3, GPE and ORG none.
    assert exact.micro.f1 == pytest.approx(0.4)
    assert {label: prf.f1 for label, prf in exact.labels.items()} == pytest.approx({"GPE": 0, "ORG": 0, "PER": 2 / 3})
    assert exact.micro.articles == 2
    assert exact.signature.endswith("|ceiling:kari+ola")
    assert (
        "ceiling: the mean F1 of 2 readers (kari, ola) against each other, over 2 of 4 articles: those that several of "
        "them read" in result.notes
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
    # Over the two articles that both read it has 2 of 3 and 4 items: 2 · 2 / 7, of .4.
    assert "readers 0.400 against each other over 2 of 4 articles; micro F1 there 0.571, 143 % of it" in markdown
    assert "ceiling F1" in render_report(result, "html")
    assert (
        "ceiling_f1\tceiling_low\tceiling_high\tceiling_articles\tceiling_share"
        in render_report(result, "tsv").splitlines()[0]
    )
    assert json.loads(render_report(result, "json"))["ceiling"]["entities"]["exact"]["micro"]["articles"] == 2
    frame = result.to_pandas().set_index(["convention", "label"])
    assert frame.loc[("exact", "micro"), "ceiling_f1"] == pytest.approx(0.4)
    assert frame.loc[("exact", "micro"), "ceiling_articles"] == 2


def test_it_comes_back_from_json(tmp_path: Path) -> None:
    result = scored(tmp_path)
    again = EvalResult.from_json(result.to_json())
    assert (again.ceiling, again.reached) == (result.ceiling, result.reached)
    assert again.ceiling_shares("entities", "exact") == result.ceiling_shares("entities", "exact")


def test_a_share_is_of_the_score_on_the_same_articles_and_labels(tmp_path: Path) -> None:
    # What nobody else read is all wrong, and what was read twice half right; no reader gave an article FAC.
    read = [row(f"r{n}", MOEN, OSLO, kari=[MOEN, OSLO], ola=[MOEN, OSLO | {"label": "ORG"}]) for n in range(4)]
    alone = [row(f"s{n}", ROME | {"label": "FAC"}) for n in range(6)]
    gold, predicted = written(tmp_path, [*read, *alone])
    found = [{"id": own["id"], "entities": [MOEN]} for own in (*read, *alone)]
    predicted.write_text("".join(json.dumps(one) + "\n" for one in found), encoding="utf-8")
    words: dict[str, Any] = {"conventions": ["exact"], "baseline": False, "resamples": 0}
    whole = score_predictions(gold, predicted, **words)
    own = score_predictions(load_dataset(gold).subset(limit=4), predicted, **words)
    reached, ceiling = (part["entities"]["exact"] for part in (whole.reached, whole.ceiling))
    assert whole.tasks["entities"]["exact"].micro.f1 < reached.micro.f1 == own.tasks["entities"]["exact"].micro.f1
    # PER 1 of 1; GPE 0 of 0, which is no share. ORG and FAC only one side has.
    assert whole.ceiling_shares("entities", "exact") == {
        ("micro", ""): pytest.approx(reached.micro.f1 / ceiling.micro.f1),
        ("macro", ""): pytest.approx(1.0),
        ("label", "PER"): pytest.approx(1.0),
    }
    caption = render_report(whole, "markdown")
    assert "macro over the 2 labels of both" in caption


def test_what_too_few_articles_tell_has_no_share(tmp_path: Path) -> None:
    result = scored(tmp_path)
    assert {scope for scope, _ in result.ceiling_shares("entities", "exact")} == {"micro", "macro"}
    one = scored(tmp_path, ROWS[:1] + ROWS[2:])
    assert one.ceiling["entities"]["exact"].micro.articles == 1
    assert one.ceiling_shares("entities", "exact") == {}


def test_what_is_counted_of_a_split_as_a_whole_has_no_share_of_a_part(tmp_path: Path) -> None:
    part, whole = (scored(tmp_path, rows, conventions=["surface"]) for rows in (ROWS, ROWS[:2]))
    assert "surface" in part.ceiling["entities"]
    assert part.ceiling_shares("entities", "surface") == {}
    assert ("micro", "") in whole.ceiling_shares("entities", "surface")


def test_it_has_an_interval_from_the_same_resampling(tmp_path: Path) -> None:
    rows = [
        row(f"{n}{own['id']}", *own["entities"]) | {"readings": own["readings"]} for n in range(4) for own in ROWS[:2]
    ]
    gold, predicted = written(tmp_path, rows)
    found = [{"id": own["id"], "entities": [MOEN]} for own in rows]
    predicted.write_text("".join(json.dumps(one) + "\n" for one in found), encoding="utf-8")
    words: dict[str, Any] = {"conventions": ["exact"], "resamples": 100}
    result = score_predictions(gold, predicted, baseline=False, **words)
    scores = measure_agreement(gold, **words).layers["entities"]["exact"].scores
    assert scores is not None
    assert result.ceiling["entities"]["exact"].micro.ci["f1"] == scores.micro.ci["f1"]
    low, high = scores.micro.ci["f1"]
    assert f"({low:.3f}–{high:.3f}) against each other" in render_report(result, "markdown").replace("\\", "")


def test_a_label_called_micro_is_not_the_total(tmp_path: Path) -> None:
    odd = MOEN | {"label": "micro"}
    result = scored(tmp_path, [row(f"a{n}", odd, OSLO, kari=[odd], ola=[odd, OSLO]) for n in range(1, 5)])
    rows = [own for own in result.rows() if (own["convention"], own["label"]) == ("exact", "micro")]
    assert [own["ceiling_f1"] for own in rows] == [1.0, pytest.approx(2 / 3)]


def test_without_two_readings_nothing_changes(tmp_path: Path) -> None:
    plain = scored(tmp_path, [one for one in ROWS if one["id"] in ("a3", "a4")])
    assert plain.ceiling == {}
    assert not {"ceiling", "reached"} & plain.to_json().keys()
    assert "ceiling_f1" not in plain.to_pandas()
    assert "ceiling" not in render_report(plain, "markdown")


def test_what_the_readers_were_is_said(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(
        '[readers]\nkari = "a language model"\nola = "a language model"\nbo = "a student"\n'
    )
    (note,) = [note for note in scored(tmp_path).notes if note.startswith("ceiling")]
    assert note.endswith("It is how consistent these readers are: kari and ola (a language model)")


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


def test_a_comparison_has_it_beside_the_runs(tmp_path: Path) -> None:
    first, second, third = (replace(scored(tmp_path, resamples=10), extractor=name) for name in ("one", "two", "three"))
    compared = compare_runs([first, second, third], resamples=10)
    by_row = {(row.scope, row.label): compared.ceiling_of(row) for row in compared.rows if row.convention == "exact"}
    assert by_row["micro", ""] == pytest.approx(0.4)
    assert by_row["label", "PER"] == pytest.approx(2 / 3)
    text = render_report(compared, "markdown")
    assert "| figure | a one | b two | c three | ceiling |" in text
    assert "ceiling: readers of the same articles against each other, over 2 articles" in text
    assert compared.to_json()["rows"][0]["ceiling"] == pytest.approx(0.4)
    assert "ceiling" in compared.to_pandas()
    for width in (60, 80, 160):
        drawn = render_terminal(document_of(compared), width=width)
        # A signature is never folded.
        assert max(len(line) for line in drawn.splitlines() if "|" not in line) <= width
    plain = [replace(own, ceiling={}) for own in (first, second)]
    assert "ceiling" not in compare_runs(plain, resamples=10).to_json()["rows"][0]
    assert "ceiling" not in render_report(compare_runs(plain, resamples=10), "tsv")


def test_a_run_has_floor_and_ceiling_and_keeps_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    gold = load_dataset(written(tmp_path)[0])
    run = run_extractor("rules", gold, out=tmp_path / "r")
    result = score_predictions(None, run, resamples=0)
    assert result.floor["entities"]["exact"].micro.counts is not None
    assert result.ceiling["entities"]["exact"].micro.f1 == pytest.approx(0.4)
