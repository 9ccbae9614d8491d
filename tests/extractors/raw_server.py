"""A server that writes what it is told, byte for byte: answers that no well-behaved server would give."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Write = Callable[[bytes], None]
Reply = Callable[[Write], None]

HEAD = b"HTTP/1.1 200 OK\r\n"


@dataclass
class Raw:
    """Where it is, what it answers, and the heads of what was sent to it."""

    port: int
    reply: Reply
    heads: list[bytes] = field(default_factory=list)


def whole(body: bytes, *headers: bytes) -> Reply:
    """An answer with its length."""
    head = b"".join(header + b"\r\n" for header in (b"Content-Length: %d" % len(body), *headers))
    return lambda write: write(HEAD + head + b"\r\n" + body)


def plain(content: bytes) -> Reply:
    """These bytes and nothing else."""
    return lambda write: write(content)


def for_ever(before: bytes, again: bytes) -> Reply:
    """Something, and then something else now and then, without an end and without a silence."""

    def reply(write: Write) -> None:
        write(before)
        while True:
            write(again)
            time.sleep(0.02)

    return reply


@contextmanager
def raw_server(reply: Reply) -> Iterator[Raw]:
    """A server on this machine as long as the context."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length, head = 0, b""
            with contextlib.suppress(OSError):
                while (line := self.rfile.readline()).strip():
                    head += line
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                self.rfile.read(length)
                state.heads.append(head)
                state.reply(self.wfile.write)  # type: ignore[arg-type]

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                super().finish()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        state = Raw(server.server_address[1], reply)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
