"""Where the system lacks what only Unix has: everything is imported, the commands work, the rest is refused plainly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.remote import program
from evalkit.extractors.worker import process
from evalkit.options import Running
from evalkit.workflows.running.run import run_extractor

ONLY_UNIX = (
    *("fork", "forkpty", "getpgid", "getuid", "killpg", "register_at_fork", "sched_getaffinity", "set_blocking"),
    *("setpgid", "setsid", "sync", "waitid", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "WNOHANG"),
)
"""What `os` does not have on Windows."""

SIGNALS = ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1")

COMMANDS = f"""
import importlib, os, pkgutil, signal, sys
# Of other packages, what they need at import is there still.
import asyncio, multiprocessing, selectors, subprocess, tempfile, uuid
import datasets, onnxruntime, pandas, pyarrow.parquet, rich.console, scipy.optimize, tokenizers
for module, names in ((os, {ONLY_UNIX}), (signal, {SIGNALS})):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
import evalkit
for module in pkgutil.walk_packages(evalkit.__path__, "evalkit."):
    if module.name != "evalkit.__main__":
        importlib.import_module(module.name)
from evalkit.cli.main import main
trivial = ["run", "--model", "trivial", "--limit", "2", "--resamples", "0", "--no-floor", "--out", "run"]
gate = ["gate", "run", "--baseline", "base.json"]
copy = ["dataset", "convert", "news-gold", "gold", "--to", "hf"]
build = ["dataset", "build", "gold", "--out", "gold", "--corpus", "corpus"]
for command in (trivial, trivial, [*gate, "--update"], gate, copy, build, build):
    status = main(command)
    if status:
        sys.exit(f"{{command}} ended with {{status}}")
"""


def test_everything_is_imported_and_the_commands_work(tmp_path: Path) -> None:
    environment = {**os.environ, "EVALKIT_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr


def test_a_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "sys", SimpleNamespace(platform="win32"))
    with pytest.raises(InputError, match=r"programs cannot be run on Windows.*give http://HOST/PATH"):
        program.load_program(f"cmd:{sys.executable} -c pass")


def test_a_time_limit_for_a_function_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "hindrance", lambda: "this system has no processes as POSIX has them")
    with pytest.raises(ExtractorError, match="cannot be stopped after 1 s"):
        run_extractor(lambda article: [], running=Running(article_timeout=1.0))
