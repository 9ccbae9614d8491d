r"""Text of others made harmless, for every form in which it is shown.

What steers a terminal, turns the direction of writing or cannot be seen is shown as `�` everywhere. Beside that each
form has markup of its own: Markdown and JSON stand here, as a dataset card and a command need them too; HTML, TSV and
XML with their forms in `evalkit.report.forms`.

::

    clean("Ida\x1b[2J\nMoen")             "Ida�[2J Moen"
    markdown_text("<b>ask</b> @ida")      r"\<b\>ask\</b\> @&NoBreak;ida"
    json_text('"a\x9b"')                  r'"a\u009b"'
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = [
    "LONGEST",
    "MESSAGE",
    "BuildOrder",
    "clean",
    "clean_output",
    "clean_text",
    "is_colour",
    "json_text",
    "markdown_begun",
    "markdown_code",
    "markdown_inert",
    "markdown_inside",
    "markdown_part",
    "markdown_text",
    "one_line",
    "shortened",
]

_JOINERS = "\u200c\u200d"
"""Not seen alone, and part of words (Persian, Hindi) and of emoji."""
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""They choose how the character before them is drawn."""
_STEERS = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f"  # control characters but for tabs and line feeds
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\uf8ff\ufdd0-\ufdef\ufffe\uffff"  # halves of characters, private ones, none at all
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
    f"{_SELECTORS}]"
)
_IDEOGRAPHS = (("\u2e80", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))
_SPACE = re.compile(r"\s")
_SPACE_IN_LINE = re.compile(r"[^\S\n\t]")


def clean(text: str) -> str:
    """The text on one line."""
    return clean_output(_SPACE.sub(" ", text))


def clean_text(text: str) -> str:
    """The same for a text of several lines: line feeds and tabs stay, and so does every offset."""
    return clean_output(_SPACE_IN_LINE.sub(" ", text))


def clean_output(text: str) -> str:
    """The same for what a form or somebody else's code has laid out: spaces of every kind stay too."""
    return _STEERS.sub(lambda found: found[0] if _belongs(found) else " " if found[0].isspace() else "�", text)


def one_line(text: str, limit: int = 0) -> str:
    """The text on one line with single spaces, cut in the middle if it is longer than `limit`."""
    words = clean_output(" ".join(text.split()))
    return _cut(words, limit) if limit else words


LONGEST = 200
"""Characters that are left of a name which is too long to be read."""
MESSAGE = 2000
"""Characters of a whole message, which may quote what is damaged."""
_LONG = re.compile(r"(?P<quote>[\"'])(?:(?!(?P=quote)).){300,}(?P=quote)|\S{301,}")


def shortened(text: str, limit: int = 0) -> str:
    """A message or cell for people in which no word and nothing in quotation marks is longer than they can read.

    Labels, ids and what damaged files hold may have any length; JSON has all of it.
    """
    short = _LONG.sub(lambda found: _cut(found[0], LONGEST), text)
    return _cut(short, limit) if limit else short


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def _belongs(found: re.Match[str]) -> bool:
    """Whether a character that could steer is part of the writing here: within a word, after what it changes."""
    character, text, (start, end) = found[0], found.string, found.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    if character in _JOINERS:
        return _joins(before) and _joins(after)
    if "\ufe00" <= character <= "\ufe0f":
        return before != "" and (before >= "\u0300" or before in "#*0123456789©®") and not _STEERS.match(before)
    if "\U000e0100" <= character <= "\U000e01ef":
        return any(first <= before <= last for first, last in _IDEOGRAPHS)
    return character == "\r" and after == "\n"


def _joins(character: str) -> bool:
    """Whether it is a letter, mark or sign of a writing that has joiners."""
    return character > "\u02ff" and unicodedata.category(character)[0] in "LMS" and character not in _HIDDEN_LETTERS


_HIDDEN_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"


def json_text(text: str) -> str:
    r"""JSON that holds the same values with nothing in it but what can be shown; half a character becomes `\ufffd`.

    Log readers of build servers take `##[…]` and `##vso[…]` for orders, wherever they stand.
    """
    return _ORDER.sub(r"#\\u0023", _STEERS.sub(lambda found: found[0] if _belongs(found) else _escaped(found[0]), text))


_ORDER = re.compile(r"##(?=\w*\[)")


def _escaped(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


_MARKUP = re.compile(r"[\\`*_{}\[\]()<>|~!$#]")
_LIVE = re.compile(r"(?<![A-Za-z0-9])@|@(?=[\w\\-]*\.)|#(?=\w)|\bGH(?=-\d)|://|www\.", re.IGNORECASE)
"""Mentions, mail and other addresses, numbers of issues; `gold@1a2b3c4` is none of them."""
_BREAK = "&NoBreak;"
"""A character without width, by name: what it stands in is no address, and nobody has to see or copy it."""
_BEGINS = re.compile(r"[-+=](?=[-+=\s]|$)|\d{1,9}(?=[.)](?:\s|$))")
"""What begins a list or underlines a heading if it stands at the beginning of a line."""


def markdown_text(text: str) -> str:
    """The text as plain words in Markdown: no markup, no HTML, nothing that is followed, and nobody is mentioned."""
    return markdown_begun(markdown_inert(markdown_part(one_line(text))))


def markdown_part(text: str) -> str:
    """A part of a line with its markup escaped; `markdown_inert` finishes what parts make together."""
    return _MARKUP.sub(r"\\\g<0>", clean(text)).replace("&", "&amp;")


def markdown_inert(parts: str) -> str:
    """Escaped parts without code in them, in which nothing is live."""
    # Addresses are found in what is left after the markup, so no backslash hides them.
    return _LIVE.sub(lambda found: found[0][0] + _BREAK + found[0][1:], parts)


def markdown_inside(text: str) -> str:
    """The same between tags of HTML in Markdown, such as those of a `<summary>`, where a backslash escapes nothing."""
    apart = _LIVE.sub(lambda found: found[0][0] + "\0" + found[0][1:], one_line(text))
    escaped = "".join(f"&#{ord(sign)};" if sign == "&" or _MARKUP.match(sign) else sign for sign in apart)
    return escaped.replace("\0", _BREAK)


def markdown_begun(line: str) -> str:
    """A line that begins no list and underlines no heading."""
    if not (listed := _BEGINS.match(line)):
        return line
    return f"{listed[0]}\\{line[listed.end() :]}" if listed[0].isdigit() else f"\\{line}"


def markdown_code(text: str) -> str:
    """The text as a code span, in which nothing is markup, a mention, an issue or a link."""
    line = one_line(text)
    if not line.strip():
        return "—"
    ticks = "`"
    while ticks in line:
        ticks += "`"
    space = " " if "`" in (line[0], line[-1]) else ""
    return f"{ticks}{space}{line}{space}{ticks}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOrder:
    """What a build server is to show at a place of a file, as GitHub reads it from what a job prints.

    Attributes:
        kind: `error`, `warning` or `notice`.
        message: what is shown; of others, as are all texts here.
        file: as the repository names it, or "".
        line: from 1; 0 for none.
        title: a few words over the message, or "".
    """

    kind: str
    message: str
    file: str = ""
    line: int = 0
    title: str = ""

    @property
    def text(self) -> str:
        """The line: one order, whatever the texts hold."""
        named = {"file": self.file, "line": str(self.line or ""), "title": one_line(self.title, LONGEST)}
        places = ",".join(f"{name}={_in_order(value, ':,')}" for name, value in named.items() if value)
        return f"::{self.kind}{' ' if places else ''}{places}::{_in_order(one_line(self.message, MESSAGE))}"


def _in_order(text: str, signs: str = "") -> str:
    inert = _ORDER.sub(r"#\\#", clean(text))
    return "".join(f"%{ord(sign):02X}" if sign in "%" + signs else sign for sign in inert)


_COLOURS = frozenset(
    re.findall(
        r"\w+",
        """
        aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
        burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan
        darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred
        darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink
        deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold
        goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush
        lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey
        lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow
        lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen
        mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin
        navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise
        palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown royalblue
        saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow
        springgreen steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen
        """,
    )
)
"""The names of colours in CSS."""


def is_colour(text: str) -> bool:
    """Whether a text is a colour that a page may be given: `#2266aa`, or a name that CSS knows, and nothing else."""
    return text in _COLOURS or re.fullmatch("#[0-9a-fA-F]{6}", text) is not None
