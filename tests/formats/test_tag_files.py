"""Tag columns read by stretches give what they give line by line, and scored from columns what records give."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from evalkit.formats.tags import tag_file
from evalkit.formats.tags.reading import read_tag_columns
from evalkit.formats.tags.repeated import count_texts, repeated
from evalkit.formats.tags.settings import TagSettings
from evalkit.formats.tags.stretches import Stretch, stretches
from evalkit.formats.tags.text_lines import TextLines
from evalkit.options import Intervals, Options, ReadOptions, Scoring
from evalkit.workflows.scoring import score
from evalkit.workflows.scoring.score import score_predictions
from evalkit.workflows.scoring.tag_files import read_tag_files

TOKENS = ("Ida", "Moen", "Oslo", ".", "São", "𝒳", "U.S.", "-", "#x", "\u00a0", "x\x0by", "it", "\ufeff")
TAGS = ("O", "O", "O", "B-PER", "I-PER", "B-LOC", "E-LOC", "S-ORG", "per", "_")
ODD = (
    "",
    " ",
    "# c",
    "#Oslo B-PER O",
    "-DOCSTART- -X- O O",
    "# document_id = z",
    "x",
    "a b c d e",
    "\r",
    " a O O",
    "a\tO\tO",
)


def lines_of(seed: int, separator: str = " ") -> str:
    """A file of three columns with much that is plain in it and some that is not."""
    rng = random.Random(seed)
    rows = ["# document_id = first"] if rng.random() < 0.5 else []
    for _ in range(12):
        for _ in range(rng.randint(1, 30)):
            rows.append(separator.join((rng.choice(TOKENS), rng.choice(TAGS), rng.choice(TAGS))))
            if rng.random() < 0.03:
                rows.append(rng.choice(ODD))
        rows.append("")
    return "\n".join(rows)


def whole(lines: TextLines, **asked: Any) -> list[Stretch]:
    """All lines as lines that are looked at one by one."""
    return [Stretch(0, len(lines))]


class TestStretches:
    @pytest.mark.parametrize("separator", ["", "\t", " ", ","])
    @pytest.mark.parametrize("seed", range(3))
    def test_they_are_all_lines_and_their_cells(self, separator: str, seed: int) -> None:
        text = lines_of(seed, separator or " ")
        lines = TextLines(text.encode())
        assert list(lines) == [line.rstrip("\r") for line in text.split("\n")]
        found = list(stretches(lines, separator=separator, width=3, comment="auto"))
        assert [own.first for own in found] == [0, *(own.end for own in found[:-1])]
        assert found[-1].end == len(lines)
        assert any(own.cells for own in found) == (separator != ",")
        for own in found:
            if own.cells is not None and own.filled is not None:
                rows = [line.encode().split() for line in lines[own.first : own.end]]
                assert [bool(row) for row in rows] == own.filled.tolist()
                assert own.cells == [cell for row in rows for cell in row]

    def test_what_is_odd_is_left_to_who_looks_at_lines(self) -> None:
        odd, plain = ["#x O O", "a  b c", " a O O", "a O O ", "a O", "a\x0cb O O"], ["Ida O O"] * 9
        lines = TextLines("\n".join([*plain, *odd, *plain]).encode())
        found = [
            (own.first, own.end, own.cells is None) for own in stretches(lines, separator="", width=3, comment="%")
        ]
        assert found == [(0, 9, False), (9, 15, True), (15, 24, False)]

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize(
        "told",
        [
            {},
            {"separator": "tab"},
            {"separator": "space"},
            {"comment": "none"},
            {"comment": "I"},
            {"comment": "\udcff"},
            {"tag_column": -1, "token_column": -3},
        ],
        ids=str,
    )
    def test_a_file_says_the_same_as_line_by_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, told: dict[str, Any]
    ) -> None:
        path = tmp_path / "tags.conll"
        path.write_text(lines_of(seed, "\t" if told.get("separator") == "tab" else " "), encoding="utf-8", newline="")
        settings = TagSettings(**told, predicted_tag_column=1)
        found = read_tag_columns(path, None, settings)
        monkeypatch.setattr(tag_file, "stretches", whole)
        assert read_tag_columns(path, None, settings) == found

    @pytest.mark.parametrize("header", ["TOKEN NE-COARSE-LIT MISC", "id form ner"])
    def test_headers_numbers_and_marks_of_no_space(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str
    ) -> None:
        rows = [f"{n % 7 + 1 if header[0] == 'i' else 'w'} Ida{n % 5} {('O', 'B-PER')[n % 3 == 0]}" for n in range(60)]
        rows[20:20] = ["2-3 du O", "2 de B-LOC", "3 le O", header, "4.1 x O", ""]
        if header[0] == "T":
            rows = [f"{row} {('_', 'NoSpaceAfter')[n % 4 == 0]}".partition(" ")[2] for n, row in enumerate(rows)]
        path = tmp_path / "tags.tsv"
        path.write_text("\n".join([header, *rows]), encoding="utf-8")
        found = read_tag_columns(path)
        assert any(document.glued for document in found.documents) == (header[0] == "T")
        monkeypatch.setattr(tag_file, "stretches", whole)
        assert read_tag_columns(path) == found


class TestRepeatedTexts:
    def test_they_are_a_sequence(self) -> None:
        texts = ["a", "b", "a", "", "c"]
        held = repeated(texts)
        assert (list(held), held[1], held[-1], held[1:3], len(held)) == (texts, "b", "c", ["b", "a"], 5)
        assert held == repeated(texts)
        assert held != repeated(texts[:4])
        assert repeated(held) is held
        assert count_texts(held) == {"a": 2, "b": 1, "": 1, "c": 1}
        assert list(held.take([3, 0])) == ["", "a"]


def scored(gold: Path, predicted: Path | None, options: Options) -> dict[str, Any]:
    read = {"scoring": options.scoring, "intervals": options.intervals, "read": options.read}
    return score_predictions(gold, predicted, baseline=False, **read).to_json()


def told(**fields: Any) -> Options:
    conventions = fields.pop("conventions", ())
    return Options(
        scoring=Scoring(conventions=conventions),
        intervals=Intervals(resamples=10),
        read=ReadOptions(format="conll", values=fields),
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    gold, predicted = tmp_path / "gold.conll", tmp_path / "predicted.conll"
    for path, seed in ((gold, 1), (predicted, 2)):
        rng = random.Random(seed)
        rows = []
        for document in (2, 1):
            rows.append(f"# document_id = d{document}")
            for number in range(60):
                tag = rng.choice(("O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"))
                rows.append(f"{('Ida', 'São', '𝒳', '.')[number % 4]}\t{tag}" + "\n" * (number % 11 == 10))
        path.write_text("\n".join(rows), encoding="utf-8")
    return gold, predicted


class TestScoring:
    @pytest.mark.parametrize(
        "options",
        [
            told(),
            told(document="blank", repair="discard"),
            told(scheme="IO", detokenise="marked", conventions=("token", "boundary")),
            told(label_case="keep", document="file"),
        ],
        ids=["plain", "blank", "io", "file"],
    )
    def test_columns_give_what_records_give(
        self, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, options: Options
    ) -> None:
        assert read_tag_files(*files, options) is not None
        by_columns = scored(*files, options)
        monkeypatch.setattr(score, "_plain_files", lambda *given: None)
        assert scored(*files, options) == by_columns

    def test_one_file_with_both_columns(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path, options = tmp_path / "both.conll", told(gold_tag_column=1, predicted_tag_column=2)
        path.write_text("Ida B-PER B-PER\nMoen I-PER O\n\nOslo B-LOC B-LOC\n", encoding="utf-8")
        assert read_tag_files(path, None, options) is not None
        by_columns = scored(path, None, options)
        assert by_columns["articles"] == 2
        monkeypatch.setattr(score, "_plain_files", lambda *given: None)
        assert scored(path, None, options) == by_columns

    @pytest.mark.parametrize(
        "options",
        [
            told(detokenise="simple"),
            told(id_column="x"),
            told(conventions=("linked",)),
            Options(read=ReadOptions(format="conllu")),
            Options(read=ReadOptions(format="conll", offsets="utf-16")),
            Options(read=ReadOptions(format="conll"), scoring=Scoring(labels=("PER",))),
        ],
        ids=["simple", "a setting of others", "a convention of parts", "a format", "offsets", "labels"],
    )
    def test_what_asks_for_more_is_left_to_records(self, files: tuple[Path, Path], options: Options) -> None:
        assert read_tag_files(*files, options) is None

    def test_what_would_be_told_is_left_to_records(self, files: tuple[Path, Path]) -> None:
        gold, predicted = files
        assert read_tag_files(gold, gold.parent, told()) is None
        assert read_tag_files(gold.parent / "absent", predicted, told()) is None
        (gold.parent / "labels.toml").write_text("[entities.Per]\n[entities.LOC]\n", encoding="utf-8")
        assert read_tag_files(gold, predicted, told()) is None
        (gold.parent / "labels.toml").unlink()
        extra = predicted.read_text(encoding="utf-8") + "\n\nextra\tB-PER\nwords\tI-PER\n"
        predicted.write_text(extra, encoding="utf-8")
        assert read_tag_files(gold, predicted, told()) is None
