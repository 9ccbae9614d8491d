"""Licences, article by article: whether what each text is under allows what the dataset says it is under.

`licence` in the metadata of an article is an identifier of the hub, such as `cc-by-sa-4.0`, as in `dataset.toml`;
`origin` is where the text comes from. Both are looked at where an owner states them of any article, or asks for it.

What a licence asks of whoever passes a text on is known for those in `CONDITIONS`. A text may stand in a dataset whose
licence asks for no less; one under a share-alike licence only in a dataset under the same one, or a later version where
the licence says so (CC BY-SA since 2.0, section 4b of its legal code; CC BY-NC-SA likewise). This is what the licences
say of themselves, not legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evalkit.dataset.problems import Problem
from evalkit.records import Article
from evalkit.registry import near_match

__all__ = ["LICENCE", "ORIGIN", "PLACE", "licence_problems", "states_licences"]

LICENCE, ORIGIN = "licence", "origin"
"""The metadata of an article."""
PLACE = "metadata"

BY, SAME, NONCOMMERCIAL, UNCHANGED = "attribution", "share-alike", "non-commercial", "no derivatives"

_PLAIN: dict[str, frozenset[str]] = {
    **dict.fromkeys(("cc0-1.0", "pddl", "unlicense", "wtfpl", "pdm"), frozenset()),
    **dict.fromkeys(
        ("odc-by", "mit", "apache-2.0", "bsd", "bsd-2-clause", "bsd-3-clause", "isc", "etalab-2.0"), frozenset({BY})
    ),
    "odbl": frozenset({BY, SAME}),
}
_CREATIVE_COMMONS = re.compile(r"cc-by(?P<nc>-nc)?(?P<last>-sa|-nd)?-(?P<version>\d\.\d)")
_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")


class Terms(NamedTuple):
    """What a licence asks; licences of one family differ by their version."""

    family: str
    version: str
    conditions: frozenset[str]


def terms_of(licence: str) -> Terms | None:
    """What a licence asks of whoever passes a text on; None of one that is not known here."""
    name = licence.strip().lower()
    if name in _PLAIN:
        return Terms(name, "", _PLAIN[name])
    match = _CREATIVE_COMMONS.fullmatch(name)
    if match is None or match["version"] not in _VERSIONS:
        return None
    conditions = {BY}
    conditions |= {NONCOMMERCIAL} if match["nc"] else set()
    conditions |= {"-sa": {SAME}, "-nd": {UNCHANGED}}.get(match["last"] or "", set())
    return Terms(name.removesuffix(match["version"]), match["version"], frozenset(conditions))


def _known() -> list[str]:
    kinds = [f"cc-by{nc}{last}-{version}" for nc in ("", "-nc") for last in ("", "-sa", "-nd") for version in _VERSIONS]
    return [*_PLAIN, *kinds]


def states_licences(articles: Sequence[Article]) -> bool:
    """Whether any article says what it is under, or where it comes from."""
    return any(article.metadata.get(name) for article in articles for name in (LICENCE, ORIGIN))


def licence_problems(articles: Sequence[Article], declared: str) -> Iterator[Problem]:
    """What is missing, or does not go together: by article.

    Args:
        articles: the articles of a dataset.
        declared: the licence of the dataset; "" if nobody declared one.
    """
    for article in articles:
        for name in (LICENCE, ORIGIN):
            if not str(article.metadata.get(name) or "").strip():
                message = f"the article does not say its {name}; add it to the metadata of the article"
                yield Problem(article.id, PLACE, f"{name}-missing", message)
        own = str(article.metadata.get(LICENCE) or "").strip()
        if own and (message := _hindrance(own, declared)):
            yield Problem(article.id, PLACE, "licence-refused", message)


def _hindrance(own: str, declared: str) -> str:
    """Why a text under a licence cannot stand in a dataset under another; "" if it can."""
    if not declared:
        return f"the text is under {own!r}, but the dataset declares no licence; add licence to dataset.toml"
    if own.lower() == declared.lower():
        return ""
    text, whole = terms_of(own), terms_of(declared)
    if text is None or whole is None:
        name = own if text is None else declared
        near = near_match(name.lower(), _known())
        hint = f"did you mean {near!r}?" if near else "only a dataset under the very same licence may hold it"
        return f"what {name!r} allows is not known here (text {own!r}, dataset {declared!r}); {hint}"
    return _conflict(own, declared, text, whole)


def _conflict(own: str, declared: str, text: Terms, whole: Terms) -> str:
    remedy = "leave the article out, or change the licence of the dataset"
    if missing := text.conditions - whole.conditions:
        asks = " and ".join(sorted(missing))
        return f"the text is under {own!r}, which asks for {asks}; the dataset's {declared!r} does not: {remedy}"
    if SAME in text.conditions and not (text.family == whole.family and "1.0" != text.version <= whole.version):
        return f"the text is under {own!r}, which may be passed on under that licence only, not {declared!r}: {remedy}"
    return ""
