"""Gold for property tests of formats: hard texts and ids, every layer, items nested, crossing, in several parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from evalkit.records import (
    AUTHOR,
    QUOTE_KINDS,
    STANCE_LABELS,
    TOPIC_PREFIX,
    Annotations,
    Article,
    Category,
    Entity,
    Example,
    Quote,
    Span,
    Stance,
    Zone,
)
from tests.formats.made_documents import PIECES

__all__ = ["ARTICLE_IDS", "LABELS", "examples"]

LABELS = (
    *("PER", "GPE", "a label", "B-x", "x|y", "p:q", "<b>", "A&amp;", "é", "O", "l,m", "[x]", "(y)", "100%", "_", "t;u"),
    *('q"r', "x=y", "a#b", "{z}", "Quote", "Cue", "Stance", "中", "a/b", "-", "1", "*", "null", "~", "%20", "B_C"),
)
"""Labels with signs that some format gives a meaning; no two differ in their case or their blanks alone."""

ARTICLE_IDS = (
    "a",
    "b-1",
    "c_2",
    "d.e",
    "f g",
    "h:i",
    "j/k",
    "é",
    "42",
    "l|m",
    "n=o",
    "<p>",
    "q%20r",
    "中",
    "s#t",
    "u,v",
)
_NAMES = ("n1", "name two", "ola-brun", "x:y", "é", "(z)", "a|b", "7", "_", "q,r")
_TEXTS = st.text("aé \t|:<&\"'=-#%,;[](){}\\中😀", min_size=1, max_size=6).filter(lambda text: text.strip() == text)
_WORDS = st.sampled_from(("toll", "the-toll", "free-trade", "bridge"))
_COUNT = st.integers(0, 4)
# Made once: to make and to check a strategy takes longer than to draw from it.
_TEXT = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join)
_LAYERS = st.sets(st.sampled_from(("entities", "quotes", "stances", "categories")))
_TITLE = st.just("") | _TEXTS
_METADATA = st.dictionaries(st.sampled_from(("story", "k v", "x:y")), _TEXTS, max_size=2)
_LINK = st.none() | st.sampled_from(("Q585", "Ola_(name)", "a b|c"))


@st.composite
def examples(draw: st.DrawFn, article_id: str = "a") -> Example:
    """An article with its gold, as somebody who keeps the rules of gold could have made it."""
    text = draw(_TEXT)
    if not text.strip():
        text += "Ola"
    layers = draw(_LAYERS)
    layers |= {"entities"} if draw(st.booleans()) else set()
    entities = _entities(draw, text)
    quotes = _quotes(draw, text, entities)
    made = {
        "entities": entities,
        "quotes": quotes,
        "stances": _stances(draw, text, entities, quotes if "quotes" in layers else []),
        "categories": _unique([Category(id=f"c{n}", label=draw(_TEXTS)) for n in range(draw(st.integers(0, 2)))]),
    }
    gold = Annotations({name: items for name, items in made.items() if name in layers})
    return Example(article=_article(draw, article_id, text), gold=gold)


def _article(draw: st.DrawFn, article_id: str, text: str) -> Article:
    if draw(st.booleans()):
        return Article(id=article_id, text=text)
    cut = draw(st.integers(1, len(text)))
    zones = [Zone("headline", 0, cut), Zone("body", cut, len(text))]
    return Article(
        id=article_id,
        text=text,
        title=draw(_TITLE),
        source=draw(_TITLE),
        published=draw(st.sampled_from(("", "2031-02-03"))),
        lang=draw(st.sampled_from(("", "en"))),
        zones=tuple(zone for zone in zones if zone.start < zone.end and draw(st.booleans())),
        metadata=draw(_METADATA),
    )


def _span(draw: st.DrawFn, text: str) -> Span:
    """A stretch that begins and ends with no white space."""
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    stretch = text[start:end]
    left, right = len(stretch) - len(stretch.lstrip()), len(stretch) - len(stretch.rstrip())
    if stretch.strip():
        return Span(start + left, end - right)
    # There is a character somewhere.
    first = next(at for at, char in enumerate(text) if not char.isspace())
    return Span(first, first + 1)


def _spans(draw: st.DrawFn, text: str, *, least: int = 1) -> tuple[Span, ...]:
    """One stretch, or several that do not touch each other."""
    found = sorted({_span(draw, text) for _ in range(draw(st.integers(least, 3 if draw(st.booleans()) else 1)))})
    apart = found[:1]
    for span in found[1:]:
        if span.start > apart[-1].end:
            apart.append(span)
    return tuple(apart)


def _entities(draw: st.DrawFn, text: str) -> list[Entity]:
    made = []
    for number in range(draw(_COUNT)):
        label = draw(st.sampled_from(LABELS))
        # One thing has one label.
        number_of_label = LABELS.index(label)
        named = f"{_NAMES[number_of_label % len(_NAMES)]}{number_of_label}" if draw(st.booleans()) else None
        link = draw(_LINK)
        made.append(Entity(id=f"e{number}", spans=_spans(draw, text), label=label, entity_id=named, link=link))
    return _unique(made)


def _quotes(draw: st.DrawFn, text: str, entities: list[Entity]) -> list[Quote]:
    made = []
    for number in range(draw(_COUNT)):
        speaker = draw(st.sampled_from([None, *entities]))
        made.append(
            Quote(
                id=f"q{number}",
                kind=draw(st.sampled_from(QUOTE_KINDS)),
                content=_spans(draw, text),
                cue=_spans(draw, text, least=0) if draw(st.booleans()) else (),
                speaker=_span(draw, text) if draw(st.booleans()) else None,
                speaker_id=speaker.entity_id if speaker is not None else None,
            )
        )
    return _unique(made)


def _stances(draw: st.DrawFn, text: str, entities: list[Entity], quotes: list[Quote]) -> list[Stance]:
    things = sorted({one.entity_id for one in entities if one.entity_id is not None})
    made = []
    for number in range(draw(_COUNT)):
        topic = draw(st.booleans()) or not things
        target = f"{TOPIC_PREFIX}{draw(_WORDS)}" if topic else draw(st.sampled_from(things))
        made.append(
            Stance(
                id=f"s{number}",
                holder=draw(st.sampled_from([AUTHOR, *things])),
                target=target,
                label=draw(st.sampled_from(STANCE_LABELS)),
                evidence=_spans(draw, text, least=0),
                quote_id=draw(st.sampled_from([None, *(quote.id for quote in quotes)])),
                aliases=("another-name",) if topic and draw(st.booleans()) else (),
            )
        )
    return _unique(made)


def _unique(items: list[Any]) -> list[Any]:
    """Without those that say what another says, whatever their ids."""
    return list({replace(item, id=""): item for item in reversed(items)}.values())[::-1]
