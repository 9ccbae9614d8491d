"""`news-base`: one pass for three layers, each over the ones before."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from evalkit.errors import ExtractorError, InputError
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
    (alone,) = QuoteExtractor().extract([Article(id="a", text=STORY)])
    assert (found.entities, found.quotes) == (alone.entities, alone.quotes)
    stances = {(item.holder, item.target): item for item in found.stances or ()}
    assert stances["ida-moen", "erik-sand"].label == "against"
    known = {quote.id for quote in found.quotes or ()}
    assert all(item.quote_id in known for item in stances.values() if item.quote_id)


def test_names_inside_names_are_given_where_they_are_asked_for() -> None:
    article = Article(id="a", text="The Bergen City Council met in Bergen on Monday.\n")
    ((flat,), (nested,)) = (NewsExtractor(nested=value).extract([article]) for value in (False, True))
    spans = [{entity.spans[0] for entity in found.entities} for found in (flat, nested)]
    assert spans[1] - spans[0] == {(4, 10)}
    assert spans[0] <= spans[1]


@pytest.mark.parametrize("asked", ["entities", "entities,quotes", "quotes"])
def test_what_is_asked_for_is_what_is_found_with_everything(asked: str) -> None:
    narrow, article = NewsExtractor(layers=asked), Article(id="a", text=STORY)
    ((less,), (whole,)) = (extractor.extract([article]) for extractor in (narrow, shipped()))
    # Quotes name entities, so these come along.
    assert tuple(less.layers) == narrow.layers == ("entities", "quotes")[: 2 if "quotes" in asked else 1]
    assert all(less[layer] == whole[layer] for layer in narrow.layers)
    assert narrow.fingerprint() != shipped().fingerprint()


def test_a_layer_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="layers 'quote' must be some of entities, quotes, stances"):
        NewsExtractor(layers="quote")


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
