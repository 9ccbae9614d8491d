"""`find_articles`: what a condition may name, and that its counts are those of the diagnosis and the explanation."""

from __future__ import annotations

import pytest

import evalkit
from evalkit.errors import InputError


@pytest.fixture(scope="module")
def gold() -> evalkit.GoldDataset:
    return evalkit.load_dataset(split="dev").subset(limit=6)


@pytest.fixture(scope="module")
def run(gold: evalkit.GoldDataset) -> evalkit.Run:
    return evalkit.run_extractor("rules", gold, cache=False)


def test_counts_are_those_of_diagnosis_and_explanation(gold: evalkit.GoldDataset, run: evalkit.Run):
    found = evalkit.find_articles(run, "lost > 0", dataset=gold, tasks=["entities"])
    hardest = evalkit.diagnose(run, gold, resamples=0, tasks=["entities"]).hardest["entities"]
    assert [one.errors["entities"] for one in found.found] == list(hardest)
    for one in found.found:
        (layer,) = evalkit.explain_run(run, one.article, dataset=gold, tasks=["entities"]).layers
        assert layer.kinds == one.errors["entities"].kinds


def test_counts_of_all_tasks_add_up(gold: evalkit.GoldDataset, run: evalkit.Run):
    found = evalkit.find_articles(run, "missed == entities.missed + quotes.missed + stances.missed", dataset=gold)
    assert len(found.found) == found.articles == 6
    assert found.conventions == {"entities": "exact", "quotes": "exact", "stances": "right"}
    assert [one.lost for one in found.found] == sorted((one.lost for one in found.found), reverse=True)


def test_properties_and_texts(gold: evalkit.GoldDataset, run: evalkit.Run):
    first = gold.examples[0].article
    where = f"id == {first.id!r} and article.section == {first.metadata['section']!r} and year >= 2000 and not failed"
    (one,) = evalkit.find_articles(run, where, dataset=gold).found
    assert (one.article, one.title) == (first.id, first.title)
    assert one.values["article.section"] == first.metadata["section"]
    assert not evalkit.find_articles(run, "characters < 10", dataset=gold).found


def test_frames(gold: evalkit.GoldDataset, run: evalkit.Run):
    found = evalkit.find_articles(run, "gold > 0", dataset=gold)
    frame = found.to_pandas()
    assert set(frame["task"]) == {"entities", "quotes", "stances"}
    assert {"missed", "spurious", "lost", "f1"} <= set(frame.columns)
    assert repr(found).startswith("<FoundArticles: 6 of 6 articles of rules")


def test_what_cannot_be(gold: evalkit.GoldDataset, run: evalkit.Run):
    with pytest.raises(InputError, match="f1 is of one task; write entities"):
        evalkit.find_articles(run, "f1 < 1", dataset=gold)
    with pytest.raises(InputError, match="a condition must be a text such as 'missed > 3', found int"):
        evalkit.find_articles(run, 3, dataset=gold)  # type: ignore[arg-type]


def test_a_task_whose_errors_are_not_told_apart_is_said_to_be_so(gold: evalkit.GoldDataset, run: evalkit.Run):
    with pytest.raises(InputError, match=r"no errors to look for \(chain: its errors are not told apart by kind\)"):
        evalkit.find_articles(run, "missed > 1", dataset=gold, tasks=["chain"])
