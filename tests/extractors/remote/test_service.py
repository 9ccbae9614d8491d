"""`http://`: a real local server, with its failures."""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.base import ArticleFailure
from evalkit.extractors.remote.extractor import RemoteExtractor
from evalkit.extractors.remote.service import load_service
from evalkit.records import Annotations, Article, Span
from evalkit.wires import seconds_to_wait
from tests.extractors.http_handler import QuietHandler

Row = dict[str, Any]
Reply = Callable[["Handler", list[Row]], None]


@dataclass
class Server:
    """A server that answers each request with the next of `replies`, the last one for ever."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[list[Row]] = field(default_factory=list)


class Handler(QuietHandler, BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        rows = [json.loads(line) for line in lines]
        state: Server = self.server.state
        state.requests.append(rows)
        reply = state.replies.pop(0) if len(state.replies) > 1 else state.replies[0]
        reply(self, rows[1:])

    def do_GET(self) -> None:
        self.server.state.requests.append([{"method": "GET"}])
        self.send_error(404)


def answers(rows: list[Row]) -> bytes:
    return b"".join(
        json.dumps({"id": row["id"], "entities": [{"start": 0, "end": 4, "label": "PER"}]}).encode() + b"\n"
        for row in rows
    )


def good(handler: Handler, rows: list[Row]) -> None:
    handler.say(answers(rows))


def status(code: int, body: bytes = b"", **headers: str) -> Reply:
    return lambda handler, rows: handler.say(body, code, **headers)


def cut(handler: Handler, rows: list[Row]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(answers(rows))


def slow(handler: Handler, rows: list[Row]) -> None:
    time.sleep(1)


def bad_one(reply: Reply) -> Reply:
    """`reply` for a request with a BAD article in it, a good answer for others."""
    return lambda handler, rows: (reply if any("BAD" in row["text"] for row in rows) else good)(handler, rows)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server(replies=[good])
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.state = state  # type: ignore[attr-defined]
    state.url = f"http://127.0.0.1:{http.server_port}/extract"
    # A short poll, so that shutting down takes no half second for each test.
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


def extractor(server: Server, **options: str) -> RemoteExtractor:
    return load_service(server.url, {"pause": "0.01", **options})


ARTICLES = [Article(id=f"a{number}", text=text) for number, text in enumerate(["Moen left", "BAD text", "Zoë 🙂"], 1)]


def outcome(found: Annotations | ArticleFailure) -> list[Span] | str:
    return found.message if isinstance(found, ArticleFailure) else [entity.spans[0] for entity in found.entities or ()]


def test_a_batch_is_one_request(server: Server) -> None:
    found = extractor(server).extract(ARTICLES)
    assert [outcome(one) for one in found] == [[Span(0, 4)]] * 3
    (request,) = server.requests
    assert request[0] == {"evalkit": 1, "kind": "articles"}
    assert [(row["id"], row["text"]) for row in request[1:]] == [(article.id, article.text) for article in ARTICLES]


def test_order_of_answers_does_not_matter(server: Server) -> None:
    server.replies = [lambda handler, rows: handler.say(answers(rows[::-1]))]
    assert [outcome(one) for one in extractor(server).extract(ARTICLES)] == [[Span(0, 4)]] * 3


def test_layers_and_fingerprint_come_from_a_made_up_article(server: Server) -> None:
    header = b'{"evalkit": 1, "layers": ["entities"], "fingerprint": "v1"}\n'
    server.replies = [lambda handler, rows: handler.say(header + answers(rows))]
    asked = extractor(server)
    assert asked.layers == ("entities",)
    first = asked.fingerprint()
    server.replies = [lambda handler, rows: handler.say(header.replace(b"v1", b"v2") + answers(rows))]
    assert extractor(server).fingerprint() != first
    assert [[row["id"] for row in request[1:]] for request in server.requests] == [["evalkit-probe"]] * 2


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(status(429, Retry_After="0"), id="429"),
        pytest.param(status(500), id="500"),
        pytest.param(status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), id="503 with a date"),
        pytest.param(cut, id="cut connection"),
    ],
)
def test_tried_again(server: Server, reply: Reply) -> None:
    server.replies = [reply, reply, good]
    assert [outcome(one) for one in extractor(server).extract(ARTICLES)] == [[Span(0, 4)]] * 3
    assert len(server.requests) == 3


def test_waits_as_long_as_it_is_told(server: Server) -> None:
    server.replies = [status(429, Retry_After="0.3"), good]
    begun = time.monotonic()
    extractor(server).extract(ARTICLES)
    assert time.monotonic() - begun >= 0.3


def test_an_article_takes_no_longer_than_it_may(server: Server) -> None:
    server.replies = [status(429, Retry_After="60")]
    asked = extractor(server, layers="entities", fingerprint="1")
    asked.limit_time(0.1)
    begun = time.monotonic()
    assert "answered 429" in str(outcome(asked.extract(ARTICLES[:1])[0]))
    with pytest.raises(ExtractorError, match="in the time that an article may take"):
        asked.extract(ARTICLES)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *[("2", 2), (" 1.5 ", 1.5), ("²", None), ("-3", None), ("nan", None), ("1e9", None), ("9" * 5000, None)],
        *[("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct 2015 07:28:00 GMT", None), ("", None), (None, None)],
    ],
)
def test_how_long_to_wait(value: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(value) == seconds


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(status(500, b"boom\nbang"), "answered 500 Internal Server Error: boom bang", id="500"),
        pytest.param(status(413), "answered 413", id="too large"),
        pytest.param(cut, "connection was cut", id="cut connection"),
        pytest.param(
            status(200, b"<html>busy</html>"), "answered 0 of 1 article; it wrote not an answer: '<html>", id="html"
        ),
        pytest.param(status(200), "answered 0 of 1", id="empty answer"),
    ],
)
def test_one_article_fails_and_the_others_do_not(server: Server, reply: Reply, said: str) -> None:
    server.replies = [bad_one(reply)]
    asked = extractor(server, retries="0")
    asked.extract(ARTICLES[:1])
    first, bad, last = [outcome(one) for one in asked.extract(ARTICLES)]
    assert (first, last) == ([Span(0, 4)], [Span(0, 4)])
    assert said in str(bad)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(status(404, b"no such path"), "answered 404 Not Found: no such path; check", id="404"),
        pytest.param(status(401), "answered 401", id="401"),
        pytest.param(
            status(302, Location="http://elsewhere.invalid/"), "redirects to http://elsewhere", id="redirection"
        ),
        pytest.param(status(200, b'{"evalkit": 9}'), "version 9", id="another version"),
        pytest.param(
            status(200, b"hello"), "answered 0 of 3 articles; it wrote not an answer: 'hello'", id="no protocol"
        ),
        pytest.param(slow, "hangs: nothing came for 0.2 seconds", id="hangs"),
        pytest.param(status(503, b"down"), "answered 503 Service Unavailable: down", id="503 for ever"),
    ],
)
def test_nothing_at_all_is_an_error_of_the_extractor(server: Server, reply: Reply, said: str) -> None:
    server.replies = [reply]
    with pytest.raises(ExtractorError, match=said):
        # Short only for the one that hangs: on a busy machine an answer may take longer than that.
        extractor(server, timeout="0.2" if reply is slow else "20", retries="1").extract(ARTICLES)
    assert all(request[0].get("method") != "GET" for request in server.requests)


def test_an_answer_that_is_too_large_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.extractors.http.LARGEST", 100)
    with pytest.raises(ExtractorError, match="answered with more than"):
        extractor(server).extract(ARTICLES)
    assert len(server.requests) == 1


def bare(content: bytes) -> bytes:
    """Deflate without the header of zlib, as some servers send it."""
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(content) + machine.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("x-gzip", lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:]), id="parts"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("Deflate", bare, id="deflate without a header"),
        pytest.param("gzip, identity", gzip.compress, id="two names"),
    ],
)
def test_compressed_answers_are_read(server: Server, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    server.replies = [lambda handler, rows: handler.say(pack(answers(rows)), Content_Encoding=encoding)]
    assert [outcome(one) for one in extractor(server).extract(ARTICLES)] == [[Span(0, 4)]] * 3


@pytest.mark.parametrize(
    ("content", "encoding", "said"),
    [
        pytest.param(gzip.compress(b"x" * 99)[:-9], "gzip", "its end is missing", id="cut"),
        pytest.param(b"[]", "gzip", "its content is not", id="not compressed"),
        pytest.param(b"[]", "br", "Content-Encoding br, which is not read", id="another compression"),
        pytest.param(gzip.compress(b"[]"), "", "compressed with gzip", id="without a word"),
    ],
)
def test_compressed_answers_that_cannot_be_read(server: Server, content: bytes, encoding: str, said: str) -> None:
    headers = {"Content_Encoding": encoding} if encoding else {}
    server.replies = [status(200, content, **headers)]
    with pytest.raises(ExtractorError, match=said):
        extractor(server, retries="0").extract(ARTICLES)


def test_a_small_answer_that_becomes_a_large_one_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.extractors.http.LARGEST", 1 << 20)
    # 8 MiB of blanks are about 8 KiB.
    server.replies = [lambda handler, rows: handler.say(gzip.compress(b" " * (8 << 20)), Content_Encoding="gzip")]
    with pytest.raises(ExtractorError, match="more than 1 MiB"):
        extractor(server).extract(ARTICLES)


def test_nobody_there() -> None:
    with pytest.raises(ExtractorError, match="cannot be reached"):
        load_service("http://127.0.0.1:9/", {"pause": "0.01", "retries": "1"}).extract(ARTICLES)


def test_a_proxy_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(ExtractorError, match=r"proxy 127.0.0.1:9 of http_proxy; NO_PROXY=tagger.invalid") as caught:
        load_service("http://tagger.invalid/", {"retries": "0"}).extract(ARTICLES)
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ExtractorError) as caught:
        load_service("http://127.0.0.1:9/", {"retries": "0"}).extract(ARTICLES)
    assert "proxy" not in str(caught.value)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("indent", [None, 1])
def test_one_list_for_the_whole_batch(server: Server, mark: bytes, indent: int | None) -> None:
    def listed(handler: Handler, rows: list[Row]) -> None:
        found = [{"id": row["id"], "entities": [{"start": 0, "end": 4, "label": "PER"}]} for row in rows if "id" in row]
        handler.say(mark + json.dumps(found, indent=indent).encode())

    server.replies = [listed]
    assert [outcome(one) for one in extractor(server).extract(ARTICLES)] == [[Span(0, 4)]] * 3


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        pytest.param("http://", {}, "not an address", id="no host"),
        pytest.param("http://[::1", {}, "not an address", id="broken"),
        pytest.param("http://host:port/", {}, "not an address", id="port is no number"),
        pytest.param("https://me:secret@host/", {}, "password", id="password"),
        pytest.param("http://host/", {"retry": "3"}, "did you mean 'retries'", id="unknown option"),
        pytest.param("http://host/", {"retries": "-1"}, "at least 0", id="negative"),
    ],
)
def test_bad_spellings(url: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_service(url, options)
    assert "secret" not in str(caught.value)
