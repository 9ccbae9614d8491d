"""Which shard an article is in: a hash of its id says so, wherever and whenever somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.gold import GoldDataset

__all__ = ["part_of_gold", "shard_number"]


def shard_number(article_id: str, of: int) -> int:
    """The shard of an article, counted from 1: the first eight bytes of the SHA-256 of its id, modulo `of`."""
    return int.from_bytes(hashlib.sha256(article_id.encode()).digest()[:8], "big") % of + 1


def part_of_gold(gold: GoldDataset, numbers: Collection[int], of: int) -> GoldDataset:
    """The articles of some shards, with a fingerprint of their own; there may be none."""
    examples = tuple([example for example in gold if shard_number(example.article.id, of) in numbers])
    if len(examples) == len(gold):
        return gold
    return replace(gold, examples=examples, fingerprint=fingerprint_of(examples))
