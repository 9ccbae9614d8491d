"""`evalkit dataset adjudicate` from a terminal and in CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Evalkit, gold_rows, write_lines


@pytest.fixture
def readings(workspace: Path) -> Path:
    """readings.jsonl: kari and ola differ on one label and one quote."""
    rows: list[dict[str, Any]] = []
    for row in gold_rows():
        kari = {layer: row[layer] for layer in ("entities", "quotes")}
        ola = json.loads(json.dumps(kari))
        if row["id"] == "a-port":
            ola["entities"][1]["label"] = "ORG"
        ola["quotes"] = []
        rows.append({"id": row["id"], "text": row["text"], "readings": {"kari": kari, "ola": ola}})
    return write_lines(workspace / "readings.jsonl", rows)


def test_it_fits_any_terminal(evalkit: Evalkit, readings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in (60, 80, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        done = evalkit("dataset", "adjudicate", "readings.jsonl")
        assert done.status == 0
        assert all(len(line) <= width for line in done.out.splitlines())
        for words in (
            "4 articles by agree, 2 disputes",
            "label differs",
            "not marked by ola",
            "articles read: kari 4, ola 4",
        ):
            assert words in done.out


def test_the_whole_way(evalkit: Evalkit, readings: Path) -> None:
    ask = ("dataset", "adjudicate", "readings.jsonl", "--out", "gold", "--fail-on", "disputed>0")
    done = evalkit(*ask, "--disputed", "disputed.jsonl")
    assert done.status == 1
    assert "disputed is 2, which --fail-on disputed>0 forbids" in done.err
    assert "written: gold" in done.out
    # Somebody takes out one label, and keeps the quote.
    text = Path("disputed.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    for row in rows:
        row["entities"] = [one for one in row["entities"] if one["label"] != "ORG"]
    write_lines(Path("settled.jsonl"), rows)
    done = evalkit(*ask, "--decisions", "settled.jsonl", "--json")
    assert done.status == 1
    assert done.json["counts"]["entities"] == {"accepted": 7, "rejected": 0, "disputed": 0}
    assert done.json["counts"]["quotes"]["disputed"] == 1
    assert "1 article that came back as it was written" in str(done.json["notes"])
    done = evalkit(*ask, "--decisions", "settled.jsonl", "--unchanged", "--to", "markdown")
    assert (done.status, done.out.splitlines()[0]) == (0, "## readings: 4 articles by agree, nothing is disputed")
    assert evalkit("dataset", "validate", "gold").status == 0
    assert evalkit(*ask).status == 0


def test_every_file_that_is_written_is_named(evalkit: Evalkit, readings: Path) -> None:
    ask = ("dataset", "adjudicate", "readings.jsonl", "--disputed", "disputed.json", "--tool", "labelstudio")
    for _ in range(2):
        written = [line for line in evalkit(*ask).out.splitlines() if line.startswith("written: ")]
        assert written == ["written: disputed.json", "written: disputed.config.xml"]
    assert evalkit(*ask, "--json").json["beside"] == ["disputed.config.xml"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--tool", "brat"), "--disputed FILE, which is not given"),
        (("--json", "--to", "markdown"), "exclude each other"),
        (("--strategy", "majorty"), "did you mean 'majority'"),
        (("--strategy", "prefer:olla"), "did you mean 'ola'"),
        (("--to", "markdwn"), "did you mean 'markdown'"),
        (("--disputed", "d", "--tool", "brt"), "did you mean 'brat'"),
        (("--fail-on", "dispute>0"), "did you mean 'disputed'"),
    ],
)
def test_what_is_refused(evalkit: Evalkit, readings: Path, more: tuple[str, ...], said: str) -> None:
    done = evalkit("dataset", "adjudicate", "readings.jsonl", *more)
    assert done.status == 2
    assert said in done.err
