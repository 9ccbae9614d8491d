"""Inline markup: an article with its annotations in place, for people who write or mend gold by hand.

A header of `key: value` lines, a line `---`, the marked text, a line `---`, and one line a stance::

    id: harbour-strike
    title: Dockers walk out
    ---
    %% headline
    Dockers walk out
    %% body
    [[Q:q1:direct|“We will not move,”]] [[CUE:q1|said]] [[SPK:q1:moen|[[PER:moen|Ida Moen]]]].
    ---
    s1 moen -> topic:port-plan against q1

* `[[LABEL:entity_id|text]]` is an entity mention, its label any word but `Q`, `CUE`, `SPK` and `EV`, without `:`, `|`
  and brackets; marks nest but never cross. `-` stands for no entity_id. Parts of
  one discontinuous mention share a third name: `[[ORG:north-bank:1|North]] and [[ORG:south-bank|South Bank]]`.
* `[[Q:id:kind|text]]` opens a quote, `[[Q:id|text]]` adds a further part to it; `[[CUE:id|text]]` is its cue and
  `[[SPK:id:entity_id|text]]` its speaker (`[[SPK:id|text]]` when the speaker is nobody in particular). A cue or
  speaker of several quotes names them all: `[[CUE:q1,q2|said]]`. A quote whose speaker is known but not mentioned
  nearby is `[[Q:id:kind:entity_id|text]]`.
* `[[EV:id|text]]` is evidence of a stance; a stance without one takes the content of its quote as evidence.
* `%% zone` says which zone the following lines belong to; the line itself is not part of the text. `%%` alone ends
  a zone and begins none.
* A stance line is `id holder -> target label [quote id]`; the holder may be `author`, the target `topic:NAME`, or
  `topic:NAME|ALIAS|ALIAS` with other names of the topic.

The text begins and ends without blank lines and has one final line feed; `ends: exact` in the header takes the
lines as they are instead, without a final line feed. `layers: entities, quotes` says which layers were annotated
(all, if not given), `scope_layers`, `scope_labels` and `scope_zones` declare the scope, `scope_quotes:
kinds=direct,parts=speaker` that of one layer. Other unknown header keys become `metadata`; `lang` is `en` if it is not
given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from evalkit.errors import FormatError
from evalkit.formats.inline.header import MARKED
from evalkit.formats.inline.parse import LABEL, NO_ID, ROLES, parse_inline
from evalkit.formats.native.canonical import canonical_example
from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import QUOTES
from evalkit.layers.scopes import scope_text
from evalkit.layers.stances import STANCES
from evalkit.records import Annotations, Article, Example, Span

__all__ = ["parse_inline", "write_inline"]

_HEADER_FIELDS = ("id", "title", "source", "published")


def write_inline(example: Example) -> str:
    """Inline markup that `parse_inline` reads back to the same example, ids of mentions apart.

    Raises:
        FormatError: what inline markup cannot express: marks that cross, a text that itself contains `[[`,
            scores, ids with white space. Nothing is written that would be read back differently.
    """
    where = f"article {example.article.id!r}"
    if "[[" in example.article.text or "]]" in example.article.text:
        raise FormatError(f"{where}: the text contains [[ or ]], which inline markup uses; keep the JSON form")
    example = canonical_example(example)
    _check_labels(example.gold, where)
    written = "\n".join(
        [
            *_header(example),
            "---",
            _marked_text(example, where),
            "---",
            *(
                " ".join(filter(None, [s.id, s.holder, "->", "|".join((s.target, *s.aliases)), s.label, s.quote_id]))
                for s in STANCES.of(example.gold) or ()
            ),
            "",
        ]
    )
    _check_reads_back(written, example, where)
    return written


def _check_labels(gold: Annotations, where: str) -> None:
    for label in dict.fromkeys(entity.label for entity in ENTITIES.of(gold) or ()):
        if label in ROLES:
            why = "is what inline markup calls a mark of a quote or a stance"
        elif not LABEL.fullmatch(label):
            why = "has white space, ':', '|' or brackets, which end a label in inline markup"
        else:
            continue
        raise FormatError(f"{where}: label {label!r:.60} {why}; rename it (--label-map), or keep the JSON form")


def _header(example: Example) -> list[str]:
    article, gold = example.article, example.gold
    header = {name: getattr(article, name) for name in _HEADER_FIELDS if getattr(article, name)}
    header["lang"] = article.lang
    if not _is_trimmed(article.text):
        header["ends"] = "exact"
    annotated = [layer for layer in MARKED if gold[layer] is not None]
    if len(annotated) < len(MARKED):
        header["layers"] = ", ".join(annotated)
    for key in ("layers", "labels", "zones"):
        declared = getattr(gold.scope, key)
        if declared is not None:
            header[f"scope_{key}"] = ", ".join(declared)
    header |= {f"scope_{own.layer}": scope_text(own).partition(":")[2] for own in gold.scope.of}
    lines = [f"{key}: {value}".rstrip() for key, value in header.items()]
    return [*lines, *(f"{key}: {value}".rstrip() for key, value in article.metadata.items())]


def _is_trimmed(text: str) -> bool:
    return text.endswith("\n") and text == text.strip("\n") + "\n"


def _marked_text(example: Example, where: str) -> str:
    article = example.article
    opening: dict[int, list[str]] = {}
    closing: dict[int, int] = {}
    for span, tag in _nested(_marks_of(example.gold), len(article.text), where):
        opening.setdefault(span.start, []).append(f"[[{tag}|")
        closing[span.end] = closing.get(span.end, 0) + 1
    zone_lines = _zone_lines(article)
    parts: list[str] = []
    for position in range(len(article.text) + 1):
        parts.append("]]" * closing.get(position, 0))
        parts.append(zone_lines.get(position, ""))
        parts.extend(opening.get(position, ()))
        parts.append(article.text[position : position + 1])
    marked = "".join(parts)
    # The line feed before the closing rule belongs to the markup when the text is taken exactly.
    return marked.removesuffix("\n") if _is_trimmed(article.text) else marked


def _nested(marks: list[tuple[Span, str]], length: int, where: str) -> Iterable[tuple[Span, str]]:
    stack: list[int] = []
    for span, tag in marks:
        if not 0 <= span.start < span.end <= length:
            raise FormatError(
                f"{where}: {tag} at {span.start}-{span.end} marks nothing in a text of {length} characters; "
                "mend the span"
            )
        while stack and stack[-1] <= span.start:
            stack.pop()
        if stack and span.end > stack[-1]:
            raise FormatError(f"{where}: {tag} at {span.start}-{span.end} crosses another mark; keep the JSON form")
        stack.append(span.end)
        yield span, tag


def _zone_lines(article: Article) -> dict[int, str]:
    lines: dict[int, str] = {}
    following = [*(zone.start for zone in article.zones[1:]), len(article.text)]
    for zone, next_start in zip(article.zones, following, strict=False):
        lines[zone.start] = f"%% {zone.kind}\n"
        between = article.text[zone.end : next_start]
        if between.strip():
            lines[zone.end + len(between) - len(between.lstrip())] = "%%\n"
    return lines


def _check_reads_back(written: str, example: Example, where: str) -> None:
    try:
        read = parse_inline(written, where=where)
    except FormatError as error:
        raise FormatError(f"{where}: cannot be written inline ({error}); keep the JSON form") from error
    found, wanted = _comparable(read), _comparable(example)
    if found == wanted:
        return
    parts = {
        **{name: getattr(wanted.article, name) != getattr(found.article, name) for name in _COMPARED},
        **{layer: wanted.gold[layer] != found.gold[layer] for layer in {**wanted.gold.layers, **found.gold.layers}},
        "scope": wanted.gold.scope != found.gold.scope,
    }
    names = ", ".join(name for name, differs in parts.items() if differs)
    raise FormatError(f"{where}: inline markup cannot express its {names} exactly; keep the JSON form")


_COMPARED = ("id", "text", "title", "source", "published", "lang", "zones", "metadata")


def _comparable(example: Example) -> Example:
    """Mentions have no id of their own inline, so ids are taken off before the order is fixed."""
    entities = ENTITIES.of(example.gold)
    if entities is not None:
        entities = tuple(replace(entity, id="") for entity in entities)
    return canonical_example(replace(example, gold=example.gold.with_layers(**{ENTITIES.name: entities})))


def _marks_of(gold: Annotations) -> list[tuple[Span, str]]:
    marks: list[tuple[Span, int, str]] = []
    quotes = {quote.id: quote for quote in QUOTES.of(gold) or ()}
    for stance in STANCES.of(gold) or ():
        quote = quotes.get(stance.quote_id or "")
        if quote is None or quote.content != stance.evidence:
            marks += [(span, 0, f"EV:{stance.id}") for span in stance.evidence]
    for quote in QUOTES.of(gold) or ():
        tag = f"Q:{quote.id}:{quote.kind}"
        if quote.speaker is None and quote.speaker_id is not None:
            tag += f":{quote.speaker_id}"
        marks += [(span, 1, f"Q:{quote.id}" if number else tag) for number, span in enumerate(quote.content)]
    marks += [(span, 2, tag) for span, tag in _role_marks(gold)]
    for number, entity in enumerate(ENTITIES.of(gold) or (), 1):
        tag = f"{entity.label}:{entity.entity_id or NO_ID}" + (f":{number}" if len(entity.spans) > 1 else "")
        marks += [(span, 3, tag) for span in entity.spans]
    return [(span, tag) for span, _, tag in sorted(marks, key=lambda mark: (mark[0].start, -mark[0].end, *mark[1:]))]


def _role_marks(gold: Annotations) -> list[tuple[Span, str]]:
    """Cues and speakers; one mark may serve several quotes."""
    roles: dict[tuple[str, Span, str | None], list[str]] = {}
    for quote in QUOTES.of(gold) or ():
        for span in quote.cue:
            roles.setdefault(("CUE", span, None), []).append(quote.id)
        if quote.speaker is not None:
            roles.setdefault(("SPK", quote.speaker, quote.speaker_id), []).append(quote.id)
    return [
        (span, f"{role}:{','.join(names)}" + (f":{entity_id}" if entity_id else ""))
        for (role, span, entity_id), names in roles.items()
    ]
