"""How a result shows itself in a notebook, `_repr_html_ = shown_html` in its class; and numbers with their words.

Results know nothing of reports. Who draws them is a name, as in the tables of plugins, and is imported when a notebook
asks for the first time.
"""

from __future__ import annotations

import re
from importlib import import_module

__all__ = ["number_noted", "number_of", "shown_html"]

_NOUN = re.compile(
    r"((?:\w+: )?(?:(?!(?:about|at|in|of|on|that|to|under|with|without)\b)[\w-]+ ){0,3}?)"
    r"([\w-]*[^\Wsu]s)\b(?!(?:, \w+)* and )"
)
"""The noun at the head of a note in the plural, with what stands before it; not one of several."""
_VERB = re.compile(r"\b(that|which|and|or|as they) (\w+)")
_ONE = {"are": "is", "were": "was", "have": "has", "do": "does"}
_ONE |= {word: f"{word}s" for word in ("begin", "end", "give", "hold", "lack", "name", "overlap", "say", "stand")}

DRAWN_BY = "evalkit.report.render:render_piece"


def shown_html(self: object) -> str:
    """The result as HTML without scripts, to stand in a page of others."""
    module, _, attribute = DRAWN_BY.partition(":")
    html: str = getattr(import_module(module), attribute)(self)
    return html


def number_of(number: int, one: str, several: str = "") -> str:
    """A number with its word, as in `1 article` and `0 articles`; `several` is the plural if it is not one with s."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def number_noted(number: int, what: str) -> str:
    """A number with what was counted, which is kept in the plural: `2 lines without a tag` and `1 line without a tag`.

    With a clause about it, its verb is changed too: `1 task that is empty`.
    """
    noun = _NOUN.match(what) if number == 1 else None
    if noun is None:
        return f"{number} {what}"
    rest = what[noun.end() :]
    if rest.startswith((" that ", " which ", " as they ")):
        clause, comma, after = rest.partition(",")
        clause = _VERB.sub(lambda found: f"{found[1]} {_ONE.get(found[2], found[2])}", clause)
        rest = clause.replace(" as they ", " as it ") + comma + after
    return f"1 {noun[1]}{_singular(noun[2])}{rest}"


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("sses", "shes", "ches", "xes", "aliases")) else word[:-1]
