"""`run_extractor`: names, objects and functions over gold; kept, cached and resumed."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.errors import ExtractorError, InputError, OutputError, UnknownNameError
from evalkit.extractors.rules.extractor import RulesExtractor
from evalkit.extractors.table import load_extractor, settings_for
from evalkit.formats.native.stored import StoredRecords
from evalkit.options import Options, Running, Scoring
from evalkit.predictions import kept
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span, Zone
from evalkit.workflows.running.extract import extract_articles
from evalkit.workflows.running.measure import measure_extractor
from evalkit.workflows.running.run import floor_of, planned_run, run_extractor
from evalkit.workflows.scoring.score import score_predictions

CALLS: list[str] = []


def person(article: Article) -> list[tuple[int, int, str]]:
    CALLS.append(article.id)
    return [(0, 8, "PER")]


class Tagger:
    """Claims entities and quotes, and finds neither."""

    name = "tagger"
    layers = ("entities", "quotes")
    default_label_map = "from-ontonotes"

    def __init__(self, version: str = "1") -> None:
        self.version = version

    def fingerprint(self) -> str:
        return f"tagger-{self.version}"

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        return [Annotations(entities=()) for _ in articles]


@pytest.fixture
def gold() -> GoldDataset:
    examples = [
        Example(
            article=Article(id=f"a{n}", text="Ida Moen left Oslo."),
            gold=Annotations(entities=(Entity(id="e1", spans=(Span(0, 8),), label="PER"),)),
        )
        for n in (2, 0, 1)
    ]
    return gold_dataset(examples, name="mini", split="test", inventory=load_inventory())


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    CALLS.clear()


def test_a_function_is_called_after_itself(gold: GoldDataset):
    run = run_extractor(person, gold)
    assert (run.extractor, run.layers) == ("person", ("entities",))
    assert [p.article_id for p in run.predictions] == ["a0", "a1", "a2"]
    assert (run.fresh, run.path) == (3, None)
    assert run.articles_per_second is not None


def test_an_object_keeps_its_name_layers_and_map(gold: GoldDataset):
    run = run_extractor(Tagger(), gold, cache=False)
    assert (run.extractor, run.layers, run.default_label_map) == ("tagger", ("entities", "quotes"), "from-ontonotes")
    # A claimed layer that it gave as None is empty: it was looked for and not found.
    assert run.predictions[0].annotations.quotes == ()


def test_a_name(gold: GoldDataset):
    assert run_extractor("trivial", gold, cache=False).extractor == "trivial"
    with pytest.raises(UnknownNameError, match="did you mean 'trivial'"):
        run_extractor("trival", gold)


def test_limit_takes_the_first_articles(gold: GoldDataset):
    run = run_extractor(person, gold, limit=2, cache=False)
    assert [e.article.id for e in run.dataset] == ["a0", "a1"]
    assert len(run.predictions) == 2


def test_annotations_without_text_are_refused(gold: GoldDataset):
    entities = (Entity(id="e1", spans=(Span(0, 8),), label="PER"),)
    example = Example(article=Article(id="n", text=""), gold=Annotations(entities=entities))
    bare = gold_dataset([example], name="bare", split="test", inventory=gold.inventory)
    with pytest.raises(InputError, match="article 'n' has annotations and no text"):
        run_extractor(person, bare)
    made = [Prediction(article_id="n", annotations=Annotations(entities=entities))]
    result = score_predictions(bare, made, resamples=0)
    # The baseline has nothing to read either, so there is no floor.
    assert (result.tasks["entities"]["exact"].micro.f1, result.floor) == (1.0, {})


def test_cached_articles_are_not_asked_for(gold: GoldDataset):
    run_extractor(person, gold)
    asked = [name for name in CALLS if name.startswith("a")]
    again = run_extractor(person, gold)
    assert [name for name in CALLS if name.startswith("a")] == asked
    assert (again.fresh, again.articles_per_second) == (0, None)


def test_a_folder_is_continued(gold: GoldDataset, tmp_path: Path):
    first = run_extractor(person, gold, out=tmp_path / "r", cache=False)
    assert first.path == tmp_path / "r"
    facts = json.loads((tmp_path / "r" / "run.json").read_bytes())
    assert facts["complete"] is True
    assert {"extractor", "fingerprint", "gold", "gold_fingerprint", "split", "layers", "versions"} <= set(facts)
    again = run_extractor(person, gold, out=tmp_path / "r")
    assert (again.fresh, again.predictions) == (0, tuple(p for p in again.predictions))
    assert [p.annotations for p in again.predictions] == [p.annotations for p in first.predictions]


@pytest.mark.parametrize(
    ("left", "asked"),
    [
        pytest.param(lambda lines: b"".join(lines), [], id="whole, but for run.json"),
        pytest.param(lambda lines: lines[0] + lines[1][:30], ["a1", "a2"], id="killed in the middle of a line"),
        pytest.param(lambda lines: lines[2] + lines[0], ["a1"], id="in another order"),
        pytest.param(lambda lines: lines[0] + lines[1].replace(b"[0,8]", b"[0,7]") + lines[2], ["a1"], id="damaged"),
        pytest.param(lambda lines: lines[1] + lines[0] + lines[1], ["a2"], id="twice"),
        pytest.param(lambda lines: b"", ["a0", "a1", "a2"], id="nothing"),
    ],
)
def test_many_predictions_stay_in_the_folder(
    gold: GoldDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    left: Callable[[list[bytes]], bytes],
    asked: list[str],
):
    whole = run_extractor(person, gold, out=tmp_path / "whole", cache=False)
    written = (tmp_path / "whole" / "predictions.jsonl").read_bytes()
    monkeypatch.setattr(kept, "LARGE_LINES", 3)
    run_extractor(person, gold, out=tmp_path / "r", cache=False)
    facts = json.loads((tmp_path / "r" / "run.json").read_bytes())
    (tmp_path / "r" / "run.json").write_text(json.dumps({**facts, "complete": False}))
    (tmp_path / "r" / "predictions.jsonl").write_bytes(left(written.splitlines(keepends=True)))
    CALLS.clear()
    run = run_extractor(person, gold, out=tmp_path / "r", cache=False)
    assert [name for name in CALLS if name.startswith("a")] == asked
    assert isinstance(run.predictions, StoredRecords)
    assert [one.annotations for one in run.predictions] == [one.annotations for one in whole.predictions]
    assert (tmp_path / "r" / "predictions.jsonl").read_bytes() == written
    assert (run.sha256, run.fresh) == (whole.sha256, len(asked))
    result = score_predictions(None, run, resamples=0)
    assert result.tasks == score_predictions(None, whole, resamples=0).tasks


def test_a_folder_of_another_version_is_refused(gold: GoldDataset, tmp_path: Path):
    run_extractor(Tagger(), gold, out=tmp_path / "r")
    with pytest.raises(OutputError, match="another run"):
        run_extractor(Tagger("2"), gold, out=tmp_path / "r")


def test_progress_tells_how_far_it_is(gold: GoldDataset, tmp_path: Path):
    seen: list[tuple[int, int]] = []
    run_extractor(person, gold, batch_size=2, cache=False, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("name", "value"),
    [("fingerprint", "x"), ("gold_fingerprint", "x"), ("split", "dev"), ("extractor", "y")],
)
def test_what_decides_predictions_is_in_the_key(gold: GoldDataset, name: str, value: str):
    run = planned_run(Tagger(), gold)
    facts = run.facts
    changed = Run.from_facts({**facts, name: value}, (), where="run.json")
    assert changed.key != run.key
    assert Run.from_facts({**facts, "versions": {}}, (), where="run.json").key == run.key


def test_the_baseline_claims_every_layer(gold: GoldDataset):
    predictions = floor_of(gold).predictions
    assert len(predictions) == 3
    assert all(None not in (p.annotations.entities, p.annotations.quotes, p.annotations.stances) for p in predictions)


class TestUncached:
    """An extractor that cannot be fingerprinted: nothing of an earlier run is taken for its own."""

    @staticmethod
    def extractor(weights: bytes) -> Any:
        session = memoryview(weights)

        def find(article: Article) -> list[tuple[int, int, str]]:
            return [(0, len(session), "PER")]

        return find

    def test_what_it_made_is_not_used_again(self, gold: GoldDataset, tmp_path: Path):
        for weights in (b"one", b"four", b"four"):
            run = run_extractor(self.extractor(weights), gold, out=tmp_path / "r")
            assert run.fresh == len(gold)
            assert {p.annotations["entities"][0].spans[0].end for p in run.predictions} == {len(weights)}
        facts = json.loads((tmp_path / "r" / "run.json").read_bytes())
        assert "memoryview) cannot be read" in facts["extractor_facts"]["uncached"]

    def test_a_note_says_so(self, gold: GoldDataset, tmp_path: Path):
        options = Options(running=Running(out=tmp_path / "r"))
        run = measure_extractor(self.extractor(b"one"), gold, options=options, baseline=False)
        assert [note for note in run.result.notes if "nothing is kept for other runs" in note]


def test_what_is_not_seen_is_said_where_predictions_are_used_again(gold: GoldDataset, tmp_path: Path):
    (tmp_path / "program.py").write_text(
        "import json, sys\nfor line in sys.stdin:\n    row = json.loads(line)\n    if 'text' in row:\n"
        "        print(json.dumps({'id': row['id'], 'entities': []}), flush=True)\n"
    )
    notes, stored = [], []
    for _ in range(2):
        options = Options(running=Running(out=tmp_path / "r"))
        spelling = f"cmd:{sys.executable} {tmp_path / 'program.py'}"
        run = measure_extractor(spelling, gold, options=options, baseline=False)
        notes.append([note for note in run.result.notes if "not seen" in note])
        stored.append((tmp_path / "r" / "result.json").read_bytes())
        run.save(tmp_path / "saved")
        stored.append((tmp_path / "saved" / "result.json").read_bytes())
    assert [len(found) for found in notes] == [0, 1]
    # What was cached or kept changes no byte of what is stored.
    assert len(set(stored)) == 1


def test_a_run_says_that_too_much_failed() -> None:
    def find(article: Article) -> list[tuple[int, int, str]]:
        if article.id != "a":
            raise ValueError("no idea")
        return []

    gold = [Example(article=Article(id=name, text="Ida"), gold=Annotations(entities=())) for name in ("a", "b", "c")]
    assert run_extractor(find, gold, cache=False).shortfall == ""
    run = run_extractor(find, gold, cache=False, max_failures=1)
    assert run.shortfall.startswith("2 of 3 articles failed, more than the 1 of --max-failures: b: ValueError: no idea")
    assert sorted(run.failed) == ["b", "c"]
    assert run_extractor(find, gold[1:], cache=False).shortfall.startswith("every article failed: b: ")


PAGE = (
    "Ferry stays in port\n\nIda Moen left Oslo on Monday, and nobody on the quay knew why.\n\n"
    "https://oslo.example/Ida-Moen\n"
)


def zones_seen(article: Article) -> Annotations:
    """One item for each zone that the article comes with, its kind as label."""
    found = [
        Entity(id=f"z{zone.start}", spans=(Span(zone.start, zone.end),), label=zone.kind) for zone in article.zones
    ]
    return Annotations(entities=tuple(found))


def of_page(zones: tuple[Zone, ...] = (), lang: str = "", *names: tuple[int, int]) -> GoldDataset:
    entities = tuple(Entity(id=f"e{start}", spans=(Span(start, end),), label="PER") for start, end in names)
    article = Article(id="page", text=PAGE, zones=zones, lang=lang)
    example = Example(article=article, gold=Annotations(entities=entities))
    return gold_dataset([example], name="page", split="test", inventory=load_inventory())


def test_the_same_text_comes_with_the_same_zones_in_run_and_in_extract(tmp_path: Path):
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    (run,) = run_extractor(zones_seen, of_page(), cache=False).predictions
    (extracted,) = extract_articles(zones_seen, tmp_path / "page.txt").predictions
    assert run.annotations == extracted.annotations
    assert {item.label for item in run.annotations.entities} >= {"headline", "boilerplate"}
    own = (Zone("body", 0, len(PAGE)),)
    (declared,) = run_extractor(zones_seen, of_page(own), cache=False).predictions
    assert [item.label for item in declared.annotations.entities] == ["body"]


def test_a_shipped_extractor_finds_the_same_in_run_in_extract_and_by_itself(tmp_path: Path):
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    (run,) = run_extractor("ner-base", of_page(), cache=False).predictions
    (extracted,) = extract_articles("ner-base", tmp_path / "page.txt").predictions
    (alone,) = load_extractor("ner-base").extract([Article(id="page", text=PAGE)])
    assert run.annotations == extracted.annotations == alone
    # Nothing of the address, which the rules take for boilerplate.
    assert all(entity.spans[0].end <= PAGE.index("https") for entity in alone.entities)


def test_gold_in_what_was_taken_for_boilerplate_is_counted():
    address = PAGE.index("Ida-Moen")
    body, page = PAGE.index("Ida Moen"), (address, address + 8)
    inside = run_extractor(person, of_page((), "", (body, body + 8), page), cache=False)
    assert [note for note in inside.notes if "boilerplate" in note] == [
        "gold in what was taken for boilerplate, in 1 article that declares no zones: 1 entity; extractors that "
        "leave boilerplate out find none of it (zones that an article declares are kept)"
    ]
    assert run_extractor(person, of_page((), "", (body, body + 8)), cache=False).notes == ()
    own = (Zone("body", 0, len(PAGE)),)
    assert run_extractor(person, of_page(own, "", page), cache=False).notes == ()


@pytest.mark.parametrize(
    ("lang", "noted"),
    [("de", True), ("en", False), ("en-GB", False), ("", False)],
    ids=["other", "named", "region", "none"],
)
def test_articles_in_a_language_that_the_card_does_not_name_are_counted(lang: str, noted: bool):
    found = [note for note in run_extractor("rules", of_page((), lang), cache=False).notes if "card" in note]
    expected = f"1 of 1 article is in a language that the card of rules does not name ({lang} 1; it names en)"
    assert found == ([expected] if noted else [])


def test_an_extractor_that_names_no_language_is_asked_for_none():
    assert run_extractor(person, of_page((), "de"), cache=False).notes == ()


@pytest.mark.parametrize(
    ("tasks", "layers"),
    [
        pytest.param(("entities",), ("entities",), id="entities"),
        pytest.param(("quotes",), ("entities", "quotes"), id="quotes"),
        pytest.param(("chain",), ("entities", "quotes", "stances"), id="chain"),
        pytest.param((), ("entities", "quotes", "stances"), id="everything"),
    ],
)
def test_a_shipped_extractor_finds_what_the_tasks_ask_for(
    tmp_path: Path, tasks: tuple[str, ...], layers: tuple[str, ...]
):
    options = Options(scoring=Scoring(tasks=tasks), running=Running(out=tmp_path / "run"))
    (example,) = of_page()
    every = replace(example, gold=example.gold.with_layers(quotes=(), stances=()))
    run = measure_extractor("news-base", [every], options, baseline=False)
    assert run.layers == layers
    assert (run.predictions[0].given is not None) == ("stances" in layers)
    assert all(tuple(prediction.annotations.layers) == layers for prediction in run.predictions)


def test_layers_that_somebody_names_are_left_as_they_are():
    assert settings_for("news-base", {"layers": "quotes"}, {"entities"}) == {"layers": "quotes"}
    assert settings_for("ner-base", {}, {"entities"}) == settings_for("mine:find", {}, {"entities"}) == {}


@pytest.mark.parametrize(
    "answer", [lambda: 1 / 0, lambda: {"model": object()}, lambda: 7], ids=["raises", "odd", "none"]
)
def test_one_that_cannot_say_its_facts_fails_no_run(
    answer: Callable[[], object], gold: GoldDataset, caplog: pytest.LogCaptureFixture
):
    def find(article: Article) -> list[tuple[int, int, str]]:
        return []

    find.facts = answer  # type: ignore[attr-defined]
    run = run_extractor(find, gold, cache=False)
    assert not run.failed
    assert "find" in run.made_by.facts["unsaid"]
    assert "extractor 'find'" in caplog.text


def test_an_article_has_its_time_in_python_too(gold: GoldDataset, monkeypatch: pytest.MonkeyPatch):
    def sleeps(article: Article) -> list[tuple[int, int, str]]:
        if article.id == gold.examples[0].article.id:
            time.sleep(60)
        return []

    sleeps.layers = ("entities",)  # type: ignore[attr-defined]
    run = run_extractor(sleeps, gold, cache=False, article_timeout=1)
    assert list(run.failed.values()) == ["took longer than 1 s"]
    monkeypatch.setattr("evalkit.extractors.worker.process.hindrance", lambda: "no")
    with pytest.raises(ExtractorError, match=r"'sleeps' cannot be stopped after 0.3 s"):
        run_extractor(sleeps, gold, cache=False, article_timeout=0.3)
    with pytest.raises(InputError, match="article_timeout must be a number of seconds above 0, found -1"):
        run_extractor(sleeps, gold, article_timeout=-1)


def test_an_extractor_that_changes_the_folder_does_not_move_its_run(
    gold: GoldDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    def moves(article: Article) -> list[tuple[int, int, str]]:
        os.makedirs("elsewhere", exist_ok=True)
        os.chdir("elsewhere")
        return []

    run = run_extractor(moves, gold, cache=False, out="r")
    assert (tmp_path / "r" / "run.json").exists()
    assert run.path == tmp_path / "r"


def test_extractors_of_evalkit_are_closed_and_those_of_others_left(gold: GoldDataset, monkeypatch: pytest.MonkeyPatch):
    closed = []

    def find(article: Article) -> list[tuple[int, int, str]]:
        raise KeyboardInterrupt

    find.layers, find.close = ("entities",), lambda: closed.append("theirs")  # type: ignore[attr-defined]
    monkeypatch.setattr(RulesExtractor, "close", lambda self: closed.append("ours"), raising=False)
    monkeypatch.setattr(RulesExtractor, "extract", lambda self, articles: find(articles[0]))
    for extractor in (find, "rules", RulesExtractor()):
        with pytest.raises(KeyboardInterrupt):
            run_extractor(extractor, gold, cache=False)
    assert closed == ["ours", "ours"]


def test_two_articles_with_one_id_are_refused(gold: GoldDataset):
    one = gold.examples[0]
    other = replace(one, article=replace(one.article, text="Another text."))
    with pytest.raises(InputError, match="two articles have the id 'a0'; give each its own"):
        run_extractor(person, [one, other])
