"""What spaCy 2 was trained on, as NER Annotator and many a script write it: texts with their entities, in pairs.

::

    [["Ola left.", {"entities": [[0, 3, "PER"]]}], …]           or one pair a line
    {"classes": ["PER"], "annotations": [["Ola left.", {"entities": [[0, 3, "PER"]]}], null]}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError

__all__ = ["is_training_data", "training_rows"]

_PAIRS = re.compile(rb'\s*(\[\s*\[\s*"|\[\s*"|\{\s*"(classes|annotations)"\s*:\s*\[)')


def is_training_data(begin: bytes) -> bool:
    """Whether a file begins so."""
    return _PAIRS.match(begin.removeprefix(b"\xef\xbb\xbf")) is not None and b'"entities"' in begin


def training_rows(content: bytes, path: Path, problems: list[FormatError]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each pair as `Doc.to_json` has it, with its place; of a broken file as much as is one.

    Raises:
        FormatError: it is no JSON.
    """
    for where, pair in _pairs(content.removeprefix(b"\xef\xbb\xbf"), path):
        if pair is None:
            # A text that was skipped.
            continue
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], dict):
            problems.append(FormatError(f"{where}: is {str(pair)[:60]}, not a text and its entities; mend it"))
            continue
        given = pair[1].get("entities")
        ents = [_entity(one) for one in given] if isinstance(given, list) else []
        yield where, {"text": pair[0], "cats": pair[1].get("cats"), "ents": ents}


def _pairs(content: bytes, path: Path) -> Iterator[tuple[str, Any]]:
    from evalkit.files import parse_json

    lines = [(number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    if re.match(rb'\s*\[\s*"', content):
        yield from ((f"{path}:{number}", parse_json(line, f"{path}:{number}")) for number, line in lines)
        return
    value = parse_json(content, path)
    several = value.get("annotations") if isinstance(value, dict) else value
    yield from ((f"{path}[{number}]", pair) for number, pair in enumerate(several if isinstance(several, list) else ()))


def _entity(given: object) -> Mapping[str, Any]:
    return dict(zip(("start", "end", "label"), given if isinstance(given, list) else (), strict=False))
