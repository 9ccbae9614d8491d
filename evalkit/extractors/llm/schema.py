"""What a model is asked to answer: the JSON schema, and the answer read as drafts of strings.

Items are strings, never offsets: models copy text well and count badly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.errors import FormatError
from evalkit.extractors.llm.written_json import read_written, replaced_in, shown, small_named
from evalkit.records import QUOTE_KINDS, STANCE_LABELS

__all__ = [
    "Draft",
    "DraftEntity",
    "DraftQuote",
    "DraftStance",
    "answer_schema",
    "json_object",
    "read_answer",
    "schema_object",
]

_MOST_ITEMS = 10_000
"""More than any article has; each is looked for in the text."""
_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_TEXTS = {"type": "array", "items": _TEXT}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEntity:
    """One mention as a string, with the words before it."""

    before: str
    text: str
    label: str
    id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftQuote:
    """One quote as strings; `content` has one for each stretch."""

    content: tuple[str, ...]
    kind: str
    cue: str | None
    speaker: str | None
    speaker_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStance:
    """One stance; `holder` and `target` as the model calls them."""

    holder: str
    target: str
    label: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before its strings have been looked for.

    `malformed` items could not be read; `counts` says what was remarkable about its JSON.
    """

    entities: tuple[DraftEntity, ...] = ()
    quotes: tuple[DraftQuote, ...] = ()
    stances: tuple[DraftStance, ...] = ()
    malformed: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


def answer_schema(layers: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an answer with these layers, in the subset that strict mode allows.

    Args:
        layers: the layers to ask for.
        labels: the entity labels that may be given.
    """
    items = {
        "entities": {
            "before": _TEXT,
            "text": _TEXT,
            "label": {"type": "string", "enum": list(labels)},
            "id": _TEXT_OR_NULL,
        },
        "quotes": {
            "content": _TEXTS,
            "kind": {"type": "string", "enum": list(QUOTE_KINDS)},
            "cue": _TEXT_OR_NULL,
            "speaker": _TEXT_OR_NULL,
            "speaker_id": _TEXT_OR_NULL,
        },
        "stances": {
            "holder": _TEXT,
            "target": _TEXT,
            "label": {"type": "string", "enum": list(STANCE_LABELS)},
            "evidence": _TEXTS,
        },
    }
    return schema_object({layer: {"type": "array", "items": schema_object(items[layer])} for layer in layers})


def schema_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with these properties and no other."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def read_answer(content: str, layers: Sequence[str], labels: Sequence[str]) -> Draft:
    """The draft in what a model wrote; reasoning and code fences around its JSON are left out.

    Labels that differ from a known one in case only become that one; others stay as they are.

    Raises:
        FormatError: it holds no JSON object, or one that lacks a layer.
    """
    answer, counts = json_object(content, layers)
    readers: dict[str, Callable[[Mapping[str, Any]], object]] = {
        "entities": lambda item: _entity(item, labels),
        "quotes": _quote,
        "stances": _stance,
    }
    found: dict[str, list[Any]] = {}
    malformed = 0
    for layer in layers:
        if not isinstance(answer.get(layer), list):
            raise FormatError(
                f"its JSON has no list {layer!r}; it has {', '.join(map(repr, answer)) or 'nothing'}"[:200]
            )
        if len(answer[layer]) > _MOST_ITEMS:
            raise FormatError(
                f"its list {layer!r} has {len(answer[layer]):,} items; more than {_MOST_ITEMS:,} are no answer"
            )
        items = [readers[layer](small_named(item)) if isinstance(item, Mapping) else None for item in answer[layer]]
        found[layer] = [item for item in items if item is not None]
        malformed += len(items) - len(found[layer])
    return Draft(**{layer: tuple(items) for layer, items in found.items()}, malformed=malformed, counts=counts)


def json_object(content: str, wanted: Sequence[str]) -> tuple[Mapping[str, Any], Mapping[str, int]]:
    """The answer in what a model wrote, and what is to be counted about it.

    An object may be wrapped in another one, as the arguments of a tool are, and the lists that are wanted may stand in
    several objects. Of several lists of one name the last stands, as that of a reader who has read to the end.

    Args:
        content: what it wrote.
        wanted: the names of the lists.

    Returns:
        The object, and the counts that are not 0: `superseded_answers`, lists that another one of their name replaced,
        and `mended_answers`, whether it was no JSON but could be read.

    Raises:
        FormatError: there is none.
    """
    written = read_written(content)
    items = written.items
    if len(wanted) == 1 and items is not None and not any(wanted[0] in item for item in items):
        return {wanted[0]: list(items)}, {}
    if not written.objects:
        raise FormatError(f"no JSON object; it wrote {shown(content)}")
    unwrapped = [_unwrapped(item, wanted) for item in written.objects]
    answers = [answer for answer in unwrapped if answer is not None]
    if not answers:
        return written.objects[-1], {}
    taken: dict[str, Any] = {}
    superseded = 0
    for answer in answers:
        superseded += sum(name in wanted for name in replaced_in(answer))
        for name, value in answer.items():
            superseded += name in wanted and name in taken and taken[name] != value
            taken[name] = value
    counts = {"superseded_answers": superseded, "mended_answers": int(written.mended)}
    return taken, {name: number for name, number in counts.items() if number}


def _unwrapped(value: Any, wanted: Sequence[str], depth: int = 3) -> Mapping[str, Any] | None:
    """The object with one of the wanted lists in a value, at most so deep; None if there is none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = read_written(value).objects[-1]
        except FormatError:
            return None
    if not isinstance(value, Mapping):
        return None
    named = small_named(value)
    if any(name in named for name in wanted):
        return named
    inner = (_unwrapped(one, wanted, depth - 1) for one in value.values()) if depth else iter(())
    return next((one for one in inner if one is not None), None)


def _entity(item: Mapping[str, Any], labels: Sequence[str]) -> DraftEntity | None:
    text, label = item.get("text"), item.get("label")
    if not isinstance(text, str) or not isinstance(label, str) or not text.strip() or not label.strip():
        return None
    return DraftEntity(
        before=_optional(item, "before") or "",
        text=_whole(text),
        label=_known(_whole(label), labels),
        id=_optional(item, "id"),
    )


def _quote(item: Mapping[str, Any]) -> DraftQuote | None:
    content = _strings(item.get("content"))
    kind = item.get("kind", "direct")
    if not content or not isinstance(kind, str):
        return None
    cue, speaker, speaker_id = (_optional(item, name) for name in ("cue", "speaker", "speaker_id"))
    return DraftQuote(
        content=content, kind=_known(_whole(kind), QUOTE_KINDS), cue=cue, speaker=speaker, speaker_id=speaker_id
    )


def _stance(item: Mapping[str, Any]) -> DraftStance | None:
    holder, target, label = (_optional(item, name) for name in ("holder", "target", "label"))
    if holder is None or target is None or label is None:
        return None
    evidence = _strings(item.get("evidence"))
    return DraftStance(holder=holder, target=target, label=_known(label, STANCE_LABELS), evidence=evidence)


def _strings(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(_whole(string) for string in listed if isinstance(string, str) and string.strip())


def _optional(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        # Some models number the things they speak of.
        value = str(value)
    return _whole(value).strip() or None if isinstance(value, str) else None


def _whole(text: str) -> str:
    """The text with `�` for half a character of UTF-16, which JSON can name and nothing can write."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _known(label: str, known: Sequence[str]) -> str:
    return next((name for name in known if name.lower() == label.strip().lower()), label.strip())
