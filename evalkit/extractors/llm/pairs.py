"""The stances of given holder-target pairs: one question about all of them, and the labels in its answer.

An article in several windows is asked about window by window. A pair is asked about where one of the names of its
target stands, else where one of its holder does, else in the first window. Its label is the one that most windows gave,
neutral aside where any took a side; neutral where favor and against are equal.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.extractors.base import UNLABELLED, StancePair
from evalkit.extractors.llm.grounding import plain
from evalkit.extractors.llm.schema import json_object, schema_object
from evalkit.extractors.llm.written_json import small_named
from evalkit.records import AUTHOR, STANCE_LABELS, TOPIC_PREFIX

__all__ = ["PairAnswer", "elected", "list_pairs", "pairs_schema", "read_pairs", "share_out"]


class PairAnswer(NamedTuple):
    """The labels of an answer by number of the pair, how many of its items could not be read, and other counts."""

    labels: Mapping[int, str]
    malformed: int
    counts: Mapping[str, int]


def pairs_schema() -> dict[str, Any]:
    """The JSON schema of an answer, in the subset that strict mode allows."""
    label = {"type": "string", "enum": list(STANCE_LABELS)}
    item = schema_object({"pair": {"type": "integer"}, "label": label})
    return schema_object({"stances": {"type": "array", "items": item}})


def list_pairs(pairs: Mapping[int, StancePair]) -> str:
    """The pairs with their numbers, one a line; each side with its names in the article, the longest first."""
    lines = []
    for number, pair in pairs.items():
        holder = "the author of the article" if pair.holder == AUTHOR else _named(pair.holder, pair.holder_mentions)
        lines.append(f"{number}. holder: {holder}; target: {_named(pair.target, pair.target_mentions)}")
    return "\n".join(lines)


def _named(key: str, mentions: Sequence[str]) -> str:
    names = sorted({" ".join(name.split()) for name in mentions}, key=lambda name: (-len(name), name))
    # JSON marks where a name ends, whatever is in it.
    quoted = [json.dumps(name, ensure_ascii=False) for name in names if name]
    return " or ".join(quoted) or json.dumps(key.removeprefix(TOPIC_PREFIX).replace("-", " "), ensure_ascii=False)


def read_pairs(content: str, numbers: Sequence[int]) -> PairAnswer:
    """The labels in what a model wrote; of several for one pair the first stands.

    Raises:
        FormatError: it holds no JSON object with a list of stances.
    """
    answer, counts = json_object(content, ["stances"])
    items = answer.get("stances")
    if not isinstance(items, list):
        raise FormatError(f"its JSON has no list 'stances'; it has {', '.join(map(repr, answer)) or 'nothing'}"[:200])
    labels: dict[int, str] = {}
    malformed = 0
    for item in items:
        number, label = _number_and_label(item)
        if number in numbers and number not in labels and label in STANCE_LABELS:
            labels[number] = label
        else:
            malformed += 1
    return PairAnswer(labels, malformed, counts)


def _number_and_label(item: object) -> tuple[int, str]:
    named = small_named(item) if isinstance(item, Mapping) else {}
    number, label = named.get("pair"), named.get("label")
    if isinstance(number, str) and re.fullmatch(r"[0-9]{1,9}", number.strip()):
        number = int(number)
    return number if type(number) is int else 0, label.strip().lower() if isinstance(label, str) else ""


def share_out(pairs: Sequence[StancePair], texts: Sequence[str]) -> list[dict[int, StancePair]]:
    """For each window the pairs that it is asked about, with their numbers from 1 on.

    Args:
        pairs: all pairs of an article.
        texts: what is shown in each window.
    """
    shares: list[dict[int, StancePair]] = [{} for _ in texts]
    folded = [plain(text, case=True) for text in texts]
    for number, pair in enumerate(pairs, 1):
        for names in (pair.target_mentions, pair.holder_mentions):
            forms = [form for form in (plain(name, case=True) for name in names) if form]
            places = [at for at, text in enumerate(folded) if any(form in text for form in forms)]
            if places:
                break
        for at in places or [0]:
            shares[at][number] = pair
    return shares


def elected(votes: Sequence[str]) -> str:
    """The label that a pair has after the votes of some windows; `UNLABELLED` without any."""
    counted = Counter(votes)
    favor, against = counted["favor"], counted["against"]
    if favor != against:
        return "favor" if favor > against else "against"
    return "neutral" if votes else UNLABELLED
