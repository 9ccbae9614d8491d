"""Streams and consoles: whoever writes, nothing passes that steers a terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.report.forms.console import Output, clean_streams, make_console

ROOT = Path(__file__).resolve().parent.parent.parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        pytest.param(["a\x1b[2Jb\n"], "a�[2Jb\n", id="sequence"),
        pytest.param(["Åse\tEk 12\u00a0000\n"], "Åse\tEk 12\u00a0000\n", id="text"),
        pytest.param(["one\rtwo\r\n"], "one two\r\n", id="carriage-return"),
        pytest.param(["::error::a\n::b\n"], "\\::error::a\n\\::b\n", id="order-at-the-beginning"),
        pytest.param(["a ::error::b\n"], "a ::error::b\n", id="not-elsewhere"),
        pytest.param(["a", "::error::b\n", "::c"], "a::error::b\n\\::c", id="line-in-parts"),
        pytest.param(["  ", " ::error::a"], "  \\ ::error::a", id="after-blanks"),
        pytest.param(["x ##[error]a ##vso[b]c ##d"], "x #\\#[error]a #\\#vso[b]c ##d", id="order-anywhere"),
    ],
)
def test_what_is_seen(written: list[str], seen: str):
    stream = io.StringIO()
    output = Output(stream)
    output.writelines(written)
    assert stream.getvalue() == seen


def test_bytes_go_the_same_way():
    stream = io.StringIO()
    output = Output(stream)
    # A character in two parts.
    for part in (b"\x1b[2J \xc3", b"\x85se\xff\n"):
        output.buffer.write(part)
    assert stream.getvalue() == "�[2J Åse�\n"
    with pytest.raises(TypeError):
        output.write(b"x")  # type: ignore[arg-type]


def test_progress_bars_of_other_packages_move_on_a_terminal_only():
    # As tqdm writes them: back to the beginning of the line, and up by lines.
    for stream, seen in ((Terminal(), "\ra�[2J\r\x1b[A"), (io.StringIO(), " a�[2J �[A")):
        output = Output(stream)
        output.writelines(["\ra\x1b[2J", "\r", "\x1b[A"])
        assert stream.getvalue() == seen


def test_whoever_writes(monkeypatch: pytest.MonkeyPatch):
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with clean_streams():
        with clean_streams():
            print("a\x1bb", "c\x9bd")  # noqa: T201
        sys.excepthook(ValueError, ValueError("e\x1be"), None)
    assert (sys.stdout, sys.stderr) == (out, err)
    assert out.getvalue() == "a�b c�d\n"
    assert err.getvalue() == "ValueError: e�e\n"


def test_a_console_colours_what_is_clean(monkeypatch: pytest.MonkeyPatch):
    from rich.text import Text

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    with clean_streams():
        make_console(width=60).print(Text("a", style="bold"))
    assert stream.getvalue() == "\x1b[1ma\x1b[0m\n"


EXTRACTOR = """
import logging
import sys
import warnings

BAD = "Zorn\\x1b]0;owned\\x07\\x1b[2J\\x9b1m\\u202e"


class Speaks:
    name = BAD
    layers = ("entities",)

    def fingerprint(self):
        return "1"

    def extract(self, articles):
        logging.getLogger("evalkit.extractors").warning(BAD)
        warnings.warn(BAD)
        sys.stderr.write(BAD + "\\n")
        raise ValueError(BAD)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such terminals")
def test_at_a_terminal(tmp_path: Path):
    """A process of its own, with a bar, colours, logs, warnings and words of its own."""
    import pty

    (tmp_path / "speaks.py").write_text(EXTRACTOR, encoding="utf-8")
    (tmp_path / "gold.jsonl").write_text('{"id": "a", "text": "Ida Moen", "entities": []}\n', encoding="utf-8")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "EVALKIT_CACHE": str(tmp_path / "cache"), "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    command = ["run", "--model", "speaks:Speaks", "--dataset", "gold.jsonl", "--out", "r", "--resamples", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "evalkit", *command], cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:
        # How Linux says that nobody writes any more.
        pass
    os.close(ours)
    process.wait(timeout=60)
    text = seen.decode()
    assert text.count("Zorn�]0;owned��[2J�1m�") >= 4
    assert "\x1b]0;owned" not in text
    assert "\x1b[2J" not in text
    assert not {"\x07", "\x9b", "\u202e"} & set(text)
    # It is not that there was no terminal.
    assert "\x1b[" in text
