"""`module:attr`: functions, classes and objects of a user, and what they may answer."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.errors import ExtractorError, FormatError, InputError
from evalkit.extractors.base import ArticleFailure, Extracted, Extractor, PairLabeler, StancePair, traits_of
from evalkit.extractors.callable import as_extractor
from evalkit.extractors.table import load_extractor
from evalkit.records import Annotations, Article, Entity, Quote, Span

ARTICLE = Article(id="a", text="Ida left.")
IDA = Entity(id="e1", spans=(Span(0, 3),), label="PER")


def only(extractor: Extractor, article: Article = ARTICLE) -> Annotations | ArticleFailure:
    (found,) = extractor.extract([article])
    return found


def ten_lines(article: Article) -> Iterator[tuple[int, int, str]]:
    yield 0, 3, "PER"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param([(0, 3, "PER")], (IDA,), id="tuples"),
        pytest.param([[0, 3, "PER"]], (IDA,), id="lists"),
        pytest.param([(0, 3, "PER", 0.5)], (Entity(id="e1", spans=(Span(0, 3),), label="PER", score=0.5),), id="score"),
        pytest.param([(np.int64(0), np.int32(3), "PER")], (IDA,), id="whole numbers of numpy"),
        pytest.param(iter([(0, 3, "PER")]), (IDA,), id="an iterator"),
        pytest.param([IDA], (IDA,), id="entities"),
        pytest.param({"entities": [{"start": 0, "end": 3, "label": "PER"}]}, (IDA,), id="the native form"),
        pytest.param(Annotations(entities=(IDA,)), (IDA,), id="annotations"),
        pytest.param([{"start": 0, "end": 3, "label": "PER"}], (IDA,), id="objects"),
        pytest.param([{"spans": [(0, 3)], "label": "PER", "text": "Ida"}], (IDA,), id="objects with spans and text"),
        pytest.param([{"start": np.int64(0), "end": np.int32(3), "label": "PER"}], (IDA,), id="objects of numpy"),
        pytest.param({"entities": [(0, 3, "PER")]}, (IDA,), id="tuples in the native form"),
        pytest.param({"entities": (IDA,)}, (IDA,), id="records in the native form"),
        pytest.param({"entities": [], "tokens": ["Ida"]}, (), id="words of its own beside a layer"),
        pytest.param([], (), id="nothing found"),
    ],
)
def test_what_a_function_may_answer(answer: object, expected: tuple[Entity, ...]) -> None:
    found = only(as_extractor(lambda article: answer))
    assert isinstance(found, Annotations)
    assert found.entities == expected


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(None, "is a return missing", id="nothing"),
        pytest.param("Ida", "answered 'Ida'", id="text"),
        pytest.param(3, "answered 3", id="a number"),
        pytest.param([(0, 3)], r"item 1 is \(0, 3\)", id="no label"),
        pytest.param([(0, 3, "PER"), (0.0, 3, "PER")], "item 2 has the offset 0.0", id="offset is no whole number"),
        pytest.param(["PER"], "item 1 is 'PER'", id="three letters are no item"),
        pytest.param({"entites": []}, "the layer 'entites', .*did you mean 'entities'", id="misspelled layer"),
        pytest.param({"ents": [(0, 3, "PER")]}, "the layer 'ents', .*did you mean 'entities'", id="shortened layer"),
        pytest.param({"entities": [], "qoutes": []}, "did you mean 'quotes'", id="misspelled beside a right one"),
        pytest.param({"spam": [{"start": 0}]}, "the layer 'spam', .*there are entities", id="no layer at all"),
        pytest.param({"start": 0, "end": 3, "label": "PER"}, "object with end, label, start", id="one item, no list"),
        pytest.param(Annotations(ents=(IDA,)), "did you mean 'entities'", id="misspelled in annotations"),
        pytest.param([{"start": 0, "end": 3, "label": "PER", "text": "Ada"}], "hold 'Ida'", id="another text"),
        pytest.param([{"start": 0, "end": 3}], "'label' must be", id="object without label"),
        pytest.param([(0, 3, "PER", float("nan"))], "item 1 has the score nan", id="a score that is no number"),
        pytest.param(
            [{"start": 0, "end": 3, "label": "PER", "score": np.float64("inf")}], "the score inf", id="an endless score"
        ),
        pytest.param([{"start": 0.5, "end": 3, "label": "PER"}], "0.5", id="object with half an offset"),
        pytest.param({"entities": [{"start": 0, "end": 3}]}, "'label' must be a string", id="native without label"),
        pytest.param([(True, 3, "PER")], "item 1 has the offset True; expected a whole number", id="bool"),
        pytest.param([(0, 3, " ")], r"entities\[0\]: 'label' is empty", id="blank label"),
        pytest.param(Annotations(entities=(replace(IDA, label=""),)), "'label' is empty", id="no label"),
    ],
)
def test_other_answers_fail_the_article(answer: object, said: str) -> None:
    found = only(as_extractor(lambda article: answer, "mine"))
    assert isinstance(found, ArticleFailure)
    with pytest.raises(FormatError, match=said):
        raise FormatError(found.message)


def test_items_that_are_of_no_layer_are_counted() -> None:
    found = only(as_extractor(lambda article: {"entities": [(0, 3, "PER")], "relations": [{"from": 1}, {"from": 2}]}))
    assert isinstance(found, Extracted)
    assert (found.annotations.entities, found.usage) == ((IDA,), {"unread_relations": 2})


def test_an_article_that_raises_fails_alone_with_its_place() -> None:
    def find(article: Article) -> list[tuple[int, int, str]]:
        if article.id == "b":
            raise KeyError("colour")
        return []

    found = as_extractor(find).extract([Article(id=name, text="") for name in "abc"])
    assert [type(one) for one in found] == [Annotations, ArticleFailure, Annotations]
    assert "KeyError: 'colour' (test_callable.py:" in str(found[1])


def ends(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    "error", [SystemExit(0), SystemExit("no licence"), GeneratorExit(), RecursionError("deep"), MemoryError()], ids=repr
)
def test_one_that_wants_to_end_the_process_fails_its_article(error: BaseException) -> None:
    def find(article: Article) -> list[object]:
        if article.id == "b":
            ends(error)
        return []

    found = as_extractor(find).extract([Article(id=name, text="") for name in "abc"])
    assert [type(one) for one in found] == [Annotations, ArticleFailure, Annotations]
    assert f"{type(error).__name__}" in str(found[1])


def ask_for_everything(target: Any) -> None:
    extractor = as_extractor(target, "mine")
    _ = extractor.layers, extractor.fingerprint(), traits_of(extractor).facts()
    extractor.extract([ARTICLE])


@pytest.mark.parametrize("part", ["__init__", "layers", "fingerprint", "facts", "extract"])
def test_every_part_that_exits_is_named(part: str) -> None:
    body = {"__init__": lambda self: None, "layers": ("entities",), "extract": lambda self, articles: []}
    body |= {part: property(lambda self: ends(SystemExit(0))) if part == "layers" else lambda *_: ends(SystemExit(0))}
    with pytest.raises((ExtractorError, SystemExit)) as caught:
        ask_for_everything(type("Odd", (), body))
    # What ends a batch is the runner's affair: it asks again for each article.
    wanted = "0" if part == "extract" else r"extractor 'mine'.*: SystemExit: 0 \(test_callable.py:"
    assert re.match(wanted, str(caught.value))


def test_one_that_cannot_be_closed_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    def find(article: Article) -> list[object]:
        return []

    find.close = lambda: ends(SystemExit(0))  # type: ignore[attr-defined]
    as_extractor(find, "mine").close()  # type: ignore[attr-defined]
    assert "extractor 'mine': its close failed: SystemExit: 0" in caplog.text


def test_a_setting_that_is_taken_for_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "class Tagger:\n  def __init__(self, least): self.least = least\n"
    (tmp_path / "least_tagger.py").write_text(
        code + "  def __call__(self, article): return [] if self.least > 0.5 else []\n"
    )
    found = only(load_extractor("least_tagger:Tagger", options={"least": "0.2"}))
    assert isinstance(found, ArticleFailure)
    assert found.message.endswith("(least_tagger.py:3); settings are text: make numbers of them, as float(x)")


def test_more_answers_than_articles_without_an_end() -> None:
    class Endless(Bare):
        def extract(self, articles: Sequence[Article]) -> Iterator[object]:  # type: ignore[override]
            while True:
                yield []

    with pytest.raises(FormatError, match="gave 2 answers for 1 article;"):
        as_extractor(Endless(), "mine").extract([ARTICLE])


# Layers.


def quotes(article: Article) -> dict[str, list[object]]:
    return {"quotes": []}


def declared(article: Article) -> list[tuple[int, int, str]]:
    return []


declared.layers = ("stances", "entities")  # type: ignore[attr-defined]


def knows_only_its_own(article: Article) -> dict[str, list[object]]:
    return {"a": {"stances": []}}[article.id]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("function", "before", "after"),
    [
        pytest.param(ten_lines, ("entities",), ("entities",), id="tuples are entities"),
        pytest.param(quotes, ("quotes",), ("quotes",), id="the layers of the answer"),
        pytest.param(declared, ("entities", "stances"), ("entities", "stances"), id="declared"),
        pytest.param(knows_only_its_own, ("entities",), ("stances",), id="seen when it answers"),
    ],
)
def test_layers(function: Any, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    extractor = as_extractor(function)
    assert extractor.layers == before
    only(extractor)
    assert extractor.layers == after


def test_a_layer_that_does_not_exist() -> None:
    def find(article: Article) -> list[object]:
        return []

    find.layers = ["entites"]  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="'entites' must be some of entities, quotes, stances"):
        _ = as_extractor(find).layers


# Classes and objects.


class Whole:
    name = "whole"
    layers = ("quotes",)

    def __init__(self, *, size: int = 1, strict: bool = False, rate: float = 0.5, label: str = "x") -> None:
        self.given = (size, strict, rate, label)

    def fingerprint(self) -> str:
        return "v1"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        return [Annotations(quotes=(Quote(id="q1", kind="direct", content=(Span(0, 3),)),)) for _ in articles]


class Given(Whole):
    def facts(self) -> dict[str, object]:
        return {"given": self.given}


class Bare:
    def __init__(self, label: str = "PER") -> None:
        self.label = label

    def extract(self, articles: Sequence[Article]) -> list[object]:
        return [[(0, 3, self.label)] for _ in articles]


class Called:
    def __call__(self, article: Article) -> list[tuple[int, int, str]]:
        return [(0, 3, "PER")]


def test_a_whole_extractor_keeps_what_it_says_of_itself() -> None:
    class Labels(Whole):
        thread_safe = True
        default_label_map = "news"

        def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> list[str]:
            return ["favor" for _ in pairs]

        def facts(self) -> dict[str, str]:
            return {"revision": "abc"}

        def extract(self, articles: Sequence[Article]) -> list[Extracted]:  # type: ignore[override]
            return [Extracted(Annotations(quotes=()), {"requests": 1}) for _ in articles]

    extractor = as_extractor(Labels())
    assert isinstance(extractor, PairLabeler)
    traits = traits_of(extractor)
    assert (extractor.name, extractor.layers, traits.thread_safe) == ("whole", ("quotes",), True)
    assert (traits.default_label_map, dict(traits.facts())) == ("news", {"revision": "abc"})
    assert extractor.extract([ARTICLE]) == [Extracted(Annotations(quotes=()), {"requests": 1})]


def test_an_extractor_of_evalkit_is_used_as_it_is() -> None:
    rules = load_extractor("rules")
    assert as_extractor(rules) is rules


def test_options_are_converted_as_the_class_wants_them() -> None:
    options = {"size": "3", "strict": "yes", "rate": "0.25", "label": "12"}
    assert as_extractor(Given, "mine", options).facts() == {"given": (3, True, 0.25, "12")}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({"sise": "3"}, "did you mean 'size'", id="near"),
        pytest.param({"size": "3.5"}, "size='3.5' cannot be read as int", id="no whole number"),
        pytest.param({"strict": "maybe"}, "strict='maybe' cannot be read as bool", id="neither"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        as_extractor(Whole, "mine", options)


def test_options_of_a_function_are_its_further_arguments() -> None:
    def find(article: Article, label: str, end: int = 3) -> list[tuple[int, int, str]]:
        return [(0, end, label)]

    found = only(as_extractor(find, "mine", {"label": "ORG", "end": "2"}))
    assert isinstance(found, Annotations)
    assert found.entities == (Entity(id="e1", spans=(Span(0, 2),), label="ORG"),)


@pytest.mark.parametrize(
    "target",
    [pytest.param(Bare, id="class"), pytest.param(Bare(), id="object"), pytest.param(Called(), id="callable object")],
)
def test_what_is_missing_is_completed(target: Any) -> None:
    extractor = as_extractor(target, "mine")
    assert isinstance(extractor, Extractor)
    assert (extractor.name, extractor.layers) == ("mine", ("entities",))
    found = only(extractor)
    assert isinstance(found, Annotations)
    assert found.entities == (IDA,)


def test_fewer_answers_than_articles() -> None:
    class Forgetful(Bare):
        def extract(self, articles: Sequence[Article]) -> list[object]:
            return []

    with pytest.raises(FormatError, match="gave 0 answers for 1 article;"):
        as_extractor(Forgetful(), "mine").extract([ARTICLE])


def test_a_class_that_cannot_be_set_up() -> None:
    class Broken:
        def __init__(self) -> None:
            raise OSError("no weights")

    with pytest.raises(ExtractorError, match=r"'mine' cannot be set up: OSError: no weights \(test_callable.py:"):
        as_extractor(Broken, "mine")


@pytest.mark.parametrize("target", [pytest.param(3, id="number"), pytest.param("text", id="text")])
def test_what_can_do_nothing(target: object) -> None:
    with pytest.raises(ExtractorError, match="cannot extract"):
        as_extractor(target, "mine")


# Fingerprints. What code can reach is in identity/test_reach.py.


async def later(article: Article) -> list[object]:
    return []


async def streamed(article: Article) -> AsyncIterator[object]:
    yield ()


class Later:
    async def extract(self, articles: Sequence[Article]) -> list[object]:
        return []


class CalledLater:
    async def __call__(self, article: Article) -> list[object]:
        return []


@pytest.mark.parametrize("target", [later, streamed, functools.partial(later), Later(), CalledLater()])
def test_what_is_asynchronous_is_refused_before_it_is_asked(target: Any) -> None:
    with pytest.raises(ExtractorError, match="asynchronous"):
        as_extractor(target)


def test_a_changed_file_is_a_changed_extractor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    code = "def one(article):\n    return []\n\n\ndef two(article):\n    return []\n"
    (tmp_path / "mine_first.py").write_text(code)
    one, again, two = (load_extractor(f"mine_first:{name}").fingerprint() for name in ("one", "one", "two"))
    (tmp_path / "mine_first.py").write_text(code + "# changed\n")
    changed = load_extractor("mine_first:one").fingerprint()
    assert one == again
    assert len({one, two, changed}) == 3


def test_options_and_state_are_part_of_it() -> None:
    prints = {as_extractor(Bare(label), "mine").fingerprint() for label in ("PER", "ORG", "PER")}
    prints |= {as_extractor(functools.partial(declared, **given), "m").fingerprint() for given in ({}, {"x": 1})}
    assert len(prints) == 4


class Sure(Bare):
    def fingerprint(self) -> str:
        return "v1"


class Surer(Sure):
    def extract(self, articles: Sequence[Article]) -> list[object]:
        return [[] for _ in articles]


def test_its_own_word_counts_and_never_alone() -> None:
    def find(article: Article) -> list[object]:
        return []

    find.fingerprint = "v7"  # type: ignore[attr-defined]
    first = as_extractor(find).fingerprint()
    find.fingerprint = lambda: "v8"  # type: ignore[attr-defined]
    assert as_extractor(find).fingerprint() != first
    # Two classes, two objects of one class, and two names, all of which say that they are v1.
    made = [as_extractor(Sure(), "a"), as_extractor(Surer(), "a"), as_extractor(Sure("ORG"), "a")]
    made += [as_extractor(Sure(), "b"), as_extractor(Sure(), "a")]
    prints = [extractor.fingerprint() for extractor in made]
    assert prints[0] == prints[-1]
    assert len(set(prints)) == 4


def test_what_cannot_be_read_is_not_cached_unless_a_fingerprint_stands_for_it() -> None:
    session = memoryview(b"weights")

    def find(article: Article) -> list[object]:
        return [(0, len(session), "PER")]

    extractor = as_extractor(find, "mine")
    assert extractor.fingerprint() == as_extractor(find, "mine").fingerprint()
    traits = traits_of(extractor)
    assert traits.uncached == (
        "mine.session (builtins.memoryview) cannot be read; a fingerprint of its own would stand for it"
    )
    assert traits.facts() == {"uncached": traits.uncached}
    find.fingerprint = "weights-1"  # type: ignore[attr-defined]
    extractor = as_extractor(find)
    extractor.fingerprint()
    assert traits_of(extractor).uncached == ""
    # Its word stands for it; that nothing has changed is not checked.
    assert traits_of(extractor).facts()["unseen"].endswith("session (builtins.memoryview) cannot be read")


def test_an_extractor_may_say_that_it_is_not_to_be_cached() -> None:
    def find(article: Article) -> list[object]:
        return []

    find.uncached = "it asks the weather"  # type: ignore[attr-defined]
    extractor = as_extractor(find)
    extractor.fingerprint()
    assert traits_of(extractor).uncached == "it asks the weather"


def test_what_it_does_to_itself_while_it_works_makes_it_no_other() -> None:
    calls: list[str] = []
    limit = [1]

    def find(article: Article) -> list[object]:
        calls.append(article.id)
        return [(0, limit[0], "PER")]

    extractor = as_extractor(find)
    before = extractor.fingerprint()
    extractor.extract([ARTICLE])
    traits_of(extractor).facts()
    assert as_extractor(find).fingerprint() == before
    # What others do to it does.
    limit[0] = 2
    assert as_extractor(find).fingerprint() != before
    limit[0] = 1
    assert as_extractor(find).fingerprint() == before
    calls.clear()
    assert as_extractor(find).fingerprint() == before


def test_a_run_that_was_interrupted_leaves_it_the_same() -> None:
    calls: list[str] = []

    class Patient:
        layers = ("entities",)

        def extract(self, articles: Sequence[Article]) -> list[object]:
            calls.append("once")
            raise KeyboardInterrupt

    target = Patient()
    extractor = as_extractor(target)
    before = extractor.fingerprint()
    with pytest.raises(KeyboardInterrupt):
        extractor.extract([ARTICLE])
    assert as_extractor(target).fingerprint() == before


def test_what_a_function_closes_over_is_part_of_it() -> None:
    def factory(label: str):
        return lambda article: [(0, 1, label)]

    prints = [as_extractor(factory(label), "mine").fingerprint() for label in ("PER", "ORG", "PER")]
    assert prints[0] == prints[2] != prints[1]


class Model:
    """Has an address in its repr."""


@pytest.mark.parametrize(
    ("said", "vouches"),
    [
        pytest.param(None, False, id="none"),
        pytest.param("", False, id="nothing"),
        pytest.param(Model(), True, id="an object"),
        pytest.param(repr(Model()), False, id="an address in memory"),
        pytest.param("0x3fa4b2c1d0", True, id="a hash"),
        pytest.param(7, True, id="a number"),
        pytest.param(np.zeros(5000), True, id="an array"),
    ],
)
def test_what_stands_for_what_cannot_be_read(said: object, vouches: bool) -> None:
    session = memoryview(b"weights")

    def find(article: Article) -> list[object]:
        return [(0, len(session), "PER")]

    find.fingerprint = lambda: said  # type: ignore[attr-defined]
    extractor = as_extractor(find, "mine")
    assert extractor.fingerprint() == as_extractor(find, "mine").fingerprint()
    assert bool(traits_of(extractor).uncached) is not vouches


def described() -> str:
    """A text that is another one each time, for its address."""
    return repr(Model())


def test_a_fingerprint_that_is_no_text_counts_by_content() -> None:
    weights = np.zeros(5000)
    changed = weights.copy()
    # In the middle, where a repr has dots.
    changed[2500] = 1
    said: list[object] = [
        weights,
        weights.copy(),
        changed,
        described,
        described,
        "0x3fa4b2c1d0",
        "0x3fa4b2c1d1",
    ]

    def find(article: Article) -> list[object]:
        return []

    prints = []
    for one in said:
        find.fingerprint = lambda one=one: one() if callable(one) else one  # type: ignore[attr-defined]
        prints.append(as_extractor(find, "mine").fingerprint())
    first, again, other, here, there, one, two = prints
    assert first == again != other
    assert here == there
    assert one != two


def takes_none() -> list[object]:
    return []


def takes_two(article: Article, words: object) -> list[object]:
    return []


class TakesTwo:
    def extract(self, articles: object, words: object) -> list[object]:
        return []


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (takes_none, "takes no argument and is called with one, the article"),
        (takes_two, r"takes 2 arguments \(article.*, words.*\) and is called with one, the article"),
        (TakesTwo, r"takes 2 arguments \(articles.*, words.*\) and is called with one, the articles"),
    ],
)
def test_one_that_takes_another_number_of_arguments_is_refused_at_once(target: object, said: str) -> None:
    with pytest.raises(ExtractorError, match=said):
        as_extractor(target)


@pytest.mark.parametrize("label", [5, None, ["PER"]])
def test_a_label_that_is_no_text_fails_its_article(label: Any) -> None:
    from evalkit.predictions.batches import Job, predict_batch

    odd = Entity(id="e1", spans=(Span(0, 3),), label=label)
    for answer in ([odd], Annotations(layers={"entities": (odd,)})):
        extractor = as_extractor(lambda article, answer=answer: answer, "odd")
        (prediction,) = predict_batch(extractor, ["entities"], [Job(ARTICLE)])
        assert "'label'" in str(prediction.error)
        assert ".py:" not in str(prediction.error)


def test_an_error_is_placed_in_the_code_of_the_extractor() -> None:
    import json

    def reads(article: Article) -> list[object]:
        json.loads("{")
        return []

    def asks(article: Article) -> list[object]:
        os.environ["EVALKIT_TEST_ABSENT"]
        return []

    read, asked = (as_extractor(function).extract([ARTICLE])[0] for function in (reads, asks))
    assert isinstance(read, ArticleFailure)
    assert isinstance(asked, ArticleFailure)
    assert re.fullmatch(r"JSONDecodeError: .* \(test_callable.py:\d+\)", read.message)
    assert re.fullmatch(
        r"the environment variable 'EVALKIT_TEST_ABSENT' is not set \(test_callable.py:\d+\)", asked.message
    )
