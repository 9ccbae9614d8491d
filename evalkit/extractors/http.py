"""Requests over HTTP, for whatever extractor sends them: paced, repeated where that can help.

Status 408, 409, 425, 429 and 5xx, a refused and a cut connection, silence, and an answer that its reader takes for
damaged are tried again after a pause that doubles, or as long as `Retry-After` says; while that lasts, no other request
is sent. A redirection is not followed: what is sent goes to that address, and nowhere else.

Silence is noticed by the socket. That somebody is never silent and never done (a byte of a header now and then) is not:
so a whole answer has a time of its own, after which its connection is cut from outside, wherever it stands.
"""

from __future__ import annotations

import http.client
import math
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any, Generic, NamedTuple, TypeVar

from evalkit.secrets import redacted
from evalkit.wires import Wire, WiredRequest, WireHandler, proxy_of, seconds_to_wait

__all__ = ["Failure", "HttpClient", "Patience", "Posted"]

LARGEST = 64 << 20
"""The most bytes of an answer that are taken, packed and unpacked."""
_MOST_LAYERS, _MOST_PARTS, _PIECE = 3, 10_000, 1 << 12
_LONGEST_PAUSE = 60.0
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_ABOUT_THE_REQUEST = frozenset({400, 413, 415, 422, 501})
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_STOPPED = "not asked: the run was stopped"
_TOO_LATE = "no answer in the time that an article may take (--article-timeout)"
_WAITS_LONGER = "--set timeout=SECONDS waits longer"
_SPENT = "insufficient_quota"
"""What OpenAI adds to a 429 that no pause mends."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an answer is waited for, and how often it is asked for again.

    Attributes:
        timeout: seconds without a byte.
        retries: how often a request is tried again.
        pause: seconds before the first of these.
        per_minute: how many requests are sent in a minute, at even distances; 0 is no limit.
    """

    timeout: float
    retries: int
    pause: float
    per_minute: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer.

    Attributes:
        message: one line, of which the address is the subject.
        status: of HTTP; 0 without one.
        hopeless: another request would fare no better.
        again: the same request may fare better later.
        wait: seconds to wait until then, if the other side said so.
    """

    message: str
    status: int = 0
    hopeless: bool = False
    again: bool = False
    wait: float | None = None

    @property
    def about_the_request(self) -> bool:
        """Whether it was refused for what it asked."""
        return self.status in _ABOUT_THE_REQUEST

    @property
    def about_the_address(self) -> bool:
        """Whether there is nobody, or only a way to another address."""
        return self.status in _REDIRECTIONS or (self.hopeless and self.again)


class Posted(NamedTuple, Generic[Answer]):
    """An answer or why there is none, and how many requests that took."""

    answer: Answer | Failure
    requests: int


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


class _Pace:
    """When the next request may be sent: at even distances, and not while the other side wants a pause."""

    def __init__(self) -> None:
        self._next = 0.0
        self._lock = threading.Lock()

    def turn(self, distance: float) -> float:
        """Take the next turn, which is in that many seconds; the one after it is `distance` later."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + distance
        return turn - now

    def hold(self, seconds: float) -> None:
        """Let nobody send anything for that long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Posts to one address; can be used by several threads.

    Attributes:
        url: the full address, `http` or `https`.
        patience: how long it waits and how often it tries.
        content_type: of what is sent and of what is wanted back.
        key: sent as bearer token unless empty; it never leaves this object otherwise.
        advice: what to do about a status, where that is more than to check the address.
        largest: the most bytes of an answer that are taken; 64 MiB if None.
    """

    url: str
    patience: Patience
    content_type: str
    key: str = field(default="", repr=False)
    advice: Mapping[int, str] = field(default_factory=dict)
    _pace: _Pace = field(default_factory=_Pace, init=False, repr=False)
    largest: int | None = None
    _over: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _wires: set[Wire] = field(default_factory=set, init=False, repr=False)
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(_NoRedirection, WireHandler()), init=False, repr=False
    )

    def stop(self) -> None:
        """Let nobody wait, try again or read any longer."""
        self._over.set()
        for wire in tuple(self._wires):
            wire.cut(_STOPPED)

    def start(self) -> None:
        """Take requests again."""
        self._over.clear()

    def post(
        self, body: bytes, read: Callable[[bytes], Answer | Failure], *, most: float, until: float = math.inf
    ) -> Posted[Answer]:
        """What is read of the answer, or why there is none after all tries.

        Args:
            body: what is sent.
            read: makes of the content what is wanted, or says what is wrong with it.
            most: seconds for a whole answer, from connecting to its last byte.
            until: the time, as `time.monotonic` has it, after which there is no use in an answer.
        """
        distance = 60 / self.patience.per_minute if self.patience.per_minute else 0.0
        answer: Answer | Failure = Failure(_TOO_LATE)
        for attempt in range(1, self.patience.retries + 2):
            turn, left = self._pace.turn(distance), until - time.monotonic()
            if turn >= left:
                if attempt == 1:
                    # Whoever follows would have no turn either, and all would fail at once.
                    self._over.wait(max(left, 0))
                return Posted(answer, attempt - 1)
            if self._over.wait(turn):
                return Posted(Failure(_STOPPED, hopeless=True), attempt - 1)
            content = self._send(body, most, until)
            answer = read(content) if isinstance(content, bytes) else content
            if not isinstance(answer, Failure) or not answer.again or attempt > self.patience.retries:
                break
            self._rest(answer, attempt, until - time.monotonic())
        return Posted(answer, attempt)

    def clean(self, text: str) -> str:
        """The text in one line, without the key, not longer than a terminal can bear."""
        shown = text.replace(self.key, "[key]") if self.key else text
        # Half a character of UTF-16 can be written nowhere.
        return " ".join(redacted(shown.encode("utf-8", "replace").decode()).split())[:240]

    def _rest(self, failure: Failure, attempt: int, left: float) -> None:
        """Wait before the next try, at most for the time that is left."""
        if failure.wait is None:
            self._over.wait(max(min(self.patience.pause * 2.0 ** (attempt - 1), _LONGEST_PAUSE, left), 0))
        else:
            self._pace.hold(min(failure.wait, _LONGEST_PAUSE))

    def _send(self, body: bytes, most: float, until: float) -> bytes | Failure:
        wire = Wire()
        left = until - time.monotonic()
        seconds = min(most, left)
        late = _TOO_LATE if left < most else f"no whole answer in {most:g} s; {_WAITS_LONGER}"
        watch = threading.Timer(seconds, wire.cut, [late])
        watch.daemon = True
        watch.start()
        self._wires.add(wire)
        try:
            answer = self._sent(body, wire, max(min(self.patience.timeout, seconds), 0.01))
        finally:
            watch.cancel()
            self._wires.discard(wire)
        if wire.cut_for == _STOPPED:
            return Failure(_STOPPED, hopeless=True)
        if wire.cut_for:
            # Also what looks whole: without a length the end of a connection is that of the answer.
            answer = Failure(wire.cut_for, again=True)
        if isinstance(answer, Failure) and (proxy := proxy_of(self.url)):
            # What the proxy itself says looks like an answer of the address.
            return replace(answer, message=f"{answer.message} ({proxy})")
        return answer

    def _sent(self, body: bytes, wire: Wire, silence: float) -> bytes | Failure:
        headers = {"Content-Type": self.content_type, "Accept": self.content_type, "User-Agent": "evalkit"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            with self._opener.open(WiredRequest(self.url, body, headers, wire), timeout=silence) as response:
                return self._content(response)
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error)
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                return self._silence(silence)
            return Failure(f"cannot be reached: {error.reason}", hopeless=True, again=True)
        except TimeoutError:
            return self._silence(silence)
        except (http.client.HTTPException, OSError, ValueError) as error:
            return Failure(f"the connection was cut: {self.clean(str(error) or type(error).__name__)}", again=True)

    def _content(self, response: Any) -> bytes | Failure:
        parts: list[bytes] = []
        size, most = 0, self.largest or LARGEST
        while part := response.read1(1 << 16):
            parts.append(part)
            size += len(part)
            if size > most:
                return _too_large(most)
        # Reading what is there, unlike reading a number of bytes, does not mind that there are fewer.
        if response.length:
            return Failure(f"the connection was cut after {size} bytes of the answer", again=True)
        return _unpacked(b"".join(parts), response.headers.get("Content-Encoding", ""), most)

    def _silence(self, seconds: float) -> Failure:
        waits = _WAITS_LONGER if seconds == self.patience.timeout else "raise the time-out of articles"
        return Failure(f"hangs: nothing came for {seconds:g} seconds; {waits}", again=True)

    def _refused(self, error: urllib.error.HTTPError) -> Failure:
        status = error.code
        if status in _REDIRECTIONS:
            target = self.clean(error.headers.get("Location", "nowhere"))
            return Failure(f"redirects to {target}; use the address that is meant", status, hopeless=True)
        # What is said of a key may hold a part of it.
        said = "" if self.key and status in (401, 403) else self._said(error)
        message = f"answered {status} {self.clean(error.reason)}".rstrip() + (f": {said}" if said else "")
        if status in _AGAIN and _SPENT not in said:
            return Failure(message, status, again=True, wait=seconds_to_wait(error.headers.get("Retry-After")))
        if status in _ABOUT_THE_REQUEST:
            return Failure(message, status)
        return Failure(f"{message}; {self.advice.get(status, 'check the address')}", status, hopeless=True)

    def _said(self, error: urllib.error.HTTPError) -> str:
        try:
            said = _unpacked(error.read(4000), error.headers.get("Content-Encoding", ""), LARGEST, whole=False)
            return self.clean(said.decode("utf-8", "replace")) if isinstance(said, bytes) else ""
        except (http.client.HTTPException, OSError, ValueError):
            return ""


def _too_large(most: int) -> Failure:
    return Failure(f"answered with more than {most >> 20} MiB")


def _unpacked(content: bytes, encoding: str, most: int, *, whole: bool = True) -> bytes | Failure:
    """A content without the compression that its header names, or why it cannot be read.

    Some servers compress though nobody asked for it. Of one that is not `whole` the end may be missing.
    """
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if len(names) > _MOST_LAYERS:
        return Failure(f"answered with {len(names)} Content-Encodings, one in the other; send it plain, or as gzip")
    for name in reversed(names):
        if not content:
            continue
        if name not in ("gzip", "x-gzip", "deflate"):
            return Failure(f"answered with Content-Encoding {name[:40]}, which is not read; send it plain, or as gzip")
        try:
            content, left = _inflated(content, name, most)
        except zlib.error as error:
            return Failure(f"answered with Content-Encoding {name}, but its content is not ({error})")
        if len(content) > most:
            return _too_large(most)
        if whole and left:
            return Failure(f"answered with Content-Encoding {name}, and its end is missing", again=True)
    return content


def _inflated(content: bytes, name: str, most: int) -> tuple[bytes, bool]:
    """What is compressed in a content, up to one byte more than is taken, and whether its end is missing.

    Raises:
        zlib.error: it is not so compressed.
    """
    # Both have a header that says which it is; some servers leave out that of deflate.
    headless = name == "deflate" and (content[0] & 0x0F != 8 or int.from_bytes(content[:2], "big") % 31)
    found, complete, at = bytearray(), False, 0
    # gzip may hold several parts, one after the other.
    for _ in range(_MOST_PARTS):
        machine = zlib.decompressobj(-zlib.MAX_WBITS if headless else zlib.MAX_WBITS | 32)
        # Piece by piece: what lies behind a part is copied whenever one ends.
        while not machine.eof and at < len(content) and len(found) <= most:
            piece = content[at : at + _PIECE]
            found += machine.decompress(piece, most + 1 - len(found))
            at += len(piece) - len(machine.unused_data) - len(machine.unconsumed_tail)
        complete = machine.eof
        if not complete or at >= len(content) or len(found) > most:
            return bytes(found), not complete
    raise zlib.error(f"more than {_MOST_PARTS:,} parts")
