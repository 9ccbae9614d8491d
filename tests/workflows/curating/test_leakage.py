"""What of one split stands in another or in a training corpus, and how much of it is known."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from evalkit import (
    InputError,
    Run,
    UnknownNameError,
    check_gate,
    compare_runs,
    diagnose,
    find_leakage,
    load_dataset,
    score_predictions,
    update_baseline,
)
from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_splits

NAMES = [f"word{number}" for number in range(3000)]


def story(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(NAMES, k=words))


def row(name: str, split: str, text: str, **rest: Any) -> dict[str, Any]:
    return {"id": name, "split": split, "text": text, "entities": [], **rest}


def entity(text: str, name: str, **rest: Any) -> dict[str, Any]:
    at = text.index(name)
    return {"spans": [[at, at + len(name)]], "label": "PER", **rest}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


LIFTED = story(1, 50)
SAID = "we shall never leave the northern harbour again"


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    wire = f"Ida Moen left Oslo. {story(2, 200)} {LIFTED} Ida Moen said: {SAID}."
    late = f"{LIFTED} Ola Brun met Ida Moen. {story(3, 200)}"
    quoted = f"Moen, Ida Moen, said {SAID}. She smiled. {story(4, 50)}"
    train = row("w", "train", wire, source="The Coast", published="2024-03-02", entities=[entity(wire, "Ida Moen")])
    return write(
        tmp_path / "gold.jsonl",
        train,
        row("t1", "test", late, published="2024-03-01", entities=[entity(late, n) for n in ("Ola Brun", "Ida Moen")]),
        row(
            "t2",
            "test",
            quoted,
            source="The Coast",
            published="2024-03-03",
            entities=[entity(quoted, "Ida Moen", entity_id="ida"), entity(quoted, "She", entity_id="ida")],
            quotes=[
                {
                    "kind": "direct",
                    "content": [[quoted.index(SAID), quoted.index(SAID) + len(SAID)]],
                    "speaker": [quoted.index("She"), quoted.index("She") + 3],
                    "speaker_id": "ida",
                }
            ],
        ),
        row("d", "dev", story(5, 80)),
    )


def test_the_pair_and_what_is_known(gold: Path) -> None:
    found = find_leakage(gold)
    (pair,) = found.pairs
    assert ((pair.left.id, pair.left.split), (pair.right.id, pair.right.split)) == (("t1", "test"), ("w", "train"))
    assert pair.text == LIFTED
    assert (pair.words, pair.shared) == (50, 46)
    texts = {example.article.id: example.article.text for own in load_splits(gold) for example in own}
    for side in (pair.left, pair.right):
        assert texts[side.id][side.start : side.end] == LIFTED
    assert (pair.original, pair.because) == ("left", "earlier")
    assert found.leaked("test") == ("t1",)
    assert {one.what: (one.known, one.items) for one in found.known if one.split == "test"} == {
        "articles": (1, 2),
        "words": (50, 50 + 5 + 200 + 4 + 8 + 2 + 50),
        "entities": (2, 4),
        # Its words stand in a training text, though nobody annotated them there; its speaker is not just “She”.
        "quotes": (1, 1),
        "quotes.speaker": (1, 1),
        "outlets": (1, 1),
        "dates": (1, 2),
    }
    assert found.figures()["known.test.articles"] == 0.5
    assert found.figures()["known.dev.outlets"] is None


def test_the_order_of_a_file_does_not_matter(gold: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in gold.read_text().splitlines()]
    (tmp_path / "other").mkdir()
    again = write(tmp_path / "other" / "gold.jsonl", *rows[::-1])
    assert find_leakage(gold).to_json() == find_leakage(again).to_json()


def test_training_corpora_of_any_kind(gold: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "one.txt").write_text(f"{story(9, 40)}\n\n{story(5, 80)}\n")
    (texts / "two.txt").write_text("Ola Brun stayed.")
    found = find_leakage(gold, against=texts, split="dev")
    (pair,) = found.pairs
    assert (pair.left.id, pair.right.id, pair.right.dataset, pair.right.split) == ("d", "one", str(texts), "")
    assert pair.containment == (1.0, 2 / 3)
    assert dict(found.against) == {str(texts): 2}
    # A name that stands in a training text is known, too.
    entities = {one.split: one for one in find_leakage(gold, against=texts).known if one.what == "entities"}
    assert (entities["test"].known, entities["test"].items) == (3, 4)
    objects = find_leakage(load_dataset(gold, split="dev"), against=[load_dataset(gold, split="train"), texts])
    assert dict(objects.against) == {"gold train": 1, str(texts): 2}
    assert len(find_leakage(list(load_splits(gold)), against=texts).pairs) == 2


def test_what_cannot_be_compared_is_refused(gold: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has one split \(dev\).*--against"):
        find_leakage(gold, split="dev")
    with pytest.raises(InputError, match="does not exist"):
        find_leakage(gold, against=tmp_path / "nothing")
    with pytest.raises(InputError, match="against must be"):
        find_leakage(gold, against=3)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError):
        find_leakage(gold, split="nothing")
    with pytest.raises(InputError, match="recorded"):
        find_leakage(gold, record=True)


def test_the_command(gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "leakage", str(gold), "--fail-on", "pairs>1"]) == 0
    assert main(["dataset", "leakage", str(gold), "--fail-on", "pairs>0"]) == 1
    shown = capsys.readouterr()
    assert "pairs is 1, which --fail-on pairs>0 forbids" in shown.err
    assert "test/t1" in shown.out
    assert main(["dataset", "leakage", str(gold), "--fail-on", "known.test.entities>0.4"]) == 1
    assert main(["dataset", "leakage", str(gold), "--fail-on", "peers>0"]) == 2


def test_a_frame_has_a_row_a_pair(gold: Path) -> None:
    found = find_leakage(gold)
    assert found.to_pandas().iloc[0][["left_id", "right_id", "words"]].tolist() == ["t1", "w", 50]
    assert set(found.to_pandas("known").split) == {"dev", "test"}
    with pytest.raises(UnknownNameError):
        found.to_pandas("nothing")


@pytest.fixture
def half_leaked(tmp_path: Path) -> Path:
    """Four test articles of which two stand in train; the person is found in those two only."""
    wires = [f"Ida Moen left Oslo. {story(20 + number, 60)}" for number in range(2)]
    own = [f"Ida Moen met Åse. {story(30 + number, 60)}" for number in range(2)]
    rows = [row(f"t{n}", "train", text, entities=[entity(text, "Ida Moen")]) for n, text in enumerate(wires)]
    rows += [row(f"x{n}", "test", text, entities=[entity(text, "Ida Moen")]) for n, text in enumerate([*wires, *own])]
    predicted = [{"id": f"x{n}", "entities": [{"spans": [[0, 8]], "label": "PER"}] if n < 2 else []} for n in range(4)]
    write(tmp_path / "predicted.jsonl", *predicted)
    return write(tmp_path / "parted.jsonl", *rows)


def test_scores_without_what_leaked(half_leaked: Path, tmp_path: Path) -> None:
    predicted = tmp_path / "predicted.jsonl"
    everything = score_predictions(half_leaked, predicted, resamples=0)
    without = score_predictions(half_leaked, predicted, resamples=0, without="leaked")
    assert (everything.articles, without.articles) == (4, 2)
    assert everything.tasks["entities"]["exact"].micro.recall == 0.5
    assert without.tasks["entities"]["exact"].micro.recall == 0.0
    assert "|without:leaked|" in without.tasks["entities"]["exact"].signature
    assert "without" not in everything.tasks["entities"]["exact"].signature
    assert "2 articles share text with train and are left out; 2 of 4 remain" in without.notes
    # A training corpus elsewhere.
    corpus = write(
        tmp_path / "corpus.jsonl", row("c", "train", json.loads(half_leaked.read_text().splitlines()[0])["text"])
    )
    beside = score_predictions(half_leaked, predicted, resamples=0, without=f"leaked:{corpus}")
    assert beside.articles == 3
    assert "|without:leaked:corpus.jsonl|" in beside.tasks["entities"]["exact"].signature
    assert "1 article shares text with" in " ".join(beside.notes)


def test_what_cannot_be_left_out_is_refused(half_leaked: Path, tmp_path: Path) -> None:
    predicted = tmp_path / "predicted.jsonl"
    with pytest.raises(UnknownNameError, match="leaked:OTHER"):
        score_predictions(half_leaked, predicted, without="leeked")
    with pytest.raises(InputError, match="no other split beside it"):
        score_predictions(half_leaked, predicted, without="leaked", split="all")
    every = write(tmp_path / "every.jsonl", *(json.loads(line) for line in half_leaked.read_text().splitlines()))
    argv = ("score", "--gold", str(half_leaked), "--predicted", str(predicted), "--without", f"leaked:{every}")
    assert main([*argv, "--resamples", "0"]) == 2


def test_explain_shows_both_scores_and_a_run_keeps_how_it_was_scored(half_leaked: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    run = ("run", "--model", "rules", "--task", "entities", "--dataset", str(half_leaked), "--resamples", "0")
    assert main([*run, "--out", out, "--without", "leaked"]) == 0
    assert Run.load(out).scoring.without == ("leaked",)
    assert Run.load(out).result is not None
    assert main([*run, "--out", str(tmp_path / "none"), "--without", f"leaked:{half_leaked}"]) == 2
    assert not (tmp_path / "none").exists()
    whole = score_predictions(half_leaked, tmp_path / "predicted.jsonl", resamples=0)
    assert whole.articles == 4
    slices = diagnose(tmp_path / "predicted.jsonl", half_leaked, resamples=0).slices
    both = {part.value: (part.articles, part.scores.recall) for part in slices if part.by == "leaked"}
    assert both == {"all articles": (4, 0.5), "without leaked": (2, 0.0)}
    alone = diagnose(tmp_path / "predicted.jsonl", half_leaked, resamples=0, without="leaked")
    assert not [part for part in alone.slices if part.by == "leaked"]
    assert alone.notes[0].startswith("2 articles share text with train")
    with pytest.raises(InputError, match="was scored with"):
        compare_runs([whole_run(half_leaked, tmp_path), out], resamples=20)
    both_ways = compare_runs(
        [whole_run(half_leaked, tmp_path), whole_run(half_leaked, tmp_path)], without="leaked", resamples=20
    )
    assert {found.units for found in both_ways.rows} == {2}


def whole_run(gold: Path, folder: Path) -> str:
    """A run over all test articles."""
    out = str(folder / "whole")
    argv = ("run", "--model", "rules", "--task", "entities", "--dataset", str(gold), "--resamples", "0", "--out", out)
    assert main([*argv]) == 0
    return out


def test_a_gate_judges_what_is_left(half_leaked: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    run = ("run", "--model", "rules", "--task", "entities", "--dataset", str(half_leaked), "--resamples", "0")
    assert main([*run, "--out", out, "--without", "leaked"]) == 0
    update_baseline(out, tmp_path / "base.json")
    report = check_gate(out, tmp_path / "base.json", resamples=20)
    assert report.articles == 2
    assert report.notes[0].startswith("2 articles share text with train and are left out")
