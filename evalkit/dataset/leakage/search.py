"""Looking for text of one split in the others and in training corpora."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.leakage.found import Known, Leak, Leakage, LeakSide
from evalkit.dataset.leakage.join import FEW, LONG
from evalkit.dataset.leakage.known import known_from
from evalkit.dataset.leakage.origin import original_of
from evalkit.dataset.leakage.passages import Passages, SharedText, shared_passages
from evalkit.dataset.making.store import SPLITS
from evalkit.errors import InputError
from evalkit.records import Article, Span
from evalkit.showing import number_of

__all__ = ["TRAIN", "leakage_of"]

TRAIN = "train"
"""The split whose articles are known; so are training corpora."""


def leakage_of(
    splits: Sequence[GoldDataset], corpora: Mapping[str, Sequence[Article]] | None = None, *, sampled: int | None = None
) -> Leakage:
    """What of each split stands in another, or in training corpora.

    Args:
        splits: the splits of one dataset.
        corpora: name → articles of a training corpus; they are not compared with each other.
        sampled: as for `shared_passages`.

    Raises:
        InputError: there is nothing to compare: one split and no corpus.
    """
    corpora = corpora or {}
    if len(splits) < 2 and not corpora:
        raise InputError(
            f"{splits[0].name}: has one split ({splits[0].split}), so nothing of it can stand in another; name a "
            "training corpus (--against), or divide it first"
        )
    order = {split: number for number, split in enumerate(SPLITS)}
    splits = sorted(splits, key=lambda gold: (order.get(gold.split, len(order)), gold.split))
    # What is tested comes first, so that it is the left one of each pair.
    later = list(reversed(splits))
    places = [(gold.name, gold.split, example.article) for gold in later for example in gold]
    sides = [number for number, gold in enumerate(later) for _ in gold]
    for name, articles in sorted(corpora.items()):
        places += [(name, "", article) for article in sorted(articles, key=lambda article: (article.id, article.text))]
        sides += [len(later)] * len(articles)
    articles = [article for *_, article in places]
    passages = shared_passages(articles, sides, sampled=sampled)
    return Leakage(
        dataset=splits[0].name,
        splits={gold.split: len(gold) for gold in splits},
        against={name: len(own) for name, own in sorted(corpora.items())},
        pairs=tuple(_leak(places, articles, pair) for pair in passages.pairs),
        known=tuple(_known(splits, corpora, passages, sides, later)),
        sampled=passages.sampled,
        limit=passages.limit,
        articles_with_common=passages.articles_with_common,
        gold={gold.split: gold.fingerprint for gold in splits},
        notes=tuple(_notes(splits, corpora, passages)),
    )


def _leak(places: Sequence[tuple[str, str, Article]], articles: Sequence[Article], pair: SharedText) -> Leak:
    sides = []
    for number, span in ((pair.left, pair.left_span), (pair.right, pair.right_span)):
        dataset, split, article = places[number]
        sides.append(LeakSide(dataset=dataset, id=article.id, split=split, start=span.start, end=span.end))
    original = original_of(articles, pair)
    return Leak(
        left=sides[0],
        right=sides[1],
        shared=pair.shared,
        words=pair.passage_words,
        text=articles[pair.left].text[pair.left_span.start : pair.left_span.end],
        containment=pair.containment,
        original=("left", "right")[original.side],
        because=original.because,
    )


def _known(
    splits: Sequence[GoldDataset],
    corpora: Mapping[str, Sequence[Article]],
    passages: Passages,
    sides: Sequence[int],
    later: Sequence[GoldDataset],
) -> list[Known]:
    """What is known of each split but train."""
    train = [example for gold in splits if gold.split == TRAIN for example in gold]
    training = {number for number, gold in enumerate(later) if gold.split == TRAIN} | {len(later)}
    if not train and not corpora:
        return []
    own = list(chain(*later))
    shared: dict[int, dict[str, list[Span]]] = {}
    for pair in passages.pairs:
        if sides[pair.right] in training and sides[pair.left] not in training:
            of_article = shared.setdefault(sides[pair.left], {})
            of_article.setdefault(own[pair.left].article.id, []).extend(span for span, _ in pair.places)
    trained = list(chain.from_iterable(corpora.values()))
    return [
        one
        for gold in splits
        if gold.split != TRAIN
        for one in known_from(gold, train, trained, shared.get(later.index(gold), {}))
    ]


def _notes(splits: Sequence[GoldDataset], corpora: Mapping[str, Sequence[Article]], passages: Passages) -> list[str]:
    notes = list(dict.fromkeys(note for gold in splits for note in gold.notes))
    without = sum(not example.article.text.strip() for gold in splits for example in gold)
    if without:
        notes.append(f"{number_of(without, 'article has', 'articles have')} no text and cannot be compared")
    if not corpora and all(gold.split != TRAIN for gold in splits):
        notes.append("there is no train split and no training corpus, so nothing is said of what is known from them")
    if passages.articles_with_common:
        notes.append(
            f"what more than {passages.limit} articles have counts as nobody's text, but for passages of over {LONG} "
            "words: "
            f"{number_of(passages.articles_with_common, 'article has', 'articles have')} some"
        )
    if passages.furnished:
        notes.append(
            f"{number_of(passages.furnished, 'article')} of those that were compared "
            f"{'begins or ends' if passages.furnished == 1 else 'begin or end'} with what {FEW} or more of one outlet "
            "have; that counts as nobody's text, too"
        )
    if passages.without_blanks:
        notes.append(
            f"{number_of(passages.without_blanks, 'article is', 'articles are')} in a script without blanks between "
            "words, where whole copies and long ones are found only"
        )
    if passages.sampled > 1:
        notes.append(
            f"one of {passages.sampled} word sequences was looked at to find the pairs, so that a pair which shares "
            "little may be missing"
        )
    return notes
