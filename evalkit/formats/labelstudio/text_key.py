"""Which text of a task was annotated: the key of its data, as the options, the configuration or the regions say.

A task may show several texts, such as a title and a body, each with regions of its own. One of them is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.labelstudio.configuration import Configuration
from evalkit.formats.labelstudio.tasks import Task, annotations_of, listed
from evalkit.formats.standoff.proof import AS_IT_IS, LINE_FEEDS_ESCAPED
from evalkit.options import ReadOptions

__all__ = ["TEXT_KEY", "TextChosen", "choose_text"]

TEXT_KEY = "text_key"
"""The setting that names the key of the data whose text was annotated."""

LOOKED_AT = 50
"""So many tasks tell which text of the data was annotated."""


@dataclass(frozen=True)
class TextChosen:
    """The text that is read, among those that the tasks show.

    Attributes:
        key: its key in the data.
        shown: the keys of other texts, and its own, by what regions call them, where that is another name.
        controls: what controls are about, for regions that do not say what they lie in.
    """

    key: str
    shown: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)

    def others(self, data: Mapping[str, Any], key: str) -> frozenset[str]:
        """What regions of a task lie in, if not in its text, which has this key."""
        if len(data) == 1 and not self.shown:
            return _NOTHING
        return frozenset(name for name in (*data, *self.shown) if self.shown.get(name, name) != key)

    def place_of(self, result: Mapping[str, Any]) -> str:
        """The name of what a region lies in; empty if nothing says it."""
        return str(result.get("to_name") or self.controls.get(str(result.get("from_name")), ""))


_NOTHING: frozenset[str] = frozenset()


def choose_text(
    path: Path, tasks: Sequence[tuple[str, Task]], configuration: Configuration, options: ReadOptions
) -> TextChosen:
    """The text that was annotated; of several that were, the one with the most regions.

    Args:
        path: the file, for messages.
        tasks: its tasks.
        configuration: that of the project, as far as it is known.
        options: may name the key.

    Raises:
        FormatError: there are several texts, and nothing tells which it was.
    """
    asked = TextChosen("", configuration.texts, configuration.controls)
    looked_at = [task for _, task in tasks[:LOOKED_AT]]
    places = _places(looked_at, asked)
    if len(places) > 1:
        places = _places((task for _, task in tasks), asked)
    key = options.values.get(TEXT_KEY) or _key(path, looked_at, places, configuration)
    keys = {key for task in looked_at for key in task["data"]}
    unknown = [name for name in places if name not in configuration.texts and (name not in keys or len(places) == 1)]
    shown = {name: key if len(places) == 1 else _key_by_regions(looked_at, asked, name, key) for name in unknown}
    shown = {name: own for name, own in shown.items() if name != own}
    return TextChosen(key, {**configuration.texts, **shown}, configuration.controls)


def _key(path: Path, looked_at: Sequence[Task], places: Counter[str], configuration: Configuration) -> str:
    votes: Counter[str] = Counter()
    keys = {key for task in looked_at for key in task["data"]}
    for name, number in places.items():
        if (key := configuration.texts.get(name, name)) in keys:
            votes[key] += number
    first = votes.most_common(2)
    if len(first) == 2 and first[0][1] == first[1][1]:
        told = " and ".join(f"{key!r} ({number})" for key, number in sorted(votes.items()) if number == first[0][1])
        raise FormatError(
            f"{path}: the tasks have regions in several texts, in none the most: {told}; name the one to be read with "
            "--text-key"
        )
    if first:
        return first[0][0]
    texts: list[str] = [
        key
        for key in dict.fromkeys(key for task in looked_at for key in task["data"])
        if all(isinstance(task["data"].get(key, ""), str) for task in looked_at)
    ]
    shown = [key for key in texts if key in configuration.texts.values()]
    for several in (shown, [key for key in texts if key == "text"], texts):
        if len(several) == 1:
            return several[0]
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


def _key_by_regions(looked_at: Sequence[Task], asked: TextChosen, name: str, key: str) -> str:
    """The key of the text in which the regions of a name stand; the one that is read if that is not told."""
    fits: Counter[str] = Counter()
    for task in looked_at:
        for own in task["data"]:
            fits[own] += _regions_that_fit(task, own, lambda result: asked.place_of(result) == name)
    best = max(fits.values(), default=0)
    return key if fits[key] == best else fits.most_common(1)[0][0]


def _places(tasks: Iterable[Task], asked: TextChosen) -> Counter[str]:
    """What the regions of tasks lie in, and how many do."""
    return Counter(
        place
        for task in tasks
        for result in _results_in(task)
        if "start" in result["value"] and (place := asked.place_of(result))
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


def _regions_that_fit(task: Task, key: str, counts: Callable[[Mapping[str, Any]], bool] = lambda result: True) -> int:
    """How many regions of a task stand in one of its texts where they say."""
    text, fitting = task["data"].get(key, ""), 0
    if not isinstance(text, str):
        return 0
    for result in filter(counts, _results_in(task)):
        value = result["value"]
        start, end, said = value.get("start"), value.get("end"), value.get("text")
        if isinstance(start, int) and isinstance(end, int) and isinstance(said, str) and 0 <= start < end:
            fitting += AS_IT_IS.written(text[start:end]) == said or LINE_FEEDS_ESCAPED.written(text[start:end]) == said
    return fitting
