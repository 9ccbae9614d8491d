"""Where a field of an item comes from, as a profile says it in a few characters.

====================  =================================================================================================
`type`                the type of the mark or link
`@feature`            a feature of it; `note` is short for `@note`
`text`, `id`          what stands there; the id that the tool gave it
`score`               how sure the tool says a system was
`self`                the mark itself: its place, or the thing that it names
`source`, `target`    the marks at both ends of a link
`->Link`, `<-Link`    the marks that a link of this type goes to, or comes from; `->Link:Type` only those of a type
`mark:Type`           the marks of a type in the same group (see `group` in `evalkit.formats.standoff.profile`)
`here:Type`           the marks of a type at the same place; `*` stands for any letters, `[0-9]` for a digit
`chain:Link`          the marks that links of this type join, however many, are one thing; `chain:Link@kind=a|b` only
                      links with such a feature
`answer`, `question`  of a label of the whole text
`='constant'`         always the same
`topic:{@feature}`    a text made of others, each written as an id: in lower case, with hyphens between the words
====================  =================================================================================================

Steps may follow each other and end in a value, as `source@entity_id`, `->Cue->Negation` or `->Speaker.text`. A name
with other characters stands in double quotes, as `->"said by"`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.registry import near_match

__all__ = ["Origin", "Step", "id_of_words", "parse_origin"]

VALUES = ("type", "text", "id", "score", "note", "answer", "question")
_STARTS = ("self", "source", "target")

_NAME = r"\"[^\"]*\"|(?:(?!->|<-)[^\s@:\"<>{}='])+"
_STEP = re.compile(
    rf"(?P<way>->|<-|mark:|here:)(?P<name>{_NAME})(?::(?P<type>{_NAME}))?|(?P<start>{'|'.join(_STARTS)})(?![\w-])"
)
_FEATURE = re.compile(r"@(?P<name>\"[^\"]*\"|[^\"@]+)$")
_VALUE = re.compile(rf"\.(?P<value>{'|'.join(VALUES)})$")
_CHAIN = re.compile(r"chain:(?P<name>\"[^\"]*\"|[^\"@]+)(?:@(?P<feature>[^=]+)=(?P<values>.+))?$")
_CONSTANT = re.compile(r"=(?:'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\"|(?P<bare>[^'\"]*))$")
_BRACES = re.compile(r"\{([^{}]*)\}")


class Step(NamedTuple):
    """One step from a mark to others: `way` begins it, or is the end of a link; `type` keeps only marks of one."""

    way: str
    name: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes:
        written: as the profile says it.
        steps: from the item to the marks that are looked at; none for the item itself.
        value: what of them: `mark` (their place, or what they name), one of `VALUES`, `feature`, `joined`, `constant`
            or `made`.
        name: that of the feature or of the link of a chain; the constant.
        parts: what a text that is `made` consists of; the feature that links of a chain have, and its values.
    """

    written: str
    steps: tuple[Step, ...] = ()
    value: str = "mark"
    name: str = ""
    parts: tuple[str | Origin, ...] = ()


def parse_origin(written: str, where: str, fold: Callable[[str], str] = str) -> Origin:
    """What a text in a profile stands for.

    Args:
        written: the text.
        where: the place, for messages.
        fold: how names are spelt to be compared.

    Raises:
        FormatError: it is none of these; says which it was meant to be.
    """
    text = written.strip()
    if constant := _CONSTANT.match(text):
        return Origin(written, (), "constant", next(one for one in constant.groups() if one is not None))
    if chain := _CHAIN.match(text):
        told = (chain["feature"], *chain["values"].split("|")) if chain["feature"] else ()
        return Origin(written, (), "joined", fold(chain["name"].strip('"')), tuple(map(fold, told)))
    if _BRACES.search(text):
        pieces = _BRACES.split(text)
        parts = tuple(parse_origin(one, where, fold) if number % 2 else one for number, one in enumerate(pieces) if one)
        return Origin(written, (), "made", "", parts)
    if text in VALUES:
        return Origin(written, (), *(("feature", fold("note")) if text == "note" else (text, "")))
    ending = _VALUE.search(text)
    rest = text[: ending.start()] if ending else text
    steps, begun = [], False
    while step := _STEP.match(rest):
        way, begun = step["way"] or step["start"], True
        if way != "self":
            steps.append(Step(way, fold((step["name"] or "").strip('"')), fold((step["type"] or "").strip('"'))))
        rest = rest[step.end() :]
    if begun and not rest:
        value = ending["value"] if ending else "mark"
        return Origin(written, tuple(steps), *(("feature", fold("note")) if value == "note" else (value, "")))
    if feature := _FEATURE.match(rest if begun else text):
        return Origin(written, tuple(steps), "feature", fold(feature["name"].strip('"')))
    near = None if begun else near_match(text, (*VALUES, *_STARTS), least=0.7)
    hint = (
        f"did you mean {near!r}?" if near else f"write '@{text}' for a feature, '->{text}' for a link, or \"='{text}'\""
    )
    raise FormatError(f"{where}: {written!r} is no place to take a value from; {hint}")


def id_of_words(value: str) -> str:
    """A text as an id: in lower case, with hyphens between its words; letters that have no such form are kept."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", value) if not unicodedata.combining(one))
    return "-".join(re.findall(r"[^\W_]+", plain.casefold()))
