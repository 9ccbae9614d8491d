"""Copies are found whatever was done to them, nothing else is, and a passage is where it is said to be."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.dataset.leakage.clusters import wire_clusters
from evalkit.dataset.leakage.join import commonness
from evalkit.dataset.leakage.passages import shared_passages
from evalkit.dataset.leakage.words import folded_words, text_batches, words_of
from evalkit.records import Article

SCRIPT = Path(__file__).parents[3] / "experiments" / "benchmarks" / "leakage.py"
NAMES = [f"word{number}" for number in range(3000)]


def story(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(NAMES, k=words))


def article(name: str, text: str, **rest: str) -> Article:
    return Article(id=name, text=text, **rest)


@pytest.fixture(scope="module")
def made() -> ModuleType:
    if not SCRIPT.is_file():
        pytest.skip("the experiments do not lie beside these tests")
    spec = importlib.util.spec_from_file_location("benchmark_leakage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_copies_of_every_kind_are_found_and_nothing_else(made: ModuleType):
    for kind in made.KINDS:
        pages = made.make_articles(500, [kind], seed=7)
        for sampled in (1, 4):
            recall, precision = made.recall_and_precision(pages, sampled)
            assert (recall >= 0.98, precision >= 0.98) == (True, True), (kind, sampled, recall, precision)


@given(st.lists(st.text(alphabet="aAbß ŉİ.,_1é漢\n’\U0001f600ΐ", max_size=30), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_words_are_those_of_the_casefolded_text(texts: list[str]):
    numbers: dict[str, int] = {}
    for text in texts:
        words = words_of(text)
        expected = folded_words(text)
        assert len(words) == len(expected)
        for word, number, start, end in zip(expected, words.numbers, words.start, words.end, strict=True):
            assert word in text[start:end].casefold()
            assert numbers.setdefault(word, int(number)) == number
    assert len(set(numbers.values())) == len(numbers)
    together = [row.tolist() for _, row, _ in text_batches(texts)]
    assert [number for row in together for number in row] == [n for t in texts for n in words_of(t).numbers.tolist()]


def brute_force(one: str, other: str) -> tuple[int, int, set[int]]:
    """Shared sequences of five words, the words of the longest passage, the words of the one in a passage."""
    words = [re.findall(r"\w+", text.casefold()) for text in (one, other)]
    sequences = [[tuple(own[at : at + 5]) for at in range(len(own) - 4)] for own in words]
    common = set(sequences[0]) & set(sequences[1])
    covered = {at + step for at, sequence in enumerate(sequences[0]) if sequence in common for step in range(5)}
    longest = 0
    for begin in range(len(words[0])):
        for other_begin in range(len(words[1])):
            length = 0
            while (
                words[0][begin + length : begin + length + 1]
                == words[1][other_begin + length : other_begin + length + 1]
                != []
            ):
                length += 1
            longest = max(longest, length)
    return len(common), longest, covered


@pytest.mark.parametrize("seed", range(6))
def test_a_pair_is_what_comparing_word_by_word_gives(seed: int):
    rng = random.Random(seed)
    pieces = [story(10 * seed + number, rng.randint(12, 25)) for number in range(5)]
    one = f"{story(991, 20)}. {pieces[0]} {story(992, 7)}, {pieces[1].upper()} {story(993, 9)} — {pieces[2]}"
    other = f"{pieces[2]} {story(994, 12)} {pieces[0]} {pieces[3]} {pieces[1]}"
    (pair,) = shared_passages([article("a", one), article("b", other)]).pairs
    shared, longest, covered = brute_force(one, other)
    assert (pair.shared, pair.passage_words) == (shared, longest)
    assert pair.containment[0] == pytest.approx(len(covered) / len(folded_words(one)))
    passage = [text[span.start : span.end] for text, span in ((one, pair.left_span), (other, pair.right_span))]
    assert folded_words(passage[0]) == folded_words(passage[1])
    assert len(folded_words(passage[0])) == longest
    assert [span for span, _ in pair.places] == sorted(span for span, _ in pair.places)


def test_offsets_count_characters_of_the_text_as_it_is():
    lifted = story(1, 60)
    one = f"\U0001f600 Straße ŉ.\n{lifted}"
    other = f"STRASSE {story(2, 30)}\r\n«{lifted.upper()}»"
    (pair,) = shared_passages([article("a", one), article("b", other)]).pairs
    assert one[pair.left_span.start : pair.left_span.end] == lifted
    assert other[pair.right_span.start : pair.right_span.end] == lifted.upper()


def test_what_everybody_has_is_no_copy():
    foot = story(0, 80)
    pages = [article(f"a{number:02}", f"{story(number + 1, 250)} {foot}") for number in range(60)]
    found = shared_passages(pages)
    assert found.pairs == ()
    assert (found.limit, found.articles_with_common) == (commonness(60), 60) == (6, 60)
    # Where one lifts a passage, that is the passage, not the longer foot.
    lifted = story(200, 45)
    pages[3], pages[9] = (article(page.id, f"{lifted}. {page.text}") for page in (pages[3], pages[9]))
    (pair,) = shared_passages(pages).pairs
    assert (pair.left, pair.right) == (3, 9)
    assert pages[3].text[pair.left_span.start : pair.left_span.end] == lifted
    assert pair.containment == pytest.approx((45 / 375, 45 / 375))


def test_a_text_that_was_sent_to_many_is_a_copy_of_each():
    wire = story(1, 300)
    pages = [article(f"a{number:02}", wire if number < 30 else story(number, 300)) for number in range(60)]
    assert [(pair.left, pair.right) for pair in shared_passages(pages).pairs] == [(0, n) for n in range(1, 30)]
    assert wire_clusters(pages) == {f"a{number:02}": "a00" for number in range(30)}


def test_one_quotation_is_no_copy_and_a_text_with_other_words_is():
    said = story(5, 30)
    one, other = (f"{story(number, 120)} {said} {story(number + 10, 80)}" for number in (1, 2))
    assert shared_passages([article("a", one), article("b", other)]).pairs == ()
    words = story(7, 210).split()
    changed = [f"new{at}" if at % 8 == 3 else word for at, word in enumerate(words)]
    assert len(shared_passages([article("a", " ".join(words)), article("b", " ".join(changed))]).pairs) == 1


def test_only_articles_of_different_sides_are_compared():
    pages = [article(name, story(1, 100)) for name in "abcd"]
    pairs = shared_passages(pages, [0, 0, 1, 1]).pairs
    assert [(pair.left, pair.right) for pair in pairs] == [(0, 2), (0, 3), (1, 2), (1, 3)]


@pytest.mark.parametrize(
    ("one", "other", "original"),
    [
        ({"published": "2024-03-02"}, {"published": "2024-03-01T23:59"}, "b"),
        ({"published": "2024-03-01T10:00:00Z"}, {"published": "2024-03-01T09:00:00Z"}, "b"),
        # Times of two zones do not tell, nor does a date without a time.
        ({"published": "2024-03-01T10:00:00Z"}, {"published": "2024-03-01T09:00:00+05:00"}, "a"),
        ({"source": "Ruun Gazette"}, {"source": "The Coast"}, "b"),
        ({"source": "Ruun Gazette"}, {"source": "AFP"}, "b"),
        ({}, {}, "a"),
    ],
)
def test_clusters_are_called_after_the_likely_original(one: dict[str, str], other: dict[str, str], original: str):
    text = story(1, 80)
    credit = " (The Coast)" if other.get("source") == "The Coast" else ""
    pages = [article("a", text + credit, **one), article("b", text, **other), article("c", story(2, 80))]
    assert wire_clusters(pages) == wire_clusters(pages[::-1]) == {"a": original, "b": original}


def test_a_brief_that_stands_whole_in_another_is_the_original():
    brief = story(1, 90)
    assert wire_clusters([article("a", f"{story(2, 300)} {brief}"), article("b", brief)]) == {"a": "b", "b": "b"}


def test_texts_without_words_share_nothing():
    pages = [article("a", ""), article("b", "…"), article("c", ""), article("d", "No news."), article("e", "no NEWS")]
    assert [(pair.left, pair.right, pair.shared) for pair in shared_passages(pages).pairs] == [(3, 4, 0)]
    assert shared_passages([]).pairs == ()
