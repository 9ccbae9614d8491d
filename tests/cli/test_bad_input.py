"""Bad input: one line that says what is wrong and what to do, exit 2, and nothing left behind."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from evalkit.cli.main import cli
from tests.cli.conftest import Evalkit, files_in, gold_rows, write_lines

RUN = ("run", "--model", "mine:people", "--dataset", "gold.jsonl")
SCORE = ("score", "--gold", "gold.jsonl", "--predicted", "predicted.jsonl")

USAGE = [
    pytest.param(("rum",), r"unknown command 'rum'; did you mean 'run'\?", id="command"),
    pytest.param(("run",), r"Missing option '--model'", id="no-model"),
    pytest.param((*RUN, "--spilt", "test"), r"No such option.*--spilt.*--split", id="option"),
    pytest.param(("run", "--model", "ner-bas"), r"unknown extractor 'ner-bas'; did you mean 'ner-base'\?", id="model"),
    pytest.param(("run", "--model", "mine.py:f"), r"a path; name the module, .*: mine:f", id="model-file"),
    pytest.param(("run", "--model", "../eng/mine.py:f"), r"a path; name the module, .*: eng\.mine:f", id="model-path"),
    pytest.param(("run", "--model", "no_such:f"), r"'no_such' is no module that can be imported", id="model-module"),
    pytest.param(("run", "--model", "mine:peple"), r"'peple'; did you mean 'people'\?", id="model-attribute"),
    pytest.param(("run", "--model", "mine:NUMBER"), r"'mine:NUMBER' is int 7, which cannot extract", id="model-number"),
    pytest.param((*RUN, "--task", "entitys"), r"unknown task 'entitys'; did you mean 'entities'\?", id="task"),
    pytest.param((*RUN, "--convention", "exakt"), r"'exakt'; did you mean 'exact'\?", id="convention"),
    pytest.param(
        (*RUN, "--task", "quotes", "--convention", "exact", "--convention", "boundary"),
        r"convention 'boundary' is none of quotes, but of entities; quotes has exact, trimmed, ",
        id="convention-of-another-task",
    ),
    pytest.param(("compare", "a", "b", "--resamples", "0"), r"--resamples.*0 is not in the range x>=1", id="no-test"),
    pytest.param(("leaderboard", "--resamples", "0"), r"--resamples.*0 is not in the range x>=1", id="no-test-board"),
    pytest.param((*RUN, "--label-map", "conl4"), r"unknown label map 'conl4'; did you mean 'conll4'\?", id="label-map"),
    pytest.param(
        (*RUN, "--labels", "PERSON"), r"no gold entity has the label 'PERSON' \(there are GPE, PER\)", id="labels"
    ),
    pytest.param((*RUN, "--batch-size", "0"), r"'0' is not 'auto' or a whole number from 1", id="batch-size"),
    pytest.param((*RUN, "--limit", "0"), r"--limit.*0 is not in the range", id="limit"),
    pytest.param((*RUN, "--seed", "-1"), r"seed.*negative.*-1", id="seed"),
    pytest.param((*RUN, "--resamples", "9" * 20), r"resamples must be at most 1000000, found 9", id="resamples"),
    pytest.param((*RUN, "--set", "device"), r"'device' is not name=value", id="setting-form"),
    pytest.param((*RUN, "--set", "devise=cpu"), r"devise", id="setting-unknown"),
    pytest.param(
        ("run", "--model", "rules", "--split", "tset"), r"unknown split 'tset'; did you mean 'test'\?", id="split"
    ),
    pytest.param((*RUN, "--scheme", "IOB2"), r"--scheme goes with --format conll", id="tag-option"),
    pytest.param((*SCORE[:3],), r"no predictions: give --predicted", id="score-no-predicted"),
    pytest.param((*SCORE, "--task", "quote"), r"unknown task 'quote'; did you mean 'quotes'\?", id="score-task"),
]


@pytest.mark.parametrize(("argv", "message"), USAGE)
def test_usage(evalkit: Evalkit, workspace: Path, argv: tuple[str, ...], message: str):
    refused(evalkit, workspace, argv, message)


def refused(evalkit: Evalkit, workspace: Path, argv: tuple[str, ...], message: str) -> None:
    before = files_in(workspace)
    done = evalkit(*argv)
    assert done.status == 2
    assert done.out == ""
    assert re.fullmatch(r"error: [^\n]+\n", done.err), done.err
    assert re.search(message, done.err), done.err
    assert files_in(workspace) == before
    assert not (workspace / "runs").exists()


def with_entity(**change: object) -> Callable[[Path], None]:
    """Gold whose last entity of the third article is changed."""

    def write(folder: Path) -> None:
        rows = gold_rows()
        rows[2]["entities"][2].update(change)
        write_lines(folder / "gold.jsonl", rows)
        (folder / "labels.toml").write_text("[entities.PER]\n[entities.GPE]\n[entities.FAC]\n[entities.WORK]\n")

    return write


def utf16(folder: Path) -> None:
    """Offsets behind the ship count one more, as they do in Java and JavaScript; no text stands beside them."""
    rows = gold_rows()
    for entity in rows[2]["entities"]:
        entity["spans"] = [[start + 1, end + 1] for start, end in entity["spans"]]
    write_lines(folder / "gold.jsonl", rows)


def utf16_at_the_end(folder: Path) -> None:
    """The same where the text ends with an entity, so that its end is behind the text."""
    rows = [{"id": "x", "text": "🚢 Oslo", "entities": [{"spans": [[3, 7]], "label": "GPE"}]}]
    write_lines(folder / "gold.jsonl", rows)


def cut(name: str) -> Callable[[Path], None]:
    """A file whose last line was cut off."""

    def write(folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes()[:-20])

    return write


def write(name: str, content: str) -> Callable[[Path], None]:
    return lambda folder: bool((folder / name).write_text(content, encoding="utf-8"))


def nothing(folder: Path) -> None:
    """Leaves the folder as it is."""


GOLD = [
    pytest.param(
        lambda folder: (folder / "gold.jsonl").rename(folder / "gold.json"),
        r"dataset 'gold\.jsonl' does not exist; did you mean 'gold\.json'\?",
        id="missing-near-match",
    ),
    pytest.param(write("gold.jsonl", ""), r"gold\.jsonl: holds no article", id="empty-file"),
    pytest.param(cut("gold.jsonl"), r"gold\.jsonl:4: not valid JSON: .*is the line cut off\?", id="truncated-line"),
    pytest.param(write("gold.jsonl", "[1]"), r"gold\.jsonl\[0\]: expected a JSON object, found int", id="no-object"),
    pytest.param(write("gold.jsonl", '{"text": "x"}'), r"gold\.jsonl:1: 'id' must be a string", id="no-id"),
    pytest.param(
        with_entity(spans=[[26, 90]], text=None),
        r"c-ship: entities\[2\].*\[26, 90\] is outside the text of 30 code points",
        id="out-of-range",
    ),
    pytest.param(
        with_entity(spans=[[30, 26]], text=None), r"c-ship: entities\[2\].*starts after its end", id="reversed"
    ),
    pytest.param(with_entity(spans=[[26, 26]], text=None), r"c-ship: entities\[2\].*is empty", id="empty-span"),
    pytest.param(utf16, r"c-ship: entities\[0\].*UTF-16 code units.*and 2 more", id="utf16"),
    pytest.param(utf16_at_the_end, r"x: entities\[0\].*UTF-16 code units", id="utf16-out-of-range"),
    pytest.param(with_entity(label="CITY"), r"c-ship: entities\[2\].*'CITY'", id="label"),
    pytest.param(
        lambda folder: write_lines(folder / "gold.jsonl", [*gold_rows(), gold_rows()[0]]),
        r"two articles have the id 'a-port'",
        id="article-twice",
    ),
]


@pytest.mark.parametrize("argv", [pytest.param(RUN, id="run"), pytest.param(SCORE, id="score")])
@pytest.mark.parametrize(("spoil", "message"), GOLD)
def test_gold(evalkit: Evalkit, workspace: Path, spoil: Callable[[Path], None], message: str, argv: tuple[str, ...]):
    spoil(workspace)
    refused(evalkit, workspace, argv, message)


def test_a_device_is_no_gold(evalkit: Evalkit, workspace: Path):
    refused(
        evalkit,
        workspace,
        ("run", "--model", "mine:people", "--dataset", os.devnull),
        r"is no regular file but a device",
    )


def test_empty_dataset_folder(evalkit: Evalkit, workspace: Path):
    (workspace / "nothing").mkdir()
    refused(evalkit, workspace, ("run", "--model", "mine:people", "--dataset", "nothing"), r"nothing: ")


PREDICTED = [
    pytest.param(
        lambda folder: (folder / "predicted.jsonl").unlink(), r"predicted\.jsonl: cannot be read", id="missing"
    ),
    pytest.param(write("predicted.jsonl", ""), r"predicted\.jsonl: holds no prediction", id="empty"),
    pytest.param(
        cut("predicted.jsonl"), r"predicted\.jsonl:2: not valid JSON: .*is the line cut off\?", id="truncated"
    ),
    pytest.param(
        write("predicted.jsonl", '{"id": "zz", "entities": []}'),
        r"no prediction is about an article of the gold: gold has 'a-port', predictions have 'zz'",
        id="other-articles",
    ),
    pytest.param(
        write("predicted.jsonl", '{"id": "a-port", "entities": []}\n' * 2), r"'a-port' is given twice", id="twice"
    ),
    pytest.param(
        write("predicted.jsonl", '{"id": "a-port", "entities": [{"spans": [[0, 99]], "label": "PER"}]}'),
        r"a-port: entities\[0\].*outside the text of 19 code points",
        id="out-of-range",
    ),
    pytest.param(
        write("predicted.jsonl", '{"id": "a-port", "entities": [{"spans": "0-8", "label": "PER"}]}'),
        r"predicted\.jsonl:1: entities\[0\].*'0-8'",
        id="span-form",
    ),
    pytest.param(
        write("predicted.jsonl", '{"id": "a-port", "entities": [{"spans": [[0, 8]]}]}'),
        r"predicted\.jsonl:1: entities\[0\].*'label'",
        id="no-label",
    ),
    pytest.param(
        write(
            "predicted.jsonl", '{"id": "c-ship", "entities": [{"spans": [[3, 9]], "text": "Åse Ek", "label": "PER"}]}'
        ),
        r"c-ship: entities\[0\].*UTF-16 code units",
        id="utf16",
    ),
]


@pytest.mark.parametrize(("spoil", "message"), PREDICTED)
def test_predictions(evalkit: Evalkit, workspace: Path, spoil: Callable[[Path], None], message: str):
    spoil(workspace)
    refused(evalkit, workspace, SCORE, message)


OUTPUT = [
    pytest.param((*RUN, "--out", "mine.py"), r"mine\.py: is there already and is no run", id="run-onto-a-file"),
    pytest.param(
        (*RUN, "--out", "mine.py/run"), r"mine\.py/run: cannot be written: Not a directory", id="run-below-a-file"
    ),
    pytest.param((*RUN, "--out", "."), r"is there already and is no run", id="run-into-other-things"),
    pytest.param((*SCORE, "--out", "mine.py/x"), r"mine\.py/x.*: cannot be written", id="score-below-a-file"),
]


@pytest.mark.parametrize(("argv", "message"), OUTPUT)
def test_output(evalkit: Evalkit, workspace: Path, argv: tuple[str, ...], message: str):
    refused(evalkit, workspace, argv, message)


def test_default_place_that_is_a_file(evalkit: Evalkit, workspace: Path):
    (workspace / "runs").write_text("mine")
    done = evalkit(*RUN)
    assert (done.status, done.out) == (2, "")
    assert re.fullmatch(r"error: runs/\S+: cannot be written: .*choose another place with --out\n", done.err)
    assert (workspace / "runs").read_text() == "mine"


def test_another_run_is_not_overwritten(evalkit: Evalkit, workspace: Path):
    assert evalkit(*RUN, "--out", "first").status == 0
    refused(
        evalkit,
        workspace,
        ("run", "--model", "mine:breaks", "--dataset", "gold.jsonl", "--out", "first"),
        r"first: holds another run",
    )


REPORT = [
    pytest.param(("report", "none"), r"none.*cannot be read", id="missing"),
    pytest.param(("report", "gold.jsonl"), r"gold\.jsonl", id="no-result"),
    pytest.param(("report", "cut.json"), r"cut\.json: not valid JSON", id="cut"),
    pytest.param(("report", "good.json", "--to", "markdwon"), r"'markdwon'; did you mean 'markdown'\?", id="reporter"),
    pytest.param(("report", "good.json", "-o", "mine.py/x.md"), r"mine\.py/x\.md: cannot be written", id="output"),
    pytest.param(("report", "later.json"), r"version 99, this evalkit reads 1", id="later-version"),
    pytest.param(
        ("report", "lacking.json"),
        r"damaged at tasks: found nothing, expected an object; score the run again",
        id="lacking",
    ),
]


@pytest.mark.parametrize(("argv", "message"), REPORT)
def test_report(evalkit: Evalkit, workspace: Path, argv: tuple[str, ...], message: str):
    result = evalkit(*SCORE, "--json").out
    (workspace / "good.json").write_text(result)
    (workspace / "cut.json").write_text(result[:-30])
    (workspace / "later.json").write_text(result.replace('"version": 3', '"version": 99'))
    lacking = {name: value for name, value in json.loads(result).items() if name != "tasks"}
    (workspace / "lacking.json").write_text(json.dumps(lacking))
    refused(evalkit, workspace, argv, message)


EXTRACT = [
    pytest.param("none.txt", r"none\.txt: cannot be read: No such file", id="missing"),
    pytest.param("latin.txt", r"latin\.txt: byte 4 is 0xe9, which is not UTF-8", id="not-utf8"),
    pytest.param("blank.txt", r"blank\.txt: holds no text", id="blank"),
    pytest.param("-", r"-: holds no text", id="blank-standard-input"),
]


@pytest.mark.parametrize(("name", "message"), EXTRACT)
def test_extract(evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str):
    (workspace / "latin.txt").write_bytes(b"caf \xe9")
    (workspace / "blank.txt").write_text(" \n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    refused(evalkit, workspace, ("extract", name, "--model", "mine:people"), message)


def test_extract_names_the_article_that_failed(evalkit: Evalkit, workspace: Path):
    (workspace / "b-strike.txt").write_text("Ida Moen came to the port of Bergen on Monday.\n")
    done = evalkit("extract", "b-strike.txt", "--model", "mine:breaks")
    assert (done.status, done.out) == (1, "")
    assert re.fullmatch(r"error: every article failed: b-strike: ValueError: no idea \(mine.py:\d+\)\n", done.err)


def test_nothing_is_extracted_before_the_place_is_known_to_be_good(evalkit: Evalkit, workspace: Path):
    (workspace / "stop").touch()
    # The extractor would be interrupted (exit 130) if it were asked.
    refused(
        evalkit,
        workspace,
        ("run", "--model", "mine:stops", "--dataset", "gold.jsonl", "--out", "mine.py/run"),
        r"cannot be written",
    )


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Parameter]]:
    """Every option of a command and of those in it, with the words that call it."""
    for one in command.params:
        yield f"{context.command_path} {one.opts[0]}", one
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _options(inner, click.Context(inner, parent=context, info_name=name))


def test_no_option_takes_what_is_no_number():
    there = dict(_options(cli, click.Context(cli, info_name="evalkit")))
    fractions = {name: one.type for name, one in there.items() if isinstance(one.type, click.types.FloatParamType)}
    assert "evalkit run --article-timeout" in fractions
    for name, kind in fractions.items():
        for number in ("nan", "inf", "-inf"):
            with pytest.raises(click.BadParameter):
                kind.convert(number, there[name], None)
