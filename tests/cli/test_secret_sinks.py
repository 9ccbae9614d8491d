"""A key that an extractor names, wherever it does so, is in no file that evalkit writes and nothing that it shows."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from evalkit import secrets
from tests.cli.conftest import Evalkit
from tests.extractors.raw_server import raw_server, whole

KEY, GIVEN = "sk-invented/0123456789+abcdef", "invented-given-secret"

TALKS = '''
import logging
import os
import sys
from urllib.parse import quote

from evalkit.extractors.base import ArticleFailure
from evalkit.records import Annotations


class Talks:
    """Names its keys wherever it can."""

    layers = ("entities",)

    def __init__(self, where="error", api_key=""):
        key = os.environ["SHIP_TOKEN"]
        self.said = f"{key} {quote(key, safe='')} {api_key} {dict(os.environ)}"
        self.where, self.name = where, f"talks {self.said}" if where == "name" else "talks"
        self.unseen = self.said if where == "unseen" else ""
        if where == "init":
            raise ValueError(self.said)

    def fingerprint(self):
        return "1"

    def facts(self):
        return {"said": [{"deep": self.said}]} if self.where == "facts" else {}

    def extract(self, articles):
        if self.where == "log":
            logging.getLogger("evalkit.talks").warning(self.said)
            print(self.said, file=sys.stderr)
        if self.where == "failure":
            return [ArticleFailure(self.said) for _ in articles]
        if self.where == "error":
            raise ValueError(self.said)
        return [Annotations(entities=()) for _ in articles]
'''


@pytest.fixture(autouse=True)
def _secrets(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_given", {})
    monkeypatch.setenv("SHIP_TOKEN", KEY)
    monkeypatch.setenv("EVALKIT_CACHE", str(workspace / "cache"))
    monkeypatch.delitem(sys.modules, "talks", raising=False)
    (workspace / "talks.py").write_text(TALKS, encoding="utf-8")


def assert_kept(workspace: Path, shown: str) -> None:
    written = [path for path in workspace.rglob("*") if path.is_file() and path.suffix in (".json", ".jsonl", ".xml")]
    texts = [
        shown,
        *(path.read_bytes().decode("utf-8", "replace") for path in written),
        *map(str, workspace.rglob("*")),
    ]
    for secret in (KEY, KEY.replace("/", "%2F").replace("+", "%2B"), GIVEN):
        parts = {secret[at : at + 8] for at in range(len(secret) - 7)}
        assert not [part for part in parts for text in texts if part in text]


@pytest.mark.parametrize("where", ["error", "failure", "facts", "unseen", "name", "log", "init"])
def test_python(evalkit: Evalkit, workspace: Path, where: str):
    command = ["run", "--model", "talks:Talks", "--dataset", "gold.jsonl", "--no-floor", "--resamples", "0"]
    command += ["--set", f"where={where}", "--set", f"api_key={GIVEN}"]
    shown = ""
    for form in ("terminal", "json", "junit"):
        done = evalkit(*command, "--to", form)
        shown += done.out + done.err
    done = evalkit("extract", "talks.py", *command[1:3], *command[-4:])
    assert_kept(workspace, shown + done.out + done.err)
    assert where == "unseen" or "[SHIP_TOKEN]" in shown or where == "facts"


def test_a_program_and_its_command(evalkit: Evalkit, workspace: Path):
    (workspace / "program.py").write_text("import os, sys\nsys.exit(f'{sys.argv} {dict(os.environ)}')\n")
    words = [sys.executable, "-S", "program.py", "--api-key", GIVEN, f"https://me:{GIVEN}@host/?token={GIVEN}"]
    words += [f"SHIP_KEY={GIVEN}", f"note=token={GIVEN}", "-H", f"X-Api-Key: {GIVEN}"]
    done = evalkit("run", "--model", f"cmd:{shlex.join(words)}", "--dataset", "gold.jsonl")
    assert "[api-key]" in done.err
    assert_kept(workspace, done.out + done.err)


def test_a_service_that_answers_with_what_it_was_asked(evalkit: Evalkit, workspace: Path):
    said = f"no access with {KEY} at /x?api_key={GIVEN}"
    body = f'{{"id": "a-port", "error": "{said}"}}\n{{"id": "b-strike", "entities": []}}\n'
    with raw_server(whole(body.encode())) as server:
        spelling = f"http://127.0.0.1:{server.port}/x?api_key={GIVEN}"
        given = ["--set", "layers=entities", "--set", "fingerprint=1", "--set", "retries=0", "--limit", "2"]
        done = evalkit("run", "--model", spelling, "--dataset", "gold.jsonl", "--no-floor", "--resamples", "0", *given)
    assert done.status == 0
    assert (workspace / "runs").is_dir()
    assert_kept(workspace, done.out + done.err)


def test_labels_and_articles_are_data(evalkit: Evalkit, workspace: Path):
    (workspace / "page.txt").write_text(f"Ida Moen said {os.environ['SHIP_TOKEN']}.", encoding="utf-8")
    assert KEY in evalkit("extract", "--model", "trivial", "--json", "page.txt").out
