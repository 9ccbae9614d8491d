"""Copies are found whatever was done to them, nothing else is, and a passage is where it is said to be."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.dataset.leakage.clusters import wire_clusters
from evalkit.dataset.leakage.join import commonness
from evalkit.dataset.leakage.passages import shared_passages
from evalkit.dataset.leakage.words import folded_words, text_batches, words_of
from evalkit.errors import InputError
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
        pages = made.make_articles(250, [kind], seed=7)
        for sampled in (1, 4):
            recall, precision = made.recall_and_precision(pages, sampled)
            assert (recall >= 0.98, precision >= 0.98) == (True, True), (kind, sampled, recall, precision)


@given(
    st.lists(
        st.text(alphabet="aAbß e\u0301\u0323\u094dकि\ufe0fŉİ.,_1é漢\n’\U0001f600ΐ", max_size=30), min_size=1, max_size=6
    )
)
@settings(max_examples=60, deadline=None)
def test_words_are_those_of_the_casefolded_text(texts: list[str]):
    numbers: dict[str, int] = {}
    for text in texts:
        words = words_of(text)
        expected = folded_words(text)
        assert len(words) == len(expected)
        for word, number, start, end in zip(expected, words.numbers, words.start, words.end, strict=True):
            assert word in unicodedata.normalize("NFC", text[start:end].casefold())
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


@pytest.mark.parametrize(
    "text",
    ["la " * 300, "Row row row your boat gently down the stream. " * 40 + story(1, 20), "Yes!", "Team 0, — " * 9],
)
def test_equal_texts_are_a_pair_whole(text: str):
    (pair,) = shared_passages([article("a", f"{text}."), article("b", text.upper())]).pairs
    assert pair.containment == (1, 1)
    assert (pair.left_span, pair.right_span) == ((0, len(text) + 1), (0, len(text)))
    assert pair.passage_words == len(folded_words(text))


def test_a_refrain_is_no_copy():
    def ticker(seed: int) -> str:
        refrain = "corner kick for the home team, no danger for the goal keeper."
        return " ".join(f"{minute}. minute: {refrain} {story(100 * seed + minute, 7)}." for minute in range(60))

    assert shared_passages([article("a", ticker(1)), article("b", ticker(2))]).pairs == ()
    assert len(shared_passages([article("a", ticker(1)), article("b", ticker(1)[:2000])]).pairs) == 1


def test_how_accents_are_written_does_not_count_and_marks_belong_to_words():
    text = "L’été dernier, à Évreux, les élèves ont reçu des prix. " + "दिल्ली सरकार ने सोमवार को घोषणा की। "
    other = unicodedata.normalize("NFD", text)
    assert words_of(text).numbers.tolist() == words_of(other).numbers.tolist()
    assert "दिल्ली" in folded_words(text)
    longer = f"{story(1, 8)} {other} {story(2, 8)}"
    (pair,) = shared_passages([article("a", text), article("b", longer)]).pairs
    assert longer[pair.right_span.start : pair.right_span.end] == other.rstrip(" ।")


def test_unrelated_texts_of_a_script_with_vowel_signs_are_no_pairs():
    rng = random.Random(3)
    words = [
        "".join(rng.choice("कखगतनमरसल") + rng.choice("ािीेोु") for _ in range(rng.randint(1, 4))) for _ in range(800)
    ]
    texts = [" ".join(rng.choices(words, k=300)) for _ in range(12)]
    assert shared_passages([article(f"a{n}", text) for n, text in enumerate(texts)]).pairs == ()


@pytest.mark.parametrize(
    ("articles", "having", "words", "own"),
    [
        (5, 5, 45, 250),
        (100, 5, 100, 300),
        (100, 10, 60, 300),
        (500, 10, 100, 250),
        (500, 50, 45, 300),
        (60, 60, 100, 90),
    ],
)
def test_the_foot_of_some_pages_is_no_copy_and_a_copy_among_them_is(articles: int, having: int, words: int, own: int):
    foot, lifted = story(0, words), story(1, 60)
    bodies = [story(number + 2, own) for number in range(articles)]
    bodies[0], bodies[2] = (f"{bodies[number]} {lifted}. Seen by {number}." for number in (0, 2))
    pages = [article(f"a{n:03}", f"{body}\n\n{foot if n < having else ''}") for n, body in enumerate(bodies)]
    found = shared_passages(pages)
    assert [(pair.left, pair.right) for pair in found.pairs] == [(0, 2)]
    assert pages[0].text[slice(*found.pairs[0].left_span)].startswith(lifted)


def test_what_several_outlets_end_with_is_no_foot():
    wire = story(0, 80)
    pages = [article(f"a{n}", f"{story(n + 1, 200)} {wire}", source=f"Paper {n}") for n in range(5)]
    assert len(shared_passages(pages).pairs) == 10


def test_a_long_passage_that_many_have_is_wire():
    wire = story(0, 300)
    pages = [article("brief", wire)]
    pages += [article(f"a{n:02}", f"{story(n + 1, 200)} {wire} {story(n + 50, 250)}") for n in range(12)]
    pages += [article(f"b{n:02}", story(n + 100, 300)) for n in range(12)]
    assert set(wire_clusters(pages)) == {"brief", *(f"a{n:02}" for n in range(12))}


def test_three_lifted_sentences_of_twelve_words_are_a_copy_and_two_are_not():
    lifted = [story(number, 12) for number in (1, 2, 3)]

    def with_sentences(seed: int, number: int) -> Article:
        return article(str(seed), " ".join(f"{story(seed + at, 90)}. {lifted[at]}." for at in range(number)))

    assert len(shared_passages([with_sentences(10, 3), with_sentences(20, 3)]).pairs) == 1
    assert shared_passages([with_sentences(10, 3), with_sentences(20, 2)]).pairs == ()


def test_a_sample_of_nothing_is_refused():
    for sampled in (0, -1, 10**6, 2**70):
        with pytest.raises(InputError, match="is no sample; give 1"):
            shared_passages([article("a", "one"), article("b", "two")], sampled=sampled)


def test_texts_without_blanks_are_counted():
    pages = [article("a", "北京市政府周一宣布，将在未来三年内投资五百亿元改善公共交通。"), article("b", story(1, 40))]
    assert shared_passages(pages).without_blanks == 1
