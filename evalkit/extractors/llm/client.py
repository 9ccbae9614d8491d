"""Requests to an endpoint that speaks the chat completions of OpenAI: paced, repeated where that can help.

Status 408, 409, 425, 429 and 5xx, a refused and a cut connection, silence, and an answer that is no JSON or has no
choices are tried again after a pause that doubles, or as long as `Retry-After` says; while that lasts, no other request
is sent. A redirection is not followed: the key goes where it was sent, and nowhere else.
"""

from __future__ import annotations

import email.utils
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any

__all__ = ["Client", "Pace", "Refusal", "Reply"]

_LONGEST_PAUSE = 60.0
_LARGEST = 64 << 20
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_ABOUT_THE_REQUEST = frozenset({400, 413, 415, 422, 501})
_ADVICE = {
    401: "check the key in EVALKIT_LLM_API_KEY",
    402: "nothing is left on the account",
    403: "check the key in EVALKIT_LLM_API_KEY, and what it may use",
    404: "check the base URL and the name of the model",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the endpoint.

    Attributes:
        text: what the model wrote, empty if nothing.
        finish: why it stopped, such as `stop` or `length`.
        refusal: what it said instead, if it refused.
        tokens: `prompt_tokens` and `completion_tokens` as far as the endpoint counts them.
        model: which model answered, as the endpoint calls it.
        requests: how many requests it took.
    """

    text: str
    finish: str = ""
    refusal: str = ""
    tokens: Mapping[str, int] = field(default_factory=dict)
    model: str = ""
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer.

    Attributes:
        message: one line.
        status: of HTTP; 0 without one.
        hopeless: another article would fare no better.
        again: the same request may fare better later.
        wait: seconds to wait until then, if the endpoint said so.
        requests: how many requests it took.
    """

    message: str
    status: int = 0
    hopeless: bool = False
    again: bool = False
    wait: float | None = None
    requests: int = 1

    @property
    def about_the_request(self) -> bool:
        """Whether it was refused for what it asked."""
        return self.status in _ABOUT_THE_REQUEST


class Pace:
    """When the next request may be sent: so many a minute at even distances, none while the endpoint wants a pause."""

    def __init__(self, per_minute: int = 0) -> None:
        """A pace of that many requests a minute; 0 is no limit."""
        self._distance = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def turn(self) -> float:
        """Take the next turn, which is in that many seconds."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._distance
        return turn - now

    def hold(self, seconds: float) -> None:
        """Let nobody send anything for that long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


class Client:
    """Sends requests to one endpoint; can be used by several threads."""

    def __init__(self, url: str, *, key: str, timeout: float, retries: int, pause: float, pace: Pace) -> None:
        """A client for `url`, the full address.

        Args:
            url: the address, `http` or `https`.
            key: sent as bearer token unless empty; it never leaves this object otherwise.
            timeout: seconds without a byte, and for a whole answer.
            retries: how often a request is tried again.
            pause: seconds before the first of these.
            pace: shared by all requests.
        """
        self._url = url
        self._key = key
        self._timeout = timeout
        self._retries = retries
        self._pause = pause
        self._pace = pace
        self._opener = urllib.request.build_opener(_NoRedirection)
        self._over = threading.Event()

    def stop(self) -> None:
        """Let nobody wait or try again any longer; requests that are on their way are waited for."""
        self._over.set()

    def start(self) -> None:
        """Take requests again."""
        self._over.clear()

    def ask(self, body: Mapping[str, Any]) -> Reply | Refusal:
        """The answer to a request, or why there is none after all tries."""
        data = json.dumps(body, ensure_ascii=True).encode()
        for attempt in range(1, self._retries + 2):
            if self._over.wait(self._pace.turn()):
                return Refusal("not asked: the run was stopped", hopeless=True, requests=attempt - 1)
            content = self._post(data)
            answer = self._read(content) if isinstance(content, bytes) else content
            if isinstance(answer, Reply) or not answer.again or attempt > self._retries:
                break
            self._rest(answer, attempt)
        return replace(answer, requests=attempt)

    def _rest(self, refusal: Refusal, attempt: int) -> None:
        pause = self._pause * 2.0 ** (attempt - 1) if refusal.wait is None else refusal.wait
        if refusal.wait is not None:
            self._pace.hold(min(pause, _LONGEST_PAUSE))
        else:
            self._over.wait(min(pause, _LONGEST_PAUSE))

    def _post(self, data: bytes) -> bytes | Refusal:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "evalkit"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url, data=data, headers=headers)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return self._body(response)
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error)
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                return self._silence()
            return Refusal(f"{self._url} cannot be reached: {error.reason}", hopeless=True, again=True)
        except TimeoutError:
            return self._silence()
        except (http.client.HTTPException, OSError) as error:
            return Refusal(f"the connection was cut: {self._clean(str(error) or type(error).__name__)}", again=True)

    def _body(self, response: Any) -> bytes | Refusal:
        parts: list[bytes] = []
        size, deadline = 0, time.monotonic() + self._timeout
        while part := response.read1(1 << 16):
            parts.append(part)
            size += len(part)
            if size > _LARGEST:
                return Refusal(f"answered with more than {_LARGEST >> 20} MiB")
            if time.monotonic() > deadline:
                return self._silence()
        if response.length:
            return Refusal(f"the connection was cut after {size} bytes of the answer", again=True)
        return b"".join(parts)

    def _silence(self) -> Refusal:
        return Refusal(f"no whole answer in {self._timeout:g} seconds; --set timeout=SECONDS waits longer", again=True)

    def _refused(self, error: urllib.error.HTTPError) -> Refusal:
        status = error.code
        if status in (301, 302, 303, 307, 308):
            target = self._clean(error.headers.get("Location", "nowhere"))
            return Refusal(f"{self._url} redirects to {target}; use the address that is meant", status, hopeless=True)
        head = f"answered {status} {self._clean(error.reason)}".rstrip()
        if status in (401, 403):
            # What is said of a key may hold a part of it.
            return Refusal(f"{head}; {_ADVICE[status]}", status, hopeless=True)
        said = self._said(error)
        message = f"{head}: {said}" if said else head
        if status in _AGAIN and "insufficient_quota" not in said:
            return Refusal(message, status, again=True, wait=_seconds(error.headers.get("Retry-After")))
        if status in _ABOUT_THE_REQUEST:
            return Refusal(message, status)
        return Refusal(f"{message}; {_ADVICE.get(status, f'check {self._url}')}", status, hopeless=True)

    def _said(self, error: urllib.error.HTTPError) -> str:
        try:
            return self._clean(error.read(4000).decode("utf-8", "replace"))
        except (http.client.HTTPException, OSError):
            return ""

    def _clean(self, text: str) -> str:
        """The text in one line, without the key, not longer than a terminal can bear."""
        shown = text.replace(self._key, "[key]") if self._key else text
        return " ".join(shown.split())[:240]

    def _read(self, content: bytes) -> Reply | Refusal:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            return Refusal(f"answered no JSON: {self._clean(content[:80].decode('utf-8', 'replace'))!r}", again=True)
        answer = answer if isinstance(answer, dict) else {}
        choices = answer.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            said = self._clean(json.dumps(answer.get("error"))) if answer.get("error") else "no choices"
            return Refusal(f"answered without a message: {said}", again=True)
        return Reply(
            text=_string(message.get("content")),
            finish=_string(choice.get("finish_reason")),
            refusal=self._clean(_string(message.get("refusal"))),
            tokens=_tokens(answer.get("usage")),
            model=_string(answer.get("model")),
        )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _tokens(usage: object) -> dict[str, int]:
    counts = usage if isinstance(usage, dict) else {}
    names = ("prompt_tokens", "completion_tokens")
    return {name: counts[name] for name in names if type(counts.get(name)) is int and counts[name] >= 0}


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
