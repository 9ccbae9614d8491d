"""From the strings of an answer to annotations with offsets, and the counts of what could not be placed as given.

Every item of an answer is in the annotations or in a counter, and every quote is in exactly one counter of fidelity
(`exact_quotes`, `case_quotes`, `merged_quotes`, `altered_quotes`, `invented_quotes`, `surplus_quotes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from evalkit.extractors.base import Extracted
from evalkit.extractors.llm.fidelity import ground_content
from evalkit.extractors.llm.grounding import Mention, Page, ground_mentions, nearest, plain
from evalkit.extractors.llm.schema import Draft, DraftEntity, DraftQuote, DraftStance
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Entity, Quote, Span, Stance

__all__ = ["ground_draft", "quote_behind"]


def ground_draft(page: Page, draft: Draft, layers: Sequence[str]) -> Extracted:
    """The annotations that an answer stands for, and its counters.

    Args:
        page: the text that the model was shown.
        draft: its answer.
        layers: the layers that it was asked for; the others are None.
    """
    counts: Counter[str] = Counter({"malformed_items": draft.malformed, **draft.counts})
    entities = _entities(page, draft.entities, counts)
    names = _Names(entities, page, known="entities" in layers)
    quotes = _quotes(page, draft.quotes, names, counts)
    stances = tuple(
        _stance(page, stance, number, quotes, names, counts) for number, stance in enumerate(draft.stances, 1)
    )
    found: dict[str, Any] = {"entities": entities, "quotes": quotes, "stances": stances}
    return Extracted(
        Annotations(**{layer: found[layer] for layer in layers}),
        {name: number for name, number in sorted(counts.items()) if number},
    )


def _entities(page: Page, drafts: Sequence[DraftEntity], counts: Counter[str]) -> tuple[Entity, ...]:
    placed: list[tuple[Span, DraftEntity]] = []
    grounded = ground_mentions(page, [Mention(draft.text, draft.before) for draft in drafts])
    for draft, found in zip(drafts, grounded, strict=True):
        counts["surplus_entities"] += found.how == "surplus"
        counts["ungrounded_entities"] += found.how == "absent"
        counts["case_entities"] += found.how == "case"
        if found.span is not None:
            placed.append((found.span, draft))
    placed.sort(key=lambda entry: (entry[0].start, -entry[0].end))
    return tuple(
        Entity(id=f"e{number}", spans=(span,), label=draft.label, entity_id=draft.id)
        for number, (span, draft) in enumerate(placed, 1)
    )


class _Names:
    """What the model may call an entity: its id, or one of its mentions."""

    def __init__(self, entities: Sequence[Entity], page: Page, *, known: bool) -> None:
        """The names of these entities; without `known` nobody can say which names there are."""
        self._known = known
        self._ids: dict[str, str] = {}
        for entity in entities:
            if entity.entity_id is not None:
                self._ids.setdefault(plain(entity.entity_id, case=True), entity.entity_id)
        for entity in entities:
            if entity.entity_id is not None:
                surface = " ".join(page.text[span.start : span.end] for span in entity.spans)
                self._ids.setdefault(plain(surface, case=True), entity.entity_id)

    def find(self, name: str) -> str | None:
        """The entity_id that is meant, or None if no entity is called so."""
        found = self._ids.get(plain(name, case=True))
        return found if found is not None or self._known else name


def _quotes(page: Page, drafts: Sequence[DraftQuote], names: _Names, counts: Counter[str]) -> tuple[Quote, ...]:
    quotes: list[Quote] = []
    taken: set[Span] = set()
    for draft in drafts:
        content = ground_content(page, draft.content, taken)
        counts[f"{content.fidelity}_quotes"] += 1
        if not content.spans:
            continue
        counts["lost_stretches"] += sum(not stretch.spans for stretch in content.stretches)
        taken.update(span for stretch in content.stretches for span in stretch.spans)
        cue = _place(page, draft.cue, content.spans, "cues", counts)
        speaker = _place(page, draft.speaker, (cue,) if cue else content.spans, "speakers", counts)
        quotes.append(
            Quote(
                id=f"q{len(quotes) + 1}",
                kind=draft.kind,
                content=content.spans,
                cue=(cue,) if cue else (),
                speaker=speaker,
                speaker_id=_linked(draft.speaker_id, names, "speakers", counts),
            )
        )
    return tuple(quotes)


def _place(page: Page, string: str | None, anchors: Sequence[Span], what: str, counts: Counter[str]) -> Span | None:
    if string is None:
        return None
    found = nearest(page, string, anchors)
    counts[f"ungrounded_{what}"] += found.span is None
    return found.span


def _linked(name: str | None, names: _Names, what: str, counts: Counter[str]) -> str | None:
    """The entity_id behind a name; a name of no entity stays what it is and is counted."""
    if name is None:
        return None
    found = names.find(name)
    counts[f"unlinked_{what}"] += found is None
    return found or name


def _stance(
    page: Page, draft: DraftStance, number: int, quotes: Sequence[Quote], names: _Names, counts: Counter[str]
) -> Stance:
    holder = AUTHOR if draft.holder.lower() in (AUTHOR, f"the {AUTHOR}") else None
    holder = holder or _linked(draft.holder, names, "holders", counts) or draft.holder
    evidence = ground_content(page, draft.evidence)
    for stretch in evidence.stretches:
        counts["ungrounded_evidence"] += not stretch.spans
        counts["altered_evidence"] += stretch.how in ("altered", "merged")
    return Stance(
        id=f"s{number}",
        holder=holder,
        target=_target(draft.target, names),
        label=draft.label,
        evidence=evidence.spans,
        quote_id=quote_behind(evidence.spans, holder, quotes),
    )


def _target(name: str, names: _Names) -> str:
    """The entity_id that is meant; what is the name of no entity is a topic."""
    if name.lower().startswith(TOPIC_PREFIX):
        return TOPIC_PREFIX + _slug(name[len(TOPIC_PREFIX) :])
    return names.find(name) or TOPIC_PREFIX + _slug(name)


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split()) or "unnamed"


def quote_behind(evidence: Sequence[Span], holder: str, quotes: Sequence[Quote]) -> str | None:
    """The id of the first quote of the holder that holds all of the evidence, or None."""
    for quote in quotes:
        if not evidence or quote.speaker_id != holder:
            continue
        if all(any(c.start <= e.start and e.end <= c.end for c in quote.content) for e in evidence):
            return quote.id
    return None
