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

from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.making.declaration import DATASET_FILE
from evalkit.records import Article
from evalkit.registry import near_match
from evalkit.showing import number_of

__all__ = ["LICENCE", "ORIGIN", "PLACE", "licence_notes", "licence_problems", "states_licences"]

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


_UNJUDGED = (
    *("agpl-3.0", "gpl", "gpl-2.0", "gpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0", "mpl-2.0", "epl-1.0", "epl-2.0"),
    *("eupl-1.1", "eupl-1.2", "gfdl", "cecill-2.1", "artistic-2.0", "bsl-1.0", "zlib", "ms-pl", "ofl-1.1"),
    *("cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0", "openrail", "lppl-1.3c", "afl-3.0", "ncsa"),
)
"""Others that the hub knows: what they allow is not looked into here, and they are no mistake for one of the above."""


def _known() -> list[str]:
    kinds = [f"cc-by{nc}{last}-{version}" for nc in ("", "-nc") for last in ("", "-sa", "-nd") for version in _VERSIONS]
    return [*_PLAIN, *kinds]


def _meant(name: str) -> str | None:
    """The known licence that a name most likely means: one that begins with the same letters."""
    near = None if name in _UNJUDGED else near_match(name, _known())
    first = re.split(r"[^a-z]", name, maxsplit=1)[0]
    return near if near and first and near.startswith(first) else None


_MISSPELLED = {"license": LICENCE, "licence": LICENCE, "origin": ORIGIN}
"""What keys of metadata are called, whatever their case, that are meant for these."""


def _misspelled(article: Article, name: str) -> str | None:
    """The key that an article has instead of a name."""
    found = (key for key in sorted(article.metadata) if _MISSPELLED.get(key.strip().lower()) == name != key)
    return None if article.metadata.get(name) else next(found, None)


def states_licences(articles: Sequence[Article]) -> bool:
    """Whether any article says what it is under, or where it comes from, under these names or misspelled ones."""
    return any(
        article.metadata.get(name) or _misspelled(article, name) for article in articles for name in (LICENCE, ORIGIN)
    )


def licence_notes(articles: Sequence[Article], declared: str) -> Iterator[str]:
    """What is missing, or does not go together, in a sentence a kind; nothing where nobody states a licence."""
    if not states_licences(articles):
        return
    by_code: dict[str, list[Problem]] = {}
    for problem in sorted(licence_problems(articles, declared), key=Problem.sort_key):
        by_code.setdefault(problem.code, []).append(problem)
    for first, *others in by_code.values():
        more = f" (and {len(others)} more; evalkit dataset validate lists them)" if others else ""
        yield f"{first.article_id}: {first.message}{more}"


def licence_problems(articles: Sequence[Article], declared: str) -> Iterator[Problem]:
    """What is missing, or does not go together: by article.

    Args:
        articles: the articles of a dataset.
        declared: the licence of the dataset; "" if nobody declared one, which is one problem for all.
    """
    under = []
    for article in articles:
        for name in (LICENCE, ORIGIN):
            if not str(article.metadata.get(name) or "").strip():
                yield Problem(article.id, PLACE, f"{name}-missing", _missing(article, name))
        if own := str(article.metadata.get(LICENCE) or "").strip():
            under.append(own)
            if declared and (message := _hindrance(own, declared)):
                yield Problem(article.id, PLACE, "licence-refused", message)
    if under and not declared:
        first, *others = sorted(set(under))
        named = f"{first!r} and {number_of(len(others), 'other licence')}" if others else repr(first)
        whose = number_of(len(under), "article is", "articles are")
        message = f"{whose} under {named}, but the dataset declares no licence; add licence to {DATASET_FILE}"
        yield Problem(DATASET_FILE, LICENCE, "licence-undeclared", message)


def _missing(article: Article, name: str) -> str:
    if (key := _misspelled(article, name)) is not None:
        return f"the article says its {name} under {key!r}, which nothing reads; call it {name!r}"
    return f"the article does not say its {name}; add it to the metadata of the article"


def _hindrance(own: str, declared: str) -> str:
    """Why a text under a licence cannot stand in a dataset under another; "" if it can."""
    if own.lower() == declared.lower():
        return ""
    text, whole = terms_of(own), terms_of(declared)
    if text is None or whole is None:
        name = own if text is None else declared
        near = _meant(name.strip().lower())
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
