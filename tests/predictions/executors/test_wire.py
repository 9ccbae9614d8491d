"""Batches go to a worker elsewhere and answers come back as bytes, which say all that was there."""

from __future__ import annotations

import pytest

from evalkit.errors import ExtractorError, FormatError
from evalkit.extractors.base import ExtractorSpec, SpendingError, StancePair
from evalkit.extractors.table import load_extractor
from evalkit.extractors.threads import leave_finished
from evalkit.predictions.batches import Job, failed, made_before
from evalkit.predictions.executors.host import Host, hello_for
from evalkit.predictions.executors.wire import (
    Answer,
    answer_from_bytes,
    answer_to_bytes,
    batches_from_bytes,
    batches_to_bytes,
)
from evalkit.records import Annotations, Article, Entity, Prediction, Span, Zone

PAIRS = (StancePair(holder="moen", target="port", holder_mentions=("Ida Moen",), target_mentions=()),)
BATCHES = [
    [
        Job(Article(id="a", text="Ida Moen left.\n\nOslo", zones=(Zone("body", 0, 14),), title="Øya")),
        Job(Article(id="b", text="")),
    ],
    [Job(Article(id="c", text="“Ida”\u2028"), pairs=PAIRS), Job(Article(id="d", text="x"), pairs=())],
]
LAYERS = ("entities", "quotes")
MADE = Prediction(
    article_id="a",
    annotations=Annotations(entities=[Entity(id="e1", spans=(Span(0, 8),), label="PER", score=0.5)], quotes=[]),
    usage={"tokens": 3},
    seconds=0.25,
)


def test_batches_come_as_they_were_sent() -> None:
    assert batches_from_bytes(batches_to_bytes(BATCHES)) == BATCHES


@pytest.mark.parametrize("kind", [ExtractorError, SpendingError])
def test_answers_come_with_what_ended_the_work(kind: type[ExtractorError]) -> None:
    unfinished = failed("c", "busy")
    stop = kind("no account")
    if isinstance(stop, SpendingError):
        stop = SpendingError("no account", [unfinished])
    else:
        leave_finished(stop, [(unfinished, unfinished)])
    asked = [BATCHES[0][:1], [], BATCHES[1]]
    answer = answer_from_bytes(answer_to_bytes(Answer(batches=[[MADE], []], stop=stop, busy=1.5)), asked, LAYERS)
    assert (answer.batches, answer.busy) == ([[MADE], []], 1.5)
    assert type(answer.stop) is kind
    assert str(answer.stop) == "no account"
    assert made_before(answer.stop) == [unfinished]
    assert answer_from_bytes(answer_to_bytes(Answer(batches=[[MADE]])), asked, LAYERS) == Answer(batches=[[MADE]])


def test_an_answer_that_was_damaged_is_no_answer() -> None:
    content = answer_to_bytes(Answer(batches=[[MADE]])).replace(b"PER", b"ORG")
    with pytest.raises(FormatError, match="the worker: damaged"):
        answer_from_bytes(content, BATCHES, LAYERS, "the worker")


def test_a_prediction_that_does_not_fit_its_article_is_not_let_in() -> None:
    content = answer_to_bytes(Answer(batches=[[MADE]]))
    ((refused,),) = answer_from_bytes(content, [[Job(Article(id="a", text="Ida"))]], LAYERS).batches
    assert refused.article_id == "a"
    assert "entities[0]" in str(refused.error)
    ((refused,),) = answer_from_bytes(content, [BATCHES[0][:1]], ("entities",)).batches
    assert "does not claim" in str(refused.error)


def test_a_worker_with_another_version_or_environment_says_so() -> None:
    hello = hello_for(load_extractor("rules"), None, lenient=False)
    assert Host(hello).ready() == b"{}\n"
    assert b"has evalkit" in Host(hello.replace(b'"evalkit": "', b'"evalkit": "9')).ready()
    assert b"variables of the environment" in Host(hello.replace(b'"variables": "', b'"variables": "9')).ready()
    other = hello_for(load_extractor(ExtractorSpec("trivial")), None, lenient=False)
    assert b"is another one on" in Host(other.replace(b'"trivial"', b'"rules"')).ready()
    assert b"unknown extractor" in Host(other.replace(b'"trivial"', b'"trivail"')).ready()
