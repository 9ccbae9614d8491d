"""Suspects out to an annotation tool and back: what was corrected is a patch, what was kept is not suspected again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit import InputError, Suspects, apply_changes, find_suspects, load_dataset, read_corrections, write_suspects
from evalkit.analysis.differences.change import read_changes
from evalkit.analysis.suspects.settled import read_decisions, write_decisions
from evalkit.errors import FormatError
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.records import Example, Span
from tests.analysis.suspects.mistaken import examples, systems, with_change


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Gold with a wrong label in one article, a missing entity in another, and a swapped speaker in a third."""
    mistaken = with_change(examples(), 5, "entities", label="ORG")
    mistaken = with_change(mistaken, 6, "entities")
    mistaken = with_change(mistaken, 7, "quotes", speaker=Span(24, 32), speaker_id="ida")
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(dump_line(example_to_row(one)) for one in mistaken), encoding="utf-8")
    return path


def suspects_of(gold: Path, **more: Any) -> Suspects:
    loaded = load_dataset(gold, split="all")
    return find_suspects(loaded, systems(list(loaded)), least=0.5, **more)


def annotated(tasks: Path, change: dict[str, str] | None = None) -> Path:
    """What Label Studio exports after people submitted what was suggested, with some labels of words changed."""
    rows = json.loads(tasks.read_text(encoding="utf-8"))
    done = []
    for number, row in enumerate(rows):
        result = row["predictions"][0]["result"]
        for region in result:
            value = region.get("value", {})
            if change and value.get("text") in change and value.get("labels") == ["ORG"]:
                value["labels"] = [change[value["text"]]]
        annotation = {"id": number, "completed_by": 1, "was_cancelled": False, "result": result}
        done.append({**row, "id": number, "predictions": [], "annotations": [annotation]})
    exported = tasks.with_name("exported.json")
    exported.write_text(json.dumps(done), encoding="utf-8")
    return exported


def test_tasks_are_ranked_and_say_what_is_suspected(gold: Path, tmp_path: Path):
    found = suspects_of(gold)
    written = write_suspects(found, tmp_path / "tasks.json", to="labelstudio")
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert written.articles == len(tasks) == 3
    assert [task["data"]["article_id"] for task in tasks] == list(dict.fromkeys(one.article_id for one in found.items))
    told = {task["data"]["article_id"]: task["data"]["suspects"] for task in tasks}
    assert "label ORG Åse Ek → PER Åse Ek" in told["a05"]
    assert "missing nothing → PER Ida Moen" in told["a06"]
    assert "speaker" in told["a07"]


def test_what_is_corrected_is_a_patch(gold: Path, tmp_path: Path):
    found = suspects_of(gold)
    write_suspects(found, tmp_path / "tasks.json", to="labelstudio")
    came_back = read_corrections(gold, annotated(tmp_path / "tasks.json", {"Åse Ek": "PER"}), found)
    assert [(one.article_id, one.kind, one.new.label) for one in came_back.changes] == [("a05", "relabelled", "PER")]
    assert came_back.counts == {"kept": 2, "corrected": 1}
    corrected = apply_changes(load_dataset(gold, split="all"), read_changes(came_back.to_json()))
    mended = next(one for one in corrected if one.article.id == "a05")
    assert mended.gold.entities == examples()[5].gold.entities
    # What the tool does not hold, such as the stance's quote, is as it was.
    assert mended.gold.stances == examples()[5].gold.stances


@pytest.mark.parametrize("to", ["labelstudio", "brat", "native"])
def test_what_a_tool_does_not_hold_is_no_correction(gold: Path, tmp_path: Path, to: str):
    found = suspects_of(gold)
    target = tmp_path / "tasks" / {"labelstudio": "t.json", "native": "t.jsonl"}.get(to, "t")
    write_suspects(found, target, to=to)
    exported = annotated(target) if to == "labelstudio" else target
    came_back = read_corrections(gold, exported, found, unchanged=True)
    assert came_back.changes == ()
    assert came_back.counts == {"kept": 3, "corrected": 0}


TOOLS = {
    **dict.fromkeys(("brat", "casjson", "inline", "xmi"), ""),
    **{"conllu": ".conllu", "csv": ".csv", "doccano": ".jsonl", "gliner": ".json", "hf-tokens": ".parquet"},
    **{"native": ".jsonl", "parquet": ".parquet", "spacy": ".spacy"},
}
"""Formats that do not tell an answer from a suggestion, and the endings of files with several articles."""


@pytest.mark.parametrize("to", sorted(TOOLS))
def test_only_what_differs_from_what_was_written_is_an_answer(
    gold: Path, tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch
):
    # So that files written of other gold can stand for files that people have corrected.
    monkeypatch.setattr("evalkit.workflows.curating.suspect_tasks._version", lambda one: f"gold {one.article.id}")
    found = suspects_of(gold)
    target = tmp_path / f"tasks{TOOLS[to]}"
    write_suspects(found, target, to=to)
    back = read_corrections(gold, target, found)
    assert (back.changes, back.decisions, back.articles) == ((), (), ())
    assert any("3 articles" in note and "as written, so nothing is decided; --unchanged" in note for note in back.notes)
    # As if somebody had corrected the label in the file.
    right = replace(found.examples["a05"], gold=examples()[5].gold)
    corrected = tmp_path / f"corrected{TOOLS[to]}"
    write_suspects(replace(found, examples={**found.examples, "a05": right}), corrected, to=to)
    came_back = read_corrections(gold, corrected, found)
    assert [(one.article_id, one.kind, one.new.label) for one in came_back.changes] == [("a05", "relabelled", "PER")]
    assert came_back.counts == {"kept": 0, "corrected": 1}
    assert any("2 articles" in note and "as written" in note for note in came_back.notes)


def test_a_format_that_does_not_keep_texts_is_refused(gold: Path, tmp_path: Path):
    with pytest.raises(FormatError, match="conll does not keep article"):
        write_suspects(suspects_of(gold), tmp_path / "t.conll", to="conll")
    assert not (tmp_path / "t.conll").exists()


def test_notes_say_at_items_what_is_suspected(gold: Path, tmp_path: Path):
    write_suspects(suspects_of(gold), tmp_path / "t", to="brat")
    notes = {path.stem: _notes(path) for path in (tmp_path / "t").glob("*.ann")}
    assert notes["a05"] == {"Åse Ek": "1 label ORG Åse Ek → PER Åse Ek"}
    # Where an item is missing there is nothing to hang a note on, so it hangs on the nearest.
    assert [words[2:] for words in notes["a06"].values()] == ["missing nothing → PER Ida Moen"]


def _notes(path: Path) -> dict[str, str]:
    """Words → the note of people at them."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    words = {row[0]: row[-1] for row in rows if row[0].startswith("T")}
    return {words[row[1].split()[1]]: row[2] for row in rows if row[1].startswith("AnnotatorNotes ")}


@pytest.mark.parametrize("to", ["labelstudio", "native"])
def test_tasks_of_other_gold_are_left_aside(gold: Path, tmp_path: Path, to: str):
    found = suspects_of(gold)
    write_suspects(found, tmp_path / "t.json", to=to)
    exported = annotated(tmp_path / "t.json", {"Åse Ek": "PER"}) if to == "labelstudio" else tmp_path / "t.json"
    changed = [_with_label(one, "LOC") if one.article.id == "a05" else one for one in load_dataset(gold, split="all")]
    came_back = read_corrections(changed, exported, found, unchanged=True)
    assert came_back.articles == ("a06", "a07")
    assert any("1 article" in note and "changed since the tasks were written" in note for note in came_back.notes)
    other = [_with_label(one, "LOC") for one in load_dataset(gold, split="all")]
    with pytest.raises(InputError, match="was written for gold that has changed since"):
        read_corrections(other, exported, found)


def test_gold_that_was_loaded_knows_what_was_adjudicated(gold: Path, tmp_path: Path):
    folder = tmp_path / "built"
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    (folder / "test").mkdir(parents=True)
    folder.joinpath("test", "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    item = next(row for row in rows if row["id"] == "a05")["entities"][-1]
    decision = {"article_id": "a05", "layer": "entities", "question": "1", "status": "accepted", "rule": "person"}
    line = {**decision, "by": ["kari"], "reason": "", "item": item}
    folder.joinpath("decisions.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    loaded = load_dataset(folder, split="all")
    runs = systems(list(load_dataset(gold, split="all")))
    assert find_suspects(folder, runs).settled == find_suspects(loaded, runs).settled == 1
    assert find_suspects(list(loaded), runs).settled == 0


def test_what_was_decided_is_not_suspected_again(gold: Path, tmp_path: Path):
    found = suspects_of(gold)
    write_suspects(found, tmp_path / "tasks.json", to="labelstudio")
    came_back = read_corrections(gold, annotated(tmp_path / "tasks.json"), found)
    file = tmp_path / "settled.json"
    write_decisions(file, came_back.decisions)
    read = read_decisions(file)
    assert [one.to_json() for one in read] == sorted(
        (one.to_json() for one in came_back.decisions), key=lambda row: row["article_id"]
    )
    again = suspects_of(gold, settled=file)
    assert (again.items, again.settled) == ((), 3)
    # One that says something else by now is open again.
    loaded = load_dataset(gold, split="all")
    other = [_with_label(one, "LOC") if one.article.id == "a05" else one for one in loaded]
    reopened = find_suspects(other, systems(list(loaded)), least=0.5, settled=file)
    assert [one.article_id for one in reopened.items] == ["a05"]


def _with_label(example: Example, label: str) -> Example:
    *rest, last = example.gold.entities
    return replace(example, gold=example.gold.with_layers(entities=[*rest, replace(last, label=label)]))


def test_an_added_item_settles_a_missing_one(gold: Path, tmp_path: Path):
    found = suspects_of(gold)
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    row = next(row for row in rows if row["id"] == "a06")
    row["entities"] = example_to_row(examples()[6])["entities"]
    corrected = tmp_path / "corrected.jsonl"
    corrected.write_text(json.dumps(row) + "\n", encoding="utf-8")
    came_back = read_corrections(gold, corrected, found)
    assert [(one.kind, one.new.label) for one in came_back.changes] == [("added", "PER")]
    assert [(one.decision, one.gold.label) for one in came_back.decisions] == [("corrected", "PER")]


class TestBadInput:
    def test_another_text(self, gold: Path, tmp_path: Path):
        other = tmp_path / "other.jsonl"
        other.write_text('{"id": "a05", "text": "Oslo.", "entities": []}\n', encoding="utf-8")
        with pytest.raises(InputError, match="article 'a05' has another text"):
            read_corrections(gold, other, suspects_of(gold))

    def test_no_article_of_the_gold(self, gold: Path, tmp_path: Path):
        other = tmp_path / "other.jsonl"
        other.write_text('{"id": "z", "text": "Oslo.", "entities": []}\n', encoding="utf-8")
        with pytest.raises(InputError, match="holds no annotated article of gold"):
            read_corrections(gold, other, suspects_of(gold))

    def test_nothing_is_suspected(self, gold: Path, tmp_path: Path):
        with pytest.raises(InputError, match="nothing is suspected"):
            write_suspects(suspects_of(gold, most=0), tmp_path / "t.json", to="labelstudio")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("{}", "holds no decisions"),
            ('{"format": "evalkit.settled", "version": 2, "items": []}', "version 2, and 1 is read"),
            ('{"format": "evalkit.settled", "items": [3]}', r"items\[0\]: must be an object"),
            ('{"format": "evalkit.settled", "items": [{"article_id": "a", "layer": "x"}]}', "no layer 'x'"),
            (
                '{"format": "evalkit.settled", "items": [{"article_id": "a", "layer": "quotes", "decision": "no"}]}',
                "must be kept or corrected",
            ),
            (
                '{"format": "evalkit.settled", "items": [{"article_id": "a", "layer": "quotes", "decision": "kept", '
                '"gold": {"content": "x"}}]}',
                "'gold' is no quote",
            ),
        ],
    )
    def test_damaged_decisions(self, tmp_path: Path, content: str, said: str):
        path = tmp_path / "settled.json"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(FormatError, match=said):
            read_decisions(path)
