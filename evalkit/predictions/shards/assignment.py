"""Which shard an article is in: a hash of its id says so, wherever and whenever somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.gold import GoldDataset, article_ids, picked

__all__ = ["part_of_gold", "shard_number"]


def shard_number(article_id: str, of: int) -> int:
    """The shard of an article, counted from 1: the first eight bytes of the SHA-256 of its id, modulo `of`."""
    return int.from_bytes(hashlib.sha256(article_id.encode()).digest()[:8], "big") % of + 1


def part_of_gold(gold: GoldDataset, numbers: Collection[int], of: int) -> GoldDataset:
    """The articles of some shards, with a fingerprint of their own; there may be none."""
    places = [place for place, name in enumerate(article_ids(gold.examples)) if shard_number(name, of) in numbers]
    if len(places) == len(gold):
        return gold
    examples = picked(gold.examples, places)
    return replace(gold, examples=examples, fingerprint=fingerprint_of(examples))
