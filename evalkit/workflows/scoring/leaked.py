"""Gold without the articles whose text stands in other splits or in training corpora: `--without leaked`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import settled
from evalkit.dataset.loading.sources import ALL
from evalkit.errors import EvalkitError, InputError
from evalkit.options import ReadOptions, Scoring
from evalkit.predictions.run import Run
from evalkit.records import Article
from evalkit.registry import unknown_name
from evalkit.showing import number_of
from evalkit.workflows.inputs import read_again

__all__ = ["LEAKED", "check_without", "kept_gold", "kept_sides", "leaked_beside", "without_text"]

LEAKED = "leaked"
"""What is left out: articles that share text with another split; `leaked:OTHER` with a training corpus instead."""


def check_without(without: Sequence[str]) -> None:
    """Refuses what nothing is known by.

    Raises:
        UnknownNameError: it is neither `leaked` nor `leaked:OTHER`.
    """
    for text in without:
        name, colon, other = text.partition(":")
        if name != LEAKED or (colon and not other):
            raise unknown_name("kind of articles to leave out", text, [LEAKED, f"{LEAKED}:OTHER"])


def without_text(without: Sequence[str]) -> str:
    """What is left out, as a signature says it; of a training corpus the name of its file or folder."""
    named = {text.partition(":")[2].rstrip("/").rpartition("/")[2] for text in without}
    return "+".join(sorted(f"{LEAKED}:{name}" if name else LEAKED for name in named))


def kept_gold(gold: GoldDataset, without: Sequence[str]) -> tuple[GoldDataset, str]:
    """The gold without what is to be left out, under its fingerprint, and a note on it.

    Raises:
        InputError: there is nothing to compare with, or no article remains.
    """
    check_without(without)
    if not without:
        return gold, ""
    # Few runs leave anything out, and the search for copies takes a while to be there.
    from evalkit.workflows.curating.leakage import corpus_articles

    others: dict[str, Sequence[Article]] = {}
    for name in sorted(text.partition(":")[2] for text in without):
        others |= {name: corpus_articles(name, ReadOptions())[0]} if name else _other_splits(gold)
    leaked = _leaked(gold, [article for articles in others.values() for article in articles])
    kept = tuple(example for example in gold if example.article.id not in leaked)
    which = " or ".join(others)
    if not kept:
        raise InputError(
            f"every article of {gold.name}, {gold.split} ({len(gold)}) shares text with {which}; nothing remains to be "
            "scored: leave --without out"
        )
    said = number_of(len(leaked), "article shares text", "articles share text")
    note = f"{said} with {which} and {'is' if len(leaked) == 1 else 'are'} left out; {len(kept)} of {len(gold)} remain"
    return replace(gold, examples=kept) if leaked else gold, note


def kept_sides(gold: GoldDataset, run: Run, scoring: Scoring) -> tuple[GoldDataset, Run, list[str]]:
    """Gold and run without what is to be left out, and what is to be said of that. Raises what `kept_gold` raises."""
    kept, note = kept_gold(gold, scoring.without)
    if len(kept) < len(gold):
        ids = {example.article.id for example in kept}
        run = replace(run, predictions=tuple(one for one in run.predictions if one.article_id in ids))
    return kept, run, [note] if note else []


def leaked_beside(gold: GoldDataset) -> frozenset[str]:
    """The articles of a gold that share text with another split of its dataset; none where there is no other split."""
    try:
        others = _other_splits(gold)
    except EvalkitError:
        return frozenset()
    return _leaked(gold, [article for articles in others.values() for article in articles])


def _other_splits(gold: GoldDataset) -> dict[str, Sequence[Article]]:
    """The articles of the other splits beside a split.

    Raises:
        InputError: nothing says where they are, or there are none.
    """
    place, read = read_again(gold.origin, ALL)
    # Of all splits there is no other one, and nobody need look.
    splits = [] if place is None or gold.split == ALL else load_splits(place, check=False, read=read, decide=settled)
    others: dict[str, Sequence[Article]] = {
        own.split: [example.article for example in own] for own in splits if own.split != gold.split
    }
    if not others:
        raise InputError(
            f"{gold.name}, {gold.split}: there is no other split beside it that its text could stand in; name a "
            f"training corpus (--without {LEAKED}:OTHER)"
        )
    return others


def _leaked(gold: GoldDataset, others: Sequence[Article]) -> frozenset[str]:
    # It computes with numpy, and most scores do without.
    from evalkit.dataset.leakage.passages import shared_passages

    own = [example.article for example in gold]
    ordered = sorted(others, key=lambda article: (article.id, article.text))
    found = shared_passages([*own, *ordered], [0] * len(own) + [1] * len(ordered))
    return frozenset(own[pair.left].id for pair in found.pairs)
