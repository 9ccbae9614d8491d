"""The corpora themselves, where their files are: what comes out of each is what was published of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from evalkit.dataset.catalogue import get
from evalkit.dataset.catalogue.entry import Entry
from evalkit.dataset.catalogue.fetch import corpus_folder, fetch_corpus
from evalkit.dataset.catalogue.get import get_dataset
from evalkit.dataset.catalogue.table import corpus_names, find_entry
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_splits
from tests.conftest import SHARED
from tests.dataset.catalogue.file_server import FileServer

DATA = SHARED / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the files of the corpora: set EVALKIT_SHARED")


@pytest.fixture(scope="module")
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache for all tests here: a corpus is copied and read once."""
    yield tmp_path_factory.mktemp("corpora")
    # Millions of records, which every look for garbage after this would look through.
    corpus.cache_clear()


@pytest.fixture(autouse=True)
def _one_cache(one_cache: Path, monkeypatch: pytest.MonkeyPatch, _own_cache: None) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(one_cache))


@cache
def corpus(name: str) -> tuple[GoldDataset, ...]:
    fetch_corpus(find_entry(name), copy=DATA)
    return load_splits(name)


def items(name: str, layer: str) -> Iterator[tuple[str, object]]:
    for gold in corpus(name):
        for example in gold:
            yield from ((gold.split, item) for item in example.gold[layer] or ())


def labels(name: str, layer: str = "entities", field: str = "label") -> dict[str, int]:
    return dict(Counter(getattr(item, field) for _, item in items(name, layer)))


@pytest.mark.parametrize("name", corpus_names())
def test_the_numbers_of_an_entry_are_counted(name: str):
    entry = find_entry(name)
    assert {gold.split: len(gold) for gold in corpus(name)} == dict(entry.articles)
    assert {layer: sum(1 for _ in items(name, layer)) for layer in entry.layers} == dict(entry.items)
    assert {example.article.lang for gold in corpus(name) for example in gold} == {entry.language}
    annotated = {layer for gold in corpus(name) for example in gold for layer in example.gold.layers}
    assert annotated == set(entry.layers)


@pytest.mark.parametrize("name", corpus_names())
def test_every_label_is_defined(name: str):
    entry = find_entry(name)
    for layer, defined in entry.labels.items():
        if layer in entry.layers:
            assert set(labels(name, layer, "kind" if layer == "quotes" else "label")) == set(defined)


def served(entry: Entry, server: FileServer) -> None:
    """Has a server hold the files of a corpus under their own addresses."""
    folder = corpus_folder(entry) / "files"
    for file in entry.files:
        server.files[f"/{entry.repository}/{entry.commit}/{file.path}"] = (folder / file.path).read_bytes()


@pytest.mark.parametrize("name", ["wikigold", "wnut17"])
def test_a_corpus_comes_from_a_server_as_from_a_copy(
    name: str, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    by_copy = [gold.fingerprint for gold in corpus(name)]
    served(find_entry(name), server)
    # The entry as it is, but for the host, which is this machine.
    entry = replace(find_entry(name), host=f"{server.url}/{{repository}}/{{commit}}/{{path}}")
    monkeypatch.setattr(get, "find_entry", lambda name: entry)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "other"))
    obtained = get_dataset(name, tmp_path / "folder" / name)
    assert len(server.asked) == len(find_entry(name).files)
    assert [gold.fingerprint for gold in load_splits(obtained.path)] == by_copy


def test_wikigold_has_what_its_authors_count():
    assert labels("wikigold") == {"LOC": 1014, "MISC": 712, "ORG": 898, "PER": 934}


def test_wnut17_has_what_the_shared_task_counts():
    # Derczynski et al. 2017, table 2: 1,975 entities in train, 836 in dev and 1,079 in test.
    assert Counter(split for split, _ in items("wnut17", "entities")) == {"train": 1975, "dev": 836, "test": 1079}


def test_btc_has_its_sections():
    sections = Counter(example.article.id.split("-")[0] for gold in corpus("btc") for example in gold)
    # The README of the corpus counts 2,000 tweets in F and H; both files have one more.
    assert sections == {"a": 1000, "b": 2000, "e": sections["e"], "f": 2001, "g": sections["g"], "h": 2001}
    assert {example.article.id.split("-")[0] for example in corpus("btc")[-1]} == {"f"}


def test_hipe2020_has_the_entities_of_the_gold():
    assert labels("hipe2020") == {"loc": 181, "org": 76, "pers": 156, "prod": 19, "time": 17}


def test_newsmtsc_has_its_targets():
    # README: 8,739 targets in train, and 1,476 in devtest_mt.
    assert Counter(split for split, _ in items("newsmtsc", "stances")) == {"train": 8739, "test": 1476}
    assert labels("newsmtsc", "stances") == {"against": 3798, "neutral": 3776, "favor": 2641}


def test_a_target_stands_at_its_mention():
    first = corpus("newsmtsc")[0].examples[0]
    (entity, *_), (stance, *_) = first.gold["entities"], first.gold["stances"]
    assert first.article.text[slice(*entity.spans[0])] == "Winner"
    assert (stance.target, stance.holder, stance.label) == (entity.entity_id, "author", "neutral")
    assert first.article.metadata["id"] == "allsides_1000_401_25_Reality Leigh Winner_0_6"


def test_finentity_leaves_out_what_its_offsets_lose():
    # 2,131 entities, 70 of which have offsets that lead elsewhere: 7 are counted in a way that the text proves.
    assert sum(labels("finentity", "stances").values()) == 2131 - 63
    assert any(note.startswith("63 entities whose offsets") for note in corpus("finentity")[0].notes)
    assert any("70 of the 2,131" in limit for limit in find_entry("finentity").limits)


def test_sentfin_leaves_out_what_its_headlines_do_not_have_once():
    # 14,405 entities; 19 names were damaged (Holdings became neutralings), 18 stand there more than once.
    assert sum(labels("sentfin", "stances").values()) == 14405 - 19 - 18
    notes = " ".join(corpus("sentfin")[0].notes)
    assert "19 entities that their headline does not have" in notes
    assert "18 entities that their headline has several times" in notes


def test_gmb_has_the_entities_of_the_table():
    counted = {"geo": 37644, "tim": 20333, "org": 20143, "per": 16990, "gpe": 15870, "art": 402, "eve": 308, "nat": 201}
    assert labels("gmb") == counted
    sentences = sum(example.article.text.count("\n") for gold in corpus("gmb") for example in gold)
    assert sentences == 47959


def test_gum_has_the_splits_of_its_authors():
    dev = {"GUM_interview_cyclone", "GUM_interview_gaming", "GUM_news_homeopathic", "GUM_news_iodine"}
    (of_dev,) = (gold for gold in corpus("gum") if gold.split == "dev")
    assert {example.article.id for example in of_dev} == dev
    # Coreference: more mentions than things.
    assert len({entity.entity_id for entity in of_dev.examples[0].gold["entities"] or ()}) < 200


@pytest.mark.parametrize("name", ["newsmtsc", "finentity", "sentfin"])
def test_what_targets_are_named_by_is_no_gold_for_names(name: str):
    assert {example.gold.scope.layers for gold in corpus(name) for example in gold} == {("stances",)}


def test_litbank_has_its_quotes_and_mentions():
    # 1,765 attributed quotes and 29,103 mentions in 100 texts, as grep counts the lines of the files.
    assert labels("litbank", "quotes", "kind") == {"direct": 1765}
    gold = corpus("litbank")[0]
    by_id = {example.article.id: example for example in gold}
    first = (by_id["158_emma"].gold["quotes"] or ())[0]
    assert by_id["158_emma"].article.text[slice(*first.content[0])].startswith("“ Poor Miss Taylor !")
    assert first.speaker_id == "Mr_Woodhouse-4"
    # Whoever speaks is among the mentions of the text, so that a mention can be judged.
    known = {example.article.id: {one.entity_id for one in example.gold["entities"] or ()} for example in gold}
    spoken = [(example.article.id, one.speaker_id) for example in gold for one in example.gold["quotes"] or ()]
    assert sum(speaker in known[name] for name, speaker in spoken) > 0.9 * len(spoken)


def test_gum_quotes_are_its_quotations():
    # As grep counts <quote> in the 39 files; 44 <q>, which are no speech, are left out.
    assert labels("gum-quotes", "quotes", "kind") == {"direct": 89}
