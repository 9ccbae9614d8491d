"""Files of earlier versions, brought up to the form of this one, step by step.

Whoever writes a file has beside its shape a list of steps: the first makes version 2 of version 1, and so on. So a step
is written once, when a key changes its meaning or leaves, and never touched again; what reads the file knows the newest
form alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from reprlib import repr as shortened
from typing import Any

from evalkit.errors import FormatError

__all__ = ["Step", "brought_up"]

Step = Callable[[Mapping[str, Any], str], Mapping[str, Any]]
"""From the JSON of a version to that of the next, given where it stands; raises `FormatError` if it is damaged."""


def brought_up(data: Mapping[str, Any], *, what: str, steps: Sequence[Step], where: str, remedy: str) -> Any:
    """The JSON values in the newest version, which is one more than there are steps; they are left as they are.

    Args:
        data: JSON values with a `version`.
        what: the word for what they are, such as `result`.
        steps: what makes version 2, then 3, and so on.
        where: the file, for messages.
        remedy: what to do about a version that nobody can read.

    Raises:
        FormatError: the version is later than this evalkit, or none at all, or a step finds damage.
    """
    version, newest = data.get("version"), len(steps) + 1
    if type(version) is not int or not 1 <= version <= newest:
        known = str(newest) if newest == 1 else f"1 to {newest}"
        raise FormatError(f"{where}: {what} version {shortened(version)}, this evalkit reads {known}; {remedy}")
    for number, step in enumerate(steps[version - 1 :], version + 1):
        data = {**step(data, where), "version": number}
    return data
