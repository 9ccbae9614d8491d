"""The same text in two splits is found, also when a few words differ; other pairs are not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.leakage.copies import copies_across_splits
from evalkit.dataset.loading.sources import RawExample
from evalkit.dataset.making.build import build_dataset
from evalkit.formats.base import Claims
from evalkit.records import Annotations, Article, Example

NAMES = [f"word{number}" for number in range(3000)]


def raw(article_id: str, split: str | None, text: str) -> RawExample:
    example = Example(article=Article(id=article_id, text=text), gold=Annotations(entities=()))
    return RawExample(example=example, split=split, claims=Claims())


def found(*raws: RawExample) -> list[tuple[str, str, int]]:
    return [(copy.article_id, copy.other_id, copy.changed) for copy in copies_across_splits(raws)]


def story(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(NAMES, k=words))


@pytest.mark.parametrize(
    ("one", "other", "changed"),
    [
        ("The port closed.", "The port closed.", 0),
        ("The port closed.", "  The PORT\nclosed!  ", 0),  # case, punctuation and white space do not count
        (story(1, 400), story(1, 400).replace(story(1, 400).split()[200], "changed"), 1),
        # One word of twelve.
        (story(2, 12), " ".join([*story(2, 12).split()[:6], "changed", *story(2, 12).split()[7:]]), 1),
        # A sentence of 20 words added to 400: the longer has 420, of which 20 are not in the other.
        (story(3, 400), story(3, 400) + " " + story(4, 20), 20),
    ],
)
def test_copies_are_found(one: str, other: str, changed: int) -> None:
    assert found(raw("b", "test", one), raw("a", "train", other)) == [("b", "a", changed)]


def test_order_does_not_matter() -> None:
    raws = [raw(f"a{number}", ("train", "test")[number % 2], story(number // 2, 60)) for number in range(12)]
    expected = sorted((f"a{number + 1}", f"a{number}", 0) for number in range(0, 12, 2))
    assert found(*raws) == found(*reversed(raws)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (raw("a", "train", story(1, 300)), raw("b", "test", story(2, 300))),
        (raw("a", "train", story(1, 300)), raw("b", "train", story(1, 300))),  # one split
        (raw("a", "train", ""), raw("b", "test", "")),  # nothing to share
        (raw("a", "train", story(1, 300)), raw("b", "test", story(1, 150))),  # half of it
        (raw("a", "train", "The port closed"), raw("b", "test", "The harbour stayed open")),
    ],
)
def test_others_are_not(one: RawExample, other: RawExample) -> None:
    assert found(one, other) == []


@pytest.mark.parametrize("text", ["No news.", story(5, 100)])
def test_many_equal_texts_give_one_line_each(text: str) -> None:
    raws = [raw(f"{split}{number:03}", split, text) for split in ("dev", "test") for number in range(100)]
    first, later = [
        [("dev000", f"test{n:03}", 0) for n in range(100)],
        [(f"dev{n:03}", "test000", 0) for n in range(1, 100)],
    ]
    assert found(*raws) == first + later


def test_build_says_so_and_validate_reports_it(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    text = "The port of Ruun closed its northern gate on Monday after a strike."
    other = text.replace("Monday", "Tuesday")
    gold.write_text(
        "".join(
            f'{{"id": "{name}", "split": "{split}", "text": "{words}", "entities": []}}\n'
            for name, split, words in (("a", "train", text), ("b", "test", other))
        )
    )
    built = build_dataset(gold, tmp_path / "own", corpus=tmp_path / "corpus")
    assert built.notes == (
        "b (test) and a (train) are the same text but for 1 of 13 words; what was trained on is not tested by it, "
        "keep copies in one split",
    )
    (problem,) = validate_dataset(tmp_path / "own").problems
    assert (problem.article_id, problem.code) == ("b", "split-copy")
    assert "but for 1 of 13 words" in problem.message
