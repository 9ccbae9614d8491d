"""What GitHub makes live in a page, in small: a judge of what Markdown and HTML come to."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

LIVE = {
    "mention": r"(?<![A-Za-z0-9])@[A-Za-z0-9]",
    "issue": r"(?<![A-Za-z0-9])(?:[\w.-]+/[\w.-]+)?#\d|\bGH-\d",
    "address": r"\b(?:https?|ftp)://\w|(?<![A-Za-z0-9])www\.\w",
    "mail": r"[\w.+-]+@[\w-]+\.\w",
}
"""In the texts of a page, but for code."""
SOURCE = {"footnote": r"(?<!\\)\[\^", "formula": r"(?<!\\)\$"}
"""In the source, but for code."""
TAGS = {
    *("h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "strong", "em"),
}
"""What a document in Markdown is made of."""
CODE = re.compile(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)")


class Page(HTMLParser):
    """The tags, attributes and texts of a page, but for those in code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {f"{name}={value}" for name, value in attrs}
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_comment(self, data: str) -> None:
        self.tags.add("!--")

    def handle_data(self, data: str) -> None:
        if "code" not in self._inside:
            self.texts.append(data)


def page_of(source: str) -> Page:
    """What Markdown is shown as."""
    return Page(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source))


def live_in(source: str) -> dict[str, str]:
    """What in Markdown is more than text, by kind."""
    page = page_of(source)
    found = {"tags": tags} if (tags := " ".join(sorted(page.tags - TAGS))) else {}
    for text in page.texts:
        found |= {kind: match[0] for kind, sought in LIVE.items() if (match := re.search(sought, text, re.IGNORECASE))}
    words = CODE.sub("", source)
    return found | {kind: match[0] for kind, sought in SOURCE.items() if (match := re.search(sought, words))}
