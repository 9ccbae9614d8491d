"""A server of files on this machine, which can misbehave in the ways in which servers and networks do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.extractors.http_handler import QuietHandler

Reply = Callable[["Handler", bytes, int], None]


@dataclass
class FileServer:
    """What it serves, how it answers (the last of `replies` for ever), and what was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


class Handler(QuietHandler, BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        state: FileServer = self.server.state
        told = self.headers.get("Range", "")
        state.asked.append((self.path, told))
        state.headers.append(dict(self.headers))
        reply = (state.replies.pop(0) if len(state.replies) > 1 else state.replies[0]) if state.replies else serve
        begin = int(told.removeprefix("bytes=").removesuffix("-")) if told else 0
        content = state.files.get(self.path)
        if content is None and reply is serve:
            self.send_error(404)
        else:
            reply(self, content or b"", begin)


def serve(handler: Handler, content: bytes, begin: int) -> None:
    """As a server does that knows parts of files."""
    handler.send_response(206 if begin else 200)
    if begin:
        handler.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
    handler.send_header("Content-Length", str(len(content) - begin))
    handler.end_headers()
    handler.wfile.write(content[begin:])


def whole(handler: Handler, content: bytes, begin: int) -> None:
    """As one that does not."""
    serve(handler, content, 0)


def cut_after(size: int) -> Reply:
    """Serves so many bytes and ends the connection."""

    def reply(handler: Handler, content: bytes, begin: int) -> None:
        handler.send_response(206 if begin else 200)
        if begin:
            handler.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(content) - begin))
        handler.end_headers()
        handler.wfile.write(content[begin : begin + size])

    return reply


def status(code: int, **headers: str) -> Reply:
    """Refuses."""

    def reply(handler: Handler, content: bytes, begin: int) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever was served may be gone: silence."""


@contextmanager
def file_server() -> Iterator[FileServer]:
    httpd = _Server(("127.0.0.1", 0), Handler)
    state = FileServer(url=f"http://127.0.0.1:{httpd.server_address[1]}")
    httpd.state = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
