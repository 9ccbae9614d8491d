from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.records import Annotations, Article, Entity, Example, Span


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def six() -> GoldDataset:
    """Six articles, each with a person and a place; the first three are of one story."""
    entities = (Entity(id="e1", spans=(Span(0, 8),), label="PER"), Entity(id="e2", spans=(Span(14, 18),), label="GPE"))
    examples = [
        Example(
            article=Article(
                id=f"a{n}", text="Ida Moen left Oslo.", metadata={"story": "port" if n < 3 else f"story-{n}"}
            ),
            gold=Annotations(entities=entities),
        )
        for n in range(6)
    ]
    return gold_dataset(examples, name="six", split="test", inventory=load_inventory())
