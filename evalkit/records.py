"""The vocabulary: what an article, an annotation and a prediction are.

Records are frozen and dumb. Every offset anywhere in evalkit is a half-open pair of **code points** of
`Article.text` (Python string indices): `text[span.start:span.end]`. It is written here once and checked
whenever anything is loaded.

A layer that is not there was not annotated (gold) or is not claimed (extractor); an empty one says that there is
nothing. The two are never the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from evalkit.showing import shown_html

__all__ = [
    "AUTHOR",
    "QUOTE_KINDS",
    "STANCE_LABELS",
    "TOPIC_PREFIX",
    "ZONES",
    "Annotations",
    "Article",
    "Category",
    "Entity",
    "Example",
    "LayerScope",
    "Prediction",
    "Quote",
    "Scope",
    "Span",
    "Stance",
    "Zone",
]

QUOTE_KINDS = ("direct", "indirect", "mixed")
STANCE_LABELS = ("favor", "against", "neutral")
ZONES = ("headline", "lead", "byline", "caption", "body", "boilerplate")

AUTHOR = "author"
"""The holder of a stance that the article itself takes."""

TOPIC_PREFIX = "topic:"
"""A stance target that starts with this names a topic, not an entity."""


class Span(NamedTuple):
    """A stretch of `Article.text`: `start` inclusive, `end` exclusive, both in code points."""

    start: int
    end: int


class Zone(NamedTuple):
    """A stretch of the page with one function; `kind` is one of `ZONES`."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A news article as published. `published` is an ISO date, `lang` an ISO 639-1 code, both may be empty."""

    id: str
    text: str
    title: str = ""
    source: str = ""
    published: str = ""
    lang: str = ""
    zones: tuple[Zone, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    _repr_html_ = shown_html


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One mention. Mentions of one thing share `entity_id`; `spans` holds more than one if discontinuous.

    `link` is the id of the thing in a knowledge base, such as `Q585`, as it is written there.
    """

    id: str
    spans: tuple[Span, ...]
    label: str
    entity_id: str | None = None
    score: float | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One utterance: its content (one or more spans), the cue that reports it and who speaks."""

    id: str
    kind: str
    content: tuple[Span, ...]
    cue: tuple[Span, ...] = ()
    speaker: Span | None = None
    speaker_id: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """What `holder` (an entity_id or `AUTHOR`) thinks of `target` (an entity_id or `topic:NAME`).

    `aliases` are other names that a careful reader might give the topic, without `topic:`; those of the gold count.
    """

    id: str
    holder: str
    target: str
    label: str
    evidence: tuple[Span, ...] = ()
    quote_id: str | None = None
    score: float | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A label for the whole article, such as its section."""

    id: str
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerScope:
    """What of one layer was annotated exhaustively. `None` means everything that some gold item has.

    Attributes:
        layer: its name.
        labels: its labels or kinds; predicted items of others are set aside, unless one stands where a gold item does.
        parts: the parts of its items, such as the cue of a quote; no part that is not named is evaluated.
    """

    layer: str
    labels: tuple[str, ...] | None = None
    parts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What was annotated exhaustively. `None` means everything; items outside are set aside and counted.

    `labels` are for the layers whose labels a dataset chooses, those of other layers are always complete: `PER` is a
    label of any of them, `categories/politics` one of that layer. `of` says of single layers which kinds or labels and
    which parts were annotated.
    """

    layers: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    zones: tuple[str, ...] | None = None
    of: tuple[LayerScope, ...] = ()

    def of_layer(self, layer: str) -> LayerScope:
        """What is said of one layer."""
        return next((own for own in self.of if own.layer == layer), LayerScope(layer=layer))


@dataclass(frozen=True, init=False, slots=True)
class Annotations:
    """The layers of one article, gold or predicted: `Annotations(entities=(…), quotes=())`.

    A layer that is not there was not annotated, or is not claimed; an empty one says that there is nothing. Items are
    read by the name of their layer, as `annotations["entities"]`, which is None if it is not there; and where it is
    there as an attribute, `annotations.entities`.

    Attributes:
        layers: name of the layer → its items, for the layers that are there.
        scope: what was annotated exhaustively.
    """

    layers: Mapping[str, tuple[Any, ...]]
    scope: Scope

    def __init__(
        self,
        layers: Mapping[str, Iterable[Any] | None] | None = None,
        scope: Scope | None = None,
        **by_name: Iterable[Any] | None,
    ) -> None:
        """Annotations of some layers; None stands for a layer that is not there."""
        given = {**(layers or {}), **by_name}
        present = {name: tuple(items) for name, items in given.items() if items is not None}
        object.__setattr__(self, "layers", present)
        object.__setattr__(self, "scope", scope or Scope())

    def with_layers(self, **items: Iterable[Any] | None) -> Annotations:
        """The same with other items in some layers; None takes a layer away."""
        return Annotations(self.layers, self.scope, **items)

    def __getitem__(self, layer: str) -> tuple[Any, ...] | None:
        """The items of a layer; None if it was not annotated."""
        return self.layers.get(layer)

    def __contains__(self, layer: object) -> bool:
        """Whether a layer was annotated, by its name."""
        return layer in self.layers

    def __iter__(self) -> Iterator[str]:
        """The names of the layers that are there, as of a mapping."""
        return iter(self.layers)

    def __len__(self) -> int:
        """How many layers are there."""
        return len(self.layers)

    def __bool__(self) -> bool:
        """Always true: that nothing was annotated is an answer, too."""
        return True

    def __getattr__(self, name: str) -> Any:
        """The items of a layer by its name, for people at a prompt; only called for what is no attribute."""
        # One that is being copied has no fields yet.
        if name.startswith("_") or name in self.__slots__:
            raise AttributeError(name)
        try:
            return self.layers[name]
        except KeyError:
            there = ", ".join(self.layers) or "none"
            raise AttributeError(f"no layer {name!r} is annotated here; there is {there}") from None

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.layers.items())), self.scope))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An article with its gold.

    `readings` is what each annotator said, by name, where several were kept. Gold without any layer beside readings is
    not decided yet: somebody has to say whose reading counts.
    """

    article: Article
    gold: Annotations
    readings: Mapping[str, Annotations] = field(default_factory=dict, hash=False)

    @property
    def settled(self) -> Annotations:
        """What counts as gold: the gold, or the only reading where there is none."""
        alone = not self.gold.layers and len(self.readings) == 1
        return next(iter(self.readings.values())) if alone else self.gold

    def changed(self, change: Callable[[Annotations], Annotations]) -> Example:
        """The same with the gold and every reading changed in one way."""
        readings = {name: change(reading) for name, reading in self.readings.items()}
        return replace(self, gold=change(self.gold), readings=readings)

    _repr_html_ = shown_html


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What one extractor made of one article.

    `given` holds items that the gold gives with the labels that an extractor chose for them, such as the holders and
    targets of its stances, from an extractor that can label given pairs; None from any other. `error` names what
    failed, and then the layers are empty and count as missed.
    """

    article_id: str
    annotations: Annotations
    seconds: float = 0.0
    error: str | None = None
    usage: Mapping[str, float] = field(default_factory=dict)
    given: Annotations | None = None
