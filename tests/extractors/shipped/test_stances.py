"""`stance-base`: marked passages, labels of given pairs, what it finds, and that neighbours change nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from evalkit.errors import ExtractorError
from evalkit.extractors.base import Extractor, PairLabeler, StancePair
from evalkit.extractors.shipped.stances import stance_base as extractor
from evalkit.extractors.shipped.stances.candidates import pair_passages, passage, sentences, widened
from evalkit.extractors.shipped.stances.encoding import LABELS, Passage, encode, read_valence
from evalkit.extractors.shipped.stances.stance_base import StanceExtractor
from evalkit.records import AUTHOR, STANCE_LABELS, Article, Entity, Quote, Span, Zone
from evalkit.text.zones import zoned

MODEL = Path(extractor.__file__).parent.parent / "models" / "stance-base"

STORY = (
    "Port plan divides Bergen\n\n"
    "By Ida Moen, Nordlys Post\n\n"
    "BERGEN - The council meets on Monday to vote on the port plan.\n\n"
    "“Erik Sand is a corrupt liar who has betrayed this city,” said Ida Moen, the union's leader.\n\n"
    "“Baltic Grid has done a brilliant, honest job,” Erik Sand told reporters. “We are proud of them.”\n\n"
    "The port plan would cost 40 million euros.\n"
)


@lru_cache(maxsize=1)
def shipped() -> StanceExtractor:
    return StanceExtractor()


@lru_cache(maxsize=1)
def tools() -> tuple[Tokenizer, dict[str, int]]:
    return Tokenizer.from_file(str(MODEL / "tokenizer.json")), read_valence(MODEL / "valence.txt")


def pair(holder: str, target: str) -> StancePair:
    """A pair of things that have one name each."""
    return StancePair(holder=holder, target=target, holder_mentions=(holder,), target_mentions=(target,))


def judged(text: str, target: str) -> str:
    article = Article(id="a", text=text, zones=(Zone("body", 0, len(text)),))
    (label,) = shipped().label_pairs(article, [pair(AUTHOR, target)])
    return label


# What the network reads.


def test_pieces_of_the_target_are_marked_and_words_have_their_valence() -> None:
    tokenizer, valence = tools()
    text = "Good Moen."
    pieces, features = encode(Passage(text, (Span(5, 9),), "Ida"), tokenizer, valence)
    # "Moen" is two pieces, "good" is among the good words, the rest has no valence.
    read = ["[CLS]", "good", "moe", "##n", ".", "[SEP]", "ida", "[SEP]"]
    assert [tokenizer.id_to_token(piece) for piece in pieces] == read
    assert features[:, 0].tolist() == [0, 1, 2, 2, 1, 0, 3, 0]
    assert features[1, 1] > 5
    assert features[[2, 3, 4, 6], 1].tolist() == [5, 5, 5, 5]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(500, 0, id="at the end"),
        pytest.param(250, 250, id="inside"),
        pytest.param(0, 500, id="at the start"),
    ],
)
def test_a_long_passage_is_cut_around_the_target(before: int, after: int) -> None:
    tokenizer, valence = tools()
    text = "and " * before + "Norway" + " and" * after
    start = 4 * before
    pieces, features = encode(Passage(text, (Span(start, start + 6),), "Norway"), tokenizer, valence, size=40)
    # 40 pieces of the passage, [CLS], two [SEP] and the one piece of the name.
    assert len(pieces) == 44
    assert (features[:, 0] == 2).sum() == 1


def test_a_name_without_end_is_cut() -> None:
    tokenizer, valence = tools()
    pieces, _ = encode(Passage("", (), "word " * 500), tokenizer, valence)
    assert len(pieces) == 27


# Passages of a pair.

SPEECH = Article(
    id="a",
    text="Moen spoke first. “Sand lied,” she said. Sand left. The bridge stands. Later Moen met Sand. “It rained.”",
)


def span(part: str, *, within: str = SPEECH.text) -> Span:
    return Span(within.index(part), within.index(part) + len(part))


MENTIONS = (Entity(id="e1", spans=(Span(0, 4),), label="PER", entity_id="moen"),)
SAID = (
    Quote(id="q1", kind="direct", content=(span("“Sand lied,”"),), speaker_id="moen"),
    Quote(id="q2", kind="direct", content=(span("“It rained.”"),), speaker_id="moen"),
)


@pytest.mark.parametrize(
    ("holder", "target", "texts"),
    [
        pytest.param("Moen", "Sand", ["“Sand lied,” she said."], id="what the holder says about the target"),
        pytest.param("Moen", "Norway", ["“Sand lied,” she said.", "“It rained.”"], id="all that the holder says"),
        pytest.param("Sand", "Moen", ["Later Moen met Sand."], id="sentences with both"),
        pytest.param("Norway", "bridge toll", ["The bridge stands."], id="a word of the topic"),
        pytest.param(AUTHOR, "Sand", ["Sand left.", "Later Moen met Sand."], id="the author speaks outside quotes"),
        pytest.param(AUTHOR, "rained", ["“It rained.”"], id="unless there is nothing outside"),
        pytest.param("Norway", "Poland", [], id="neither is named"),
    ],
)
def test_passages_of_a_pair(holder: str, target: str, texts: list[str]) -> None:
    found = pair_passages(SPEECH, MENTIONS, SAID, pair(holder, target))
    assert [item.text for item in found] == texts
    assert all(item.text[start:end] == target for item in found for start, end in item.mentions)


def test_a_name_inside_a_word_is_no_mention() -> None:
    article = Article(id="a", text="Sandra won. Sand's plan failed.")
    (found,) = pair_passages(article, (), (), pair(AUTHOR, "Sand"))
    assert (found.text, found.mentions) == ("Sand's plan failed.", (Span(0, 4),))


def test_a_stretch_is_widened_to_whole_sentences() -> None:
    article = Article(id="a", text="One went. Two came back. Three stayed.")
    place = widened(Span(14, 27), sentences(article))
    assert passage(article.text, place, (), "").text == "Two came back. Three stayed."


# The extractor.


def test_it_is_an_extractor_that_labels_pairs() -> None:
    extractor = shipped()
    assert isinstance(extractor, Extractor)
    assert isinstance(extractor, PairLabeler)
    assert (extractor.name, extractor.layers) == ("stance-base", ("entities", "quotes", "stances"))


@pytest.mark.parametrize(
    ("text", "target", "label"),
    [
        pytest.param("Voters praised Sand for her brilliant and honest work.", "Sand", "favor", id="praise"),
        pytest.param("Sand is a corrupt liar who betrayed the city.", "Sand", "against", id="blame"),
        pytest.param("Sand will speak in Bergen on Monday.", "Sand", "neutral", id="nothing of either"),
    ],
)
def test_clear_cases(text: str, target: str, label: str) -> None:
    assert judged(text, target) == label


def test_two_targets_in_one_sentence_are_told_apart() -> None:
    text = "Voters love Moen and despise Sand."
    assert (judged(text, "Sand"), judged(text, "Moen")) == ("against", "favor")


def test_without_a_passage_the_rules_answer() -> None:
    article = Article(id="a", text="It rained in the hills.")
    # The rules say `against` where no word tells.
    assert shipped().label_pairs(article, [pair("Norway", "Poland")]) == ["against"]


def test_a_story() -> None:
    (found,) = shipped().extract([Article(id="a", text=STORY)])
    said = {(item.holder, item.target): item for item in found.stances or ()}
    blame, praise = said["ida-moen", "erik-sand"], said["erik-sand", "baltic-grid"]
    assert (blame.label, praise.label) == ("against", "favor")
    assert STORY[blame.evidence[0].start : blame.evidence[-1].end].startswith("“Erik Sand is a corrupt liar")
    assert all(item.score is not None and 0 < item.score <= 1 for item in said.values())
    assert [item.id for item in found.stances or ()] == [f"s{k}" for k in range(1, len(said) + 1)]


def test_holders_targets_and_quotes_are_those_of_the_same_answer() -> None:
    article = zoned(Article(id="a", text=STORY))
    (found,) = shipped().extract([article])
    ids = {entity.entity_id for entity in found.entities or ()}
    quotes = {quote.id: quote for quote in found.quotes or ()}
    assert found.stances
    for item in found.stances:
        assert item.holder in ids
        assert item.target in ids or item.target.startswith("topic:")
        assert item.quote_id is None or quotes[item.quote_id].content == item.evidence


@pytest.mark.parametrize("text", ["", " \n\n ", "🙂", "“”", "said"])
def test_little_or_nothing(text: str) -> None:
    article = Article(id="a", text=text)
    (found,) = shipped().extract([article])
    assert found.stances == ()
    assert set(shipped().label_pairs(article, [pair(AUTHOR, "Sand"), pair("", "")])) <= set(STANCE_LABELS)
    assert list(shipped().label_pairs(article, [])) == []


PARTS = [
    "Ida Moen",
    "Erik Sand",
    "said",
    "“",
    "”",
    "praised",
    "lied",
    ".",
    "\r\n",
    "\n\n",
    "🙂",
    "Jose\u0301",
    "𝐎slo",
    "İ",
    "\x00",
]


@settings(max_examples=25)
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=25).map(" ".join))
def test_offsets_and_labels_fit_any_text(text: str) -> None:
    article = Article(id="a", text=text)
    (found,) = shipped().extract([article])
    for item in found.stances or ():
        assert all(0 <= start < end <= len(text) for start, end in item.evidence)
    assert set(shipped().label_pairs(article, [pair("Ida Moen", "Erik Sand")])) <= set(STANCE_LABELS)


def test_a_long_article_is_read_to_its_end() -> None:
    filler = "The committee spent the morning on the budget and put off its vote until the spring.\n\n" * 150
    text = filler + "“Erik Sand is a corrupt liar who has betrayed this city,” said Ida Moen.\n"
    (found,) = shipped().extract([Article(id="a", text=text)])
    assert [(item.holder, item.target, item.label) for item in found.stances or ()] == [
        ("ida-moen", "erik-sand", "against")
    ]


def test_neighbours_and_order_change_nothing() -> None:
    articles = [Article(id=str(k), text=text) for k, text in enumerate([STORY, "Norway.", "", STORY * 2])]
    alone = [shipped().extract([article])[0] for article in articles]
    assert list(shipped().extract(articles)) == alone
    assert list(StanceExtractor(threads=2).extract(articles[::-1])) == alone[::-1]


def test_other_pairs_and_their_order_change_no_label() -> None:
    article = Article(id="a", text=STORY)
    pairs = [pair("Ida Moen", "Erik Sand"), pair("Erik Sand", "Baltic Grid"), pair(AUTHOR, "port plan")]
    alone = [shipped().label_pairs(article, [item])[0] for item in pairs]
    assert alone[:2] == ["against", "favor"]
    assert list(shipped().label_pairs(article, pairs)) == alone
    assert list(shipped().label_pairs(article, pairs[::-1])) == alone[::-1]


def test_probabilities_sum_to_one_and_do_not_depend_on_neighbours() -> None:
    items = [Passage("Sand lied.", (Span(0, 4),), "Sand"), Passage("", (), ""), Passage("x " * 900, (), "y")]
    together = shipped().probabilities(items)
    assert together.shape == (3, len(LABELS))
    assert np.allclose(together.sum(axis=1), 1.0)
    assert all(
        np.array_equal(shipped().probabilities([item])[0], row) for item, row in zip(items, together, strict=True)
    )
    assert shipped().probabilities([]).shape == (0, len(LABELS))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match=r"no model\.onnx, tokenizer\.json, valence\.txt, stance\.json there"):
        StanceExtractor(tmp_path)


def test_fingerprint_follows_the_threshold(tmp_path: Path) -> None:
    copied = shutil.copytree(MODEL, tmp_path / "copy")
    assert StanceExtractor(copied).fingerprint() == shipped().fingerprint()
    config = copied / "stance.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"threshold": 0.', '"threshold": 0.1'), "utf-8")
    assert StanceExtractor(copied).fingerprint() != shipped().fingerprint()


def test_importing_is_cheap() -> None:
    code = (
        "import sys; import evalkit.extractors.shipped.stances.stance_base; "
        "print({'numpy', 'onnxruntime', 'tokenizers', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
