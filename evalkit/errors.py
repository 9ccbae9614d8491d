"""Every error that evalkit raises on purpose.

::

    EvalkitError                 base: one line for people, exit status 2
    ├── InputError               a file, record or value that cannot be used (what, where, value, what to do)
    │   ├── OffsetError          a span that does not fit its text (names the likely cause)
    │   ├── LabelError           a label outside the inventory
    │   └── FormatError          a file that is not in the format it claims
    ├── UnknownNameError         a model, task, convention, format or reporter nobody registered
    ├── MissingExtraError        an optional dependency is absent (says which command installs it)
    ├── ExtractorError           the system under test failed as a whole
    └── OutputError              a result that cannot be written
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "EvalkitError",
    "ExtractorError",
    "FormatError",
    "InputError",
    "LabelError",
    "MissingExtraError",
    "OffsetError",
    "OutputError",
    "UnknownNameError",
]


class EvalkitError(Exception):
    """Base of the tree; `str(error)` is one line fit for a terminal, without secrets.

    Attributes:
        exit_status: of a command that it ends.
    """

    exit_status = 2

    def __str__(self) -> str:
        """What is wrong, where, and what to do."""
        from evalkit.harmless import MESSAGE, clean, shortened
        from evalkit.secrets import redacted

        said = shortened(clean(redacted(super().__str__())))
        # A message ends in what to do, so what is too long in it is cut out of its middle.
        return said if len(said) <= MESSAGE else f"{said[: MESSAGE // 2]} […] {said[-MESSAGE // 2 :]}"


class InputError(EvalkitError):
    """Something that was read cannot be used."""


class OffsetError(InputError):
    """A span does not fit the text it points into."""


class LabelError(InputError):
    """A label is not in the label inventory."""


class FormatError(InputError):
    """A file is not in the format it was read as."""


class UnknownNameError(EvalkitError):
    """A name is not registered; the message lists the known ones and a near match."""


class MissingExtraError(EvalkitError):
    """An optional dependency is not installed; the message holds the command that installs it."""


class ExtractorError(EvalkitError):
    """The system under test cannot be used at all (one failed article is not this)."""


class OutputError(EvalkitError):
    """A result cannot be written where it was asked for."""


def describe_error(error: BaseException) -> str:
    """An error of foreign code in one line, with the place in that code where it arose."""
    import traceback
    from pathlib import Path

    from evalkit.secrets import redacted

    kind = type(error).__name__
    said = redacted(one_line(error))[:300]
    what = f"{kind}: {said}" if said else kind
    if isinstance(error, SyntaxError):
        return what
    frames = traceback.extract_tb(error.__traceback__)
    if is_unset_variable(error):
        what = f"the environment variable {said} is not set"
    # What the code calls tells less of it than where it calls that: its own files first, then those of packages.
    frame = max(reversed(frames), key=lambda frame: _ownness(frame.filename), default=None)
    return what if frame is None else f"{what} ({Path(frame.filename).name}:{frame.lineno})"


def is_unset_variable(error: BaseException) -> bool:
    """Whether code asked for a variable of the environment that is not set."""
    import os

    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    asked = None if trace is None else trace.tb_frame.f_locals.get("self")
    return isinstance(error, KeyError) and asked is os.environ


def _ownness(file: str) -> int:
    """2 for a file of somebody's own, 1 for one of an installed package, 0 for one of Python or evalkit."""
    import os
    from pathlib import Path

    path = Path(file)
    if {"site-packages", "dist-packages"} & set(path.parts):
        return 1
    own = {Path(os.__file__).parent, Path(__file__).parent}
    return 0 if file.startswith("<frozen ") or own & set(path.parents) else 2


def one_line(error: BaseException) -> str:
    """What an error says, in one line that can be written as UTF-8; empty if it cannot even say it."""
    try:
        text = " ".join(str(error).split())
    except KeyboardInterrupt:
        raise
    except BaseException:
        return ""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def interruption_of(error: BaseException) -> KeyboardInterrupt | None:
    """The interrupt that an error came of, if it did: whoever interrupts a lock may get its complaint in place of that.

    `threading.Condition` lets go of its lock while it waits; an interrupt at that very moment comes out of it as
    `RuntimeError: release unlocked lock`, and an interrupted import as an `ImportError`.
    """
    seen: set[int] = set()
    before: BaseException | None = error
    while before is not None and id(before) not in seen:
        if isinstance(before, KeyboardInterrupt):
            return before
        seen.add(id(before))
        before = before.__cause__ or before.__context__
    return None


@contextmanager
def guarded(what: str, *, kind: type[EvalkitError] = EvalkitError, remedy: str = "mend it") -> Iterator[None]:
    """Stands round a call of code that others wrote: whatever it raises is one error that names it.

    That is also what asks to end the process (`SystemExit`), as the result would be missing and nobody would know.
    Nothing is to be yielded inside, as a generator that is left raises too.

    Args:
        what: the code and what it did, such as `form 'odd' failed`.
        kind: the error that is raised in place of others.
        remedy: what to do.

    Raises:
        EvalkitError: the code raised one, or raised anything else, which is then of `kind`.
        KeyboardInterrupt: somebody interrupted it.
    """
    try:
        yield
    except (EvalkitError, KeyboardInterrupt):
        raise
    except BaseException as error:
        remedy = "set it" if is_unset_variable(error) else remedy
        raise kind(f"{what}: {describe_error(error)}; {remedy}") from error
