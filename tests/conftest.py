"""What holds for all tests: examples, data beside the repository, interrupts that are heard, no idle work.

How long an example takes says something of the machine, nothing of the code. The examples of hypothesis are the same
each time, so that a test which fails does so for everybody; `EVALKIT_EXAMPLES=searching` looks for
others, and more of them.
"""

from __future__ import annotations

import compileall
import gc
import os
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

import evalkit

SHARED = Path(os.environ.get("EVALKIT_SHARED", Path(__file__).parents[2] / "shared"))
"""Data that no repository holds; what needs it is skipped where it is not."""

settings.register_profile("evalkit", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("searching", deadline=None)
settings.load_profile(os.environ.get("EVALKIT_EXAMPLES", "evalkit"))
if "EVALKIT_EXAMPLES" not in os.environ:
    # Each worker would parse every module of evalkit and of its tests for constants that may be worth a try.
    providers.is_local_module_file = lambda path: False

# A shell has what it starts in the background ignore SIGINT, and so would all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Thousands of processes are started. Where none may keep what it compiled, each would compile evalkit again.
if "PYTEST_XDIST_WORKER" not in os.environ:
    compileall.compile_dir(Path(evalkit.__file__).parent, quiet=2, workers=0)

# What is collected stays until the end: looking through it for garbage, again and again as it grows, finds nothing.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
