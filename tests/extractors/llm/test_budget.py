"""What an endpoint may cost: an article is begun only if all of it is expected to fit, and what was made is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from evalkit.extractors.base import Extracted, SpendingError, StancePair
from evalkit.extractors.llm.budget import Amount, Budget, tokens_in
from evalkit.extractors.llm.language_model import LlmExtractor
from evalkit.extractors.table import load_extractor
from evalkit.predictions.batches import Job, predict_batch
from evalkit.records import Article, Prediction
from tests.extractors.llm.server import Handler, Row, Server, good, says, serving, status

TEXT = "“We won.” said Moen."
ARTICLES = [Article(id=f"a{number}", text=f"{TEXT} {number}") for number in range(1, 9)]
USED = {"prompt_tokens": 100, "completion_tokens": 10}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("EVALKIT_LLM_API_KEY", raising=False)
    with serving() as state:
        yield state


def extractor(server: Server, **options: str) -> LlmExtractor:
    made = load_extractor("llm:m", options={"base_url": server.url, "pause": "0.01", "pairs": "own", **options})
    assert isinstance(made, LlmExtractor)
    return made


def test_tokens_are_counted_by_bytes():
    # 4 bytes are a token, what is left of a text is one more: 5 letters, 2 signs of 3 bytes.
    assert (tokens_in(""), tokens_in("abcd"), tokens_in("abcde"), tokens_in("時計")) == (0, 1, 2, 2)


def test_what_is_expected_follows_what_was_counted():
    budget = Budget(None)
    budget.limit(None, 1000)
    budget.begin("a", Amount(400, 100))
    budget.ask("a", Amount(400, 100))
    budget.settle(Amount(400, 100), {"prompt_tokens": 200, "completion_tokens": 300})
    budget.end("a")
    # Prompts take half of the rule, answers three times of it: 200 + 300 for the same again, and then 500 + 500 = 1000.
    budget.begin("b", Amount(400, 100))
    with pytest.raises(SpendingError, match=r"more than 1,000 tokens: the next article takes about 5$"):
        budget.begin("c", Amount(4, 1))


def test_what_is_set_aside_for_an_article_is_not_for_another():
    budget = Budget((1.0, 10.0))
    budget.limit(0.004, None)
    budget.begin("a", Amount(2000, 100))
    budget.ask("a", Amount(1000, 50))
    budget.settle(Amount(1000, 50), {"prompt_tokens": 1000, "completion_tokens": 50})
    budget.end("a", pairs_follow=True)
    # 0.0015 is spent, as much is set aside for the pairs of a, so 0.001 is left.
    with pytest.raises(SpendingError, match=r"costs more than 0.004: the next article costs about 0.0015"):
        budget.begin("b", Amount(1000, 50))
    budget.begin("c", Amount(500, 50))
    budget.ask("a", Amount(1000, 50))


@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_no_request_is_sent_that_would_pass_the_limit(server: Server, concurrency: str):
    asked = extractor(server, concurrency=concurrency)
    asked.limit_spending(None, 400)
    with pytest.raises(SpendingError, match="stopped before it takes more than 400 tokens") as stop:
        asked.extract(ARTICLES)
    # Each takes 110, so 3 do not pass 400.
    assert len(server.requests) == 3
    assert sum(isinstance(one, Extracted) for one in stop.value.made) == 3
    assert len(stop.value.made) == 8


def test_nobody_else_is_asked_about_before_the_first_is_counted(server: Server):
    server.replies = [good]
    asked = extractor(server, concurrency="4")
    asked.limit_spending(None, 100)
    with pytest.raises(SpendingError) as stop:
        asked.extract(ARTICLES)
    # Nobody knew that one takes 110.
    assert len(server.requests) == 1
    assert sum(one is not None for one in stop.value.made) == 1


@pytest.mark.parametrize(
    ("reply", "requests"),
    [
        pytest.param(says("no JSON"), 4, id="unreadable"),
        pytest.param(
            lambda handler, body: handler.say(b'{"choices": [{"message": {"content": "{}"}}]}'), 1, id="uncounted"
        ),
    ],
)
def test_what_is_of_no_use_is_paid_for_too(server: Server, reply: object, requests: int):
    server.replies = [reply]  # type: ignore[list-item]
    asked = extractor(server, concurrency="1", attempts="2")
    # Without a count the rule of thumb says more than 500 for one.
    asked.limit_spending(None, 500)
    with pytest.raises(SpendingError):
        asked.extract(ARTICLES)
    assert len(server.requests) == requests


def test_what_fails_costs_nothing_and_holds_nobody_up(server: Server):
    server.replies = [status(400), status(400), status(400), good]
    asked = extractor(server, concurrency="2")
    asked.limit_spending(None, 300)
    with pytest.raises(SpendingError) as stop:
        asked.extract(ARTICLES)
    assert sum(isinstance(one, Extracted) for one in stop.value.made) == 2


def test_an_empty_page_holds_nobody_up(server: Server):
    asked = extractor(server, concurrency="2")
    asked.limit_spending(None, 1000)
    assert len(asked.extract([Article(id="empty", text=" "), *ARTICLES[:2]])) == 3


PAIRS = (StancePair(holder="moen", target="topic:port", holder_mentions=("Moen",), target_mentions=("Port",)),)


def pairs_or_article(handler: Handler, body: Row) -> None:
    pairs = says('{"stances": [{"pair": 1, "label": "favor"}]}')
    (pairs if "1. holder" in str(body["messages"]) else good)(handler, body)


def test_no_article_is_begun_whose_given_pairs_cannot_be_paid_for(server: Server):
    server.replies = [pairs_or_article]
    asked = extractor(server, pairs="ask", concurrency="4")
    asked.limit_spending(None, 700, True)
    with pytest.raises(SpendingError) as stop:
        predict_batch(asked, asked.layers, [Job(article, PAIRS) for article in ARTICLES])
    made = [one for one in stop.value.made if one is not None]
    # Each article takes two requests of 110. More room is left for pairs than one takes; nothing that was paid is lost.
    assert len(server.requests) == 2 * len(made)
    assert 2 <= len(made) <= 3
    assert all(isinstance(one, Prediction) and one.given is not None for one in made)


def test_an_estimate_counts_windows_and_pairs(server: Server):
    long = Article(id="long", text="Moen said that the port would be closed. " * 40)
    asked = extractor(server, window="600", overlap="0", pairs="ask")
    whole, parts = extractor(server).estimate(long), asked.estimate(long)
    assert whole.requests == 1
    assert parts.requests == 3
    # The target is named in each part.
    assert asked.estimate(long, PAIRS).requests == 6
    # The text has 1,640 bytes, which are 410 tokens; the rest is what is asked.
    assert whole.completion_tokens == round(3.8 * 410)
    assert whole.prompt_tokens > 410
    assert parts.prompt_tokens > 2 * whole.prompt_tokens
    assert not server.requests


def test_threads_that_wait_for_the_first_count_go_on_when_it_is_there():
    budget = Budget(None)
    budget.limit(None, 10_000)
    budget.begin("a", Amount(100, 10))
    budget.ask("a", Amount(100, 10))
    waiting = [threading.Thread(target=budget.begin, args=(name, Amount(100, 10))) for name in "bc"]
    for thread in waiting:
        thread.start()
    assert all(thread.is_alive() for thread in waiting)
    budget.settle(Amount(100, 10), USED)
    for thread in waiting:
        thread.join(5)
    assert not any(thread.is_alive() for thread in waiting)
