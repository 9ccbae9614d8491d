"""What is let in can be stored, read back as the same and scored; anything else is refused, and nothing is raised."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np
import orjson
import pytest

from evalkit.extractors.base import ArticleFailure, Extracted, PairLabels, PairsError, StancePair
from evalkit.formats.native.rows import prediction_from_row, prediction_line
from evalkit.predictions.admission import Refused, admit
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.records import Annotations, Article, Category, Entity, Prediction, Quote, Span, Stance

ARTICLE = Article(id="a", text="Ida Moen left Oslo.")
HALF = "P\ud800R"


class Label(StrEnum):
    """A label as programs write it."""

    PERSON = "PER"


class Trap:
    """An object that fails when it is looked at."""

    def __getattr__(self, name: str) -> Any:
        raise SystemExit(0)


def entity(**changed: Any) -> Annotations:
    return Annotations(entities=(replace(Entity(id="e1", spans=(Span(0, 8),), label="PER"), **changed),))


def admitted(annotations: Any, **more: Any) -> Prediction | Refused:
    return admit(Prediction(article_id="a", annotations=annotations, **more), ARTICLE, None)


REFUSED = [
    pytest.param(entity(label=7), r"entities\[0\]: 'label' is 7, expected text", id="number-for-a-label"),
    pytest.param(entity(label=None), "'label' is None", id="no-label"),
    pytest.param(entity(label=" "), "'label' is empty", id="blank-label"),
    pytest.param(entity(label=HALF), r"'label' is 'P\\ud800R', with half of a character", id="surrogate"),
    pytest.param(entity(id=HALF), "'id' is", id="surrogate-in-an-id"),
    pytest.param(entity(id=3), "'id' is 3", id="number-for-an-id"),
    pytest.param(entity(entity_id=b"moen"), "'entity_id' is b'moen'", id="bytes"),
    pytest.param(entity(spans=(Span(0, 80),)), r"span \[0, 80\] is outside the text of 19", id="outside"),
    pytest.param(entity(spans=(Span(0, 2**70),)), "does not fit into 64 bits", id="huge-offset"),
    pytest.param(entity(spans=(Span(False, True),)), "False, expected a whole number", id="bools"),
    pytest.param(entity(spans=(Span(0, 3.0),)), "3.0, expected a whole number", id="float-offset"),
    pytest.param(entity(spans=(Span(0, None),)), "None, expected a whole number", id="no-end"),
    pytest.param(entity(spans=((0, 3, 4),)), r"has \(0, 3, 4\), expected Span", id="three-offsets"),
    pytest.param(entity(spans=(None,)), "expected a tuple of Span", id="no-span"),
    pytest.param(entity(spans="ab"), "expected a tuple of Span", id="text-for-spans"),
    pytest.param(entity(spans=None), "expected a tuple of Span", id="none-for-spans"),
    pytest.param(entity(score=float("nan")), "'score' is nan, expected a finite number", id="nan"),
    pytest.param(entity(score=10**400), "'score' is inf", id="endless"),
    pytest.param(entity(score="0.5"), "'score' is '0.5', expected a number", id="text-for-a-score"),
    pytest.param(entity(score=True), "'score' is True", id="bool-for-a-score"),
    pytest.param(Annotations(entities=("Ida",)), r"entities\[0\] is 'Ida', expected Entity", id="text-for-an-item"),
    pytest.param(Annotations(entities=(Trap(),)), r"entities\[0\] is .*Trap", id="object-for-an-item"),
    pytest.param(Annotations({7: ()}), "answered the layer 7, which there is not", id="number-for-a-layer"),
    pytest.param(Annotations(entitys=()), "did you mean 'entities'", id="misspelt-layer"),
    pytest.param(Annotations(quotes=(Quote(id="q1", kind="direct", content=(), cue=7),)), "'cue' is 7", id="cue"),
    pytest.param(
        Annotations(stances=(Stance(id="s1", holder="a", target="b", label="favor", aliases="ab"),)),
        "'aliases' is 'ab', expected a tuple of texts",
        id="text-for-aliases",
    ),
    pytest.param(None, "cannot be read: AttributeError", id="no-annotations"),
    pytest.param(Trap(), "cannot be read: SystemExit", id="trap"),
]


@pytest.mark.parametrize(("annotations", "reason"), REFUSED)
def test_what_no_file_can_hold_is_refused(annotations: Any, reason: str):
    refused = admitted(annotations)
    assert isinstance(refused, Refused)
    assert re.search(reason, refused.reason)
    refused.reason.encode()


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        pytest.param({"prompt_tokens": 2**70}, "usage 'prompt_tokens' is 1180591620717411303424, which", id="huge"),
        pytest.param({"cost": float("inf")}, "usage 'cost' is inf", id="endless"),
        pytest.param({"cost": "much"}, "usage 'cost' is 'much', expected a number", id="text"),
        pytest.param({7: 1}, "usage '7' is 7, expected text", id="name"),
        pytest.param([1], "cannot be read", id="list"),
    ],
)
def test_usage_that_cannot_be_summed_is_refused(usage: Any, reason: str):
    refused = admitted(Annotations(), usage=usage)
    assert isinstance(refused, Refused)
    assert reason in refused.reason


def test_another_article_or_layer_is_refused():
    other = admit(Prediction(article_id="b", annotations=Annotations()), ARTICLE, None)
    assert other == Refused("is about the article 'b'")
    unclaimed = admit(Prediction(article_id="a", annotations=Annotations(quotes=())), ARTICLE, ("entities",))
    assert isinstance(unclaimed, Refused)
    assert "returned the layer 'quotes', which it does not claim (entities)" in unclaimed.reason


MENDED = [
    pytest.param(entity(spans=(Span(np.int64(0), np.int32(8)),)), id="numbers-of-numpy"),
    pytest.param(entity(spans=[(0, 8)]), id="lists-and-tuples"),
    pytest.param(entity(label=np.str_("PER")), id="text-of-numpy"),
    pytest.param(entity(label=Label.PERSON), id="enum"),
]


@pytest.mark.parametrize("annotations", MENDED)
def test_what_is_obviously_meant_is_taken_as_that(annotations: Annotations):
    prediction = admitted(annotations, usage={"cost": np.float64(1), "seen": np.int64(2)})
    assert prediction == Prediction(article_id="a", annotations=entity(), usage={"cost": 1.0, "seen": 2})
    assert prediction_from_row(orjson.loads(prediction_line(prediction)), "here") == prediction


def test_what_is_plain_stays_the_same_object():
    annotations = Annotations(
        entities=(Entity(id="e1", spans=(Span(0, 3), Span(4, 8)), label="PÉR", score=0.5),),
        quotes=(Quote(id="q1", kind="direct", content=(Span(0, 3),), speaker=Span(4, 8), speaker_id="moen"),),
        stances=(Stance(id="s1", holder="a", target="topic:b", label="favor", aliases=("c",)),),
        categories=(Category(id="c1", label="sport"),),
    )
    prediction = admitted(annotations)
    assert isinstance(prediction, Prediction)
    assert prediction.annotations is annotations


class Odd:
    """An extractor whose answer for article `b` is odd."""

    name, layers = "odd", ("entities", "stances")

    def __init__(self, answer: object = None, labels: object = None) -> None:
        self.answer, self.labels = answer, labels

    def fingerprint(self) -> str:
        return "odd"

    def extract(self, articles: Sequence[Article]) -> list[Any]:
        return [self.answer if article.id == "b" and self.answer is not None else entity() for article in articles]


class OddLabels(Odd):
    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Any:
        if isinstance(self.labels, BaseException):
            raise self.labels
        return self.labels


ODD = [
    *(pytest.param(Odd(case.values[0]), id=case.id) for case in REFUSED if case.id != "no-annotations"),
    pytest.param(Odd(ArticleFailure(7)), id="failure-that-is-a-number"),  # type: ignore[arg-type]
    pytest.param(Odd(ArticleFailure(HALF, {"cost": "much"})), id="failure-with-half-a-character"),  # type: ignore[dict-item]
    pytest.param(Odd(ArticleFailure("no", None)), id="failure-without-usage"),  # type: ignore[arg-type]
    pytest.param(Odd(Extracted(entity(), None)), id="no-usage"),  # type: ignore[arg-type]
    pytest.param(Odd(Extracted(7)), id="extracted-number"),  # type: ignore[arg-type]
    pytest.param(OddLabels(labels=[7]), id="number-for-the-label-of-a-pair"),
    pytest.param(OddLabels(labels=[HALF]), id="surrogate-for-the-label-of-a-pair"),
    pytest.param(OddLabels(labels=PairsError(HALF)), id="error-of-a-pair"),
    pytest.param(OddLabels(labels=7), id="number-for-labels"),
    pytest.param(OddLabels(labels=SystemExit(0)), id="exit"),
]


@pytest.mark.parametrize("extractor", ODD)
def test_an_odd_answer_fails_its_article_and_no_other(extractor: Odd):
    pair = StancePair(holder="moen", target="topic:port", holder_mentions=(), target_mentions=("port",))
    jobs = [Job(ARTICLE), Job(replace(ARTICLE, id="b"), (pair,))]
    fine, failed = run_jobs(extractor, jobs)
    assert (fine.error, len(fine.annotations["entities"] or ())) == (None, 1)
    assert failed.error
    assert failed.annotations == Annotations()
    assert prediction_from_row(orjson.loads(prediction_line(failed)), "here") == failed


def test_a_pair_that_got_no_label_is_stored_and_read_back():
    pair = StancePair(holder="moen", target="topic:port", holder_mentions=(), target_mentions=("port",))
    (made,) = run_jobs(OddLabels(labels=[""]), [Job(ARTICLE, (pair,))])
    assert made.error is None
    again = prediction_from_row(orjson.loads(prediction_line(made)), "here")
    assert again == replace(made, seconds=0.0)


@pytest.mark.parametrize(
    "extractor",
    [
        pytest.param(Odd(Extracted(entity(), {"prompt_tokens": 2**70, "cost": 0.5})), id="of-an-article"),
        pytest.param(OddLabels(labels=PairLabels(["favor"], {"prompt_tokens": 2**70, "cost": 0.5})), id="of-a-pair"),
        pytest.param(Odd(ArticleFailure("no", {"prompt_tokens": 2**70, "cost": 0.5})), id="of-one-that-failed"),
    ],
)
def test_a_count_that_cannot_be_summed_is_left_out_and_counted(extractor: Odd):
    pair = StancePair(holder="moen", target="topic:port", holder_mentions=(), target_mentions=("port",))
    (made,) = run_jobs(extractor, [Job(replace(ARTICLE, id="b"), (pair,))])
    assert made.usage == {"unread_usage.prompt_tokens": 1.0, "cost": 0.5}
    assert (made.error == "no") == isinstance(extractor.answer, ArticleFailure)
