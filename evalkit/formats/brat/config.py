"""`annotation.conf`: the types that annotators could have used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["Types", "config_text", "parse_config"]

_SECTION = re.compile(r"\[([\w-]+)\]\s*$")
_ROLE = re.compile(r"([^\s:,?*+{]+)[?*+]?(?:\{[^}]*\})?:")
_NO_TYPE = ("#", "!", "<", "-----")
"""How lines begin that are comments, headings, macros and rules, or separators."""


class Types(NamedTuple):
    """The types that a configuration names.

    Attributes:
        all: of marks, events, relations, and the roles of events.
        roles: of these those that are roles of events.
    """

    all: frozenset[str]
    roles: frozenset[str]


def parse_config(content: str) -> Types:
    """What a configuration says; what it says otherwise than brat is left aside, as it decides nothing."""
    types, roles, section = set[str](), set[str](), ""
    for line in content.removeprefix("\ufeff").splitlines():
        text = line.strip()
        if header := _SECTION.match(text):
            section = header[1].lower()
        elif text and not text.startswith(_NO_TYPE) and section not in ("", "attributes"):
            name, _, rest = text.partition("\t") if "\t" in text else text.partition(" ")
            # What stands after a bar is another name for people, or a number in an ontology.
            types.add(name.partition("|")[0].strip())
            if section == "events":
                roles.update(_ROLE.findall(rest))
    return Types(frozenset(types | roles) - {""}, frozenset(roles))


def config_text(
    *,
    places: Iterable[str],
    relations: Iterable[str],
    events: Mapping[str, Iterable[str]],
    attributes: Mapping[str, Iterable[str]],
) -> str:
    """A configuration with which brat shows and edits such annotations.

    Args:
        places: types of marks that are no events.
        relations: types of links.
        events: types of events, each with its roles.
        attributes: names of features with their values; without one it is only true.
    """
    lines = ["[entities]", *sorted(places), "", "[relations]"]
    # Marks in one place, in another and across its edge are all allowed.
    lines += ["<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>"]
    lines += [f"{name}\tArg1:<ANY>, Arg2:<ANY>" for name in sorted(relations)]
    lines += ["", "[events]"]
    for name, roles in sorted(events.items()):
        lines.append("\t".join([name, ", ".join(f"{role}*:<ANY>" for role in sorted(roles))]).rstrip())
    lines += ["", "[attributes]"]
    for name, values in sorted(attributes.items()):
        listed = "|".join(sorted(values))
        lines.append(f"{name}\tArg:<ANY>" + (f", Value:{listed}" if listed else ""))
    return "\n".join(lines) + "\n"
