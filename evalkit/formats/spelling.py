"""When two spellings are one label: one rule for files of any format, for datasets of the hub and for answers of code.

Labels that differ in case, in blanks around or between their words (an underscore is one), or in what goes before them
in tags and exports (`B-PER`, `label:PER`) are one label. It is spelled as the gold spells it, or as its `labels.toml`
does; what the gold tells apart stays apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["LABEL_CASE", "gold_spelling", "label_key", "respelled"]

LABEL_CASE = "fold (default) reads labels that differ only in case as one, keep does not."
"""The help of the setting `label_case` of formats that have it."""

_BLANKS = re.compile(r"[\s_]+")
_BEFORE = re.compile(r"(?:[BIESLUMbieslum][-_]|(?:label|entity|ner|ne|tag)\s*[:=]\s*)+", re.IGNORECASE)


def label_key(label: str) -> str:
    """What two spellings of one label have in common, whatever their case and blanks."""
    return _BLANKS.sub("_", label.strip()).casefold()


def respelled(labels: Iterable[str], known: Iterable[str], *, keep_case: bool = False) -> dict[str, str]:
    """How a known label is spelled, for the labels that are one in another spelling; others are not in it.

    A label that may be two of the known ones stays as it is.

    Args:
        labels: any labels.
        known: those that there are.
        keep_case: whether labels that differ in nothing but case are two.
    """
    spellings: dict[str, list[str]] = {}
    names = set(known)
    for name in names:
        spellings.setdefault(label_key(name), []).append(name)
    found: dict[str, str] = {}
    for label in set(labels) - names:
        bare = _BEFORE.sub("", label.strip(), count=1) if _BEFORE.match(label.strip()) else label
        for key in (label_key(label), label_key(bare)):
            if key and len(spellings.get(key, ())) == 1:
                found[label] = spellings[key][0]
                break
    return _but_case(found) if keep_case else found


def _but_case(spelling: Mapping[str, str]) -> dict[str, str]:
    return {label: name for label, name in spelling.items() if label.casefold() != name.casefold()}


def gold_spelling(counts: Mapping[str, int], *, keep_case: bool = False) -> dict[str, str]:
    """How gold mostly spells its labels, for the labels that it also spells in another way."""
    spelled: dict[str, str] = {}
    for label in sorted(counts, key=lambda one: (-counts[one], one)):
        spelled.setdefault(label_key(label), label)
    found = {label: spelled[label_key(label)] for label in counts if spelled[label_key(label)] != label}
    return _but_case(found) if keep_case else found
