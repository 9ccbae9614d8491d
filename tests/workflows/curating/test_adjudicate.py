"""From readings to a dataset folder, out to people and back in, again and again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit import (
    Annotations,
    EvalkitError,
    Example,
    FormatError,
    InputError,
    OutputError,
    ReadOptions,
    adjudicate_dataset,
    build_dataset,
    describe_dataset,
    load_dataset,
    render_report,
    score_predictions,
    validate_dataset,
)
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import as_read
from evalkit.errors import UnknownNameError
from evalkit.formats.base import Batch
from evalkit.formats.table import load_format
from evalkit.workflows.curating.adjudicate import DRAFT

TEXT = "Ida Moen left Oslo. “We knew,” said Moen. Ola Brun of Nordkraft opposed the toll."


def at(words: str, nth: int = 0) -> list[int]:
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(words, start + 1)
    return [start, start + len(words)]


def mention(words: str, label: str, thing: str | None = None, nth: int = 0) -> dict[str, Any]:
    return {"spans": [at(words, nth)], "label": label, "entity_id": thing}


def quote(who: str) -> dict[str, Any]:
    return {
        "kind": "direct",
        "content": [at("“We knew,”")],
        "cue": [at("said")],
        "speaker": at("Moen", 1),
        "speaker_id": who,
    }


def stance(who: str, target: str = "topic:toll") -> dict[str, Any]:
    return {"holder": who, "target": target, "label": "against", "evidence": [at("opposed the toll")]}


KARI = {
    "entities": [
        mention("Ida Moen", "PER", "moen"),
        mention("Oslo", "GPE", "oslo"),
        mention("Moen", "PER", "moen", 1),
        mention("Ola Brun", "PER", "brun"),
        mention("Nordkraft", "ORG", "nk"),
    ],
    "quotes": [quote("moen")],
    # In an order that is not that of files.
    "stances": [stance("brun"), stance("nk") | {"aliases": ["tax", "charge", "fee"]}],
}
OLA = {
    "entities": [
        mention("Ida Moen", "PER", "ida"),
        mention("Oslo", "ORG", "oslo"),
        mention("Moen", "PER", "ida", 1),
        mention("Ola Brun", "PER", "ola"),
    ],
    "quotes": [quote("ida")],
    "stances": [stance("ola", "topic:road-toll")],
}
ROWS = (
    {"id": "a1", "text": TEXT, "title": "Toll", "readings": {"kari": KARI, "ola": OLA}},
    {"id": "a2", "text": TEXT, "readings": {"kari": KARI, "ola": KARI}},
)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "raw" / "two.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def decided(path: Path, change: Callable[[Annotations], Annotations], *, to: str, target: Path, who: str = "") -> Path:
    """What a person made of a file of disputes: the draft changed, under a name of their own or the draft's."""
    form = load_format(to)
    made = []
    for split in load_splits(path, decide=as_read, read=ReadOptions(format=to)):
        for example in split:
            new = change(example.gold)
            if form.keeps_readings and who:
                made.append(replace(example, readings={**example.readings, who: new}))
            else:
                made.append(replace(example, gold=new))
    assert form.write is not None
    form.write(Batch(examples=tuple(made)), target, ReadOptions())
    return target


def without(*labels: str) -> Callable[[Annotations], Annotations]:
    """Leaves out entities and stances of some labels or holders."""

    def change(own: Annotations) -> Annotations:
        entities = [item for item in own.entities if item.label not in labels]
        return own.with_layers(entities=entities, stances=[item for item in own.stances if item.holder not in labels])

    return change


def test_the_folder_has_gold_readings_and_the_record(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "gold"
    done = adjudicate_dataset(gold, out=out)
    assert done.counts == {
        "entities": {"accepted": 8, "rejected": 0, "disputed": 2},
        "quotes": {"accepted": 2, "rejected": 0, "disputed": 0},
        "stances": {"accepted": 3, "rejected": 0, "disputed": 1},
    }
    assert done.figures()["disputed"] == 3
    assert (done.disputed_articles, done.rules, done.readers) == (("a1",), {"agree": 13}, {"kari": 2, "ola": 2})
    loaded = load_dataset(out)
    assert loaded.fingerprint == done.splits[0].fingerprint
    assert [len(example.readings) for example in loaded] == [2, 2]
    assert not validate_dataset(out).problems
    lines = [json.loads(line) for line in (out / "decisions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == done.to_json()["decisions"]
    assert len(lines) == 17
    assert set(done.to_pandas()["status"]) == {"accepted", "disputed"}
    assert "<table" in done._repr_html_()


def test_the_same_again_gives_the_same_bytes(gold: Path, tmp_path: Path) -> None:
    out, disputed = tmp_path / "gold", tmp_path / "disputed.json"

    def run(source: Path) -> None:
        done = adjudicate_dataset(source, out=out, disputed=disputed, to="labelstudio")
        assert (done.disputed, done.beside) == (disputed, ("disputed.config.xml",))

    run(gold)
    first, tasks = contents(out), disputed.read_bytes()
    for source in (gold, out, out):
        run(source)
        assert contents(out) == first
        assert disputed.read_bytes() == tasks


FORMATS = ("native", "labelstudio", "brat", "casjson", "prodigy", "csv", "inline")


@pytest.mark.parametrize("to", FORMATS)
def test_out_to_people_and_back_in(gold: Path, tmp_path: Path, to: str) -> None:
    out, form = tmp_path / "gold", load_format(to)
    suffix = "" if to in ("brat", "inline", "casjson") else form.suffixes[0]
    disputed = tmp_path / f"disputed{suffix}"
    adjudicate_dataset(gold, out=out, disputed=disputed, to=to)
    before = contents(out)
    # Nobody touched it: nothing is decided.
    done = adjudicate_dataset(gold, decisions=disputed, out=out)
    assert done.figures()["disputed"] == 3
    assert any("came back as it was written" in note for note in done.notes)
    assert contents(out) == before
    # A person decides for GPE, then, in a second sitting, against Nordkraft and its stance.
    first = decided(disputed, without("ORG", "nk"), to=to, target=tmp_path / f"settled{suffix}", who="eva")
    done = adjudicate_dataset(gold, decisions=first, out=out)
    assert done.figures()["disputed"] == 0
    told = {
        one.text: (one.item.label, one.status)
        for one in done.decisions
        if one.rule == "person" and one.layer == "entities"
    }
    assert told["Nordkraft"] == ("ORG", "rejected")
    (oslo,) = [
        one for one in done.decisions if one.article_id == "a1" and one.text == "Oslo" and one.status == "accepted"
    ]
    assert (oslo.item.label, oslo.rule, oslo.item.entity_id) == ("GPE", "person", "oslo")
    assert oslo.by == (("eva",) if form.keeps_readings else ("person",))
    # It stays decided without the file.
    after = contents(out)
    for source in (gold, out):
        assert adjudicate_dataset(source, out=out).figures()["disputed"] == 0
        assert contents(out) == after
    assert not validate_dataset(out).problems


def test_proposals_are_told_apart_in_tools(gold: Path, tmp_path: Path) -> None:
    adjudicate_dataset(gold, disputed=tmp_path / "tasks.json", to="labelstudio")
    (task,) = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    by_name = {one["created_username"]: one["result"] for one in task["annotations"]}
    assert sorted(by_name) == [DRAFT, "kari", "ola"]
    assert [one["created_username"] for one in task["annotations"] if one["ground_truth"]] == [DRAFT]
    notes = [own["meta"]["text"] for own in by_name[DRAFT] if "text" in own.get("meta", {})]
    assert notes == [
        ["disputed: kari; ola otherwise"],
        ["disputed: ola; kari otherwise"],
        *[["disputed: kari; ola not"]] * 2,
    ]
    adjudicate_dataset(gold, disputed=tmp_path / "brat", to="brat")
    assert "AnnotatorNotes T2\tdisputed: kari; ola otherwise" in (tmp_path / "brat" / "a1.ann").read_text()
    assert not (tmp_path / "brat" / "a2.ann").exists()


def test_gold_that_is_there_stays(tmp_path: Path) -> None:
    own = {"entities": [mention("Oslo", "GPE")], "quotes": [], "stances": []}
    path = tmp_path / "gold.jsonl"
    rows = [ROWS[0] | own, {"id": "b", "text": TEXT, **own}, ROWS[1]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = adjudicate_dataset(path)
    assert (done.adjudicated, done.kept) == (1, 2)
    assert any("2 articles have gold already, which stays (--anew" in note for note in done.notes)
    assert [len(example.gold.entities) for example in done.splits[0]] == [1, 5, 1]
    done = adjudicate_dataset(path, anew=True)
    assert (done.adjudicated, done.kept) == (2, 1)


def test_what_was_changed_by_hand_is_not_lost(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "gold"
    adjudicate_dataset(gold, out=out)
    article = out / "test" / "a2.json"
    article.write_text(
        article.read_text(encoding="utf-8").replace('"label": "GPE"', '"label": "LOC"', 1), encoding="utf-8"
    )
    for source in (gold, out, out):
        done = adjudicate_dataset(source, out=out, strategy="majority")
        told = [(one.item.label, one.by) for one in done.decisions if one.rule == "person" and one.status == "accepted"]
        assert told == [("LOC", ("edited",))]
        assert [item.label for item in load_dataset(out).examples[1].gold.entities].count("LOC") == 1


def refused(kind: type[EvalkitError], *arguments: Any, **options: Any) -> str:
    with pytest.raises(kind) as error:
        adjudicate_dataset(*arguments, **options)
    return str(error.value)


def test_what_is_refused(gold: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.jsonl"
    plain.write_text(json.dumps({"id": "a", "text": TEXT, "entities": []}) + "\n")
    assert "no article has readings" in refused(InputError, plain)
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    assert "no adjudication wrote it" in refused(OutputError, gold, out=taken)
    assert "cannot hold" in refused(FormatError, gold, disputed=tmp_path / "d.conll", to="conll")
    assert not (tmp_path / "d.conll").exists()
    assert "only read" in refused(InputError, gold, disputed=tmp_path / "d", to="tei")
    disputed = tmp_path / "disputed.jsonl"
    adjudicate_dataset(gold, disputed=disputed)
    disputed.write_text(disputed.read_text() + "\n")
    assert "holds something else" in refused(OutputError, gold, disputed=disputed)
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"id": "a1", "text": TEXT + " More.", "entities": []}) + "\n")
    assert "another text" in refused(InputError, gold, decisions=other)
    other.write_text(json.dumps({"id": "a11", "text": TEXT, "entities": []}) + "\n")
    assert "did you mean 'a1'" in refused(InputError, gold, decisions=other)


def test_articles_that_are_others_now(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "gold"
    adjudicate_dataset(gold, out=out)
    before = contents(out)
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(row | {"text": f"So, {TEXT}"}) + "\n" for row in ROWS))
    assert "'a1' has another text now: 'Ida Moen'" in refused(InputError, other, out=out)
    other.write_text(json.dumps(ROWS[0]) + "\n")
    assert "has article 'a2', which other has not" in refused(InputError, other, out=out)
    record = out / "decisions.jsonl"
    record.write_text(record.read_text(encoding="utf-8").replace('"accepted"', '"taken"', 1), encoding="utf-8")
    assert "decisions.jsonl:1" in refused(FormatError, gold, out=out)
    record.write_bytes(before["decisions.jsonl"])
    assert contents(out) == before


def test_several_people_settled_an_article(gold: Path, tmp_path: Path) -> None:
    disputed = tmp_path / "disputed.jsonl"
    adjudicate_dataset(gold, disputed=disputed)
    one = decided(disputed, without("ORG", "nk"), to="native", target=tmp_path / "one.jsonl", who="eva")
    two = decided(one, without("GPE", "nk"), to="native", target=tmp_path / "two.jsonl", who="liv")
    assert "'a1' was settled by eva, liv; say whose counts" in refused(InputError, gold, decisions=two)
    done = adjudicate_dataset(gold, decisions=two, read=ReadOptions(annotator="eva"))
    assert {one.by for one in done.decisions if one.rule == "person"} == {("eva",)}
    # In two files, too; of two that say the same, or of which one was not touched, nobody has to choose.
    three = decided(disputed, without("GPE", "nk"), to="native", target=tmp_path / "three.jsonl", who="liv")
    assert "'a1' was settled by eva, liv; say whose" in refused(InputError, gold, decisions=[one, three])
    other = decided(disputed, without("GPE", "nk"), to="native", target=tmp_path / "other.jsonl", who="eva")
    assert "'a1' was settled in 2 ways by eva; leave out" in refused(InputError, gold, decisions=[one, other])
    done = adjudicate_dataset(gold, decisions=[three, disputed, three])
    assert {one.by for one in done.decisions if one.rule == "person"} == {("liv",)}


def test_whose_decisions_count(gold: Path, tmp_path: Path) -> None:
    disputed = tmp_path / "disputed.jsonl"
    adjudicate_dataset(gold, disputed=disputed)
    settled = decided(disputed, without("ORG", "nk"), to="native", target=tmp_path / "settled.jsonl", who="eva")
    assert "take the strategy prefer:kari" in refused(InputError, gold, read=ReadOptions(annotator="kari"))
    said = refused(UnknownNameError, gold, decisions=settled, read=ReadOptions(annotator="evi"))
    assert "did you mean 'eva'" in said
    said = refused(InputError, gold, decisions=settled, read=ReadOptions(annotator="kari"))
    assert "'kari' is one of the readers" in said
    assert "--strategy prefer:kari" in said


def test_the_order_in_readings_changes_nothing(gold: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned" / "two.jsonl"
    turned.parent.mkdir()
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["readings"] = {
            name: {layer: items[::-1] for layer, items in own.items()}
            for name, own in reversed(list(row["readings"].items()))
        }
    turned.write_text("".join(json.dumps(row) + "\n" for row in rows[::-1]), encoding="utf-8")
    for source in (gold, turned):
        adjudicate_dataset(source, out=source.parent / "gold")
    folders = [source.parent / "gold" for source in (gold, turned)]
    one, other = ({p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert one == other


def test_nothing_to_adjudicate_is_said(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    own = {"entities": [mention("Oslo", "GPE")], "quotes": [], "stances": []}
    path.write_text(json.dumps(ROWS[0] | own) + "\n", encoding="utf-8")
    told = render_report(adjudicate_dataset(path), "markdown")
    assert "gold: nothing to adjudicate, 1 article has gold already" in told


def test_a_tool_that_names_who_imported_readings(gold: Path, tmp_path: Path) -> None:
    tasks, back = tmp_path / "tasks.json", tmp_path / "back.json"
    adjudicate_dataset(gold, disputed=tasks, to="labelstudio")
    # What is made of it is what ola had said, whose reading is there as well: as an annotation, or in the draft.
    for who in ("eva", ""):
        settled = decided(tasks, without("GPE", "nk"), to="labelstudio", target=back, who=who)
        text = settled.read_text(encoding="utf-8")
        for name in ("kari", "ola", "adjudication", "eva"):
            text = text.replace(f'"created_username": "{name}"', '"created_username": "boss"')
        back.write_text(text, encoding="utf-8")
        done = adjudicate_dataset(gold, decisions=back)
        assert done.figures()["disputed"] == 0
    assert {one.item.label for one in done.decisions if one.rule == "person" and one.status == "accepted"} == {"ORG"}


def test_labels_that_the_dataset_does_not_have(gold: Path, tmp_path: Path) -> None:
    (gold.parent / "labels.toml").write_text(
        "".join(f'[entities.{label}]\ndefinition = "A thing."\n' for label in ("PER", "GPE", "ORG"))
    )
    disputed, settled = tmp_path / "disputed.jsonl", tmp_path / "settled.jsonl"
    adjudicate_dataset(gold, disputed=disputed)
    settled.write_text(disputed.read_text().replace('"GPE"', '"GPA"'))
    assert "label 'GPA' is not in the inventory" in refused(InputError, gold, decisions=settled)


def test_objects(gold: Path) -> None:
    examples: list[Example] = list(load_splits(gold, decide=as_read)[0])
    assert adjudicate_dataset(examples).decisions == adjudicate_dataset(gold).decisions


def test_layers_that_are_not_there_any_more_are_no_decision(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "gold"
    first = adjudicate_dataset(gold, out=out)
    for path in out.glob("test/*.json"):
        (row,) = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps([row | {"entities": None, "quotes": None, "stances": None}]), encoding="utf-8")
    assert adjudicate_dataset(out, out=out).decisions == first.decisions


def test_a_way_back(gold: Path, tmp_path: Path) -> None:
    out, fresh = tmp_path / "gold", tmp_path / "fresh"
    adjudicate_dataset(gold, out=fresh)
    adjudicate_dataset(gold, out=out)
    article = out / "test" / "a2.json"
    changed = article.read_text(encoding="utf-8").replace('"label": "GPE"', '"label": "LOC"', 1)
    article.write_text(changed, encoding="utf-8")
    adjudicate_dataset(gold, out=out)
    done = adjudicate_dataset(out, out=out, restart=True)
    assert "1 earlier decision of people forgotten (--restart)" in done.notes
    assert (out / "decisions.jsonl").read_bytes() == (fresh / "decisions.jsonl").read_bytes()
    assert load_dataset(out).fingerprint == load_dataset(fresh).fingerprint
    # Without the record the gold is gold like any other.
    article.write_text(changed, encoding="utf-8")
    (out / "decisions.jsonl").unlink()
    assert f"adjudicate {out} --out {out} --anew" in refused(OutputError, gold, out=out)
    adjudicate_dataset(out, out=out, anew=True)
    assert load_dataset(out).fingerprint == load_dataset(fresh).fingerprint


def test_what_is_open_is_said_wherever_the_gold_is_used(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "gold"
    done = adjudicate_dataset(gold, out=out)
    number = int(done.figures()["disputed"])
    said = f"{number} items are disputed in 1 article and not in the gold, "
    loaded = load_dataset(out, split="all")
    assert loaded.disputed == {"a1": number}
    assert [note for note in loaded.notes if note.startswith(said)]
    assert [note for note in validate_dataset(out).notes if note.startswith(said)]
    assert [note for note in score_predictions(out, out).notes if note.startswith(said)]
    assert f"{number} items are disputed in 1 article: nobody has decided" in (out / "README.md").read_text("utf-8")
    rows = {row.name: row.counts for row in describe_dataset(out).groups()["readings"]}
    assert rows["disputed items"] == (number,)
    # Of one reading nothing is open, nor in a folder in which all is decided.
    assert load_dataset(out, split="all", annotator="kari").disputed == {}
    adjudicate_dataset(out, out=out, strategy="prefer:kari")
    assert not load_dataset(out).disputed
    assert "disputed" not in (out / "README.md").read_text("utf-8")


def test_what_readings_hold_is_the_same_before_and_after(gold: Path, tmp_path: Path) -> None:
    before = validate_dataset(gold).counts
    adjudicate_dataset(gold, out=tmp_path / "gold", strategy="prefer:kari")
    after = validate_dataset(tmp_path / "gold").counts
    held = {name: number for name, number in after.items() if name.endswith(" of readings")}
    assert held == {"entities of readings": 19, "quotes of readings": 4, "stances of readings": 7}
    assert held.items() <= before.items()


def test_people_are_called_otherwise(gold: Path, tmp_path: Path) -> None:
    disputed, out, eva = tmp_path / "disputed.jsonl", tmp_path / "gold", "eva@desk.example"
    adjudicate_dataset(gold, out=out, disputed=disputed)
    settled = decided(disputed, without("ORG", "nk"), to="native", target=tmp_path / "settled.jsonl", who=eva)
    adjudicate_dataset(gold, out=out, decisions=settled)
    assert eva in (out / "decisions.jsonl").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"decisions\.jsonl names readers, too.* --rename-annotator kari=k"):
        build_dataset(out, out, rename_annotators={"kari": "k"})
    names = {eva: "eva", "kari": "k"}
    done = adjudicate_dataset(out, out=out, rename_annotators=names)
    assert done.readers == {"k": 2, "ola": 2}
    assert done.figures()["disputed"] == 0
    assert not any(
        word in path.read_text(encoding="utf-8")
        for path in out.rglob("*")
        if path.is_file()
        for word in (eva, '"kari"')
    )
    at_once = adjudicate_dataset(gold, decisions=settled, rename_annotators=names)
    assert at_once.to_json()["decisions"] == done.to_json()["decisions"]
    with pytest.raises(UnknownNameError, match="did you mean 'kari'"):
        adjudicate_dataset(gold, rename_annotators={"karri": "k"})


def test_layers_are_made_one_by_one(tmp_path: Path) -> None:
    """What no reading has stays whatever happens, and what only readings have is made beside gold that is there."""
    own = {"entities": [mention("Oslo", "LOC", "oslo"), mention("Ola Brun", "PER", "ola-brun")], "stances": []}
    quotes = {"entities": KARI["entities"], "quotes": [quote("moen")], "stances": None}
    row = {"id": "a", "split": "test", "text": TEXT, **own, "quotes": None}
    path, out = tmp_path / "gold.jsonl", tmp_path / "gold"
    path.write_text(json.dumps(row | {"readings": {"kari": quotes, "ola": quotes}}) + "\n", encoding="utf-8")
    for source in (path, out, out):
        done = adjudicate_dataset(source, out=out)
        (gold,) = done.splits[0]
        assert [item.label for item in gold.gold.entities] == ["LOC", "PER"]
        assert gold.gold.stances == ()
        assert {one.layer for one in done.decisions} == {"quotes"}
    done = adjudicate_dataset(path, anew=True)
    assert [len(done.splits[0].examples[0].gold[name] or ()) for name in ("entities", "quotes", "stances")] == [5, 1, 0]
    assert done.splits[0].examples[0].gold.stances == ()


def test_gold_that_the_record_does_not_explain_is_not_lost(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "gold"
    adjudicate_dataset(gold, out=out)
    before = load_dataset(out).fingerprint
    record = out / "decisions.jsonl"
    kept = [line for line in record.read_text(encoding="utf-8").splitlines(True) if '"article_id": "a1"' in line]
    for lines in ([], kept):
        record.write_text("".join(lines), encoding="utf-8")
        assert "that decisions.jsonl says nothing of" in refused(InputError, gold, out=out)
        assert load_dataset(out).fingerprint == before
    adjudicate_dataset(out, out=out)
    assert load_dataset(out).fingerprint == before
    adjudicate_dataset(gold, out=out, restart=True)
    assert load_dataset(out).fingerprint == before
