"""`news-base`: one pass for three layers, each over the ones before."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from evalkit.errors import ExtractorError
from evalkit.extractors.base import StancePair
from evalkit.extractors.shipped.news import NewsExtractor
from evalkit.extractors.shipped.quotes.quote_base import QuoteExtractor
from evalkit.records import STANCE_LABELS, Article

STORY = (
    "“Erik Sand is a corrupt liar who has betrayed this city,” said Ida Moen.\n\n"
    "“Baltic Grid has done an excellent job and deserves our thanks,” said Erik Sand.\n"
)


@lru_cache(maxsize=1)
def shipped() -> NewsExtractor:
    return NewsExtractor()


def test_stances_join_the_entities_and_quotes_of_the_same_pass() -> None:
    (found,) = shipped().extract([Article(id="a", text=STORY)])
    (alone,) = QuoteExtractor(nested=True).extract([Article(id="a", text=STORY)])
    assert (found.entities, found.quotes) == (alone.entities, alone.quotes)
    stances = {(item.holder, item.target): item for item in found.stances or ()}
    assert stances["ida-moen", "erik-sand"].label == "against"
    known = {quote.id for quote in found.quotes or ()}
    assert all(item.quote_id in known for item in stances.values() if item.quote_id)


def test_labels_of_given_pairs() -> None:
    def pair(holder: str, target: str) -> StancePair:
        return StancePair(holder=holder, target=target, holder_mentions=(holder,), target_mentions=(target,))

    article = Article(id="a", text=STORY)
    pairs = [pair("Ida Moen", "Erik Sand"), pair("Erik Sand", "Baltic Grid"), pair("Nobody", "Nothing")]
    found = shipped().label_pairs(article, pairs)
    assert found[:2] == ["against", "favor"]
    assert set(found) <= set(STANCE_LABELS)
    assert list(shipped().label_pairs(article, pairs[::-1])) == list(found[::-1])


def test_neighbours_and_threads_change_nothing() -> None:
    articles = [Article(id=str(k), text=text) for k, text in enumerate([STORY, "Norway.", "", "\x00", STORY * 5])]
    alone = [shipped().extract([article])[0] for article in articles]
    assert list(NewsExtractor(threads=2).extract(articles[::-1])) == alone[::-1]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match=r"no model\.onnx, stance\.json there"):
        NewsExtractor(tmp_path)
