"""Whatever others wrote, no command lets it steer a terminal, a build server or a reader of the form it is shown in."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from evalkit.cli.main import main
from evalkit.registry import Registry
from tests.cli.conftest import write_lines
from tests.report.github import Page, live_in
from tests.report.test_latex import problems

SIGNS = {
    "window-title": "\x1b]0;owned\x07",
    "clear-screen": "\x1b[2J\x1b[H",
    "c1-sequence": "\x9b2J",
    "c1-title": "\x9d0;owned\x9c",
    "back-space": "\x08\x08",
    "carriage-return": "\rnothing is wrong\r",
    "delete": "\x7f",
    "null": "\x00",
    "form-feed": "\x0c\x0b\x1c",
    "turned": "\u202a\u202b\u202c\u202d\u202e",
    "isolated": "\u2066\u2067\u2068\u2069",
    "direction-marks": "\u200e\u200f\u061c",
    "no-width": "\u200b\u2060\ufeff\xad\u180e\u034f\u115f\u3164",
    "joiners-alone": "\u200ca\u200d",
    "selectors-alone": "\ufe0f\ufe0f\U000e0100",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "line-separators": "\x85\u2028\u2029",
    "annotation": "\ufff9\ufffb",
    "private": "\ue000\U000f0000",
    "no-character": "\ufffe\uffff",
}
"""What steers, turns or hides, by kind."""

MARKUP = (
    "<script>alert(1)</script> <img src=x onerror=y> &lt;b&gt; @ida-moen #12 GH-7 www.example.org https://example.org "
    "ida@example.org ![a](b) [c](d) [^1] $x$ a|b `c` ``` ]]> {{d}} ::error::e ##[error]f ##vso[g]h"
)
WORD = "Zorn"
"""What can be searched for: the text has come as far as this."""

HOSTILE = f"{WORD}{''.join(SIGNS.values())}{MARKUP}\n::set-output name=a::b\n  ::add-mask::c\n# d\n- e"
TYPED = HOSTILE.replace("\0", "")
"""The same on a command line, which cannot hold a null."""
NAMED = TYPED.replace("=", "")
"""The same for the name in `NAME=PATH`."""
FORMULA = f"=cmd|{WORD}"

EXTRACTOR = f"""
import sys

HOSTILE = {HOSTILE!r}


class Speaks:
    name = HOSTILE
    layers = ("entities",)

    def fingerprint(self):
        return "1"

    def extract(self, articles):
        print(HOSTILE)
        sys.stdout.buffer.write(HOSTILE.encode())
        sys.stderr.writelines([HOSTILE, HOSTILE])
        raise ValueError(HOSTILE)


class Calm(Speaks):
    def extract(self, articles):
        return [[(0, 4, "X")] for _ in articles]
"""


@dataclass(frozen=True)
class Shown:
    """What a command wrote."""

    status: int
    out: str
    err: str


GOLD = ("--gold", "gold.jsonl", "--predicted", "pred.jsonl", "--resamples", "0", "--convention", "exact")
PREPARE = (
    ("score", *GOLD, "--out", "s"),
    ("run", "--model", "words:find", "--dataset", "gold.jsonl", "--out", "r", "--resamples", "0", "--json"),
    ("run", "--model", "trivial", "--dataset", "gold.jsonl", "--out", "t", "--resamples", "0", "--json"),
    ("run", "--model", "speaks:Calm", "--dataset", "gold.jsonl", "--out", "n", "--resamples", "0", "--json"),
    ("gate", "t", "--baseline", "base.json", "--update"),
)
SHOWS: dict[str, tuple[str, ...]] = {
    "run": ("run", "--model", "words:find", "--dataset", "gold.jsonl", "--out", "r", "--resamples", "0"),
    "score": ("score", *GOLD),
    "report": ("report", "s"),
    "compare": ("compare", "r", "t", "--resamples", "10"),
    "explain": ("explain", "r", "--resamples", "0", "--slice", "section"),
    "explain-where": ("explain", "r", "--where", "missed >= 0 and section == title"),
    "explain-article": ("explain", "r", TYPED),
    "gate": ("gate", "t", "--baseline", "base.json", "--rules", "rules.toml"),
    "diff": ("dataset", "diff", "gold.jsonl", "wrong.jsonl"),
    "describe": ("dataset", "describe", "gold.jsonl"),
    "validate": ("dataset", "validate", "wrong.jsonl"),
    "agreement": ("dataset", "agreement", "gold.jsonl", "--with", f"{NAMED}=read.jsonl", "--resamples", "0"),
    "split": ("dataset", "split", "gold.jsonl", "--shares", "train=1"),
    "leakage": ("dataset", "leakage", "gold.jsonl", "--against", "gold.jsonl"),
    "suspects": ("dataset", "suspects", "gold.jsonl", "r", "t", "--least", "0"),
    "unlabelled": ("dataset", "suspects", "gold.jsonl", "r", "pred.jsonl", "--unlabelled"),
    "replay": ("dataset", "suspects", "gold.jsonl", "n", "t", "--replay", "read.jsonl"),
    "corrections": ("dataset", "suspects", "gold.jsonl", "r", "t", "--least", "0", "--corrections", "read.jsonl"),
    "adjudicate": ("dataset", "adjudicate", "readings.jsonl"),
    "runs": ("runs", "listed"),
    "leaderboard": ("leaderboard", ".", "--resamples", "10"),
}
"""Commands that show a result, which has a form."""

OTHERS: dict[str, tuple[str, ...]] = {
    "extract": ("extract", "--model", "words:find", "gold.jsonl"),
    "extract-json": ("extract", "--model", "words:find", "--json", "gold.jsonl"),
    "foreign-code": ("run", "--model", "speaks:Speaks", "--dataset", "gold.jsonl", "--out", "f", "--resamples", "0"),
    "suite": ("run", "--suite", "suite.toml"),
    "suite-html": ("run", "--suite", "suite.toml", "--to", "html"),
    "build": ("dataset", "build", "wrong.jsonl", "--out", "o", "--corpus", "c"),
    "convert": ("dataset", "convert", "gold.jsonl", TYPED.replace("/", ""), "--to", "conll"),
    "no-file": ("score", "--gold", TYPED, "--predicted", "pred.jsonl"),
    "no-run": ("report", TYPED),
    "no-condition": ("explain", "r", "--where", TYPED),
    "no-article": ("explain", "r", f"{TYPED} other"),
    "no-span": ("explain", "r", TYPED, f"{TYPED} other"),
    "no-model": ("run", "--model", TYPED),
    "no-form": ("report", "s", "--to", TYPED),
    "no-task": ("score", *GOLD, "--task", TYPED),
    "no-convention": ("score", *GOLD, "--convention", TYPED),
    "no-split": ("run", "--model", "trivial", "--split", TYPED),
    "no-number": ("run", "--model", "trivial", "--limit", TYPED),
    "no-setting": ("run", "--model", "trivial", "--set", TYPED),
    "no-kind": ("dataset", "perturb", "gold.jsonl", "--kind", TYPED, "--out", "p"),
    "no-strategy": ("dataset", "adjudicate", "readings.jsonl", "--strategy", TYPED),
    "no-group": ("dataset", "split", "gold.jsonl", "--shares", "train=1", "--by", TYPED),
    "no-command": (TYPED,),
    "no-subcommand": ("dataset", TYPED),
    "no-option": ("models", f"--{TYPED}"),
    "no-rules": ("gate", "r", "--baseline", "base.json", "--rules", "wrong.toml"),
}
WRITES: dict[str, tuple[str, ...]] = {
    "report.md": ("report", "s", "--output", "report.md"),
    "report.csv": ("report", "s", "-o", "report.csv", "-o", "report.tex"),
    "report.html": ("report", "s", "--to", "html", "--output", "report.html"),
    "items.tsv": ("report", "r", "--items", "items.tsv"),
    "view.html": ("view", "r", "t", "--resamples", "10", "--output", "view.html"),
    "summary.md": (*SHOWS["gate"], "--summary", "summary.md"),
    "junit.xml": (*SHOWS["gate"], "--junit", "junit.xml"),
    "o/README.md": ("dataset", "build", "own.jsonl", "--out", "o", "--corpus", "c", "--splits", "splits.json"),
}
"""Commands that write files for people: what is in them is looked at."""

FILES = ("csv", "tex")
"""Endings of the forms that are looked at in files, beside what the commands of `SHOWS` print."""

FORMS = ("terminal", "markdown", "html", "tsv", "json")
COMMANDS = {f"{name}-{form}": (*argv, "--to", form) for name, argv in SHOWS.items() for form in FORMS}
for _name, _argv in SHOWS.items():
    _files = () if _name == "report" else tuple(word for ending in FILES for word in ("-o", f"{_name}.{ending}"))
    COMMANDS[f"{_name}-tsv"] = (*_argv, "--to", "tsv", *_files)
COMMANDS |= {f"{name}-junit": (*SHOWS[name], "--to", "junit") for name in ("gate", "validate")} | OTHERS
IN_FILES = {f"{name}.{ending}": name for name in SHOWS for ending in FILES}
SINKS = (*COMMANDS, *WRITES, *IN_FILES)


def write_inputs(folder: Path) -> None:
    text = f"{HOSTILE} left Oslo.\n{FORMULA}"
    entities = [
        {"spans": [[0, 4]], "label": HOSTILE, "entity_id": HOSTILE},
        {"spans": [[1, 4]], "label": FORMULA, "entity_id": "b"},
    ]
    row: dict[str, Any] = {"id": TYPED, "text": text, "title": HOSTILE, "source": HOSTILE, "entities": entities}
    row["metadata"] = {"section": HOSTILE}
    write_lines(folder / "gold.jsonl", [row])
    write_lines(folder / "pred.jsonl", [{"id": TYPED, "entities": [{"spans": [[0, 5]], "label": f"{HOSTILE} 2"}]}])
    read = [{"spans": [[0, 5]], "label": HOSTILE}, {"spans": [[0, 4]], "label": FORMULA}]
    write_lines(folder / "read.jsonl", [row | {"entities": read}])
    wrong = [{"spans": [[0, 3]], "text": HOSTILE, "label": HOSTILE, "entity_id": HOSTILE}]
    write_lines(folder / "wrong.jsonl", [row | {"entities": wrong}])
    readings = {HOSTILE: {"entities": entities}, "b": {"entities": entities[1:]}}
    write_lines(folder / "readings.jsonl", [{key: row[key] for key in ("id", "text")} | {"readings": readings}])
    own = row | {"id": "own", "text": "Zorn left Oslo.", "metadata": {"section": HOSTILE, HOSTILE: "x"}}
    write_lines(folder / "own.jsonl", [own])
    (folder / "splits.json").write_text('{"test": ["own"]}', encoding="utf-8")
    find = 'def find(article):\n    return [(0, 4, article.title), (0, 9, "X")]\n'
    (folder / "words.py").write_text(find, encoding="utf-8")
    (folder / "speaks.py").write_text(EXTRACTOR, encoding="utf-8")
    quoted = "".join(f"\\U{ord(character):08x}" for character in HOSTILE)
    (folder / "rules.toml").write_text(f'[[rule]]\ntask = "entities"\nlabel = "{quoted}"\nfloor = 1.0\n')
    (folder / "listed" / "one").mkdir(parents=True)
    facts = {"format": "evalkit.run", "extractor": HOSTILE, "gold": HOSTILE, "gold_fingerprint": "1", "command": TYPED}
    (folder / "listed" / "one" / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    suite = f'[[model]]\nmodel = "words:{quoted}"\n[[dataset]]\ndataset = "gold.jsonl"\n'
    (folder / "suite.toml").write_text(suite)
    (folder / "wrong.toml").write_text(f'[[rule]]\ntask = "{quoted}"\n')


def call(*argv: str) -> Shown:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(argv)
    return Shown(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Shown]]:
    """What each command wrote, in a folder where every text that can be is hostile."""
    folder = tmp_path_factory.mktemp("sinks")
    write_inputs(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EVALKIT_CACHE", str(folder / "cache"))
        patch.setenv("COLUMNS", "100")
        patch.delenv("FORCE_COLOR", raising=False)
        patch.setattr(sys, "path", [str(folder), *sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)
        for argv in PREPARE:
            assert call(*argv).status in (0, 1), argv
        done = {name: call(*argv) for name, argv in COMMANDS.items()}
        for name, argv in WRITES.items():
            assert call(*argv).status in (0, 1), argv
            done[name] = Shown(0, (folder / name).read_text(encoding="utf-8"), "")
        for name, command in IN_FILES.items():
            assert (folder / name).exists() or command == "report", (command, done[f"{command}-tsv"])
            done[name] = Shown(0, (folder / name).read_text(encoding="utf-8"), "")
        yield done
        for name in ("words", "speaks"):
            sys.modules.pop(name, None)


EACH_COMMAND = pytest.mark.parametrize("command", SINKS)


@EACH_COMMAND
def test_nothing_steers(shown: dict[str, Shown], command: str):
    written = set(shown[command].out + shown[command].err)
    # Letters and digits of a sequence may stay: they are text without what begins it.
    found = {kind: written & {one for one in sign if not (" " <= one <= "~")} for kind, sign in SIGNS.items()}
    assert {kind: steering for kind, steering in found.items() if steering} == {}


@EACH_COMMAND
def test_the_text_has_come_as_far_as_this(shown: dict[str, Shown], command: str):
    one = shown[command]
    assert WORD in one.out + one.err
    assert "Traceback" not in one.err


@EACH_COMMAND
def test_a_build_server_finds_no_orders(shown: dict[str, Shown], command: str):
    if command in WRITES or command in IN_FILES:
        # Of files it reads none.
        return
    for line in (shown[command].out + "\n" + shown[command].err).split("\n"):
        assert not line.strip().startswith("::")
        assert not re.search(r"##\w*\[", line)


@pytest.mark.parametrize("command", [name for name in OTHERS if name.startswith("no-")])
def test_what_is_wrong_is_one_line(shown: dict[str, Shown], command: str):
    one = shown[command]
    assert (one.status, one.out, one.err.count("\n")) == (2, "", 1)
    assert one.err.startswith("error: ")


def of_form(form: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("command", [f"{name}-{form}" for name in SHOWS])


@of_form("markdown")
class TestMarkdown:
    def test_nothing_is_live(self, shown: dict[str, Shown], command: str):
        assert not live_in(shown[command].out)

    def test_a_table_has_the_cells_of_its_head(self, shown: dict[str, Shown], command: str):
        from markdown_it import MarkdownIt

        html = MarkdownIt("commonmark").enable("table").render(shown[command].out)
        for table in re.findall("<table>.*?</table>", html, re.DOTALL):
            sizes = {len(re.findall("<t[dh]", row)) for row in re.findall("<tr>.*?</tr>", table, re.DOTALL)}
            assert len(sizes) == 1


@pytest.mark.parametrize("name", ["report.md", "summary.md"])
def test_nothing_is_live_in_a_file(shown: dict[str, Shown], name: str):
    assert not live_in(shown[name].out)


@of_form("html")
def test_html_is_text(shown: dict[str, Shown], command: str):
    page = Page(shown[command].out)
    assert not page.tags & {"script", "img", "a", "iframe", "form", "link", "object", "b"}
    assert not any(one.startswith("on") or "javascript:" in one for one in page.attributes)
    assert any(one.startswith("content=default-src 'none'") for one in page.attributes)


@of_form("tsv")
def test_a_spreadsheet_computes_nothing(shown: dict[str, Shown], command: str):
    text = shown[command].out
    rows = list(csv.reader(io.StringIO(text), delimiter="\t"))
    assert [len(row) for row in rows] == [line.count("\t") + 1 for line in text.splitlines()]
    for field in (field for row in rows for field in row):
        assert not field.lstrip().startswith(("=", "@", "＝", "＠"))
        if field.startswith(("+", "-")):
            float(field)


def test_a_table_of_items_computes_nothing(shown: dict[str, Shown]):
    fields = [field for row in csv.reader(io.StringIO(shown["items.tsv"].out), delimiter="\t") for field in row]
    assert any(WORD in field for field in fields)
    assert not any(field.lstrip().startswith(("=", "@", "＝", "＠")) for field in fields)


@pytest.mark.parametrize("command", [name for name in IN_FILES if name.endswith(".csv")])
def test_a_spreadsheet_computes_nothing_of_what_stands_between_commas(shown: dict[str, Shown], command: str):
    for field in (field for row in csv.reader(io.StringIO(shown[command].out)) for field in row):
        assert not field.lstrip().startswith(("=", "@", "＝", "＠"))
        if field.startswith(("+", "-")):
            float(field)


@pytest.mark.parametrize("command", [name for name in IN_FILES if name.endswith(".tex")])
def test_latex_is_text(shown: dict[str, Shown], command: str):
    assert not problems(shown[command].out)


@of_form("json")
def test_json_holds_what_was_written(shown: dict[str, Shown], command: str):
    assert any(HOSTILE in text or TYPED in text for text in texts_of(json.loads(shown[command].out)))


def test_extracted_json_holds_what_was_written(shown: dict[str, Shown]):
    row = json.loads(shown["extract-json"].out)
    assert (row["id"], row["entities"][0]["label"]) == (TYPED, HOSTILE)


@pytest.mark.parametrize("command", ["gate-junit", "validate-junit"])
def test_xml_is_read(shown: dict[str, Shown], command: str):
    root = ElementTree.fromstring(shown[command].out)
    tags = {element.tag for element in root.iter()}
    assert tags <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"}


@pytest.mark.parametrize("argv", [("run", "--help"), ("report", "--help"), ("models",), ("models", "--json")])
def test_what_plugins_say_of_themselves(argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch):
    """In help and in tables: their names, and what they are about."""

    class Point:
        name = TYPED
        value = "zorn:Zorn"
        dist = None

        def load(self) -> object:
            raise ValueError(HOSTILE)

    known = Registry.entry_points
    brought = ("evalkit.forms", "evalkit.extractors")
    monkeypatch.setattr(
        Registry, "entry_points", lambda registry: {TYPED: Point()} if registry.group in brought else known(registry)
    )
    one = call(*argv)
    assert WORD in one.out
    steering = {character for sign in SIGNS.values() for character in sign if not (" " <= character <= "~")}
    assert not steering & set(one.out + one.err)
    assert not re.search(r"^\s*::|##\w*\[", one.out + one.err, re.MULTILINE)


def test_what_a_variable_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVALKIT_LLM_BASE_URL", f"{WORD}\x1b[2J\x9b\u202e\r")
    one = call("run", "--model", "llm:small")
    assert WORD in one.err
    assert (one.status, one.err.count("\n")) == (2, 1)
    assert not {"\x1b", "\x9b", "\u202e", "\r"} & set(one.err)


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        yield from (text for one in value.values() for text in texts_of(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in texts_of(one))
    elif isinstance(value, str):
        yield value
