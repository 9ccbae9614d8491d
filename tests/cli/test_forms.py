"""`--to FORM` of every command that shows a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.errors import OutputError
from evalkit.registry import Registry
from tests.cli.conftest import Evalkit, Once, Outcome, gold_rows, write_lines

GOLD = ("--dataset", "gold.jsonl")
COMMANDS = {
    "run": ("run", "--model", "mine:people", *GOLD, "--out", "r", "--resamples", "0"),
    "score": ("score", "--gold", "gold.jsonl", "--predicted", "predicted.jsonl", "--resamples", "0"),
    "report": ("report", "r"),
    "compare": ("compare", "r", "s", "--resamples", "10"),
    "compare-seeds": ("compare", "r", "s", "--resamples", "10", "--seeds"),
    "explain": ("explain", "r", "--resamples", "10"),
    "explain-where": ("explain", "r", "--where", "missed > 0"),
    "explain-article": ("explain", "r", "a-port"),
    "gate": ("gate", "r", "--baseline", "base.json"),
    "gate-update": ("gate", "r", "--baseline", "base.json", "--update"),
    "diff": ("dataset", "diff", "gold.jsonl", "new.jsonl"),
    "patch": ("dataset", "patch", "folder", "patch.json", "--dry-run"),
    "describe": ("dataset", "describe", "gold.jsonl"),
    "validate": ("dataset", "validate", "gold.jsonl"),
    "agreement": ("dataset", "agreement", "gold.jsonl", "--with", "ida=predicted.jsonl", "--resamples", "10"),
    "perturb": ("dataset", "perturb", "gold.jsonl", "--measure", "rules", "--kind", "case", "--resamples", "10"),
    "split": ("dataset", "split", "gold.jsonl", "--shares", "train=.5,test=.5"),
    "leakage": ("dataset", "leakage", "gold.jsonl", "--against", "gold.jsonl"),
    "suspects": ("dataset", "suspects", "gold.jsonl", "r", "s", "--least", "0"),
    "unlabelled": ("dataset", "suspects", "gold.jsonl", "r", "predicted.jsonl", "--unlabelled"),
    "replay": ("dataset", "suspects", "gold.jsonl", "r", "s", "--replay", "new.jsonl"),
    "corrections": ("dataset", "suspects", "gold.jsonl", "r", "s", "--least", "0", "--corrections", "new.jsonl"),
    "adjudicate": ("dataset", "adjudicate", "readings.jsonl"),
    "models": ("models",),
    "runs": ("runs", "."),
    "cache": ("cache", "info"),
    "doctor": ("doctor",),
    "leaderboard": ("leaderboard", ".", "--resamples", "10"),
    "selftest": ("selftest", "--convention", "given", "--cases", "1"),
}
EACH_COMMAND = pytest.mark.parametrize("argv", [pytest.param(argv, id=name) for name, argv in COMMANDS.items()])


@pytest.fixture
def prepared(evalkit: Evalkit, once: Once) -> Evalkit:
    """Two runs, a baseline, another version of the gold, a dataset folder with the patch to it, and two readings."""

    def prepare() -> None:
        Path("new.jsonl").write_text(
            Path("gold.jsonl").read_text(encoding="utf-8").replace("GPE", "ORG"), encoding="utf-8"
        )
        for model, out in (("mine:people", "r"), ("rules", "s")):
            assert evalkit("run", "--model", model, *GOLD, "--out", out, "--resamples", "0").status == 0
        assert evalkit("gate", "r", "--baseline", "base.json", "--update").status == 0
        assert evalkit("dataset", "build", "gold.jsonl", "--out", "folder", "--splits", "test=1").status == 0
        others = [json.loads(line) for line in Path("new.jsonl").read_text(encoding="utf-8").splitlines()]
        read = {one["id"]: {"entities": one["entities"]} for one in others}
        readings = [
            {
                "id": one["id"],
                "text": one["text"],
                "readings": {"ida": {"entities": one["entities"]}, "jan": read[one["id"]]},
            }
            for one in gold_rows()
        ]
        write_lines(Path("readings.jsonl"), readings)
        Path("patch.json").write_text(
            evalkit("dataset", "diff", "gold.jsonl", "new.jsonl", "--json").out, encoding="utf-8"
        )

    once(prepare)
    return evalkit


def shown(evalkit: Evalkit, argv: tuple[str, ...], form: str) -> Outcome:
    done = evalkit(*argv, "--to", form)
    assert done.status == 0, done.err
    return done


@EACH_COMMAND
def test_json_is_the_form(prepared: Evalkit, argv: tuple[str, ...]):
    if argv[0] == "report":
        assert prepared(*argv, "--json").status == 2
        return
    assert prepared(*argv, "--json").out == shown(prepared, argv, "json").out
    assert "exclude each other" in prepared(*argv, "--json", "--to", "markdown").err


@EACH_COMMAND
def test_a_form_from_elsewhere(prepared: Evalkit, argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch):
    class Point:
        value = "elsewhere:shout"

        def load(self) -> object:
            return lambda document: document.title.upper() + "\n"

    known = Registry.entry_points

    def points(registry: Registry) -> dict[str, object]:
        return {"shout": Point()} if registry.group == "evalkit.forms" else dict(known(registry))

    monkeypatch.setattr(Registry, "entry_points", points)
    assert shown(prepared, argv, "shout").out.isupper()
    assert "shout" in prepared(*argv, "--help").out


@EACH_COMMAND
def test_an_unknown_form_is_refused_before_anything_is_done(evalkit: Evalkit, argv: tuple[str, ...]):
    done = evalkit(*argv, "--to", "markdwon")
    assert (done.status, done.out) == (2, "")
    # There is no run yet, which the command would have missed first.
    assert "unknown form 'markdwon'; did you mean 'markdown'?" in done.err or argv[0] == "report"


@EACH_COMMAND
def test_several_files_each_in_the_form_of_its_ending(prepared: Evalkit, argv: tuple[str, ...]):
    alone = prepared(*argv)
    # A second --update finds nothing to say anew.
    alone = prepared(*argv) if argv[-1] == "--update" else alone
    done = prepared(*argv, *(word for name in ("a.md", "b/b.HTML", "c.json", "d.tsv") for word in ("-o", name)))
    assert (done.status, done.err) == (alone.status, alone.err)
    # A result that lies there already is only written.
    assert done.out == ("" if argv[0] == "report" else alone.out)
    assert Path("a.md").read_text(encoding="utf-8").startswith("## ")
    assert Path("b/b.HTML").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(Path("c.json").read_text(encoding="utf-8"))
    assert "\t" in Path("d.tsv").read_text(encoding="utf-8").partition("\n")[0] or argv[-1] == "--update"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(
            ("-o", "a.docx"), "a.docx: the ending says no form; name the file with one of .md, .html", id="odd"
        ),
        pytest.param(("-o", "a"), "a: the ending says no form", id="no-ending"),
        pytest.param(("-o", "a.md", "-o", "a.md"), "-o a.md stands twice; name each file once", id="twice"),
        pytest.param(("-o", "."), "-o . is a folder; name a file", id="folder"),
        pytest.param(("-o", ""), "the path is empty", id="empty"),
        pytest.param(("-o", "a.md", "-o", "a.xml"), "-o a.xml: there is no verdict in what this command", id="verdict"),
        pytest.param(("--to", "png"), "--to png: is no text; write it to a file, as -o charts.png", id="pixels"),
        pytest.param(("-o", "mine.py/a.md"), "mine.py is no folder", id="not a folder"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_anything_is_done(
    evalkit: Evalkit, argv: tuple[str, ...], message: str
):
    done = evalkit(*COMMANDS["run"], *argv)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert not Path("r").exists()


def test_an_ending_that_says_nothing_leaves_it_to_the_form_asked_for(prepared: Evalkit):
    done = prepared(*COMMANDS["compare"], "--to", "tsv", "-o", "a.txt", "-o", "b", "-o", "c.md")
    assert done.out == Path("a.txt").read_text(encoding="utf-8") == Path("b").read_text(encoding="utf-8")
    assert Path("c.md").read_text(encoding="utf-8").startswith("## ")
    assert prepared(*COMMANDS["compare"], "-o", "a.txt").status == 0
    # What a terminal shows, without its colours.
    assert Path("a.txt").read_text(encoding="utf-8").startswith("gold@")


def test_nothing_is_written_if_one_of_the_files_cannot_be_made(prepared: Evalkit):
    done = prepared(*COMMANDS["compare"], "-o", "a.md", "-o", "a.xml")
    assert (done.status, done.out) == (2, "")
    assert "there is no verdict" in done.err
    assert not Path("a.md").exists()


def test_files_are_no_part_of_the_command_that_a_run_keeps(prepared: Evalkit):
    before = Path("r/run.json").read_bytes()
    named = ("-o", "a.md", "-ob.md", "--output", "c.md", "--output=d.md")
    assert prepared(*COMMANDS["run"], *named, "--no-cache").status == 0
    assert Path("r/run.json").read_bytes() == before
    assert all(Path(name).exists() for name in ("a.md", "b.md", "c.md", "d.md"))


def test_junit_where_there_is_a_verdict(prepared: Evalkit):
    for name in ("gate", "validate", "selftest"):
        assert "<testsuites" in shown(prepared, COMMANDS[name], "junit").out
    done = prepared(*COMMANDS["compare"], "--to", "junit")
    assert (done.status, done.out) == (2, "")
    assert "--to junit: there is no verdict in what this command shows" in done.err


def test_what_was_computed_is_shown_where_a_file_cannot_be_written(prepared: Evalkit, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, content: object) -> None:
        if path.name == "b.md":
            raise OutputError("b.md: cannot be written: the disk is full")

    monkeypatch.setattr("evalkit.report.render.write_file", full)
    done = prepared(*COMMANDS["compare"], "-o", "a.html", "-o", "b.md")
    assert done.status == 2
    assert "entities" in done.out
    assert "the disk is full (written: a.html)" in done.err


def test_a_link_is_a_name_for_what_it_points_to(prepared: Evalkit):
    Path("real.md").write_text("old", encoding="utf-8")
    Path("link.md").symlink_to("real.md")
    assert prepared(*COMMANDS["compare"], "-o", "link.md").status == 0
    assert Path("link.md").is_symlink()
    assert Path("real.md").read_text(encoding="utf-8").startswith("## ")


def test_what_an_error_quotes_does_not_steer_the_terminal(evalkit: Evalkit):
    done = evalkit("score", "--gold", "\x1b[31mno\u202e.jsonl", "--predicted", "predicted.jsonl")
    assert done.status == 2
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err
    assert done.err.count("\n") == 1
