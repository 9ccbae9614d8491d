"""`--offsets`: what counts in another way is read exactly, refused, or a note says what would mend it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import evalkit
from evalkit import ReadOptions
from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import EvalkitError, InputError, OffsetError
from evalkit.records import Span
from evalkit.text.counting import COUNTINGS, Ruler, parse_counting

TEXT = "🎣 Båten til Ola Brun gikk fra Ruun.\nIda 👩🏽‍🚒 Moen så på Kari Ek i Oslo, sa Per."
PLACES = [(12, 20), (30, 34), (45, 49), (56, 63), (66, 70), (75, 78)]
OPTIONS = [one.spelling for one in COUNTINGS if one.spelling]


def counted(text: str, option: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places as an option counts them, by hand: the unit of each boundary, then the base, then the end."""
    words = option.split(",")
    size: Callable[[str], int] = len
    if "utf-16" in words:
        size = lambda part: len(part.encode("utf-16-le")) // 2  # noqa: E731
    if "utf-8" in words:
        size = lambda part: len(part.encode())  # noqa: E731
    base, longer = int("one-based" in words), int("inclusive" in words)
    return [(size(text[:s]) + base, size(text[:e]) + base - longer) for s, e in places]


def rows(places: list[tuple[int, int]], text: str = "", *, surfaces: bool = False, name: str = "a") -> str:
    items: list[dict[str, Any]] = [{"start": s, "end": e, "label": "PER"} for s, e in places]
    if surfaces:
        items = [{**item, "text": TEXT[s:e]} for item, (s, e) in zip(items, PLACES, strict=True)]
    return json.dumps({"id": name, **({"text": text} if text else {}), "entities": items}, ensure_ascii=False) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def make(name: str, content: str) -> Path:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / name

    return make


@pytest.fixture
def gold(write: Callable[[str, str], Path]) -> Path:
    return write("gold.jsonl", rows(PLACES, TEXT))


def score(gold: Path, predicted: Path, **words: Any) -> evalkit.EvalResult:
    return evalkit.score_predictions(gold, predicted, resamples=0, baseline=False, **words)


def told(gold: Path, predicted: Path) -> str:
    """The notes, or why nothing was scored."""
    try:
        return "\n".join(score(gold, predicted).notes)
    except OffsetError as error:
        return str(error)


@pytest.mark.parametrize("option", OPTIONS)
class TestEveryWay:
    def test_predictions_are_repaired(self, gold: Path, write, option: str):
        predicted = write("p.jsonl", rows(counted(TEXT, option, PLACES)))
        result = score(gold, predicted, offsets=option)
        assert result.tasks["entities"]["exact"].micro.f1 == 1
        # Nobody is told to change what was said, and what was said is about the predictions alone.
        assert result.notes == ()

    def test_without_the_option_a_note_names_it(self, gold: Path, write, option: str):
        predicted = write("p.jsonl", rows(counted(TEXT, option, PLACES[:4])))
        said = told(gold, predicted)
        assert f"--offsets {option}" in said
        assert said.count("--offsets") == 1
        # All four stand behind a letter that is longer in UTF-8 and UTF-16.
        mended = "4 of 4 predicted entities that stand where no gold item does would match one exactly"
        assert said.startswith(mended) or "all offsets would fit" in said

    def test_surfaces_prove_it(self, gold: Path, write, option: str):
        predicted = write("p.jsonl", rows(counted(TEXT, option, PLACES), surfaces=True))
        with pytest.raises(OffsetError, match=f"read them with .*--offsets {option}"):
            score(gold, predicted)
        assert score(gold, predicted, offsets=option).tasks["entities"]["exact"].micro.f1 == 1

    def test_gold_is_converted(self, write, tmp_path: Path, option: str):
        source = write("source.jsonl", rows(counted(TEXT, option, PLACES), TEXT, surfaces=True))
        read = ReadOptions(offsets=option)
        convert_dataset(source, tmp_path / "mended.jsonl", to="native", read=read)
        (example,) = evalkit.load_dataset(tmp_path / "mended.jsonl")
        assert [tuple(one.spans[0]) for one in example.gold.entities] == PLACES
        assert validate_dataset(source, read=read).problems == ()
        build_dataset([source], tmp_path / "out", corpus=tmp_path / "corpus", splits={"test": ["a"]}, read=read)
        assert next(iter(evalkit.load_dataset(tmp_path / "out"))).gold.entities == example.gold.entities
        with pytest.raises(OffsetError, match=f"evalkit dataset convert` and .*--offsets {option}"):
            evalkit.load_dataset(source)


def test_quotes_and_their_parts_are_converted(write):
    text = "🎣 “Ja,” sa Ida 🎣 Moen."
    whole = {"kind": "direct", "content": [[3, 6]], "cue": [[8, 10]], "speaker": [11, 21]}
    # The first fish is before all of it, the second inside the speaker.
    other = {"kind": "direct", "content": [[4, 7]], "cue": [[9, 11]], "speaker": [12, 23]}
    gold = write("g.jsonl", json.dumps({"id": "a", "text": text, "quotes": [whole]}))
    predicted = write("p.jsonl", json.dumps({"id": "a", "quotes": [other]}))
    result = score(gold, predicted, offsets="utf-16", conventions="all", tasks="quotes")
    assert {own.micro.f1 for own in result.tasks["quotes"].values()} == {1.0}


def test_zones_are_converted(write):
    row = {"id": "a", "text": "🎣 Ruun", "zones": [{"kind": "body", "start": 3, "end": 7}], "entities": []}
    source = write("g.jsonl", json.dumps(row))
    (example,) = evalkit.load_dataset(source, read=ReadOptions(offsets="utf-16"))
    assert [tuple(zone) for zone in example.article.zones] == [("body", 2, 6)]


@pytest.mark.parametrize(
    ("option", "place", "message"),
    [
        ("utf-16", (1, 5), r"entities\[0\] \(e1\): offset-unit: span \[1, 5\] parts the character '🎣'"),
        ("utf-8", (7, 9), "parts the character 'å'"),
        ("one-based", (0, 3), "begins before the text"),
        ("utf-16", (3, 500), r"ends after the text, which has \d+ UTF-16 code units"),
    ],
)
def test_an_offset_that_is_none_is_refused(gold: Path, write, option: str, place: tuple[int, int], message: str):
    with pytest.raises(OffsetError, match=message):
        score(gold, write("p.jsonl", rows([place])), offsets=option)
    source = write("s.jsonl", rows([place], TEXT))
    problems = validate_dataset(source, read=ReadOptions(offsets=option)).problems
    assert "offset-unit" in {problem.code for problem in problems}
    with pytest.raises(OffsetError, match=message):
        evalkit.load_dataset(source, read=ReadOptions(offsets=option))


class TestWhatCannotBe:
    def test_files_without_offsets(self, gold: Path, write):
        tags = write("p.conll", "# id: a\nOla\tB-PER\nBrun\tI-PER\n")
        with pytest.raises(InputError, match="whose files hold no offsets"):
            score(gold, tags, offsets="utf-16")

    def test_no_text_to_count_in(self, write):
        gold, predicted = write("g.jsonl", rows(PLACES)), write("p.jsonl", rows(PLACES))
        with pytest.raises(InputError, match="has no text, and offsets in UTF-16 code units"):
            score(gold, predicted, offsets="utf-16")
        moved = write("m.jsonl", rows([(s + 1, e + 1) for s, e in PLACES]))
        assert score(gold, moved, offsets="one-based").tasks["entities"]["exact"].micro.f1 == 1

    def test_objects(self, gold: Path):
        with pytest.raises(InputError, match="these are objects"):
            evalkit.score_predictions(gold, [], offsets="utf-16")

    def test_a_run(self, gold: Path, tmp_path: Path):
        evalkit.run_extractor(lambda article: [(12, 20, "PER")], gold, out=tmp_path / "r", cache=False)
        with pytest.raises(InputError, match="is a run, whose offsets are code points"):
            score(gold, tmp_path / "r", offsets="utf-16")

    def test_nonsense(self, gold: Path):
        with pytest.raises(EvalkitError, match="'utf-17' is no way of counting; did you mean 'utf-16'"):
            score(gold, gold, offsets="utf-17")


def test_a_run_over_converted_gold_finds_it_again(write, tmp_path: Path):
    source = write("s.jsonl", rows(counted(TEXT, "utf-16", PLACES), TEXT))
    evalkit.run_extractor(lambda article: [(12, 20, "PER")], source, out=tmp_path / "r", offsets="utf-16", cache=False)
    part = evalkit.explain_run(tmp_path / "r", "a", tasks=["entities"]).layers[0]
    assert [shown.item.kind for shown in part.items if shown.item.side == "predicted"] == ["right"]


OTHERS = {
    "CR LF line ends": (TEXT.replace("\n", "\r\n"), "line ends are CRLF, the gold's LF"),
    "NFD": (unicodedata.normalize("NFD", TEXT), "Unicode form NFD"),
    "mojibake": (TEXT.encode().decode("latin-1"), "mojibake"),
    "BOM": (f"\ufeff{TEXT}", "byte order mark"),
    "a word more": (TEXT.replace("Ola", "lille Ola"), "it has 'lille ' more at character 12"),
    "stripped": (f"{TEXT}".replace(" gikk", "  gikk"), "differ in blanks"),
    "another": ("Noe helt annet sto i avisen den dagen, og ingen leste det.", "another article's"),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("more", [{}, {"title": "x"}, {"lang": "no", "metadata": {}}], ids=["bare", "title", "records"])
def test_another_text_is_named(gold: Path, write, kind: str, more: dict[str, Any]):
    """In columns and in records; where only blanks differ offsets are carried over, and a note says so."""
    text, words = OTHERS[kind]
    names = [TEXT[s:e] for s, e in PLACES]
    items = [{"start": text.find(name), "end": text.find(name) + len(name), "label": "PER"} for name in names]
    items = [item for item in items if item["start"] >= 0]
    predicted = write("p.jsonl", json.dumps({"id": "a", "text": text, "entities": items, **more}, ensure_ascii=False))
    if kind in ("CR LF line ends", "stripped"):
        result = score(gold, predicted)
        assert result.tasks["entities"]["exact"].micro.f1 == 1
        assert any(words in note for note in result.notes)
        return
    with pytest.raises(InputError, match=f"another text than the gold's: .*{words}"):
        score(gold, predicted)


def test_the_text_of_another_article(write):
    texts = {"a": TEXT, "b": "Ida Moen fisket i Ruun hele dagen lang."}
    gold = write("g.jsonl", "".join(rows([(0, 3)], text, name=name) for name, text in texts.items()))
    predicted = write("p.jsonl", rows([(0, 3)], texts["b"], name="a"))
    with pytest.raises(InputError, match="it is the text of article 'b'"):
        score(gold, predicted)


@pytest.mark.parametrize("own", ["", TEXT])
def test_a_hash_of_another_text(gold: Path, write, own: str):
    row = json.loads(rows(PLACES, own)) | {"text_sha256": "0" * 64}
    with pytest.raises(InputError, match="text_sha256 is that of another text"):
        score(gold, write("p.jsonl", json.dumps(row)))
    from evalkit.formats.native.rows import sha256_text

    row["text_sha256"] = sha256_text(TEXT).upper()
    assert score(gold, write("p.jsonl", json.dumps(row))).tasks["entities"]["exact"].micro.f1 == 1


def test_gold_that_gives_a_hash_alone(write):
    from evalkit.formats.native.rows import sha256_text

    gold = write("g.jsonl", json.dumps(json.loads(rows(PLACES)) | {"text_sha256": sha256_text(TEXT)}))
    assert score(gold, write("p.jsonl", rows(PLACES, TEXT))).tasks["entities"]["exact"].micro.f1 == 1
    for other in ({"text": f"{TEXT} More."}, {"text_sha256": "1" * 64}):
        predicted = write("p.jsonl", json.dumps(json.loads(rows(PLACES)) | other))
        with pytest.raises(InputError, match="another text than the gold's, whose text_sha256 is another"):
            score(gold, predicted)


def test_a_misprint_is_no_way_of_counting(gold: Path, write):
    row = json.loads(rows(PLACES, surfaces=True))
    row["entities"][1]["text"] = "Rune"
    with pytest.raises(OffsetError) as caught:
        score(gold, write("p.jsonl", json.dumps(row)))
    assert "--offsets" not in str(caught.value)


def test_texts_of_items_in_another_encoding(gold: Path, write):
    row = json.loads(rows([(2, 7)]))
    row["entities"][0]["text"] = "Båten".encode().decode("latin-1")
    with pytest.raises(OffsetError, match="of these texts it is UTF-8 read as"):
        score(gold, write("p.jsonl", json.dumps(row)))


def test_a_shift_is_named(gold: Path, write):
    row = json.loads(rows([(s - 7, e - 7) for s, e in PLACES], surfaces=True))
    with pytest.raises(OffsetError, match="every item of the article holds its text 7 characters after"):
        score(gold, write("p.jsonl", json.dumps(row)))


LETTERS = st.sampled_from([*"abcå ", "🎣", "\n", "e\u0301", "Ola ", "–"])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LETTERS, min_size=6, max_size=30).map("".join), st.sampled_from(["", *OPTIONS]), st.data())
def test_repaired_or_refused_or_right(tmp_path: Path, text: str, option: str, data: st.DataObject):
    """Whatever the unit: with the option all is right; without it nothing is scored that another unit made."""
    number = st.integers(0, len(text) - 1)
    spans = data.draw(st.lists(st.tuples(number, number).map(sorted), min_size=1, max_size=5))
    places = sorted({(s, e + 1) for s, e in spans})
    gold, predicted = tmp_path / "g.jsonl", tmp_path / "p.jsonl"
    gold.write_text(rows(places, text), encoding="utf-8")
    moved = counted(text, option, places)
    items = [
        {"start": s, "end": e, "label": "PER", "text": text[a:b]} for (s, e), (a, b) in zip(moved, places, strict=True)
    ]
    predicted.write_text(json.dumps({"id": "a", "entities": items}), encoding="utf-8")
    if option:
        assert score(gold, predicted, offsets=option).tasks["entities"]["exact"].micro.f1 == 1
    try:
        result = score(gold, predicted)
    except OffsetError as error:
        # A cause that is named explains every item.
        for spelling in OPTIONS:
            if f"--offsets {spelling}:" in f"{error}:".replace(" or ", ":").replace(";", ":").replace(" (", ":"):
                ruler = Ruler(text, parse_counting(spelling))
                found = [ruler.span(Span(s, e)) for s, e in moved]
                assert [text[f.start : f.end] if f else None for f in found] == [text[a:b] for a, b in places]
        return
    # Surfaces agree: they may stand in two places, so it is not known to be wrong.
    assert all(text[s:e] == text[a:b] for (s, e), (a, b) in zip(moved, places, strict=True))
    assert result.articles == 1
