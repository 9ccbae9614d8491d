"""Requests over HTTP, for whatever extractor sends them: paced, repeated where that can help.

Status 408, 409, 425, 429 and 5xx, a refused and a cut connection, silence, and an answer that its reader takes for
damaged are tried again after a pause that doubles, or as long as `Retry-After` says; while that lasts, no other request
is sent. A redirection is not followed: what is sent goes to that address, and nowhere else.
"""

from __future__ import annotations

import email.utils
import http.client
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any, Generic, NamedTuple, TypeVar

__all__ = ["Failure", "HttpClient", "Patience", "Posted", "proxy_of"]

LARGEST = 256 << 20
_LONGEST_PAUSE = 60.0
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_ABOUT_THE_REQUEST = frozenset({400, 413, 415, 422, 501})
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_SPENT = "insufficient_quota"
"""What OpenAI adds to a 429 that no pause mends."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an answer is waited for, and how often it is asked for again.

    Attributes:
        timeout: seconds without a byte.
        at_once: whether the whole answer has to come in that time.
        retries: how often a request is tried again.
        pause: seconds before the first of these.
        per_minute: how many requests are sent in a minute, at even distances; 0 is no limit.
    """

    timeout: float
    at_once: bool = False
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
    """

    url: str
    patience: Patience
    content_type: str
    key: str = field(default="", repr=False)
    advice: Mapping[int, str] = field(default_factory=dict)
    _pace: _Pace = field(default_factory=_Pace, init=False, repr=False)
    _over: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(_NoRedirection), init=False, repr=False
    )

    def stop(self) -> None:
        """Let nobody wait or try again any longer; requests that are on their way are waited for."""
        self._over.set()

    def start(self) -> None:
        """Take requests again."""
        self._over.clear()

    def post(self, body: bytes, read: Callable[[bytes], Answer | Failure]) -> Posted[Answer]:
        """What is read of the answer, or why there is none after all tries.

        Args:
            body: what is sent.
            read: makes of the content what is wanted, or says what is wrong with it.
        """
        distance = 60 / self.patience.per_minute if self.patience.per_minute else 0.0
        for attempt in range(1, self.patience.retries + 2):
            if self._over.wait(self._pace.turn(distance)):
                return Posted(Failure("not asked: the run was stopped", hopeless=True), attempt - 1)
            content = self._send(body)
            answer = read(content) if isinstance(content, bytes) else content
            if not isinstance(answer, Failure) or not answer.again or attempt > self.patience.retries:
                break
            self._rest(answer, attempt)
        return Posted(answer, attempt)

    def clean(self, text: str) -> str:
        """The text in one line, without the key, not longer than a terminal can bear."""
        shown = text.replace(self.key, "[key]") if self.key else text
        return " ".join(shown.split())[:240]

    def _rest(self, failure: Failure, attempt: int) -> None:
        if failure.wait is None:
            self._over.wait(min(self.patience.pause * 2.0 ** (attempt - 1), _LONGEST_PAUSE))
        else:
            self._pace.hold(min(failure.wait, _LONGEST_PAUSE))

    def _send(self, body: bytes) -> bytes | Failure:
        answer = self._sent(body)
        if isinstance(answer, Failure) and (proxy := proxy_of(self.url)):
            # What the proxy itself says looks like an answer of the address.
            return replace(answer, message=f"{answer.message} ({proxy})")
        return answer

    def _sent(self, body: bytes) -> bytes | Failure:
        headers = {"Content-Type": self.content_type, "Accept": self.content_type, "User-Agent": "evalkit"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.url, data=body, headers=headers)
        try:
            with self._opener.open(request, timeout=self.patience.timeout) as response:
                return self._content(response)
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error)
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                return self._silence()
            return Failure(f"cannot be reached: {error.reason}", hopeless=True, again=True)
        except TimeoutError:
            return self._silence()
        except (http.client.HTTPException, OSError) as error:
            return Failure(f"the connection was cut: {self.clean(str(error) or type(error).__name__)}", again=True)

    def _content(self, response: Any) -> bytes | Failure:
        parts: list[bytes] = []
        size, begun = 0, time.monotonic()
        while part := response.read1(1 << 16):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                return _too_large()
            if self.patience.at_once and time.monotonic() - begun > self.patience.timeout:
                return self._silence()
        # Reading what is there, unlike reading a number of bytes, does not mind that there are fewer.
        if response.length:
            return Failure(f"the connection was cut after {size} bytes of the answer", again=True)
        return _unpacked(b"".join(parts), response.headers.get("Content-Encoding", ""))

    def _silence(self) -> Failure:
        what = "no whole answer in" if self.patience.at_once else "hangs: nothing came for"
        return Failure(f"{what} {self.patience.timeout:g} seconds; --set timeout=SECONDS waits longer", again=True)

    def _refused(self, error: urllib.error.HTTPError) -> Failure:
        status = error.code
        if status in _REDIRECTIONS:
            target = self.clean(error.headers.get("Location", "nowhere"))
            return Failure(f"redirects to {target}; use the address that is meant", status, hopeless=True)
        # What is said of a key may hold a part of it.
        said = "" if self.key and status in (401, 403) else self._said(error)
        message = f"answered {status} {self.clean(error.reason)}".rstrip() + (f": {said}" if said else "")
        if status in _AGAIN and _SPENT not in said:
            return Failure(message, status, again=True, wait=_seconds(error.headers.get("Retry-After")))
        if status in _ABOUT_THE_REQUEST:
            return Failure(message, status)
        return Failure(f"{message}; {self.advice.get(status, 'check the address')}", status, hopeless=True)

    def _said(self, error: urllib.error.HTTPError) -> str:
        try:
            said = _unpacked(error.read(4000), error.headers.get("Content-Encoding", ""), whole=False)
            return self.clean(said.decode("utf-8", "replace")) if isinstance(said, bytes) else ""
        except (http.client.HTTPException, OSError):
            return ""


def _too_large() -> Failure:
    return Failure(f"answered with more than {LARGEST >> 20} MiB")


def _unpacked(content: bytes, encoding: str, *, whole: bool = True) -> bytes | Failure:
    """A content without the compression that its header names, or why it cannot be read.

    Some servers compress though nobody asked for it. Of one that is not `whole` the end may be missing.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in ("", "identity") or not content:
            continue
        if name not in ("gzip", "x-gzip", "deflate"):
            return Failure(f"answered with Content-Encoding {name[:40]}, which is not read; send it plain, or as gzip")
        try:
            content, left = _inflated(content, name)
        except zlib.error as error:
            return Failure(f"answered with Content-Encoding {name}, but its content is not ({error})")
        if len(content) > LARGEST:
            return _too_large()
        if whole and left:
            return Failure(f"answered with Content-Encoding {name}, and its end is missing", again=True)
    return content


def _inflated(content: bytes, name: str) -> tuple[bytes, bool]:
    """What is compressed in a content, up to one byte more than is read, and whether its end is missing.

    Raises:
        zlib.error: it is not so compressed.
    """
    # Both have a header that says which it is; some servers leave out that of deflate.
    headless = name == "deflate" and (content[0] & 0x0F != 8 or int.from_bytes(content[:2], "big") % 31)
    found, complete = bytearray(), False
    # gzip may hold several parts, one after the other.
    while content and len(found) <= LARGEST:
        machine = zlib.decompressobj(-zlib.MAX_WBITS if headless else zlib.MAX_WBITS | 32)
        found += machine.decompress(content, LARGEST + 1 - len(found))
        complete, content = machine.eof, machine.unused_data
    return bytes(found), not complete


def proxy_of(url: str) -> str:
    """The proxy of the environment that requests to an address go through, in words; empty if there is none."""
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme, "")
    if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return ""
    # Without the name and password that it may hold.
    shown = proxy.rpartition("@")[2] if "@" in proxy else proxy.rpartition("//")[2]
    return f"asked through the proxy {shown} of {parts.scheme}_proxy; NO_PROXY={parts.hostname} goes around it"


def _seconds(value: str | None) -> float | None:
    """`Retry-After` in seconds, given as a number or as a date; None if it is neither."""
    if value is None:
        return None
    try:
        return max(float(value), 0.0) if value.replace(".", "", 1).isdigit() else max(_until(value), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _until(date: str) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()
