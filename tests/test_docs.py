"""What the pages of docs/ show is so: their files are written, their commands run, their programs print what is shown.

A page is walked from above in an empty folder, or in one with the files of `docs/PAGE/` where `PAGE.md` has such a
folder beside it:

* a block after `<!-- file: NAME -->` is written to that file;
* in a block of `console`, each line after `$` is run, and what follows it is what a terminal then shows; a line `…`
  stands for any lines. `cat FILE` shows a file, `git` is run as it is, `python FILE &` starts a program that ends with
  the page. A last line `(exit N)` is the exit status, 0 if there is none;
* a block of `python` is run, after those above it as in a notebook; the block after `<!-- output: python -->` is what
  it prints. After `<!-- output: tests-of-a-network -->` numbers may differ by NETWORK: what a processor rounds its own
  way in a network moves a p-value more than any figure.

Numbers and masks are those of `test_readme`.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from evalkit.cli.main import main
from tests.test_readme import LEAST, assert_shown

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))

_BLOCK = re.compile(r"(?:<!-- (file|output): (\S+) -->\n+)?^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NETWORK = 0.15

_EXIT = re.compile(r"\(exit (\d+)\)\n?\Z")


class Block(NamedTuple):
    what: str
    name: str
    language: str
    content: str


def blocks_of(page: str) -> list[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [Block(*(part or "" for part in match.groups())) for match in _BLOCK.finditer(text)]


def walked(page: str) -> bool:
    return any(block.what == "file" or block.language in ("console", "python") for block in blocks_of(page))


def commands_of(content: str) -> Iterator[tuple[str, str, int]]:
    """Each command with what is shown after it and its exit status."""
    for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        status = _EXIT.search(shown)
        yield command, _EXIT.sub("", shown), int(status[1]) if status else 0


def run(command: str) -> tuple[str, int]:
    """What a terminal shows of a command, and its exit status."""
    words = shlex.split(command)
    if words[0] == "cat":
        return "".join(Path(name).read_text(encoding="utf-8") for name in words[1:]), 0
    if words[0] == "git":
        done = subprocess.run(words, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout, done.returncode
    assert words[0] == "evalkit", command
    screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True, newline="")
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        try:
            status = main(words[1:])
        except SystemExit as ended:
            status = int(ended.code or 0)
        sys.stdout.flush()
        sys.stderr.flush()
    return screen.buffer.getvalue().decode(), status  # type: ignore[attr-defined]


def assert_like(shown: str, printed: str, command: str, least: float = LEAST) -> None:
    """What is shown is what was printed; `…` alone on a line stands for any lines."""
    pieces = re.split(r"^…\n", shown, flags=re.MULTILINE)
    if len(pieces) == 1:
        try:
            assert_shown(shown, printed, least)
        except (AssertionError, ValueError) as error:
            raise AssertionError(f"$ {command}\n{printed}\ninstead of\n{shown}\n{error}") from error
        return
    rest = [line.rstrip() for line in printed.splitlines() if line.strip()]
    for number, piece in enumerate(pieces):
        wanted = [line.rstrip() for line in piece.splitlines() if line.strip()]
        starts = [0] if number == 0 else range(len(rest) - len(wanted) + 1)
        place = next((at for at in starts if _same(wanted, rest[at : at + len(wanted)])), None)
        assert place is not None, f"$ {command}\n{printed}\nwithout\n{piece}"
        rest = rest[place + len(wanted) :]


def _same(wanted: list[str], found: list[str]) -> bool:
    try:
        assert_shown("\n".join(wanted), "\n".join(found))
    except (AssertionError, ValueError):
        return False
    return True


@pytest.mark.parametrize("page", [page for page in PAGES if walked(page)])
def test_a_page_shows_what_happens(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / ".cache"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.org")
    if (DOCS / page).with_suffix("").is_dir():
        shutil.copytree((DOCS / page).with_suffix(""), tmp_path, dirs_exist_ok=True)
    with contextlib.ExitStack() as programs:
        walk(page, tmp_path, programs)


def walk(page: str, folder: Path, programs: contextlib.ExitStack) -> None:
    printed = ""
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks_of(page):
        if block.what == "file":
            place = folder / block.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.content, encoding="utf-8")
        elif block.what == "output":
            assert_like(block.content, printed, "python", NETWORK if block.name == "tests-of-a-network" else LEAST)
        elif block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.content, page, "exec"), names)
            printed = out.getvalue()
        elif block.language == "console":
            for command, shown, status in commands_of(block.content):
                if command.startswith("python ") and command.endswith(" &"):
                    program = subprocess.Popen([sys.executable, command.split()[1]], stderr=subprocess.DEVNULL)
                    programs.callback(program.wait)
                    programs.callback(program.kill)
                    continue
                found, ended = run(command)
                assert ended == status, f"$ {command}\n{found}"
                if shown.strip():
                    assert_like(shown, found, command)


def test_there_are_pages_with_examples() -> None:
    assert sum(map(walked, PAGES)) >= 3
