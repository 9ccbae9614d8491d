"""SEntFiN's cells: names without places, found in the headline where it has them once."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.catalogue.sentfin import SENTFIN
from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Source
from evalkit.options import ReadOptions

HEAD = "S No.,Title,Decisions,Words\n"


def read(folder: Path, *rows: str, head: str = HEAD) -> Batch:
    (folder / "s.csv").write_text(head + "".join(row + "\n" for row in rows), encoding="utf-8")
    assert SENTFIN.read is not None
    return SENTFIN.read(Source(path=folder / "s.csv", name="s"), ReadOptions())


def found(batch: Batch) -> list[tuple[str, str]]:
    return [
        (example.article.text[slice(*entity.spans[0])], entity.label)
        for example in batch.examples
        for entity in example.gold["entities"] or ()
    ]


@pytest.mark.parametrize(
    ("title", "cell", "entities"),
    [
        pytest.param("Moen up", "{'Moen': 'positive'}", [("Moen", "positive")], id="plain"),
        pytest.param(
            "Osian's Art up Sebi down",
            "{'Osian's Art': 'positive', 'Sebi': 'negative'}",
            [("Osian's Art", "positive"), ("Sebi", "negative")],
            id="an apostrophe that nothing escapes",
        ),
        pytest.param("Moen's up", "{\"Moen's\": 'neutral'}", [("Moen's", "neutral")], id="other quotation marks"),
        pytest.param("BHEL up, BHELs too", "{'BHEL': 'neutral'}", [("BHEL", "neutral")], id="as a word of its own"),
        pytest.param("FTSE-Ruun up", "{'Ruun': 'neutral'}", [("Ruun", "neutral")], id="behind a hyphen"),
        pytest.param("xMoeny up", "{'Moen': 'neutral'}", [("Moen", "neutral")], id="inside a word, if nowhere else"),
    ],
)
def test_a_name_is_found(title: str, cell: str, entities: list[tuple[str, str]], tmp_path: Path):
    quoted = cell.replace('"', '""')
    batch = read(tmp_path, f'1,"{title}","{quoted}",2')
    assert found(batch) == entities
    assert not batch.notes


def test_what_cannot_be_found_once_is_counted(tmp_path: Path):
    batch = read(
        tmp_path,
        "1,Moen and Moen up,{'Moen': 'positive'},4",
        "2,Brun up,{'neutralings': 'neutral'},2",
        "3,Brun up,{},2",
    )
    assert found(batch) == []
    assert [example.article.id for example in batch.examples] == ["s-1", "s-2"]
    assert sorted(batch.notes.values()) == [1, 1, 1]
    # A headline whose entities are lost was annotated all the same.
    assert all(example.gold["entities"] == () for example in batch.examples)


@pytest.mark.parametrize(
    ("head", "row"),
    [("Title,Decisions\n", "Moen,{}"), (HEAD, "1,Moen up"), ("", "")],
    ids=["columns", "cells", "empty"],
)
def test_another_table_is_refused(head: str, row: str, tmp_path: Path):
    with pytest.raises(FormatError, match=r"its columns are not|2 cells, expected 4"):
        read(tmp_path, row, head=head)
