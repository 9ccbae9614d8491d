"""Which article is in which split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from evalkit.dataset.problems import Problem
from evalkit.dataset.sources import RawExample
from evalkit.registry import near_match

__all__ = ["assign_splits", "check_splits"]

IdsBySplit = Mapping[str, Sequence[str]]


def assign_splits(raws: Sequence[RawExample], present: IdsBySplit, wanted: IdsBySplit | None) -> list[RawExample]:
    """The examples with the split that `wanted` gives them, else the one they came with, else the present one."""
    before, now = _split_of(present), _split_of(wanted or {})
    return [
        replace(raw, split=now.get(raw.example.article.id) or raw.split or before.get(raw.example.article.id))
        for raw in raws
    ]


def check_splits(raws: Sequence[RawExample], wanted: IdsBySplit | None) -> Iterator[Problem]:
    """Articles without a split or with two, and ids that no article has."""
    for raw in raws:
        if raw.split is None:
            message = (
                "no split claims the article; name its split in a file (--splits FILE), or in a field "
                '"split" of its row'
            )
            yield Problem(raw.example.article.id, "split", "split-missing", message)
    ids = {raw.example.article.id for raw in raws}
    seen: dict[str, str] = {}
    for split, article_ids in (wanted or {}).items():
        for article_id in article_ids:
            if article_id in seen:
                message = f"the splits {seen[article_id]!r} and {split!r} claim the article; keep one"
                yield Problem(article_id, "split", "split-double", message)
            seen[article_id] = split
            if article_id not in ids:
                near = near_match(article_id, sorted(ids))
                message = f"split {split!r} claims it, but no source holds it" + (f"; {near!r}?" if near else "")
                yield Problem(article_id, "split", "split-unknown", message)


def _split_of(ids_by_split: IdsBySplit) -> dict[str, str]:
    return {article_id: split for split, ids in ids_by_split.items() for article_id in ids}
