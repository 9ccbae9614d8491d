"""Names for the labels of a checkpoint, given by whoever runs it: `LABEL_0=O,LABEL_1=B-PER`, or lines of a TOML file.

A token classifier names its tags in `id2label` of its config.json. Many do not: their labels are then `LABEL_0`,
`LABEL_1` …, of which nobody can tell what they mean, and some have no `O` for what is outside of every entity. They are
run once the setting `labels` says what is what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from evalkit.dataset.labels import load_inventory, load_label_map
from evalkit.errors import ExtractorError, InputError
from evalkit.registry import near_match

__all__ = ["read_names", "tag_names"]

_NUMBERED = re.compile(r"(label[ _-]?)?\d+", re.IGNORECASE)
_SHOWN = 6


def read_names(given: str, labels: Sequence[str], spec: str, *, value: str) -> Mapping[str, str | None]:
    """What the setting `labels` says of some labels: a name, or None where it says `false`.

    Args:
        given: the setting, as one line or the name of a TOML file; empty if there is none.
        labels: the labels of the checkpoint.
        spec: names the checkpoint in messages.
        value: what stands for the name in messages, such as `STANCE`.

    Raises:
        InputError: it cannot be read, or is about labels that there are not.
        FormatError: a TOML file that is no such map.
    """
    mapping: dict[str, str | None] = {}
    if given.endswith(".toml"):
        mapping = dict(load_label_map(given, load_inventory()).mapping)
    elif given:
        for entry in given.split(","):
            label, equals, name = (part.strip() for part in entry.rpartition("="))
            if not (label and equals and name):
                raise InputError(f"{spec}: option labels holds {entry!r}; write LABEL={value},LABEL={value}")
            mapping[label] = None if name == "false" else name
    for label in mapping:
        if label not in labels:
            near = near_match(label, list(labels))
            hint = f"; did you mean {near!r}?" if near else ";"
            raise InputError(f"{spec}: option labels maps {label!r}{hint} its labels are {', '.join(labels)}")
    return mapping


def tag_names(labels: Sequence[str], given: str, spec: str) -> list[str]:
    """The tag of each label of a token classifier: its own name, or what the setting `labels` says; `false` is `O`.

    Raises:
        InputError: the setting cannot be used.
        ExtractorError: labels without a name, none for what is outside, or none for an entity; says what to set.
    """
    mapping = read_names(given, labels, spec, value="TAG")
    tags = [(mapping[label] or "O") if label in mapping else label for label in labels]
    nameless = [label for label in labels if label not in mapping and _NUMBERED.fullmatch(label)]
    if nameless:
        raise ExtractorError(
            f"{spec}: its config.json does not say what {_listed(nameless)} mean; its model card may; "
            f"{_advised(given, nameless, 'O' in tags)} does"
        )
    if "O" not in tags:
        raise ExtractorError(
            f"{spec}: none of its labels {_listed(labels)} is O, for what is outside of every entity; "
            f"say which one is: --set labels={labels[0]}=O"
        )
    if set(tags) == {"O"}:
        raise ExtractorError(f"{spec}: its labels {_listed(labels)} are all O, so nothing would be found")
    return tags


def _advised(given: str, nameless: Sequence[str], has_outside: bool) -> str:
    """What to set: what is set already and the labels that are left, with made-up tags where none is set."""
    if given.endswith(".toml"):
        return f'a line such as {nameless[0]} = "B-PER" for each in {given}'
    if given:
        return f"--set labels={','.join([given, *(f'{label}=…' for label in nameless)])}"
    tags = ("B-PER", "I-PER") if has_outside else ("O", "B-PER")
    shown = ",".join(f"{label}={tag}" for label, tag in zip(nameless, tags, strict=False))
    return f"--set labels={shown}" + (",…" if len(nameless) > len(tags) else "")


def _listed(labels: Sequence[str]) -> str:
    more = " …" if len(labels) > _SHOWN else ""
    return ", ".join(labels[:_SHOWN]) + more
