"""The time that the floors take grows with the length of an article, not with its square; and there is a limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module

import pytest

from evalkit.extractors.base import LONGEST_ARTICLE, Extractor
from evalkit.extractors.rules.extractor import RulesExtractor
from evalkit.extractors.table import NAMED
from evalkit.extractors.trivial import TrivialExtractor
from evalkit.predictions.batches import Job, predict_batch
from evalkit.records import Annotations, Article

LENGTH = 6_000


def repeated(unit: str) -> Callable[[int], str]:
    return lambda length: (unit * (length // len(unit) + 1))[:length]


def names(form: str) -> Callable[[int], str]:
    """Lines with a name each, all of them different."""

    def text(length: int) -> str:
        letters = [chr(97 + number % 26) for number in range(26)]
        lines = (form.format(a + b + c) for a in letters for b in letters for c in letters)
        return "\n".join(line for line, _ in zip(lines, range(length // len(form)), strict=False))

    return text


NASTY = {
    "double marks that only open": repeated("“"),
    "double marks that only open, in lines": repeated("“a\n"),
    "straight marks, in lines": repeated('"a\n'),
    "single marks that only open": repeated(" ‘a"),
    "apostrophes that open lines": repeated("'A\n"),
    "marks inside each other": repeated("“a ‘b «c "),
    "marks of other countries": repeated(" »a „b"),
    "typewritten marks": repeated(" ``a"),
    "quotations in one line": repeated("“We go,” Ola Brun said, and he saw Mia Vo of Kell, who went. "),
    "questions in marks": repeated("“Why?” "),
    "marks and nothing else": repeated("“?” "),
    "a sentence that never stops": repeated("Ola Brun of Kell said “Mia Vo went,” to Ruun and "),
    "words of saying": repeated("said, sadly "),
    "pronouns": repeated("Ola Brun left. “He said ‘he went,’ he said,” he said. "),
    "roles": repeated("Ola Brun, a minister, left. The director said that it was late. "),
    "plans": repeated("Ola Brun condemned the new plan and Mia Vo praised the tax plan, "),
    "blanks": repeated(" "),
    "a page of blank lines": lambda length: "a b c\nd e f\ng h i\nj k l\n" + " " * length + "\n",
    "stops": lambda length: "a" + "." * length + ")x",
    "one word": repeated("x"),
    "one word again and again": repeated("Word "),
    "a menu that never ends": repeated("cookies-jan-(a/b)-Facebook"),
    "names with one surname": names("Ol{} Brun said hello."),
    "names with one first word": names("we saw Ruun Council Br{} Group today."),
    "names in brackets": repeated("Long Name (LN) "),
    "names of another script": names("we saw Ж{} today."),
}


def seconds(extractor: Extractor, text: str) -> float:
    begun = time.process_time()
    extractor.extract([Article(id="a", text=text)])
    return time.process_time() - begun


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("extractor", [RulesExtractor(), TrivialExtractor()], ids=["rules", "trivial"])
def test_four_times_the_article_takes_about_four_times_as_long(
    extractor: Extractor, nasty: Callable[[int], str]
) -> None:
    short, long = nasty(LENGTH), nasty(4 * LENGTH)
    seconds(extractor, short)
    # Twice the square's share would be 16; a machine that does other things gets three tries and a floor.
    tries = ((seconds(extractor, short), seconds(extractor, long)) for _ in range(3))
    assert any(slow < 8 * max(quick, 0.01) for quick, slow in tries)


OWN = [
    *(entry.factory for entry in NAMED),
    "evalkit.extractors.checkpoints.text_classification:PairClassifier",
    "evalkit.extractors.checkpoints.token_classification:TransformersExtractor",
    "evalkit.extractors.llm.language_model:LlmExtractor",
    "evalkit.extractors.spacy:SpacyExtractor",
]


@pytest.mark.parametrize("name", OWN)
def test_what_is_evalkits_own_has_a_limit(name: str) -> None:
    module, _, attribute = name.partition(":")
    assert getattr(import_module(module), attribute).longest_article == LONGEST_ARTICLE


class Reader:
    """Finds nothing, and knows what it read."""

    name = "reader"
    layers = ("entities",)
    longest_article: object = 10

    def __init__(self) -> None:
        self.read: list[str] = []

    def fingerprint(self) -> str:
        return "reader"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        self.read += [article.id for article in articles]
        return [Annotations(entities=()) for _ in articles]


def test_an_article_that_is_too_long_fails_by_name_and_the_others_are_read() -> None:
    reader = Reader()
    lengths = {"a": 10, "b": 11, "c": 3}
    jobs = [Job(Article(id=name, text="x" * length)) for name, length in lengths.items()]
    errors = {one.article_id: one.error for one in predict_batch(reader, reader.layers, jobs)}
    assert errors == {"a": None, "b": "has 11 characters, and at most 10 are read; cut it into several", "c": None}
    assert reader.read == ["a", "c"]


def test_one_that_names_no_number_reads_all() -> None:
    reader = Reader()
    reader.longest_article = "ten"
    (prediction,) = predict_batch(reader, reader.layers, [Job(Article(id="a", text="x" * 11))])
    assert prediction.error is None
