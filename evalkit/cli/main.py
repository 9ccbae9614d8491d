"""The `evalkit` command: a table of commands, each imported when it is called."""

from __future__ import annotations

import atexit
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from evalkit.cli.lazy import LazyGroup
from evalkit.errors import EvalkitError, interruption_of
from evalkit.harmless import clean
from evalkit.report.forms.console import clean_stream, clean_streams
from evalkit.version import __version__

__all__ = ["main"]

COMMANDS = {
    "run": ("evalkit.cli.run:run_command", "Run an extractor over gold and score it."),
    "extract": ("evalkit.cli.extract:extract_command", "Run an extractor over a raw article."),
    "merge": ("evalkit.cli.merge:merge_command", "Make one run of the shards that machines made of it."),
    "score": ("evalkit.cli.score:score_command", "Score predictions made elsewhere, or a run again."),
    "report": ("evalkit.cli.report:report_command", "Write a run as Markdown, HTML, LaTeX, CSV, JSON or SVG."),
    "compare": ("evalkit.cli.compare:compare_command", "Compare runs over the same gold."),
    "explain": ("evalkit.cli.explain:explain_command", "Show what is wrong with a run, or with one article."),
    "view": ("evalkit.cli.view:view_command", "Make a page of runs, to look into every article."),
    "gate": ("evalkit.cli.gate:gate_command", "Stop a run that is worse than its baseline."),
    "leaderboard": ("evalkit.cli.leaderboard:leaderboard_command", "Rank runs, where they can be compared."),
    "comment": ("evalkit.cli.comment:comment_command", "Post what a gate says on a pull request, in its place."),
    "init": ("evalkit.cli.init:init_command", "Give a project its settings, a workflow and a first baseline."),
    "runs": ("evalkit.cli.runs:runs_command", "List what has been run: how far, how good, how to go on."),
    "dataset": ("evalkit.cli.dataset.group:dataset_group", "Keep gold: build, check, divide, compare and mend it."),
    "cache": ("evalkit.cli.cache:cache_group", "Look at what is kept of answers of extractors, or make room."),
    "models": ("evalkit.cli.models:models_command", "List the extractors that can be run here."),
    "doctor": ("evalkit.cli.doctor:doctor_command", "Say what is installed, which settings count and what is wrong."),
    "completion": ("evalkit.cli.completion:completion_command", "Have a shell complete commands and their options."),
    "selftest": ("evalkit.cli.selftest:selftest_command", "Check the invariants of scoring conventions (a minute)."),
}
"""Name → where the command is, and its line in the help; the order of the help."""


YOUNG = 100_000
"""So many objects more than before, and cycles among them are looked for."""
_TERMINATED, _STOPPED = "terminated", "stopped"


class _Commands(LazyGroup):
    """The commands of `COMMANDS`."""

    def invoke(self, ctx: click.Context) -> Any:
        """What the command gives; where somebody interrupts it, click writes an empty line, which is for people."""
        try:
            return super().invoke(ctx)
        except TerminatedError as stop:
            return _stopped(stop)


@click.group(cls=_Commands, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="evalkit")
def cli() -> None:
    """Measure how well extractors find entities, quotes and stance in news articles.

    Exit status: 0 done, 1 a check failed, every article failed or nothing was evaluated, 2 wrong usage or input that
    cannot be used, 3 a gate cannot tell.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and gives back the exit status."""
    with clean_streams():
        return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
    from evalkit.cli.show import write

    try:
        if instruction := os.environ.get("_EVALKIT_COMPLETE"):
            from evalkit.cli.completion import complete

            return complete(cli, instruction)
        words = sys.argv[1:] if argv is None else list(argv)
        # A run keeps the command that made it.
        done: Any = cli.main(args=words, prog_name="evalkit", standalone_mode=False, obj=tuple(words))
    except EvalkitError as error:
        return _complain(str(error), error.exit_status)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        write(error.format_message() + "\n", aside=True)
        return error.exit_code
    except click.ClickException as error:
        return _complain(" ".join(error.format_message().split()) + _hint(error))
    except (KeyboardInterrupt, click.Abort) as stop:
        return _stopped(stop)
    except (Exception, SystemExit, GeneratorExit) as error:
        return _unforeseen(error) if interruption_of(error) is None else _stopped(error)
    return done if isinstance(done, int) else 0


def _stopped(stop: BaseException) -> int:
    """The exit status after an interrupt, and how to go on, where a command has noted that (`advise`)."""
    from evalkit.cli.show import advice_of, write

    interrupt = interruption_of(stop) or stop
    terminated = isinstance(interrupt, TerminatedError)
    message, command = advice_of(interrupt)
    _complain(f"{_TERMINATED if terminated else _STOPPED}{message}")
    if command:
        # On a line of its own, and whole: to be pasted.
        write(f"{clean(command)}\n", aside=True)
    return 143 if terminated else 130


def _unforeseen(error: BaseException) -> int:
    """The exit status for what no command raises on purpose; a fault of evalkit keeps its traceback."""
    from evalkit.errors import describe_error
    from evalkit.registry import blamed_plugin

    if plugin := blamed_plugin(error):
        return _complain(f"{plugin} failed: {describe_error(error)}; mend or uninstall the package that brings it")
    if isinstance(error, OSError):
        return _complain(f"{error.filename or 'input or output'}: {error.strerror or error}; check the path")
    if isinstance(error, Exception):
        raise error
    # evalkit exits nowhere below here: other code has, in place of giving what it was asked for.
    return _complain(f"there is no result, as something asked to exit: {describe_error(error)}", 1)


def _complain(message: str, status: int = 2) -> int:
    from evalkit.cli.show import complain

    complain(message)
    return status


def _hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see {context.command_path} --help)" if context is not None else ""


class TerminatedError(KeyboardInterrupt):
    """Somebody asked the process to end: an interrupt, for whoever has to stop."""


def _end(number: int, frame: object) -> None:
    raise TerminatedError


class _Output(io.FileIO):
    """A stream whose reader may have gone, as `head` does: that is no failure, and no reason not to finish."""

    def write(self, data: Any) -> int:
        """All of the data, whether somebody reads it or not."""
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


def _for_others(stream: Any) -> Any:
    """The stream for a terminal that knows few characters, which get a question mark, and for a reader who goes."""
    if stream is None:
        # It was closed before we were started.
        return open(os.devnull, "w", encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    try:
        number, terminal = stream.fileno(), stream.isatty()
    except (OSError, ValueError):
        return stream
    if terminal:
        stream.reconfigure(errors="replace")
        return stream
    buffer = io.BufferedWriter(_Output(number, "w", closefd=False))
    return io.TextIOWrapper(buffer, encoding=stream.encoding, errors="replace", write_through=number == 2)


@contextmanager
def _no_way_out() -> Iterator[None]:
    """Has code of others that would end this process at once, with any status, raise here: the result would be missing.

    What is forked off may end as it likes.
    """
    end, own = os._exit, os.getpid()

    def refuse(status: int) -> NoReturn:
        if os.getpid() != own:
            end(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = end


def run() -> None:
    """The entry point of the installed script."""
    # Starting makes a hundred thousand objects that stay, and the usual threshold looks through them all the time.
    gc.set_threshold(YOUNG)
    sys.stdout = clean_stream(_for_others(sys.stdout))
    sys.stderr = clean_stream(_for_others(sys.stderr), messages=True)
    signal.signal(signal.SIGTERM, _end)
    with _no_way_out():
        status = main()
    # What there is to say is said: whoever asks again is obeyed at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    try:
        sys.stdout.flush()
    except OSError as error:
        if status != 2:
            status = _complain(f"standard output: {error.strerror or error}; make room, or write elsewhere")
        # What is left would be written, and fail, once more at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _leave(status)


def _leave(status: int) -> NoReturn:
    """Ends the process: what there was to do is done.

    What Python would do then takes longer than many a command: it takes every object apart, and waits for threads that
    somebody left behind. Who measures or traces it has the usual end.
    """
    if sys.getprofile() is not None or sys.gettrace() is not None:
        sys.exit(status)
    with suppress(OSError):
        sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(status)
