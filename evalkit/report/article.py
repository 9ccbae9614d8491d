"""One article with what was found in it, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Article, Quote, Span, Stance, Zone

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["print_article"]

STYLES = {
    "PER": "bold green",
    "ORG": "bold blue",
    "GPE": "bold magenta",
    "LOC": "bold cyan",
    "FAC": "bold cyan",
    "NORP": "bold yellow",
    "EVENT": "bold red",
    "WORK": "bold red",
}
HANGING = (0, 0, 0, 2)
STANCE_STYLES = {"favor": "green", "against": "red", "neutral": "yellow"}


def print_article(article: Article, found: Annotations, console: Console) -> None:
    """Prints the text with marked entities by zone, then the quotes with their speakers, then the stances.

    A mention is shown as `[Ida Moen]PER`, so that it can be read without colour too.
    """
    from rich.padding import Padding
    from rich.text import Text

    console.print(Text(article.id, style="bold underline"))
    for zone in article.zones or (Zone("body", 0, len(article.text)),):
        console.print(Text(f"{zone.kind}", style="dim"))
        if zone.kind == "boilerplate":
            console.print(Text(article.text[zone.start : zone.end], style="dim"), soft_wrap=False)
        else:
            console.print(_marked(article, found, Span(zone.start, zone.end)))
        console.print()
    if found.quotes is not None:
        _heading(f"{len(found.quotes)} quotes", console)
        for quote in found.quotes:
            console.print(Padding(_quote(article, quote), HANGING))
        console.print()
    if found.stances is not None:
        _heading(f"{len(found.stances)} stances", console)
        for stance in found.stances:
            console.print(Padding(_stance(article, found, stance), HANGING))
        console.print()


def _heading(text: str, console: Console) -> None:
    from rich.text import Text

    console.print(Text(text, style="bold"))


def _marked(article: Article, found: Annotations, part: Span) -> Text:
    """The text of one zone with brackets around its entities; crossing mentions are left to the JSON."""
    from rich.text import Text

    opening: dict[int, list[tuple[int, str]]] = {}
    closing: dict[int, list[str]] = {}
    stack: list[int] = []
    mentions = [(span, entity.label) for entity in found.entities or () for span in entity.spans]
    for span, label in sorted(mentions, key=lambda item: (item[0].start, -item[0].end, item[1])):
        if span.start < part.start or span.end > part.end:
            continue
        while stack and stack[-1] <= span.start:
            stack.pop()
        if stack and span.end > stack[-1]:
            continue
        stack.append(span.end)
        opening.setdefault(span.start, []).append((span.end, label))
        closing.setdefault(span.end, []).insert(0, label)
    text, style, at = Text(), [""], part.start
    for position in sorted({*opening, *closing, part.end}):
        text.append(article.text[at:position], style=style[-1])
        for label in closing.get(position, ()):
            style.pop()
            text.append("]", style="dim").append(label, style="dim")
        for _, label in opening.get(position, ()):
            style.append(STYLES.get(label, "bold"))
            text.append("[", style="dim")
        at = position
    return text


def _quote(article: Article, quote: Quote) -> Text:
    from rich.text import Text

    speaker = "?" if quote.speaker is None else _flat(article.text[quote.speaker.start : quote.speaker.end])
    if quote.speaker_id is not None and quote.speaker_id != speaker:
        speaker += f" ({quote.speaker_id})"
    content = " … ".join(_flat(article.text[span.start : span.end]) for span in quote.content)
    cue = ", ".join(_flat(article.text[span.start : span.end]) for span in quote.cue)
    text = Text().append(speaker, style="bold green").append(f" {cue or '–'}", style="italic")
    return text.append(f" [{quote.kind}] ", style="dim").append(content)


def _stance(article: Article, found: Annotations, stance: Stance) -> Text:
    from rich.text import Text

    holder, target = (_name(article, found, name) for name in (stance.holder, stance.target))
    text = Text().append(holder, style="bold green").append(" → ").append(target, style="bold")
    text.append(f" {stance.label}", style=STANCE_STYLES.get(stance.label, "bold"))
    evidence = " … ".join(_flat(article.text[span.start : span.end]) for span in stance.evidence)
    return text.append(f"  {evidence}", style="dim")


def _name(article: Article, found: Annotations, name: str) -> str:
    """The longest mention of an entity, the words of a topic, or the author."""
    if name == AUTHOR:
        return "the author"
    if name.startswith(TOPIC_PREFIX):
        return name.removeprefix(TOPIC_PREFIX).replace("-", " ")
    mentions = [
        _flat(article.text[span.start : span.end])
        for entity in found.entities or ()
        if entity.entity_id == name
        for span in entity.spans
    ]
    return max(mentions, key=len, default=name)


def _flat(text: str) -> str:
    return " ".join(text.split())
