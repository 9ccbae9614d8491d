"""The articles that a baseline and a run have in common, and what became of the gold in between.

Both sides are scored on the gold of today, so a corrected annotation changes both alike, and a new article neither. An
article whose text is another one now cannot be compared: what was predicted for the old text says nothing of the new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.gate.baseline import ArticleMark
from evalkit.showing import number_of

__all__ = ["CommonArticles", "common_articles"]

SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class CommonArticles:
    """Article ids, each sorted.

    Attributes:
        common: what both have, with the same text: what is judged.
        new: in the gold of today only.
        removed: in the baseline only.
        annotated: common ones whose gold is not what it was.
        rewritten: in both, with another text.
        unanswered: in both with the same text, but the extractor of the baseline failed on them: there is nothing to
            compare with, and whatever breaks there would not be seen.
        before: how many articles the baseline has.
        known: whether the baseline says what its articles were like; if not, `annotated` and `rewritten` are empty.
        same_gold: whether the gold as a whole is what it was.
    """

    common: tuple[str, ...]
    new: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    annotated: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    before: int
    known: bool = True
    same_gold: bool = True

    @property
    def too_few(self) -> str:
        """Why these articles are too few for a verdict, or ""."""
        if not self.common and self.unanswered:
            both = number_of(len(self.unanswered), "article")
            return f"the baseline has no answer for any of the {both} that both have"
        if not self.common:
            return f"none of the {number_of(self.before, 'article')} of the baseline is in the run"
        if 2 * len(self.common) < self.before:
            answered = " and have an answer in it" if self.unanswered else ""
            return (
                f"only {len(self.common)} of the {number_of(self.before, 'article')} of the baseline "
                f"{'is' if len(self.common) == 1 else 'are'} in the run{answered}, less "
                "than half"
            )
        return ""

    def notes(self) -> Iterator[str]:
        """What is new, removed, rewritten, unanswered or annotated anew, a sentence each."""
        articles = "others" if self.unanswered else "articles"
        judged = f"the {len(self.common)} {articles} that both have are judged"
        if self.new:
            yield f"{_listed(self.new, 'new')}, not in the baseline; {judged}"
        if self.removed:
            yield f"{_listed(self.removed, 'removed')}: in the baseline and not in the run; {judged}"
        if self.rewritten:
            yield f"{_listed(self.rewritten, 'rewritten')}: the text is not what it was, so left out; {judged}"
        if self.unanswered:
            what = "without an answer in the baseline"
            yield f"{_listed(self.unanswered, what)}, whose extractor failed there, so left out; {judged}"
        if self.annotated:
            yield f"{_listed(self.annotated, 'annotated anew')}; both sides are scored on the gold of today"
        if not self.known and not self.same_gold:
            yield (
                "the gold has changed since the baseline was made, which does not say in which articles; both sides "
                "are scored on the gold of today"
            )

    def to_json(self) -> dict[str, Any]:
        """The ids as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def _listed(articles: tuple[str, ...], what: str) -> str:
    """`2 articles are new (a, b)`."""
    number = number_of(len(articles), "article is", "articles are")
    more = f" and {len(articles) - SHOWN} more" if len(articles) > SHOWN else ""
    return f"{number} {what} ({', '.join(articles[:SHOWN])}{more})"


def common_articles(
    before: Mapping[str, ArticleMark] | None,
    predicted_before: frozenset[str],
    today: Mapping[str, ArticleMark],
    *,
    same_gold: bool,
    unanswered: frozenset[str] = frozenset(),
) -> CommonArticles:
    """What a baseline and a run have in common.

    Args:
        before: what the articles of the baseline were like, where that is known.
        predicted_before: the articles of the baseline.
        today: the gold of the run.
        same_gold: whether the gold as a whole is what it was.
        unanswered: the articles of the baseline that its extractor failed on.
    """
    both = sorted(predicted_before & today.keys())
    known = before or {}
    rewritten = tuple(name for name in both if name in known and known[name].text != today[name].text)
    common = tuple(name for name in both if name not in rewritten and name not in unanswered)
    return CommonArticles(
        common=common,
        new=tuple(sorted(today.keys() - predicted_before)),
        removed=tuple(sorted(predicted_before - today.keys())),
        annotated=tuple(name for name in common if name in known and known[name].gold != today[name].gold),
        rewritten=rewritten,
        unanswered=tuple(name for name in both if name in unanswered and name not in rewritten),
        before=len(predicted_before),
        known=predicted_before <= known.keys(),
        same_gold=same_gold,
    )
