"""Which text of a task was annotated: the key of its data, as the options, the configuration or the regions say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.labelstudio.configuration import Configuration
from evalkit.formats.labelstudio.tasks import Task, annotations_of, listed
from evalkit.formats.standoff.proof import AS_IT_IS, LINE_FEEDS_ESCAPED
from evalkit.options import ReadOptions

__all__ = ["TEXT_KEY", "text_key_of"]

TEXT_KEY = "text_key"
"""The setting that names the key of the data whose text was annotated."""

LOOKED_AT = 50
"""So many tasks tell which text of the data was annotated."""


def text_key_of(
    path: Path, tasks: Sequence[tuple[str, Task]], configuration: Configuration, options: ReadOptions
) -> str:
    """The key of the data whose text was annotated.

    Args:
        path: the file, for messages.
        tasks: its tasks.
        configuration: that of the project, as far as it is known.
        options: may name the key.

    Raises:
        FormatError: there are several texts, and nothing tells which it was.
    """
    if TEXT_KEY in options.values:
        return options.values[TEXT_KEY]
    looked_at = [task for _, task in tasks[:LOOKED_AT]]
    votes: Counter[str] = Counter(
        key
        for task in looked_at
        for name in _places_of(task)
        if (key := configuration.texts.get(name, name)) in task["data"]
    )
    if votes:
        return votes.most_common(1)[0][0]
    texts: list[str] = [
        key
        for key in dict.fromkeys(key for task in looked_at for key in task["data"])
        if all(isinstance(task["data"].get(key, ""), str) for task in looked_at)
    ]
    shown = [key for key in texts if key in configuration.texts.values()]
    for keys in (shown, [key for key in texts if key == "text"], texts):
        if len(keys) == 1:
            return keys[0]
    fits = Counter({key: sum(_regions_that_fit(task, key) for task in looked_at) for key in texts})
    best = fits.most_common(2)
    if best and best[0][1] > (best[1][1] if len(best) > 1 else 0):
        return best[0][0]
    if not looked_at:
        return "text"
    raise FormatError(
        f"{path}: the tasks have {'no text' if not texts else 'several texts'} in their data "
        f"({', '.join(map(repr, texts or looked_at[0]['data'])):.200}); name the one that was annotated with "
        "--text-key"
    )


def _results_in(task: Task) -> list[Mapping[str, Any]]:
    made = [*annotations_of(task), *listed(task, "predictions")]
    return [
        result
        for annotation in made
        if isinstance(annotation, dict)
        for result in listed(annotation, "result")
        if isinstance(result, dict) and isinstance(result.get("value"), dict)
    ]


def _places_of(task: Task) -> list[str]:
    """The names of what the regions of a task lie in."""
    return [
        str(result["to_name"]) for result in _results_in(task) if "start" in result["value"] and "to_name" in result
    ]


def _regions_that_fit(task: Task, key: str) -> int:
    """How many regions of a task stand in one of its texts where they say."""
    text, fitting = task["data"].get(key, ""), 0
    for result in _results_in(task):
        value = result["value"]
        start, end, said = value.get("start"), value.get("end"), value.get("text")
        if isinstance(start, int) and isinstance(end, int) and isinstance(said, str) and 0 <= start < end:
            fitting += AS_IT_IS.written(text[start:end]) == said or LINE_FEEDS_ESCAPED.written(text[start:end]) == said
    return fitting
