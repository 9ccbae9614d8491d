"""The export of the Groningen Meaning Bank: one packed file, a token a row."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from evalkit.dataset.catalogue import gmb
from evalkit.dataset.catalogue.gmb import GMB
from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Source
from evalkit.options import ReadOptions

HEAD = "Sentence #,Word,POS,Tag\r\n"
ROWS = (
    'Sentence: 1,Ida,NNP,B-per\r\n,Moen,NNP,I-per\r\n,left,VBD,O\r\n,"1,500",CD,O\r\n,Ruun,NNP,I-geo\r\n'
    'Sentence: 2,Ruun,NNP,B-geo\r\n,Ruun,NNP,B-geo\r\n,caf\xe9,NN,B-org\r\n,"""",``,O\r\n'
)


def packed(folder: Path, content: str = HEAD + ROWS, names: tuple[str, ...] = ("ner.csv",)) -> Path:
    path = folder / "ner.csv.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content.encode("cp1252"))
    return path


def read(path: Path) -> Batch:
    assert GMB.read is not None
    return GMB.read(Source(path=path, name="gmb"), ReadOptions())


def test_sentences_are_lines_and_tags_are_marks(tmp_path: Path):
    (example,) = read(packed(tmp_path)).examples
    text = example.article.text
    assert text == 'Ida Moen left 1,500 Ruun\nRuun Ruun café "\n'
    found = [(text[slice(*entity.spans[0])], entity.label) for entity in example.gold["entities"] or ()]
    # I- that continues nothing begins, B- after B- begins, and no entity goes over the end of a sentence.
    assert found == [("Ida Moen", "per"), ("Ruun", "geo"), ("Ruun", "geo"), ("Ruun", "geo"), ("café", "org")]


def test_twenty_sentences_are_an_article(tmp_path: Path):
    rows = "".join(f"Sentence: {number},Ruun,NNP,B-geo\r\n" for number in range(41))
    batch = read(packed(tmp_path, HEAD + rows))
    assert [example.article.text.count("\n") for example in batch.examples] == [20, 20, 1]
    assert [example.article.id for example in batch.examples] == ["gmb-0000", "gmb-0001", "gmb-0002"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("Word,Tag\r\nIda,O\r\n", "its columns are not", id="other columns"),
        pytest.param(HEAD + "Sentence: 1,Ida,O\r\n", "3 cells, expected 4", id="a cell is missing"),
        pytest.param("", "its columns are not", id="empty"),
    ],
)
def test_another_table_is_refused(content: str, message: str, tmp_path: Path):
    with pytest.raises(FormatError, match=message):
        read(packed(tmp_path, content))


@pytest.mark.parametrize("names", [(), ("a.csv", "../b.csv")])
def test_an_archive_holds_one_file(names: tuple[str, ...], tmp_path: Path):
    with pytest.raises(FormatError, match="cannot be unpacked"):
        read(packed(tmp_path, names=names))


def test_what_is_no_archive_is_refused(tmp_path: Path):
    (tmp_path / "ner.csv.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(FormatError, match="cannot be unpacked"):
        read(tmp_path / "ner.csv.zip")


def test_a_member_that_leads_elsewhere_leads_nowhere(tmp_path: Path):
    read(packed(tmp_path, names=("../../ner.csv",)))
    assert [path.name for path in tmp_path.rglob("*")] == ["ner.csv.zip"]


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gmb, "_LARGEST", 1 << 20)
    with pytest.raises(FormatError, match="unpacks to more than 1 MiB"):
        read(packed(tmp_path, HEAD + "x" * (2 << 20)))
