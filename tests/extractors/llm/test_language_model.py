"""`llm:` against a real local server that speaks the protocol, with its failures."""

from __future__ import annotations

import email.utils
import json
import logging
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import EvalkitError, ExtractorError, FormatError, InputError
from evalkit.extractors.base import ArticleFailure, Extracted, Extractor
from evalkit.extractors.llm.language_model import LlmExtractor
from evalkit.extractors.llm.prompt_file import load_prompt
from evalkit.extractors.llm.schema import read_answer
from evalkit.extractors.table import load_extractor
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.records import Annotations, Article, Span, Zone
from tests.extractors.llm.server import (
    ANSWER,
    Handler,
    Reply,
    Row,
    Server,
    completion,
    cut,
    cut_chunk,
    for_article,
    good,
    says,
    serving,
    silent,
    status,
    trickle,
    unless_constrained,
)

KEY = "sk-secret-0123456789"

TEXT = "“We won.” said Moen."
ARTICLES = [Article(id=f"a{number}", text=f"{TEXT} {number}") for number in range(1, 6)]


def patience(reply: Reply) -> str:
    """A timeout that is short only where it is what is tested, because the machine may be busy."""
    return "1" if reply in (silent, trickle) else "20"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("EVALKIT_LLM_API_KEY", KEY)
    monkeypatch.delenv("EVALKIT_LLM_BASE_URL", raising=False)
    with serving() as state:
        yield state


def extractor(server: Server, **options: str) -> LlmExtractor:
    made = load_extractor("llm:fake", options={"base_url": server.url, "pause": "0.01", **options})
    assert isinstance(made, LlmExtractor)
    return made


def outcome(found: Annotations | ArticleFailure | Extracted) -> str:
    """`ok` with the entities, or the message."""
    if isinstance(found, ArticleFailure):
        return found.message
    assert isinstance(found, Extracted)
    return f"ok {[entity.spans[0] for entity in found.annotations.entities or ()]}"


OK = f"ok {[Span(15, 19)]}"


def test_strings_become_annotations_with_offsets(server: Server) -> None:
    asked = extractor(server, price_in="2", price_out="5")
    assert isinstance(asked, Extractor)
    (found,) = asked.extract(ARTICLES[:1])
    assert isinstance(found, Extracted)
    entities, quotes, stances = found.annotations.entities, found.annotations.quotes, found.annotations.stances
    assert [(e.spans, e.label, e.entity_id) for e in entities or ()] == [((Span(15, 19),), "PER", "moen")]
    assert [(q.content, q.kind, q.cue, q.speaker, q.speaker_id) for q in quotes or ()] == [
        ((Span(0, 9),), "direct", (Span(10, 14),), Span(15, 19), "moen")
    ]
    assert [(s.holder, s.target, s.label, s.evidence) for s in stances or ()] == [
        ("moen", "topic:port-plan", "favor", ())
    ]
    # 100 · 2 / 10⁶ + 10 · 5 / 10⁶
    spent = {"requests": 1, "prompt_tokens": 100, "completion_tokens": 10, "cost": 0.00025}
    assert found.usage == {**spent, "exact_quotes": 1, "ungrounded_evidence": 1}
    assert asked.facts() == {
        "endpoint": f"{server.url}/chat/completions",
        "reported_model": "fake-1",
        "answers": "json_schema",
        "prompt": load_prompt().version(),
    }


def test_what_is_sent(server: Server) -> None:
    page = Article(id="a", text=f"Daily Post\n{TEXT}", zones=(Zone("boilerplate", 0, 10), Zone("body", 11, 31)))
    extractor(server, layers="quotes,entities", labels="PER,ORG", max_tokens="900", extra='{"top_p": 0.5}').extract(
        [page]
    )
    (body,), (headers,), (path,) = server.requests, server.headers, server.paths
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    kept = {name: body[name] for name in ("model", "temperature", "seed", "max_tokens", "top_p")}
    assert kept == {"model": "fake", "temperature": 0, "seed": 0, "max_tokens": 900, "top_p": 0.5}
    constraint = body["response_format"]["json_schema"]
    assert constraint["strict"] is True
    assert list(constraint["schema"]["properties"]) == ["entities", "quotes"]
    assert constraint["schema"]["properties"]["entities"]["items"]["properties"]["label"]["enum"] == ["PER", "ORG"]
    system, user = (message["content"] for message in body["messages"])
    assert user == TEXT
    assert "- PER: People" in system
    assert "stances:" not in system
    assert "JSON schema" not in system


def test_nothing_is_found_in_boilerplate(server: Server) -> None:
    page = Article(id="a", text=f"Moen Post\n{TEXT}", zones=(Zone("boilerplate", 0, 9), Zone("body", 10, 30)))
    (found,) = extractor(server).extract([page])
    assert outcome(found) == f"ok {[Span(25, 29)]}"


def test_every_object_of_the_schema_is_closed_as_strict_mode_wants(server: Server) -> None:
    extractor(server).extract(ARTICLES[:1])
    waiting = [server.requests[0]["response_format"]["json_schema"]["schema"]]
    seen = 0
    while waiting:
        node = waiting.pop()
        if node.get("type") == "object":
            seen += 1
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
            waiting += node["properties"].values()
        waiting += [node["items"]] if "items" in node else []
    assert seen == 4


def test_nothing_is_asked_about_a_page_without_an_article(server: Server) -> None:
    page = Article(id="a", text="Share", zones=(Zone("boilerplate", 0, 5),))
    (found,) = extractor(server, layers="entities").extract([page])
    assert found == Extracted(Annotations(entities=()), {})
    assert not server.requests


def test_no_key_no_header(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALKIT_LLM_API_KEY")
    monkeypatch.setenv("EVALKIT_LLM_BASE_URL", f"{server.url}/chat/completions/")
    load_extractor("llm:fake").extract(ARTICLES[:1])
    assert "Authorization" not in server.headers[0]
    assert server.paths == ["/v1/chat/completions"]


def test_answers_are_in_the_order_of_the_articles(server: Server) -> None:
    arrived = threading.Barrier(5, timeout=20)
    answered = {number: threading.Event() for number in range(1, 7)}
    answered[6].set()

    def late_first(handler: Handler, body: Row) -> None:
        """All five are asked about at once, and the last one is answered first."""
        number = int(body["messages"][1]["content"][-1])
        arrived.wait()
        answered[number + 1].wait(20)
        entity = {"before": "", "text": "Moen", "label": f"L{number}", "id": None}
        handler.say(completion(json.dumps({"entities": [entity], "quotes": [], "stances": []})))
        answered[number].set()

    server.replies = [late_first]
    found = extractor(server, concurrency="5").extract(ARTICLES)
    assert [one.annotations.entities[0].label for one in found] == ["L1", "L2", "L3", "L4", "L5"]  # type: ignore[union-attr,index]


def test_no_more_requests_at_once_than_allowed(server: Server) -> None:
    pair = threading.Barrier(2, timeout=20)

    def in_pairs(handler: Handler, body: Row) -> None:
        pair.wait()
        good(handler, body)

    server.replies = [in_pairs]
    assert [outcome(one) for one in extractor(server, concurrency="2").extract(ARTICLES[:4])] == [OK] * 4
    assert server.most_at_once == 2


def test_requests_keep_their_distance(server: Server) -> None:
    # 1200 a minute are one in 50 ms, whoever sends them.
    extractor(server, requests_per_minute="1200").extract(ARTICLES)
    times = sorted(server.times)
    assert times[-1] - times[0] >= 4 * 0.05 - 0.02


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(status(429), id="429"),
        pytest.param(status(429, Retry_After="0"), id="429, again at once"),
        pytest.param(status(500, b"oops"), id="500"),
        pytest.param(status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), id="503 until a date that is over"),
        pytest.param(status(503, Retry_After="soon"), id="503 until no one knows"),
        pytest.param(cut, id="cut connection"),
        pytest.param(cut_chunk, id="cut inside a chunk"),
        pytest.param(silent, id="silence"),
        pytest.param(trickle, id="slow stream"),
        pytest.param(status(200, b"<html>busy</html>"), id="no JSON"),
        pytest.param(status(200, b'{"choices": []}'), id="empty choices"),
        pytest.param(status(200, b'{"error": {"message": "overloaded"}}'), id="an error with status 200"),
        pytest.param(status(200, b"[1]"), id="another JSON"),
    ],
)
def test_tried_again(server: Server, reply: Reply) -> None:
    server.replies = [reply, reply, good]
    (found,) = extractor(server, timeout=patience(reply)).extract(ARTICLES[:1])
    assert outcome(found) == OK
    assert found.usage["requests"] == 3  # type: ignore[union-attr]


def test_the_pause_doubles(server: Server) -> None:
    server.replies = [status(500), status(500), status(500), good]
    extractor(server, pause="0.05").extract(ARTICLES[:1])
    gaps = [later - sooner for sooner, later in zip(server.times, server.times[1:], strict=False)]
    assert all(gap >= least for gap, least in zip(gaps, (0.05, 0.1, 0.2), strict=True))


@pytest.mark.parametrize("date", [pytest.param(False, id="seconds"), pytest.param(True, id="date")])
def test_everybody_waits_as_long_as_one_was_told(server: Server, date: bool) -> None:
    # A date has whole seconds, so two of them are at least one.
    told = email.utils.formatdate(time.time() + 2, usegmt=True) if date else "0.5"
    server.replies = [status(429, Retry_After=told), good]
    found = extractor(server, concurrency="1").extract(ARTICLES[:3])
    assert [outcome(one) for one in found] == [OK] * 3
    assert server.times[1] - server.times[0] >= (0.9 if date else 0.5)


@pytest.mark.parametrize(
    ("reply", "said", "requests"),
    [
        pytest.param(status(429, b"slow\ndown"), "answered 429 Too Many Requests: slow down", 3, id="429 for ever"),
        pytest.param(status(500), "answered 500", 3, id="500 for ever"),
        pytest.param(cut, "the connection was cut after 13 bytes", 3, id="cut connection"),
        pytest.param(cut_chunk, "the connection was cut", 3, id="cut inside a chunk"),
        pytest.param(trickle, "no whole answer in 1 s; --set timeout=SECONDS", 2, id="slow stream"),
        pytest.param(silent, "no whole answer in 1 s|nothing came for 1 second", 2, id="silence"),
        pytest.param(status(200, b"{"), "answered no JSON: '{'", 3, id="no JSON"),
        pytest.param(status(200, b'{"choices": []}'), "without a message: no choices", 3, id="empty choices"),
        pytest.param(status(200, b'{"error": "overloaded"}'), 'without a message: "overloaded"', 3, id="error in 200"),
        pytest.param(status(400, b"too long"), "answered 400 Bad Request: too long", 3, id="400 however it is asked"),
        pytest.param(status(413), "answered 413", 3, id="413"),
        pytest.param(says("I cannot do that."), "in 2 attempts: no JSON object; .*'I cannot", 2, id="prose"),
        pytest.param(says('{"entities": ['), "attempts: its JSON is not complete", 2, id="broken JSON"),
        pytest.param(says('{"entities": []}'), "no list 'quotes'; it has 'entities'", 2, id="a layer is missing"),
        pytest.param(says('{"a": 1 "b": 2}'), "no JSON: Expecting ','", 2, id="what is no JSON"),
        pytest.param(says("[]"), r"no JSON object; it wrote '\[\]'", 2, id="a list"),
        pytest.param(says(None), "could be read in 2 attempts: it wrote nothing", 2, id="no content"),
        pytest.param(says("<think>Well, {"), "nothing but reasoning that is not closed", 2, id="nothing but reasoning"),
        pytest.param(says('{"entities": [{', finish="length"), "cut off after 10 tokens; raise", 1, id="cut off"),
        pytest.param(says("", refusal="I will not."), "the model refused: I will not.", 1, id="refusal"),
        pytest.param(says("", finish="content_filter"), "content filter", 1, id="content filter"),
    ],
)
def test_one_article_fails_and_the_others_do_not(server: Server, reply: Reply, said: str, requests: int) -> None:
    server.replies = [for_article("Moen. 2", reply)]
    # The others must be answered within the same time-out, however busy the machine: tried twice, one by one.
    waits = {"retries": "1", "concurrency": "1"} if reply in (silent, trickle) else {"retries": "2"}
    found = extractor(server, timeout=patience(reply), **waits).extract(ARTICLES[:3])
    assert [outcome(found[at]) for at in (0, 2)] == [OK, OK]
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(outcome(found[1]))
    assert found[1].usage["requests"] == requests  # type: ignore[union-attr]
    assert "\n" not in outcome(found[1])


def test_a_failed_article_is_a_prediction_with_an_error_and_its_cost(server: Server) -> None:
    server.replies = [for_article("Moen. 2", says("no"))]
    made = run_jobs(extractor(server), [Job(article) for article in ARTICLES[:2]])
    assert [prediction.error is None for prediction in made] == [True, False]
    assert made[1].usage == {
        "requests": 2,
        "prompt_tokens": 200,
        "completion_tokens": 20,
        "unreadable_answers": 2,
    }


def test_a_second_attempt_has_another_seed(server: Server) -> None:
    server.replies = [says("no"), good]
    (found,) = extractor(server, seed="7").extract(ARTICLES[:1])
    assert outcome(found) == OK
    assert [body["seed"] for body in server.requests] == [7, 8]
    assert found.usage["unreadable_answers"] == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(
            status(401, f"bad key {KEY}".encode()), "answered 401 Unauthorized; check the key in EVALKIT", id="401"
        ),
        pytest.param(status(403), "answered 403", id="403"),
        pytest.param(status(402, b"pay"), "answered 402 Payment Required: pay; nothing is left", id="402"),
        pytest.param(status(404, b"no model"), "answered 404 Not Found: no model; check the base URL and", id="404"),
        pytest.param(status(418, f"got {KEY}".encode()), r"answered 418 .*got \[key\]", id="an echo of the key"),
        pytest.param(
            status(302, Location="http://elsewhere.invalid/"), "redirects to http://elsewhere", id="redirection"
        ),
        pytest.param(
            status(429, b'{"error": {"code": "insufficient_quota"}}'),
            "answered 429 .*insufficient_quota",
            id="no quota",
        ),
    ],
)
def test_an_endpoint_that_is_of_no_use_ends_the_run(server: Server, reply: Reply, said: str) -> None:
    server.replies = [reply]
    with pytest.raises(ExtractorError, match=f"llm:fake: .*{said}") as caught:
        extractor(server, concurrency="1").extract(ARTICLES)
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


def test_nobody_there() -> None:
    asked = load_extractor("llm:x", options={"base_url": "http://127.0.0.1:9/v1", "pause": "0.01", "retries": "1"})
    with pytest.raises(ExtractorError, match="cannot be reached"):
        asked.extract(ARTICLES)


def test_nobody_who_stops_a_run_has_to_wait(server: Server) -> None:
    both = threading.Barrier(2)

    def busy(handler: Handler, body: Row) -> None:
        # Both threads are under way before either is told to wait, so that none is stopped before it has begun.
        last = both.wait() == 0
        handler.say(b"", 503, Retry_After="60")
        if last:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    server.replies = [busy]
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        extractor(server, concurrency="2").extract(ARTICLES)
    # Whoever waits as he was told needs a minute.
    assert time.monotonic() - begun < 50
    assert len(server.requests) == 2


def test_nobody_who_stops_a_run_waits_for_answers_that_are_under_way(server: Server) -> None:
    def hangs(handler: Handler, body: Row) -> None:
        if body["messages"][1]["content"].endswith(" 2"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        released.wait(20)

    released = threading.Event()
    server.replies = [hangs]
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        extractor(server, concurrency="2").extract(ARTICLES)
    took = time.monotonic() - begun
    released.set()
    assert took < 5


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(status(429, Retry_After="60"), id="told to wait"),
        pytest.param(status(500), id="tried again and again"),
        pytest.param(silent, id="silent"),
        pytest.param(trickle, id="slow stream"),
        pytest.param(says("no JSON"), id="unreadable"),
    ],
)
def test_an_article_takes_no_longer_than_it_may(server: Server, reply: Reply) -> None:
    server.replies = [reply]
    asked = extractor(server, retries="1000", attempts="1000")
    asked.limit_time(0.3)
    begun = time.monotonic()
    (found,) = asked.extract(ARTICLES[:1])
    assert isinstance(found, ArticleFailure)
    assert time.monotonic() - begun < 5


def test_an_endpoint_that_dies_leaves_what_it_answered(server: Server) -> None:
    server.replies = [good, good, status(401)]
    asked = extractor(server, concurrency="1")
    found = asked.extract(ARTICLES)
    assert [outcome(one).partition(";")[0] for one in found] == [
        OK,
        OK,
        "answered 401 Unauthorized",
        "not asked: answered 401 Unauthorized",
        "not asked: answered 401 Unauthorized",
    ]
    with pytest.raises(ExtractorError, match="401"):
        asked.extract(ARTICLES)


def test_an_endpoint_that_only_fails_is_given_up(server: Server) -> None:
    server.replies = [status(500)]
    articles = [Article(id=str(number), text=TEXT) for number in range(20)]
    with pytest.raises(ExtractorError, match="10 articles in a row got no answer: answered 500"):
        extractor(server, concurrency="1", retries="0").extract(articles)
    assert len(server.requests) == 10


@pytest.mark.parametrize(
    ("refused", "used"),
    [
        pytest.param(("json_schema",), "json_object", id="no schema"),
        pytest.param(("json_schema", "json_object"), "text", id="no JSON mode either"),
    ],
)
@pytest.mark.parametrize("code", [400, 422, 501])
def test_a_refused_schema_is_described_in_words(server: Server, refused: tuple[str, ...], used: str, code: int) -> None:
    server.replies = [unless_constrained(*refused, code=code)]
    asked = extractor(server, concurrency="1")
    found = asked.extract(ARTICLES[:2])
    assert [outcome(one) for one in found] == [OK, OK]
    assert [one.usage["schema_refused"] for one in found] == [1, 1]  # type: ignore[union-attr]
    # What was learnt at the first article spares the second.
    assert [one.usage["requests"] for one in found] == [len(refused) + 1, 1]  # type: ignore[union-attr]
    system = server.requests[-1]["messages"][0]["content"]
    assert '"additionalProperties": false' in system
    assert asked.facts()["answers"] == f"{used} (refused: {', '.join(refused)})"


def test_an_article_that_is_refused_anyway_changes_nothing_for_the_others(server: Server) -> None:
    server.replies = [for_article("Moen. 1", status(400, b"context length"))]
    asked = extractor(server, concurrency="1")
    first, second = asked.extract(ARTICLES[:2])
    assert outcome(first) == "answered 400 Bad Request: context length"
    assert outcome(second) == OK
    assert server.requests[-1]["response_format"]["type"] == "json_schema"


def test_one_way_of_asking_can_be_insisted_on(server: Server) -> None:
    server.replies = [unless_constrained("json_schema")]
    (found,) = extractor(server, answers="json_schema").extract(ARTICLES[:1])
    assert "response_format is not supported" in outcome(found)
    extractor(server, answers="text").extract(ARTICLES[:1])
    assert "response_format" not in server.requests[-1]


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param("@", id="bare"),
        pytest.param("```json\n@\n```", id="code fence"),
        pytest.param("<think>{a {b}</think>\n@", id="reasoning"),
        pytest.param("Here it is:\n@\nDone.", id="words around"),
    ],
)
def test_what_stands_around_the_json_is_left_out(wrap: str) -> None:
    found = read_answer(wrap.replace("@", json.dumps(ANSWER)), ("entities", "quotes", "stances"), ["PER"])
    assert found.entities[0].text == "Moen"


def message(**own: Any) -> Reply:
    """A reply whose message has these fields."""
    whole = json.loads(completion(None))
    whole["choices"][0]["message"].update(own)
    return lambda handler, body: handler.say(json.dumps(whole).encode())


WHOLE = json.dumps(ANSWER)


@pytest.mark.parametrize(
    "own",
    [
        pytest.param({"content": [{"type": "text", "text": WHOLE}]}, id="one part"),
        pytest.param({"content": [{"type": "text", "text": part} for part in (WHOLE[:9], WHOLE[9:])]}, id="two parts"),
        pytest.param({"content": [{"type": "output_text", "text": {"value": WHOLE}}]}, id="a part with a value"),
        pytest.param(
            {"content": [{"type": "thinking", "thinking": [{"text": "{"}]}, {"type": "text", "text": WHOLE}]},
            id="thinking apart",
        ),
        pytest.param({"content": [WHOLE]}, id="text in a list"),
        pytest.param({"tool_calls": [{"function": {"name": "annotate", "arguments": WHOLE}}]}, id="a tool call"),
        pytest.param({"content": "I note that.", "tool_calls": [{"function": {"arguments": ANSWER}}]}, id="both"),
        pytest.param({"content": "", "function_call": {"name": "annotate", "arguments": WHOLE}}, id="a function call"),
        pytest.param({"content": WHOLE, "reasoning_content": '{"entities": []}', "tool_calls": None}, id="reasoning"),
    ],
)
def test_where_the_answer_may_stand(server: Server, own: dict[str, Any]) -> None:
    server.replies = [message(**own)]
    assert outcome(extractor(server, attempts="1").extract(ARTICLES[:1])[0]) == OK


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("written", [WHOLE, f"Moen is a person.\n```json\n{WHOLE}\n```\n"])
def test_an_answer_that_came_as_reasoning_is_taken_and_counted(server: Server, name: str, written: str) -> None:
    server.replies = [message(**{"content": "", name: written})]
    (found,) = extractor(server, attempts="1").extract(ARTICLES[:1])
    assert outcome(found) == OK
    assert found.usage["answers_as_reasoning"] == 1  # type: ignore[union-attr]


def test_a_draft_among_thoughts_is_no_answer(server: Server) -> None:
    server.replies = [message(content="", reasoning_content=f"First {WHOLE}, but wait")]
    (found,) = extractor(server, attempts="1").extract(ARTICLES[:1])
    assert "nothing but reasoning" in outcome(found)
    assert "max_tokens" not in outcome(found)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        pytest.param({"reasoning_content": "Let me see"}, "nothing but reasoning: 'Let me see'", id="reasoning only"),
        pytest.param({"content": [{"type": "image_url"}]}, "it wrote nothing", id="an image"),
        pytest.param({"content": [{"type": "refusal", "refusal": "No."}]}, "the model refused: No.", id="a refusal"),
        pytest.param({"tool_calls": [{"function": {"arguments": "{}"}}, 3]}, "no list 'entities'", id="another tool"),
    ],
)
def test_what_is_no_answer_is_said(server: Server, own: dict[str, Any], said: str) -> None:
    server.replies = [message(**own)]
    (found,) = extractor(server, attempts="1").extract(ARTICLES[:1])
    assert said in outcome(found)


def test_items_that_cannot_be_read_are_counted(server: Server) -> None:
    answer = {
        "entities": ["Moen", {"text": 3}, {"text": " ", "label": "PER"}, {"text": "Moen", "label": "per", "id": 7}],
        "quotes": [{"content": []}, {"content": "“We won.”", "kind": "DIRECT"}, None],
        "stances": [
            {"holder": "7", "target": None, "label": "favor"},
            {"holder": 7, "target": "Moen", "label": "love"},
        ],
    }
    server.replies = [says(json.dumps(answer))]
    (found,) = extractor(server).extract(ARTICLES[:1])
    assert isinstance(found, Extracted)
    # 3 entities, 2 quotes, 1 stance; a foreign label stays, for the scorer to name.
    assert found.usage["malformed_items"] == 6
    assert [(e.label, e.entity_id) for e in found.annotations.entities or ()] == [("PER", "7")]
    assert [(q.kind, q.content) for q in found.annotations.quotes or ()] == [("direct", (Span(0, 9),))]
    assert [(s.holder, s.target, s.label) for s in found.annotations.stances or ()] == [("7", "7", "love")]


def test_an_endpoint_that_counts_no_tokens_is_counted(server: Server) -> None:
    server.replies = [says(json.dumps(ANSWER), usage={"prompt_tokens": "many"})]
    (found,) = extractor(server).extract(ARTICLES[:1])
    assert found.usage["uncounted_answers"] == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("options", "same"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"concurrency": "9", "timeout": "9", "retries": "0", "price_in": "1"}, True, id="how it is sent"),
        pytest.param({"temperature": "0.5"}, False, id="temperature"),
        pytest.param({"seed": "none"}, False, id="seed"),
        pytest.param({"max_tokens": "5"}, False, id="max_tokens"),
        pytest.param({"extra": '{"top_p": 1}'}, False, id="extra"),
        pytest.param({"layers": "entities"}, False, id="layers"),
        pytest.param({"labels": "PER"}, False, id="labels"),
        pytest.param({"answers": "text"}, False, id="answers"),
        pytest.param({"attempts": "1"}, False, id="attempts"),
        pytest.param({"base_url": "http://other/v1"}, False, id="endpoint"),
        pytest.param({"prompt": "own.toml"}, False, id="prompt"),
        pytest.param({"window": "9000"}, False, id="window"),
        pytest.param({"overlap": "10"}, False, id="overlap"),
        pytest.param({"pairs": "own"}, False, id="pairs"),
    ],
)
def test_the_fingerprint_changes_with_what_can_change_the_answer(
    options: dict[str, str], same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_LLM_API_KEY", KEY)
    Path("own.toml").write_text('system = "Be brief. $layers"\n', encoding="utf-8")
    first = load_extractor("llm:m", options={"base_url": "http://h/v1"}).fingerprint()
    monkeypatch.setenv("EVALKIT_LLM_API_KEY", "another")
    assert (load_extractor("llm:m", options={"base_url": "http://h/v1", **options}).fingerprint() == first) is same


def test_a_prompt_file_is_what_is_sent(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'system = "For $$5: $layers"\nuser = "<<$title|$text>>"\n[layers]\nentities = "Names: $labels"\n',
        encoding="utf-8",
    )
    article = Article(id="a", text=TEXT, title="A $title")
    extractor(server, prompt=str(path), layers="entities", labels="PER,XX").extract([article])
    system, user = (message["content"] for message in server.requests[0]["messages"])
    assert system.startswith("For $5: Names: - PER: People")
    assert system.endswith("- XX")
    assert user == f"<<A $title|{TEXT}>>"


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        pytest.param(None, InputError, "cannot be read", id="no file"),
        pytest.param("system = ", FormatError, "not valid TOML", id="no TOML"),
        pytest.param(
            'sytsem = ""', FormatError, "unknown key of a prompt file 'sytsem'; did you mean 'system'", id="key"
        ),
        pytest.param("system = 3", FormatError, "'system' is 3; write a string", id="no string"),
        pytest.param('system = "$tex"', FormatError, r"placeholder \$tex; known there: \$layers", id="placeholder"),
        pytest.param('user = "$text costs $5"', FormatError, r"write \$\$", id="dollar sign"),
        pytest.param('user = "hello"', FormatError, r"has no \$text", id="no text"),
        pytest.param('pairs = "hello"', FormatError, r"'pairs' has no \$pairs, so no pair", id="no pairs"),
        pytest.param("layers = 3", FormatError, "write a table", id="layers"),
        pytest.param('[layers]\nquote = ""', FormatError, "did you mean 'quotes'", id="layer"),
    ],
)
def test_prompt_files_that_cannot_be_used(
    content: str | None, error: type[EvalkitError], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(error, match=said) as caught:
        load_extractor("llm:m", options={"base_url": "http://h/v1", "prompt": str(path)})
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "options", "said"),
    [
        pytest.param("llm:", {}, "no model; write llm:MODEL", id="no model"),
        pytest.param("llm:m", {"base_url": ""}, "no endpoint; give --set base_url=", id="no endpoint"),
        pytest.param("llm:m", {"base_url": "localhost:8000"}, "is no address; write https://HOST/v1", id="no scheme"),
        pytest.param("llm:m", {"base_url": "http://[::1"}, "is no address", id="broken"),
        pytest.param("llm:m", {"base_url": f"https://me:{KEY}@h/v1"}, "holds a name", id="password"),
        pytest.param(
            "llm:m", {"base_url": f"https://h/v1?key={KEY}"}, "give the key in EVALKIT_LLM_API_KEY", id="query"
        ),
        pytest.param("llm:m", {"modle": "x"}, "unknown option 'modle'", id="unknown option"),
        pytest.param("llm:m", {"api_key": KEY}, "unknown option 'api-key'", id="the key is no option"),
        pytest.param("llm:m", {"layers": "names"}, "must be some of", id="layers"),
        pytest.param("llm:m", {"labels": ","}, "names none", id="labels"),
        pytest.param("llm:m", {"answers": "xml"}, "must be one of auto, json_schema", id="answers"),
        pytest.param("llm:m", {"temperature": "hot"}, "must be a number from 0", id="temperature"),
        pytest.param("llm:m", {"seed": "-1"}, "must be a whole number, or none", id="seed"),
        pytest.param("llm:m", {"concurrency": "0"}, "at least 1", id="concurrency"),
        pytest.param("llm:m", {"price_in": "a"}, "price-in='a' must be a number", id="price"),
        pytest.param("llm:m", {"window": "-1"}, "window='-1' must be a whole number of at least 0", id="window"),
        pytest.param("llm:m", {"window": "99", "overlap": "50"}, "at most half of window=99", id="overlap"),
        pytest.param("llm:m", {"pairs": "yes"}, "must be one of ask, own", id="pairs"),
        pytest.param("llm:m", {"extra": "{"}, "not valid JSON", id="extra is no JSON"),
        pytest.param("llm:m", {"extra": "[" * 100_000}, "not valid JSON", id="extra is deep"),
        pytest.param("llm:m", {"extra": "[]"}, "must be a JSON object", id="extra is a list"),
        pytest.param("llm:m", {"extra": '{"model": "x"}'}, "holds 'model'", id="extra holds ours"),
    ],
)
def test_bad_settings(spec: str, options: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALKIT_LLM_BASE_URL", raising=False)
    with pytest.raises(InputError, match=said) as caught:
        load_extractor(spec, options={"base_url": "http://h/v1", **options})
    assert KEY not in str(caught.value)


def test_a_key_that_no_header_can_hold_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_LLM_API_KEY", "sk-a\nb")
    with pytest.raises(InputError, match="EVALKIT_LLM_API_KEY holds white space") as caught:
        load_extractor("llm:m", options={"base_url": "http://h/v1"})
    assert "sk-a" not in str(caught.value)


def test_a_run_shows_what_it_used_and_nowhere_the_key(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from click.testing import CliRunner

    from evalkit.cli.run import run_command

    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    command = ["--model", "llm:fake", "--limit", "3", "--resamples", "0", "--set", f"base_url={server.url}"]
    command += ["--set", "pause=0.01", "--set", "pairs=own", "--json"]
    prices = ["--set", "price_in=10", "--set", "price_out=0"]
    server.replies = [status(500, KEY.encode()), good]
    first = CliRunner().invoke(run_command, [*command, "--out", str(tmp_path / "a")], catch_exceptions=False)
    sent = len(server.requests)
    again = CliRunner().invoke(run_command, [*command, *prices, "--out", str(tmp_path / "b")], catch_exceptions=False)
    notes, later = (json.loads(done.stdout)["notes"] for done in (first, again))
    assert "used for these predictions: 4 requests, 300 prompt tokens, 30 completion tokens" in notes
    # None of the articles has the words of the answer.
    assert any("3 invented quotes" in note and "3 ungrounded entities" in note for note in notes)
    # The second run asks nothing; prices count for what was used, 300 · 10 / 10⁶.
    assert len(server.requests) == sent == 4
    assert any("30 completion tokens, cost 0.0030" in note for note in later)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 7
    shown = [path.read_bytes().decode("utf-8", "replace") for path in written] + [
        first.output,
        again.output,
        caplog.text,
    ]
    assert not any(KEY in text for text in shown)
    assert KEY not in repr(vars(extractor(server)))
