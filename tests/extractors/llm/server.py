"""A local server that speaks the chat completions of OpenAI, with its failures, for the tests of `llm:`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.extractors.http_handler import QuietHandler

Row = dict[str, Any]
Reply = Callable[["Handler", Row], None]

ANSWER = {
    "entities": [{"before": "", "text": "Moen", "label": "PER", "id": "moen"}],
    "quotes": [{"content": ['"We won."'], "kind": "direct", "cue": "said", "speaker": "Moen", "speaker_id": "moen"}],
    "stances": [{"holder": "moen", "target": "topic:Port Plan", "label": "favor", "evidence": ["We lost big time"]}],
}


@dataclass
class Server:
    """A server that answers each request with the next of `replies`, the last one for ever."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    running: int = 0
    most_at_once: int = 0


class Handler(QuietHandler, BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        state: Server = self.server.state
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with state.lock:
            state.requests.append(body)
            state.headers.append(dict(self.headers))
            state.paths.append(self.path)
            state.times.append(time.monotonic())
            state.running += 1
            state.most_at_once = max(state.most_at_once, state.running)
            reply = state.replies.pop(0) if len(state.replies) > 1 else state.replies[0]
        try:
            reply(self, body)
        except (BrokenPipeError, ConnectionResetError):
            # The client has lost patience, as it should.
            pass
        finally:
            with state.lock:
                state.running -= 1

    def do_GET(self) -> None:
        self.server.state.requests.append({"method": "GET"})
        self.send_error(404)


def completion(content: str | None, *, finish: str = "stop", refusal: str | None = None, usage: object = None) -> bytes:
    return json.dumps(
        {
            "id": "c1",
            "model": "fake-1",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish,
                    "message": {"role": "assistant", "content": content, "refusal": refusal},
                }
            ],
            "usage": usage or {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }
    ).encode()


def says(content: str | None, **more: Any) -> Reply:
    return lambda handler, body: handler.say(completion(content, **more))


good = says(json.dumps(ANSWER))


def status(code: int, body: bytes = b"", **headers: str) -> Reply:
    return lambda handler, request: handler.say(body, code, **headers)


def cut(handler: Handler, body: Row) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')


def cut_chunk(handler: Handler, body: Row) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b'ff\r\n{"choices": [')
    handler.close_connection = True


def silent(handler: Handler, body: Row) -> None:
    time.sleep(1.5)


def trickle(handler: Handler, body: Row) -> None:
    """A byte at a time, so that there is never silence and never an end."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(15):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def for_article(text: str, reply: Reply, other: Reply = good) -> Reply:
    """`reply` to requests about an article with that text, else another."""
    return lambda handler, body: (reply if text in body["messages"][1]["content"] else other)(handler, body)


def unless_constrained(*kinds: str, code: int = 400) -> Reply:
    """Refuses these kinds of `response_format`, as endpoints do that do not know them."""

    def reply(handler: Handler, body: Row) -> None:
        if body.get("response_format", {}).get("type") in kinds:
            handler.say(b'{"error": {"message": "response_format is not supported"}}', code)
        else:
            good(handler, body)

    return reply


@contextmanager
def serving() -> Iterator[Server]:
    """A server that runs as long as the context; it answers everything with `ANSWER` unless told otherwise."""
    state = Server(replies=[good])
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.state = state  # type: ignore[attr-defined]
    state.url = f"http://127.0.0.1:{http.server_port}/v1"
    # A short poll, so that shutting down takes no half second for each test.
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
