"""What was found in all of a run is looked for once: one article is explained as if all were looked at again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.analysis.explain import Explanation
from evalkit.errors import InputError
from evalkit.formats.native import stored
from evalkit.workflows import inputs
from evalkit.workflows.scoring.blocks import Blocks

TEXTS = {
    "a": "Ida Moen left Oslo.",
    "b": "In Oslo  Ida Moen said: I go.",
    "c": "Bergen is not Oslo, and OSLO is no Bergen.",
    "d": "Nothing.",
}
LABELS = {"Ida Moen": "PER", "Oslo": "GPE", "Bergen": "GPE", "OSLO": "ORG"}
WAYS: dict[str, dict[str, Any]] = {
    "as it was scored": {},
    "some labels": {"labels": ["PER", "ORG"]},
    "some labels of one layer": {"scope": ["entities:labels=PER,GPE"], "tasks": ["entities"]},
    "mapped": {"label_map": "conll4"},
    "one convention that needs no other article": {"conventions": ["exact"]},
    "one that needs all": {"conventions": ["surface:in-place"]},
    "by score": {"min_score": ["0.5"]},
}


def _found(text: str, *names: str) -> list[tuple[int, int, str]]:
    return [(text.find(name), text.find(name) + len(name), LABELS[name]) for name in names if name in text]


class People:
    """Finds some names, one label of which it spells in its own way, and fails on one article."""

    name = "people"
    layers = ("entities",)

    def extract(self, articles: Sequence[evalkit.Article]) -> list[evalkit.Annotations]:
        if any(article.id == "d" for article in articles):
            raise ValueError("nothing")
        return [
            evalkit.Annotations(
                entities=tuple(
                    evalkit.Entity(
                        id=f"e{n}",
                        spans=(evalkit.Span(start, end),),
                        label=label.title() if n else label,
                        score=0.3 + n / 2,
                    )
                    for n, (start, end, label) in enumerate(_found(article.text, "Ida Moen", "OSLO", "Bergen"))
                )
            )
            for article in articles
        ]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    rows = [
        {
            "id": name,
            "text": text,
            "entities": [{"spans": [[start, end]], "label": label} for start, end, label in _found(text, *LABELS)],
        }
        for name, text in TEXTS.items()
    ]
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    evalkit.run_extractor(People(), gold, out=tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often all articles are looked at."""
    done: list[int] = []
    look: Callable[..., None] = Blocks._look
    monkeypatch.setattr(Blocks, "_look", lambda *given: (done.append(1), look(*given))[1])
    return done


def _explained(run: Path, **words: Any) -> list[Explanation]:
    return [evalkit.explain_run(run, name, **words) for name in TEXTS]


@pytest.mark.parametrize("words", WAYS.values(), ids=WAYS)
def test_it_is_the_same_as_if_all_were_looked_at(
    run: Path, looks: list[int], monkeypatch: pytest.MonkeyPatch, words: dict[str, Any]
):
    each_time = _explained(run, **words)
    looks.clear()
    monkeypatch.setattr(stored, "KNOWN_BYTES", 0)
    assert _explained(run, **words) == each_time
    assert len(looks) == (len(TEXTS) if words.get("min_score") else 1)
    assert [bool(one.error) for one in each_time] == [False, False, False, True]


def test_what_is_damaged_is_looked_for_again(run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(stored, "KNOWN_BYTES", 0)
    first = _explained(run)
    for index in sorted((tmp_path / "cache" / "indexes").iterdir()):
        whole = index.read_bytes()
        index.write_bytes(whole[:65] + bytes([whole[65] ^ 1]) + whole[66:])
        assert _explained(run) == first
        assert index.read_bytes() == whole


def test_predictions_that_were_edited_are_looked_at_again(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored, "KNOWN_BYTES", 0)
    evalkit.explain_run(run, "a")
    lines = (run / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        del row["check"]
    rows[2]["entities"][0]["spans"] = [[0, 400]]
    (run / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(InputError, match="article 'c'"):
        evalkit.explain_run(run, "a")


def test_a_diagnosis_of_the_whole_run_has_looked_at_all(run: Path, looks: list[int], monkeypatch: pytest.MonkeyPatch):
    each_time = _explained(run)
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    evalkit.diagnose(run, resamples=0)
    looks.clear()
    assert _explained(run) == each_time
    assert not looks


def test_one_article_is_no_more_than_memory_holds(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    with monkeypatch.context() as small:
        small.setattr(inputs, "free_memory", lambda: 1 << 10)
        assert evalkit.explain_run(run, "a", conventions=["exact"]).article == "a"
        asked = (
            r"under surface and surface:in-place all of them count, under others one is enough \(--convention exact\)"
        )
        with pytest.raises(InputError, match=asked):
            evalkit.explain_run(run, "a")
    first = evalkit.explain_run(run, "a")
    monkeypatch.setattr(inputs, "free_memory", lambda: 1 << 10)
    assert evalkit.explain_run(run, "a") == first
