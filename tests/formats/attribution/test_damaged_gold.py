"""Changed bytes in gold of quotes: one line each, no crash, no hang."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.errors import EvalkitError
from evalkit.formats.base import Source
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from tests.formats.attribution import test_litbank, test_parc3, test_tei, test_webannotation
from tests.mutations import mutated

Files = Callable[[Path], Path]


def parc3(folder: Path) -> Path:
    (folder / "a.xml").write_text(test_parc3.parc3(test_parc3.WORDS), encoding="utf-8")
    return folder / "a.xml"


def tei(folder: Path) -> Path:
    (folder / "a.xml").write_text(test_tei.tei(), encoding="utf-8")
    return folder / "a.xml"


def gum(folder: Path) -> Path:
    (folder / "a.xml").write_text(test_tei.GUM, encoding="utf-8")
    return folder / "a.xml"


def litbank(folder: Path) -> Path:
    return test_litbank.write(folder) / "coref/tsv/1_ruun_brat.ann"


def booknlp(folder: Path) -> Path:
    test_litbank.write_book(folder, "0\t3\t5\t5\tOrla\t7\t“ Never , ”\n")
    return folder / "book.quotes"


def webannotation(folder: Path) -> Path:
    ones = [
        test_webannotation.annotation(test_webannotation.position(2, 10), test_webannotation.tag("PER"), id="#a"),
        test_webannotation.annotation(test_webannotation.quote("Ida", suffix=" stayed"), test_webannotation.tag("PER")),
    ]
    (folder / "ruun.txt").write_text(test_webannotation.TEXT, encoding="utf-8")
    (folder / "ruun.json").write_text(json.dumps(ones), encoding="utf-8")
    return folder / "ruun.json"


def rows(folder: Path) -> Path:
    row = {"id": "a", "text": "Orla left", "spans": [{"id": 1, "start": 0, "end": 4, "value": "Orla", "label": "PER"}]}
    (folder / "a.json").write_text(json.dumps([row, {**row, "id": "b", "relations": [{"head": 1, "tail": 1}]}]))
    return folder / "a.json"


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("parc3", parc3),
        ("tei", tei),
        ("tei", gum),
        ("litbank", litbank),
        ("booknlp", booknlp),
        ("webannotation", webannotation),
        ("json-standoff", rows),
    ],
)
def test_changed_bytes(tmp_path: Path, name: str, write: Files) -> None:
    path = write(tmp_path)
    form = load_format(name)
    assert form.read is not None
    files = sorted(file for file in tmp_path.rglob("*") if file.is_file() and file.suffix != ".txt")
    pick = random.Random(name)
    for _ in range(80):
        changed = pick.choice(files)
        content = changed.read_bytes()
        changed.write_bytes(mutated(content, pick))
        started = time.perf_counter()
        try:
            problems = form.read(Source(path=path), ReadOptions()).problems
        except EvalkitError as error:
            problems = (error,)  # type: ignore[assignment]
        assert time.perf_counter() - started < 5
        assert all("\n" not in str(one) for one in problems)
        changed.write_bytes(content)
