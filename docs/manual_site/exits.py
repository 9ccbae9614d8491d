"""The exit statuses, and which error ends a command with which."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getdoc

from evalkit import errors
from manual_site.markdown import code, plain, table

__all__ = ["STATUSES", "exits_page"]

STATUSES = {
    0: "Done. Articles that failed are named; they count as missed.",
    1: "A check failed: the gate, `--fail-on`, `validate`, `selftest`. Or every article failed, or more than "
    "`--max-failures`, or nothing could be evaluated.",
    2: "Wrong usage, or input that cannot be used: one line says what, where, and what to do. Nothing is half written.",
    3: "A gate cannot tell: what fell is more than allowed, and too little to be told from noise.",
    130: "Interrupted. A run keeps what it has, says how much that is, and names the command that goes on.",
    143: "Ended by SIGTERM, as above.",
}
"""Status → when; a test has a command end with each."""

_INTRO = """\
# Exit statuses

Every command ends with one of these. A pipe that somebody closes is no failure.
"""
_ERRORS = """
## Errors

In Python what is wrong is raised: a subclass of `EvalkitError`, whose text is the line that a command prints.
"""


def exits_page() -> str:
    """The page: the statuses, then the tree of errors with the status of each."""
    rows = [(str(status), plain(when)) for status, when in STATUSES.items()]
    tree = [
        (f"{'  ' * depth}{code(kind.__name__)}", str(kind.exit_status), plain((getdoc(kind) or "").partition("\n")[0]))
        for kind, depth in _below(errors.EvalkitError, 0)
        if kind.__name__ in errors.__all__
    ]
    return _INTRO + table(("status", "when"), rows) + _ERRORS + table(("error", "status", "when"), tree)


def _below(kind: type[errors.EvalkitError], depth: int) -> Iterator[tuple[type[errors.EvalkitError], int]]:
    yield kind, depth
    for own in sorted(kind.__subclasses__(), key=lambda one: one.__name__):
        yield from _below(own, depth + 1)
