"""Whether a text is a page of HTML, or holds tags of it: markup that would be read as words of an article."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evalkit.records import Article

__all__ = ["markup_notes", "page_tag", "tags_in"]

_HEAD = 2000
_NAMES = (
    "a|article|aside|b|blockquote|body|br|button|cite|code|div|em|figcaption|figure|footer|form|h[1-6]|head|header|hr|"
    "html|i|iframe|img|input|li|link|main|meta|nav|ol|p|picture|script|section|small|span|strong|style|svg|table|tbody|"
    "td|th|time|title|tr|u|ul|video"
)
_PAGE = re.compile(rf"\s*(?:<!--.*?-->\s*)*(<(?:!doctype\s+html|\?xml|{_NAMES})\b[^<>]*>)", re.IGNORECASE | re.DOTALL)
_CLOSING = re.compile(rf"</({_NAMES})\s*>", re.IGNORECASE)


def page_tag(text: str) -> str:
    """The tag that shows that a text is a page of HTML or XML; empty if it is not."""
    found = _PAGE.match(text[:_HEAD].lstrip("\ufeff"))
    return found[1] if found else ""


def tags_in(text: str) -> list[str]:
    """The closing tags of HTML in a text whose opening tags stand there too."""
    if "</" not in text:
        return []
    found = {match[1].lower(): match[0] for match in _CLOSING.finditer(text)}
    return [tag for name, tag in found.items() if re.search(rf"<{name}\b[^<>]*>", text, re.IGNORECASE)]


def markup_notes(articles: Iterable[Article]) -> list[str]:
    """A note on the articles whose text holds HTML; none where none does."""
    marked = [
        (article.id, tag) for article in articles for tag in (page_tag(article.text), *tags_in(article.text)) if tag
    ]
    if not marked:
        return []
    number, (name, tag) = len(dict(marked)), marked[0]
    have = "article holds" if number == 1 else "articles hold"
    return [f"{number} {have} HTML, whose tags are read as words: {tag} in {name}; take the text out of the page first"]
