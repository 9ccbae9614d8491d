"""What an endpoint may cost at the terminal: said beforehand, stopped in time, gone on with later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit
from tests.extractors.llm.server import Server, serving

ASK = ("run", "--model", "llm:m", "--dataset", "gold.jsonl", "--out", "r", "--no-floor", "--resamples", "0")
ASK += ("--set", "pairs=own")
PRICES = ("--set", "price_in=1", "--set", "price_out=2")


@pytest.fixture
def server(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("EVALKIT_CACHE", str(workspace / "cache"))
    with serving() as state:
        monkeypatch.setenv("EVALKIT_LLM_BASE_URL", state.url)
        yield state


def stored(folder: Path) -> dict[str, object]:
    facts: dict[str, object] = json.loads((folder / "run.json").read_bytes())
    return facts


def test_a_dry_run_asks_nobody_and_writes_nothing(evalkit: Evalkit, workspace: Path, server: Server):
    before = sorted(workspace.rglob("*"))
    done = evalkit(*ASK, "--dry-run")
    assert (done.status, done.err) == (0, "")
    assert "4 articles to extract from (0 kept in the folder, 0 cached)\nabout 4 requests with " in done.out
    assert "cost" not in done.out
    assert "folder: r; nothing was asked, nothing was written" in done.out
    assert sorted(workspace.rglob("*")) == before
    assert not server.requests
    said = json.loads(evalkit(*ASK, "--dry-run", "--json", *PRICES).out)
    assert (said["asked"], said["requests"]) == (4, 4)
    assert said["cost"] == pytest.approx((said["prompt_tokens"] + 2 * said["completion_tokens"]) / 1e6)


def test_a_limit_stops_in_time_and_the_same_command_goes_on(evalkit: Evalkit, workspace: Path, server: Server):
    whole = evalkit(*ASK, "--out", "whole", "--no-cache")
    assert whole.status == 0
    server.requests.clear()
    # Each article takes 110 tokens.
    done = evalkit(*ASK, "--max-tokens", "250")
    assert (done.status, done.out) == (1, "")
    note, error = done.err.splitlines()
    assert note.startswith("note: llm:m: about 4 requests with ")
    assert "more than 250 tokens" in error
    assert "; 2 of 4 articles are kept in " in error
    assert len(server.requests) == 2
    assert stored(workspace / "r").get("complete") is None
    assert "2 articles to extract from (2 kept in the folder, 0 cached)" in evalkit(*ASK, "--dry-run").out
    done = evalkit(*ASK, "--max-cost", "0.00025", *PRICES)
    assert done.status == 0
    assert len(server.requests) == 4
    one, other = ((workspace / name / "predictions.jsonl").read_bytes() for name in ("r", "whole"))
    # But for the cost, which only one of the commands knew.
    strip = [{**json.loads(line), "usage": None, "check": None} for line in one.splitlines()]
    assert strip == [{**json.loads(line), "usage": None, "check": None} for line in other.splitlines()]


def test_a_limit_below_one_article_says_so(evalkit: Evalkit, server: Server):
    done = evalkit(*ASK, "--max-tokens", "1", "--set", "concurrency=1")
    assert done.status == 1
    # The first was asked about to find out.
    assert len(server.requests) == 1
    assert "1 of 4 articles are kept" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--max-cost", "1"], "needs the prices of a million tokens: --set price_in", id="no prices"),
        pytest.param(
            ["--max-tokens", "9", "--model", "http://127.0.0.1:9/"], "counts nothing", id="one that counts nothing"
        ),
        pytest.param(["--max-tokens", "0"], "0 is not in the range", id="nothing"),
        pytest.param(["--max-cost", "-1"], "-1.0 is not in the range", id="less than nothing"),
        pytest.param(["--max-cost", "nan", *PRICES], "nan", id="no number"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused_beforehand(
    evalkit: Evalkit, workspace: Path, server: Server, words: list[str], said: str
):
    command = ASK if "--model" not in words else ASK[:-2]
    done = evalkit(*command, *words)
    assert done.status == 2
    assert said in done.err
    assert not server.requests
    assert not (workspace / "r").exists()


def test_extract_shows_what_it_came_to(evalkit: Evalkit, workspace: Path, server: Server):
    for name in ("one", "two", "three"):
        (workspace / f"{name}.txt").write_text("Moen left Oslo.\n", encoding="utf-8")
    done = evalkit("extract", "--model", "llm:m", "--max-tokens", "250", "--json", "one.txt", "two.txt", "three.txt")
    assert done.status == 1
    # Which of the other two was begun next is nobody's affair.
    assert len(done.out.splitlines()) == 2
    assert "2 of 3 articles were extracted from" in done.err
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("model", "said"),
    [
        pytest.param("rules", "4 articles to extract from (0 kept in the folder, 0 cached)", id="local"),
        pytest.param("mine:people", "at most 4 articles", id="a function that does not say its layers"),
        pytest.param("cmd:no-such-file-is-run cat", "", id="no program"),
    ],
)
def test_a_dry_run_of_others(evalkit: Evalkit, model: str, said: str):
    done = evalkit("run", "--model", model, "--dataset", "gold.jsonl", "--dry-run")
    assert said in done.out


def test_a_dry_run_starts_no_program(evalkit: Evalkit, workspace: Path):
    evalkit("run", "--model", f"cmd:touch {workspace / 'started'}", "--dataset", "gold.jsonl", "--dry-run")
    assert not (workspace / "started").exists()


def test_a_dry_run_knows_what_is_cached(evalkit: Evalkit, workspace: Path):
    assert evalkit("run", "--model", "rules", "--dataset", "gold.jsonl", "--out", "r", "--no-floor").status == 0
    again = evalkit("run", "--model", "rules", "--dataset", "gold.jsonl", "--out", "r", "--dry-run").out
    assert "0 articles to extract from (4 kept in the folder, 0 cached)" in again
    other = evalkit("run", "--model", "rules", "--dataset", "gold.jsonl", "--out", "other", "--dry-run").out
    assert "0 articles to extract from (0 kept in the folder, 4 cached)" in other
    anew = evalkit("run", "--model", "rules", "--dataset", "gold.jsonl", "--out", "r", "--dry-run", "--restart").out
    assert "4 articles to extract from (0 kept in the folder, 0 cached)" in anew
    assert evalkit("run", "--model", "trivial", "--dataset", "gold.jsonl", "--out", "r", "--dry-run").status == 2


def test_a_dry_run_counts_nothing_that_another_environment_made(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
):
    body = "    return [(0, 4, os.environ['EVALKIT_TEST_LABEL'])]\n\nfind.layers = ('entities',)\n"
    code = f"import os\n\ndef find(article):\n{body}"
    (workspace / "named.py").write_text(code, encoding="utf-8")
    command = ("run", "--model", "named:find", "--dataset", "gold.jsonl", "--out", "r")
    monkeypatch.setenv("EVALKIT_TEST_LABEL", "PER")
    assert evalkit(*command).status == 0
    assert "(4 kept in the folder, 0 cached)" in evalkit(*command, "--dry-run").out
    monkeypatch.setenv("EVALKIT_TEST_LABEL", "ORG")
    assert "4 articles to extract from (0 kept in the folder, 0 cached)" in evalkit(*command, "--dry-run").out
