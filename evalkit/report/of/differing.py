"""The items on which two runs differ as a table: the words of the gold, and what either run has in their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from evalkit.analysis.differing import DifferingItem, ToldItem
from evalkit.harmless import one_line
from evalkit.report.document import Column, Table
from evalkit.report.of.run_names import RunName
from evalkit.showing import number_of

__all__ = ["differing_tables"]

LONGEST = 60
ARTICLES = 5


def differing_tables(items: Sequence[DifferingItem], names: Mapping[str, RunName], shown: int) -> Iterator[Table]:
    """One table of a task and pair of runs: those of the articles with most of them first; nothing without any.

    Args:
        items: of one task and pair.
        names: what the runs are called.
        shown: how many of them have a row.
    """
    if not items or shown < 1:
        return
    first, second = (names[run].head for run in (items[0].first, items[0].second))
    articles = Counter(item.article for item in items)
    alone = [sum(item.right == sides for item in items) for sides in ((True, False), (False, True))]
    more = len(items) - shown
    told = [f"{first} alone is right in {alone[0]}, {second} alone in {alone[1]}; – is nothing"]
    if more > 0:
        most = ", ".join(f"{one_line(article)} {number}" for article, number in articles.most_common(ARTICLES))
        told += [f"most in {most}", f"{more} more with --differences N or --json"]
    yield Table(
        title=f"{items[0].task}: {number_of(len(items), 'item')} on which {first} and {second} differ, in "
        f"{number_of(len(articles), 'article')}",
        columns=tuple(Column(name, left=True, folds=True) for name in ("article", "gold", first, second)),
        rows=tuple(_row(item, items[at - 1] if at else None) for at, item in enumerate(items[:shown])),
        caption="; ".join(told),
    )


def _row(item: DifferingItem, before: DifferingItem | None) -> tuple[str, ...]:
    """The article is named once."""
    article = "" if before is not None and before.article == item.article else one_line(item.article)
    answers = (_answer(item, side) for side in (0, 1))
    return article, _told(item.gold, None), *answers


def _answer(item: DifferingItem, side: int) -> str:
    return "right" if item.right[side] else _told(item.answers[side], item.gold)


def _told(told: ToldItem | None, gold: ToldItem | None) -> str:
    """Label and words, and of an answer the roles that are not those of the gold item."""
    if told is None:
        return "–"
    roles = [] if gold is None else [role for role in told.roles if told.roles[role] != gold.roles.get(role)]
    named = "; ".join(f"{role}: {one_line(told.roles[role], LONGEST) or '–'}" for role in roles)
    return f"{told.label} {one_line(told.text, LONGEST)}" + (f" ({named})" if named else "")
