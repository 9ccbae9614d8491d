"""A passage beside a second segment: what fits, what is cut, and around what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.extractors.checkpoints.pieces import Padding, PieceCutter, Pieces, load_cutter

pytest.importorskip("torch", reason="hf: needs the extra torch")

from tests.extractors.checkpoints.tiny_checkpoints import word_tokenizer

WORDS = "a b c d e f g h i j k l m n o p"
TEXT = WORDS + " q r s t u v w x y z"


@pytest.fixture(scope="module")
def cutter(tmp_path_factory: pytest.TempPathFactory) -> PieceCutter:
    folder = tmp_path_factory.mktemp("tokenizer")
    word_tokenizer(TEXT).save_pretrained(folder)
    return load_cutter(folder, "hf:x")


def pair(cutter: PieceCutter, text: str, second: str, length: int, around: int = 0) -> tuple[str, bool]:
    """The pieces as text, those of the second segment in capitals."""
    pieces, cut = cutter.pair(text, second, length, around=around)
    names = cutter._tokenizer.convert_ids_to_tokens(pieces.ids)
    shown = [name.upper() if of and name[0] != "[" else name for name, of in zip(names, pieces.segments, strict=True)]
    return " ".join(shown).replace("[CLS] ", "").replace("[SEP]", "|"), cut


@pytest.mark.parametrize(
    ("length", "around", "expected"),
    [
        pytest.param(64, 0, "a b c d e f g h i j k l m n o p | X Y |", id="all fits"),
        # 11 pieces less 3 special ones and 2 of the second segment leave 6.
        pytest.param(11, 0, "a b c d e f | X Y |", id="the beginning"),
        pytest.param(11, 14, "e f g h i j | X Y |", id="as much on either side"),
        pytest.param(11, 30, "k l m n o p | X Y |", id="the end"),
        pytest.param(11, 99, "k l m n o p | X Y |", id="behind the end"),
        pytest.param(8, 14, "g h i | X Y |", id="a short second segment stays whole"),
    ],
)
def test_a_passage_is_cut_around_a_place(cutter: PieceCutter, length: int, around: int, expected: str) -> None:
    assert pair(cutter, WORDS, "x y", length, around) == (expected, length < 64)


def test_a_long_second_segment_leaves_half_of_the_room(cutter: PieceCutter) -> None:
    # 13 less 3 are 10.
    assert pair(cutter, WORDS, "q r s t u v w x y z", 13) == ("a b c d e | Q R S T U |", True)
    assert pair(cutter, "a b", "q r s t u v w x y z", 13) == ("a b | Q R S T U |", False)


def test_nothing_to_read(cutter: PieceCutter) -> None:
    assert pair(cutter, "", "x", 16) == ("| X |", False)
    assert pair(cutter, "a", "", 16) == ("a | |", False)


def test_a_short_tokenizer_does_not_mind_a_long_text(cutter: PieceCutter, caplog: pytest.LogCaptureFixture) -> None:
    # It says "longer than the specified maximum" to people who do not cut.
    assert pair(cutter, TEXT * 40, "x", 16)[1]
    assert not caplog.records


@given(text=st.text(alphabet=st.sampled_from(list("ab cz\n🙂é")), max_size=80), around=st.integers(0, 80))
def test_pairs_fit_and_hold_the_place(cutter: PieceCutter, text: str, around: int) -> None:
    pieces, cut = cutter.pair(text, "x y", 16, around=around)
    whole = cutter._tokenizer(text, add_special_tokens=False)["input_ids"]
    inner = pieces.ids[1 : pieces.ids.index(3)]
    assert len(pieces.ids) <= 16
    assert len(pieces.segments) == len(pieces.ids)
    assert cut == (len(whole) > 11)
    assert any(whole[at : at + len(inner)] == inner for at in range(len(whole) + 1))
    assert len(inner) == min(len(whole), 11)


@pytest.mark.parametrize(
    ("left", "ids", "mask", "positions"),
    [
        pytest.param(False, [[5, 6, 7], [8, 9, 9]], [[1, 1, 1], [1, 0, 0]], [[0, 1, 2], [0, 0, 0]], id="right"),
        pytest.param(True, [[5, 6, 7], [9, 9, 8]], [[1, 1, 1], [0, 0, 1]], [[0, 1, 2], [0, 0, 0]], id="left"),
    ],
)
def test_padding(left: bool, ids: list[list[int]], mask: list[list[int]], positions: list[list[int]]) -> None:
    inputs = [Pieces([5, 6, 7], [0, 1, 1]), Pieces([8], [1])]
    padding = Padding(9, left)
    filled = padding.fill(inputs)
    assert filled["input_ids"].tolist() == ids
    assert filled["attention_mask"].tolist() == mask
    assert filled["token_type_ids"].tolist() == [[0, 1, 1], [0, 0, 1] if left else [1, 0, 0]]
    assert filled["position_ids"].tolist() == positions
    assert [filled["input_ids"][row, padding.place(one, 3)].tolist() for row, one in enumerate(inputs)] == [
        [5, 6, 7],
        [8],
    ]
