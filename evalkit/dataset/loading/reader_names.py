"""What readers are called: other names for some of them, and names that are somebody's e-mail address.

Annotation tools know people by their addresses, so these become the names of readings, and stand in every file of the
dataset and in its card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from evalkit.errors import InputError
from evalkit.formats.base import Claims
from evalkit.records import Example
from evalkit.registry import unknown_name
from evalkit.showing import number_of

__all__ = ["address_notes", "addresses", "check_renames", "renamed_claims", "renamed_readers"]

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_SHOWN = 3


def addresses(names: Iterable[str]) -> list[str]:
    """Those of some names that look like e-mail addresses, sorted, each once."""
    return sorted({name for name in names if _ADDRESS.fullmatch(name)})


def address_notes(names: Iterable[str]) -> list[str]:
    """The note on readers who are called by their address."""
    found = addresses(names)
    if not found:
        return []
    looks = number_of(len(found), "reader is called", "readers are called")
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return [
        f"{looks} by what looks like an e-mail address ({', '.join(found[:_SHOWN])}{more}), which stands in every file "
        f"that they read; --rename-annotator {found[0]}=NAME gives another name"
    ]


def check_renames(names: Mapping[str, str], met: Iterable[str]) -> None:
    """Refuses names that mean nothing.

    Args:
        names: the new name of a reader by the old one.
        met: the readers that there were, before any was renamed.

    Raises:
        InputError: a new name is empty, or nobody read anything.
        UnknownNameError: nobody is called so; nor, as after the same command before, by the new name.
    """
    known = sorted(set(met))
    for old, new in names.items():
        if not new.strip():
            raise InputError(f"reader {old!r:.80} has no new name; write --rename-annotator OLD=NEW")
        if not known:
            raise InputError(f"no article has readings of annotators, so {old!r:.80} is none; leave it out")
        if old not in known and new not in known:
            raise unknown_name("annotator", old, known)


def renamed_readers(examples: Iterable[Example], names: Mapping[str, str]) -> list[Example]:
    """The examples with other names for some readers.

    Args:
        examples: what was read together; one article may stand in several of them.
        names: the new name of a reader by the old one.

    Raises:
        InputError: two readers of one article would have one name.
    """
    told: dict[tuple[str, str], str] = {}
    done = []
    for example in examples:
        for old in example.readings if names else ():
            new = names.get(old, old)
            if (other := told.setdefault((example.article.id, new), old)) != old:
                raise InputError(
                    f"article {example.article.id!r:.80} was read by {other!r:.80} and by {old!r:.80}, who cannot both "
                    f"be called {new!r:.80}; give each a name of its own"
                )
        if names.keys() & example.readings.keys():
            readings = {names.get(name, name): own for name, own in example.readings.items()}
            example = replace(example, readings=dict(sorted(readings.items())))
        done.append(example)
    return done


def renamed_claims(claims: Claims, names: Mapping[str, str]) -> Claims:
    """What a file says besides some readings, by the new names of the readers."""
    if not names.keys() & claims.readings.keys():
        return claims
    return replace(claims, readings={names.get(name, name): own for name, own in claims.readings.items()})
