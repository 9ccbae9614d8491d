"""`evalkit extract`: raw articles in, what was found out."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit

MINE = ("--model", "mine:people", "--json")

PAGE = """\
NEWS | SPORT | WEATHER

Dockers walk out in Bergen

By Ida Moen

Dockers at the port of Bergen stopped work on Monday.

“We will not move,” Ida Moen said. “Not for Oslo.”

Share on Facebook | Share on X
"""


@pytest.fixture
def page(workspace: Path) -> str:
    (workspace / "page.txt").write_text(PAGE, encoding="utf-8")
    return "page.txt"


def test_text_with_marks_for_a_terminal(evalkit: Evalkit, page: str):
    done = evalkit("extract", page, "--model", "mine:people")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("page\n")
    assert "[Ida Moen]PER said" in done.out
    assert "\x1b" not in done.out


def test_quotes_with_speakers_and_stances(evalkit: Evalkit, page: str):
    out = evalkit("extract", page, "--model", "rules").out
    assert "We will not move" in out.split("\n1 quote\n", 1)[1]
    assert "stances" in out


def test_json_is_one_line_an_article(evalkit: Evalkit, workspace: Path, page: str):
    (workspace / "second.txt").write_text("Ida Moen left Oslo on a Monday morning.\n", encoding="utf-8")
    done = evalkit("extract", page, "second.txt", "--model", "mine:people", "--json")
    assert done.err == ""
    first, second = map(json.loads, done.out.splitlines())
    assert (first["id"], second["id"]) == ("page", "second")
    assert first["text"] == PAGE
    assert first["extractor"] == "mine:people"
    for entity in first["entities"]:
        ((start, end),) = entity["spans"]
        assert PAGE[start:end] == entity["text"]
    assert {zone["kind"] for zone in first["zones"]} >= {"headline", "body"}
    # Layers that it does not claim are null, not empty.
    assert first["quotes"] is None


def test_standard_input(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    text = "\ufeffIda Moen left Oslo."
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    row = evalkit("extract", "-", "--model", "mine:people", "--json").json
    assert (row["id"], row["text"]) == ("stdin", "Ida Moen left Oslo.")
    assert [entity["spans"] for entity in row["entities"]] == [[[0, 8]], [[14, 18]]]


def test_one_failed_article_does_not_hide_the_others(evalkit: Evalkit, workspace: Path, page: str):
    (workspace / "b-strike.txt").write_text("Ida Moen.\n", encoding="utf-8")
    done = evalkit("extract", "b-strike.txt", page, "--model", "mine:breaks", "--json")
    assert done.status == 0
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ["page"]
    assert done.err.startswith("note: b-strike failed: ValueError: no idea")


def test_an_extraction_of_which_nothing_is_left_is_no_success(evalkit: Evalkit, workspace: Path):
    (workspace / "b-strike.txt").write_text("Ida Moen.\n", encoding="utf-8")
    done = evalkit("extract", "b-strike.txt", "--model", "mine:breaks", "--json")
    assert (done.status, done.out) == (1, "")
    assert done.err.splitlines()[-1].startswith("error: every article failed: b-strike: ValueError: no idea")


@pytest.mark.parametrize("width", [60, 200])
def test_no_line_is_wider_than_the_terminal(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch, page: str, width: int):
    monkeypatch.setenv("COLUMNS", str(width))
    out = evalkit("extract", page, "--model", "rules").out
    assert max(len(line.rstrip()) for line in out.splitlines()) <= width


def test_articles_of_any_format(evalkit: Evalkit, workspace: Path):
    rows = [json.loads(line) for line in evalkit("extract", "gold.jsonl", "--format", "native", *MINE).out.splitlines()]
    assert [row["id"] for row in rows] == ["a-port", "b-strike", "c-ship", "d-empty"]
    (workspace / "news.conll").write_text("# document_id = a\nIda\tO\nMoen\tO\nleft\tO\n")
    row = evalkit("extract", "news.conll", "--format", "conll", *MINE).json
    assert (row["id"], row["text"], row["entities"][0]["text"]) == ("a", "Ida Moen left", "Ida Moen")
    assert evalkit("extract", "news.conll", "--scheme", "IO", *MINE).json["text"] == "Ida Moen left"
    (workspace / "news.txt").write_text("Ida Moen left")
    done = evalkit("extract", "news.txt", "--scheme", "IO", *MINE)
    assert (done.status, done.err.partition(";")[0]) == (2, "error: news.txt: plain text is read without settings")


def test_a_language_that_the_card_does_not_name_is_noted(evalkit: Evalkit, workspace: Path):
    (workspace / "news.jsonl").write_text('{"id": "a", "text": "Ida ist da.", "lang": "de"}\n')
    done = evalkit("extract", "news.jsonl", "--model", "rules", "--json")
    assert done.status == 0
    assert "1 of 1 article is in a language that the card of rules does not name (de 1; it names en)" in done.err


def test_files_of_articles_are_not_read_as_words(evalkit: Evalkit, workspace: Path):
    named = evalkit("extract", "gold.jsonl", "--format", "native", *MINE)
    assert evalkit("extract", "gold.jsonl", *MINE).out == named.out
    (workspace / "news.conll").write_text("# document_id = a\nIda\tO\nMoen\tO\nleft\tO\n")
    (workspace / "found.jsonl").write_text('{"id": "a-port", "entities": []}\n')
    done = evalkit("extract", "found.jsonl", *MINE)
    assert (done.status, done.out) == (2, "")
    assert "none of its 1 article has a text" in done.err
    (workspace / "news.csv").write_text("id,text\na,Ida Moen left.\n")
    assert evalkit("extract", "news.csv", *MINE).err.startswith("error: news.csv:1: the columns are 'id', 'text'; ")
    (workspace / "news.csv").write_text("id,text,start,end,label\na,Ida Moen left.,0,3,PER\n")
    for name, form in (("news.conll", "conll"), ("news.csv", "csv")):
        done = evalkit("extract", name, *MINE)
        assert done.json["text"].startswith("Ida Moen left")
        assert done.out == evalkit("extract", name, "--format", form, *MINE).out


class TestFolders:
    def test_texts_are_articles_named_like_their_files(self, evalkit: Evalkit, workspace: Path):
        for name in ("one.txt", "a/two.txt", "b/two.txt", ".hidden/no.txt", "notes.md"):
            (workspace / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
            (workspace / "raw" / name).write_text("Ida Moen left Oslo.\n")
        done = evalkit("extract", "raw", *MINE)
        assert [json.loads(line)["id"] for line in done.out.splitlines()] == ["a-two", "b-two", "one"]
        assert done.err == "note: 1 file left aside in raw, read are those in .txt\n"

    def test_files_in_a_format_are_read_as_such(self, evalkit: Evalkit, workspace: Path):
        (workspace / "rows").mkdir()
        (workspace / "rows" / "gold.jsonl").write_bytes((workspace / "gold.jsonl").read_bytes())
        assert evalkit("extract", "rows", *MINE).out == evalkit("extract", "gold.jsonl", *MINE).out

    def test_one_without_articles_is_refused(self, evalkit: Evalkit, workspace: Path):
        (workspace / "empty").mkdir()
        done = evalkit("extract", "empty", *MINE)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("error: empty: holds no file of articles in any format and no text (.txt)")


class TestSuggestions:
    def test_what_is_found_is_written_for_a_tool(self, evalkit: Evalkit, workspace: Path):
        done = evalkit("extract", "gold.jsonl", "--model", "mine:people", "--to", "native", "--out", "s.jsonl")
        assert (done.status, done.err) == (0, "")
        assert done.out.splitlines()[0] == "s.jsonl: 4 articles as native"
        assert ["entities", "6", "6", "0"] in [line.split() for line in done.out.splitlines()]
        rows = [json.loads(line) for line in (workspace / "s.jsonl").read_text().splitlines()]
        found = [json.loads(line) for line in evalkit("extract", "gold.jsonl", *MINE).out.splitlines()]
        assert [row["entities"] for row in rows] == [row["entities"] for row in found]

    def test_what_a_tool_cannot_hold_is_counted(self, evalkit: Evalkit, page: str):
        out = evalkit("extract", page, "--model", "rules", "--to", "conll", "--out", "s.conll", "--json").json
        quotes = out["layers"]["quotes"]
        assert quotes["written"] == 0
        assert sum(quotes["lost"].values()) == quotes["read"] > 0
        assert out["layers"]["entities"]["read"] > 0

    def test_articles_that_fail_are_named_and_left_out(self, evalkit: Evalkit, workspace: Path):
        done = evalkit("extract", "gold.jsonl", "--model", "mine:breaks", "--to", "native", "--out", "s.jsonl")
        assert done.status == 0
        assert done.out.startswith("s.jsonl: 3 articles as native\n")
        assert "note: b-strike failed: ValueError: no idea" in done.err
        ids = [json.loads(line)["id"] for line in (workspace / "s.jsonl").read_text().splitlines()]
        assert ids == ["a-port", "c-ship", "d-empty"]

    def test_if_all_fail_nothing_is_written(self, evalkit: Evalkit, workspace: Path):
        (workspace / "b-strike.txt").write_text("Ida Moen.\n", encoding="utf-8")
        done = evalkit("extract", "b-strike.txt", "--model", "mine:breaks", "--to", "native", "--out", "s.jsonl")
        assert (done.status, done.out) == (1, "")
        assert not (workspace / "s.jsonl").exists()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--to", "native"), "--to NAME and --out PATH go together"),
            (("--out", "s"), "--to NAME and --out PATH go together"),
            (("--to", "nativ", "--out", "s"), "unknown format 'nativ'; did you mean 'native'"),
            (("--to", "arrow", "--out", "s"), "format 'arrow' is only read"),
            (("--to", "native", "--out", "gold.jsonl"), "gold.jsonl: exists already"),
        ],
    )
    def test_what_cannot_be_written_is_said_before_anything_runs(
        self, evalkit: Evalkit, page: str, options: tuple[str, ...], said: str
    ):
        done = evalkit("extract", page, "--model", "mine:nothing_of_that_name", *options)
        assert (done.status, done.out) == (2, "")
        assert said in done.err


@pytest.mark.parametrize("text", ['{"id": "a", "text": "Ida"}\n{"id": "b"}\n', '{\n"id": "a"\n}\n'])
def test_json_without_its_ending_is_not_read_as_words_either(evalkit: Evalkit, workspace: Path, text: str):
    (workspace / "page").write_text(text)
    done = evalkit("extract", "page", *MINE)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: page: is JSON")
    (workspace / "page").write_text("{Ida Moen} left.\n")
    assert evalkit("extract", "page", *MINE).status == 0


def test_a_page_of_html_is_not_read_as_words(evalkit: Evalkit, workspace: Path):
    (workspace / "page.html").write_text("<!DOCTYPE html>\n<html><body><p>Ida Moen left Oslo.</p></body></html>")
    done = evalkit("extract", "page.html", "--model", "mine:people")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: page.html: is a page of HTML (<!DOCTYPE html>)")


def test_tags_in_a_text_are_named(evalkit: Evalkit, workspace: Path):
    (workspace / "page.txt").write_text("Ida Moen <b>left</b> Oslo.")
    done = evalkit("extract", "page.txt", "--model", "mine:people", "--json")
    assert done.status == 0
    assert done.err.startswith("note: 1 article holds HTML, whose tags are read as words: </b> in page;")


def test_one_that_labels_given_pairs_only_looks_for_nothing(evalkit: Evalkit, workspace: Path, page: str):
    (workspace / "mine.py").write_text(
        "from evalkit.records import Annotations\n\n"
        "class Pairs:\n    name = 'pairs'\n    layers = ('stances',)\n\n"
        "    def extract(self, articles):\n        return [Annotations() for _ in articles]\n\n"
        "    def label_pairs(self, article, pairs):\n        return ['favor' for _ in pairs]\n"
    )
    done = evalkit("extract", page, "--model", "mine:Pairs")
    assert done.status == 1
    assert "error: pairs looks for nothing by itself" in done.err

    def test_a_profile_says_how_layers_are_written(self, evalkit: Evalkit, workspace: Path):
        (workspace / "ours.toml").write_text(
            '[entities]\nmarks = ["PERSON"]\nlabel = "type"\nlabels = {PERSON = "PER"}\n'
        )
        out = ("--to", "doccano", "--to-profile", "ours.toml", "--out", "s.jsonl", "--json")
        done = evalkit("extract", "gold.jsonl", "--model", "mine:people", *out)
        assert done.json["layers"]["entities"]["written"] == 6
        assert "PERSON" in (workspace / "s.jsonl").read_text()
        read = ("--format", "doccano", "--profile", "ours.toml", "--resamples", "0", "--json")
        scored = evalkit("score", "--gold", "s.jsonl", "--predicted", "s.jsonl", *read).json
        assert scored["tasks"]["entities"]["exact"]["micro"]["gold"] == 6
