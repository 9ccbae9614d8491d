"""A document as a comment on a pull request: Markdown that fits, begins with a mark, and folds its long lists.

The mark is a line that nobody sees. By it a comment is known and written anew in place of a second one.

GitHub refuses a comment of more than 262,144 bytes, and says that it takes 65,536 characters (measured by others on its
API). What is counted here is larger than either in every case: UTF-16 code units, and one more for each line feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.errors import InputError
from evalkit.harmless import markdown_code, markdown_inside, markdown_text, one_line
from evalkit.report.document import VERDICT_TONES, Block, Document, Lines, cleaned
from evalkit.report.forms.markdown import SIGNS, markdown_block
from evalkit.report.of.table import document_of
from evalkit.showing import number_of

__all__ = [
    "LONGEST_COMMENT",
    "checked_links",
    "checked_name",
    "comment_mark",
    "comment_size",
    "mark_of",
    "render_comment",
]

LONGEST_COMMENT = 65_535
"""A comment is below 65,536 characters, however they are counted."""

OPEN = 8
"""Lists with more lines than this are folded."""
TITLE = 300
_LEFT = 200
"""Room for the line that says what is left out."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~%!$&'*+,;=:@/-]*)?([?#][A-Za-z0-9._~%&=/#?-]*)?"
)
_IN_ADDRESS = {"'": "%27", "*": "%2A", "$": "%24", "!": "%21"}
"""Signs of an address that Markdown has other plans with."""


def comment_mark(name: str) -> str:
    """The first line of the comments of one kind on a pull request.

    Raises:
        InputError: the name is none.
    """
    return f"<!-- evalkit:comment {checked_name(name)} -->"


def mark_of(text: str) -> str:
    """The first line of a comment; "" of a text that is none."""
    found = re.match(rf"<!-- evalkit:comment {_NAME.pattern} -->(?=\n)", text)
    return found[0] if found else ""


def checked_name(name: str) -> str:
    """The name as it is.

    Raises:
        InputError: it is none.
    """
    if not _NAME.fullmatch(name) or "--" in name:
        raise InputError(
            f"the name of a comment is {name!r:.90}; use up to 80 letters, digits, '.', '_' and single '-', as ner-base"
        )
    return name


def checked_links(links: Mapping[str, str]) -> dict[str, str]:
    """Links, name → address, with addresses that Markdown leaves as they are.

    Raises:
        InputError: a name is empty, or an address is no plain http address.
    """
    for name, address in links.items():
        if not name.strip():
            raise InputError(f"the link to {address!r:.120} has no name; write NAME=ADDRESS")
        if not _ADDRESS.fullmatch(address):
            raise InputError(f"the link {name!r:.60} goes to {address!r:.120}, which is no plain http or https address")
    return {name: "".join(_IN_ADDRESS.get(sign, sign) for sign in address) for name, address in links.items()}


def comment_size(text: str) -> int:
    """The most that a text may be counted as: UTF-16 code units, and line feeds twice."""
    return len(text.encode("utf-16-le")) // 2 + text.count("\n")


def render_comment(
    result: object, *, name: str = "evalkit", links: Mapping[str, str] | None = None, limit: int | None = None
) -> str:
    """A result as a comment on a pull request, of at most `LONGEST_COMMENT` characters, ending in a line feed.

    Lists are as long as asked for if that fits, else shorter; lines that do not fit even so are left out and counted.

    Args:
        result: what a verb gave.
        name: which comment of a pull request it is: the next one of the same name replaces it.
        links: what is linked under the heading: name → address.
        limit: how many items of each list are shown, for results that have such lists: a gate, a diff, a review.

    Raises:
        InputError: the name or an address is none, or such a thing cannot be shown.
    """
    mark, linked = comment_mark(name), checked_links(links or {})
    while True:
        document = document_of(result) if limit is None else document_of(result, limit=limit)
        parts = _parts(cleaned(document), mark, linked)
        if comment_size(text := _text(parts)) <= LONGEST_COMMENT:
            return text
        if limit is None or limit <= 1:
            return _text(_fitted(parts))
        limit //= 2


@dataclass(frozen=True, slots=True)
class _Part:
    """Some lines, folded or not.

    Attributes:
        lines: of Markdown.
        summary: what is seen while it is folded, as HTML; "" if it is not.
        keeps: whether all of it stands in every comment.
    """

    lines: tuple[str, ...]
    summary: str = ""
    keeps: bool = False

    @property
    def text(self) -> str:
        body = "\n".join(self.lines)
        return f"<details><summary>{self.summary}</summary>\n\n{body}\n\n</details>" if self.summary else body


def _text(parts: Sequence[_Part]) -> str:
    return "\n\n".join(part.text for part in parts) + "\n"


def _parts(document: Document, mark: str, links: Mapping[str, str]) -> list[_Part]:
    verdict = (
        f": {SIGNS.get(VERDICT_TONES.get(document.verdict, ''), '')}{document.verdict}" if document.verdict else ""
    )
    title = markdown_text(one_line(document.title, TITLE))
    head = [mark, f"## evalkit {markdown_text(document.what)}{verdict}", "", f"{title}."]
    if links:
        shown = (f"[{markdown_text(one_line(name, 60))}]({address})" for name, address in links.items())
        head += ["", " · ".join(shown)]
    parts = [_Part(tuple(head), keeps=True)]
    for part in (part for block in document.blocks for part in _of_block(block)):
        # Lists that follow each other are one.
        if _is_list(part) and _is_list(parts[-1]):
            part = replace(part, lines=parts.pop().lines + part.lines)
        parts.append(part)
    if document.notes:
        parts.append(_Part(tuple(f"* {markdown_text(note)}" for note in document.notes)))
    if document.signature:
        parts.append(_Part((markdown_code(one_line(document.signature, 1000)),), keeps=True))
    return parts


def _of_block(block: Block) -> Iterator[_Part]:
    shown = [tuple(part.split("\n")) for part in markdown_block(block)]
    if isinstance(block, Lines) and block.title and len(shown) > 1 and sum(map(len, shown[1:])) > OPEN:
        # The heading is what is seen of it.
        yield _Part(tuple(line for part in shown[1:] for line in part), summary=markdown_inside(block.title))
        return
    yield from map(_Part, shown)


def _is_list(part: _Part) -> bool:
    return not (part.keeps or part.summary) and part.lines[0].startswith("* ")


def _fitted(parts: Sequence[_Part]) -> list[_Part]:
    """The parts in their order, each with the lines that fit in half of the room that is left; others are counted."""
    room = LONGEST_COMMENT - _LEFT - sum(_size(part) for part in parts if part.keeps)
    kept, left = list[_Part](), 0
    for part in parts:
        fitting = part if part.keeps or _size(part) <= room // 2 else _shorter(part, room // 2)
        left += len(part.lines) - len(fitting.lines)
        room -= 0 if part.keeps else _size(fitting)
        kept += [fitting] if fitting.lines else []
    more = number_of(left, "line that does not fit is", "lines that do not fit are")
    return [*kept, _Part((f"*{more} left out of this comment.*",))]


def _size(part: _Part) -> int:
    """With the empty line behind it; nothing of it, nothing at all."""
    return comment_size(part.text) + 4 if part.lines else 0


def _shorter(part: _Part, room: int) -> _Part:
    lines = list[str]()
    taken = _size(replace(part, lines=("",)))
    for line in part.lines:
        taken += comment_size(line) + 2
        if taken > room:
            break
        lines.append(line)
    return replace(part, lines=tuple(lines))
