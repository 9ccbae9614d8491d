"""A server on this machine that keeps comments as GitHub and GitLab do, as far as evalkit asks them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.extractors.http_handler import QuietHandler

TOKEN = "ghs_0123456789abcdefSECRET"
BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}


@dataclass
class ForgeServer:
    """Where it is, whose token it takes (None: an app's, which has no user), its comments, and what was asked.

    Attributes:
        failures: statuses of the next answers, before it does what it is asked for.
        headers: sent with these.
        raw: in place of every answer.
    """

    url: str = ""
    user: dict[str, Any] | None = None
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    failures: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""

    def add(self, body: str, author: dict[str, Any] = BOT) -> dict[str, Any]:
        number = 1000 + len(self.comments)
        comment = {
            "id": number, "body": body, "user": author, "author": author, "html_url": f"{self.url}/comment/{number}"
        }  # fmt: skip
        self.comments.append(comment)
        return comment

    @property
    def written(self) -> list[str]:
        """What was asked for that changes something."""
        return [one for one in self.asked if not one.startswith("GET")]


class _Handler(QuietHandler, BaseHTTPRequestHandler):
    server: Any

    def _do(self) -> None:
        state: ForgeServer = self.server.state
        parts = urlsplit(self.path)
        state.asked.append(f"{self.command} {parts.path}")
        state.tokens.add(self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or "")
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path == "/graphql":
            # It changes nothing.
            state.asked.pop()
            return self._answer(200, {"data": {"viewer": {"login": (state.user or BOT)["login"]}}})
        if state.raw:
            return self._answer(200, None, state.raw)
        if state.failures:
            status = state.failures.pop(0)
            return self._answer(status, {"message": f"no, {TOKEN}"}, headers=state.headers)
        if parts.path == "/user":
            return self._answer(200, state.user) if state.user else self._answer(403, {"message": "by an app"})
        if self.command == "GET":
            query = parse_qs(parts.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return self._answer(200, state.comments[size * (page - 1) : size * page])
        body = json.loads(content)["body"]
        if self.command == "POST":
            return self._answer(201, state.add(body, state.user or BOT))
        number = int(re.findall(r"\d+\Z", parts.path)[0])
        (comment,) = (one for one in state.comments if one["id"] == number)
        comment["body"] = body
        return self._answer(200, comment)

    def _answer(self, status: int, value: Any, raw: bytes = b"", headers: Mapping[str, str] = {}) -> None:
        data = raw or json.dumps(value).encode()
        self.send_response(status)
        for name, one in headers.items():
            self.send_header(name, one)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815


@contextmanager
def forge_server() -> Iterator[ForgeServer]:
    """The server as long as the context."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.state = ForgeServer(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
