"""`evalkit run --suite FILE`: models × datasets × variants, gone on with where it stopped."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import click

from evalkit.cli.options import given
from evalkit.cli.progress import shown_progress
from evalkit.cli.show import Shown, advise, show, status_of, warn
from evalkit.errors import interruption_of
from evalkit.options import Running

__all__ = ["run_the_suite"]

_BESIDE = {
    *(
        "suite",
        "out",
        "workers",
        "executor",
        "address",
        "batch_size",
        "no_cache",
        "restart",
        "keep_failed",
        "max_failures",
        "no_floor",
        "mlflow",
    ),
    *("article_timeout", "max_cost", "max_tokens", "to", "as_json", "files", "form"),
}
"""What may stand beside `--suite`: how runs are made, and where the result is shown; the rest stands in the file."""


def run_the_suite(suite: Path, running: Running, form: Shown, *, baseline: bool) -> int:
    """Runs a suite, shows what became of it, and gives the exit status: 1 if a run failed."""
    from evalkit.workflows.running.suite import run_suite

    parameters = [str(one.name) for one in click.get_current_context().command.params]
    if odd := given(*(name for name in parameters if name not in _BESIDE)):
        raise click.UsageError(_about_one_run(odd[0], suite))
    with shown_progress(suite.name) as watched:
        running = replace(running, progress=watched.progress, standing=watched.standing)
        at: list[str] = []

        def began(line: str) -> None:
            at[:] = [line]
            warn(line)

        try:
            done = run_suite(suite, baseline=baseline, running=running, began=began)
        except BaseException as stop:
            if (interrupt := interruption_of(stop)) is not None:
                notes = "".join(f"; {note}" for note in getattr(interrupt, "__notes__", ()))
                anew = "" if running.cache else "; --no-cache extracts finished runs again, without it they are kept"
                stopped = f" at {at[0]}{notes}{anew}; to go on:" if at else " before the first run; to begin again:"
                advise(interrupt, stopped, _again())
            raise
    show(done, form)
    return status_of(done.shortfall)


def _about_one_run(name: str, suite: Path) -> str:
    """What is said of an option that a suite does not take, and where the same is said in its file, if it may be."""
    from evalkit.predictions.suites.file import SUITE_WORDS

    command = click.get_current_context().command
    option = max(next(one.opts for one in command.params if one.name == name), key=len)
    if name in ("model", "dataset", "settings", "scoring_map") or name in SUITE_WORDS:
        return f"{option} is about one run; with --suite it stands in {suite}"
    return f"{option} is about one run; a suite does without"


def _again() -> str:
    """The command as it was typed; asked to begin anew it would do so once more."""
    from evalkit.secrets import redacted_command

    typed = click.get_current_context().find_root().obj or ()
    return shlex.join(["evalkit", *redacted_command(word for word in typed if word != "--restart")])
