"""`http://…` and `https://…`: a service that gets articles and answers with annotations as JSON lines.

A batch is one POST with the lines of `evalkit.extractors.remote.wire` as `application/x-ndjson`; the answer, with
status 200, has the same lines as that of a program. Status 429, 500, 502, 503 and 504, a refused and a cut connection
are tried again after a pause that doubles, or as long as `Retry-After` says. A redirection is not followed: articles go
where they were sent, and nowhere else.

Settings:
    timeout: seconds without a byte after which it hangs; 60.
    retries: how often a request is tried again; 3.
    pause: seconds before the first of these; 0.5.
    layers: what it claims, as `entities,quotes`, if neither a header nor its answers should decide.
    fingerprint: what stands for the model behind the address, if no header says it. Change it, or have the header
        changed, when the model changes: otherwise predictions that are in the cache are taken for those of the new one.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.options import Options
from evalkit.extractors.remote.extractor import RemoteExtractor, Trouble
from evalkit.extractors.remote.wire import Inbox, article_lines, header_line
from evalkit.records import Article

__all__ = ["ServiceChannel", "load_service"]

_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE = 60.0
_LARGEST = 256 << 20


def load_service(spec: str, options: Mapping[str, str] | None = None) -> RemoteExtractor:
    """The extractor behind an address; nothing is sent yet.

    Raises:
        InputError: the address cannot be used, or an option.
    """
    try:
        parts = urlsplit(spec)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"{spec}: not an address: {error}") from error
    if not host:
        raise InputError(f"{spec}: not an address; write http://HOST:PORT/PATH")
    if parts.username or parts.password:
        raise InputError("the address holds a user name or password, which would be written into the run; leave it out")
    given = Options(spec, options)
    timeout, layers, fingerprint = given.seconds("timeout", 60), given.layers(), given.text("fingerprint")
    retries, pause = given.whole("retries", 3, least=0), given.seconds("pause", 0.5)
    given.done()
    channel = ServiceChannel(spec, timeout=timeout, retries=retries, pause=pause)
    return RemoteExtractor(spec, channel, layers=layers, fingerprint=fingerprint)


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Failed:
    """A request that got no answer: why, whether to try again, and after how many seconds if it was told."""

    trouble: Trouble
    again: bool
    wait: float | None = None


class ServiceChannel:
    """Sends requests to one address."""

    def __init__(self, url: str, *, timeout: float, retries: int = 3, pause: float = 0.5) -> None:
        """A channel to `url`.

        Args:
            url: the address, `http` or `https`.
            timeout: seconds without a byte after which it hangs.
            retries: how often a request is tried again.
            pause: seconds before the first of these.
        """
        self._url = url
        self._timeout = timeout
        self._retries = retries
        self._pause = pause
        self._opener = urllib.request.build_opener(_NoRedirection)

    def ask(self, articles: Sequence[Article], inbox: Inbox) -> Trouble | None:
        """Send the articles in one request and read the answers.

        Raises:
            ExtractorError: the service refuses such requests, or speaks another version of the protocol.
        """
        body = header_line() + article_lines(articles)
        for attempt in range(self._retries + 1):
            answer = self._post(body)
            if isinstance(answer, bytes):
                return self._read(answer, inbox, len(articles))
            if not answer.again or attempt == self._retries:
                return answer.trouble
            pause = self._pause * 2**attempt if answer.wait is None else answer.wait
            time.sleep(min(pause, _LONGEST_PAUSE))
        raise AssertionError("unreachable: the last attempt returns")

    def identity(self) -> str:
        """The address: what is behind it cannot be seen, unless a header brings a fingerprint."""
        return self._url

    def close(self) -> None:
        """Nothing stays open between requests."""

    def _read(self, answer: bytes, inbox: Inbox, asked: int) -> Trouble | None:
        for line in answer.split(b"\n"):
            inbox.take(line)
        if inbox.complete:
            return None
        return Trouble(f"answered {len(inbox.answers)} of {asked} articles", hopeless=not inbox.answers and asked > 1)

    def _post(self, body: bytes) -> bytes | _Failed:
        request = urllib.request.Request(
            self._url,
            data=body,
            headers={"Content-Type": "application/x-ndjson", "Accept": "application/x-ndjson", "User-Agent": "evalkit"},
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                content: bytes = response.read(_LARGEST + 1)
                # Reading a number of bytes, unlike reading all, does not mind that there are fewer.
                lacking = min(response.length or 0, _LARGEST + 1 - len(content))
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error)
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                return self._silence()
            return _Failed(Trouble(f"cannot be reached: {error.reason}", hopeless=True), again=True)
        except TimeoutError:
            return self._silence()
        except (http.client.HTTPException, OSError) as error:
            said = str(error) or type(error).__name__
            return _Failed(Trouble(f"the connection was cut: {said}", hopeless=True), again=True)
        if lacking:
            message = f"the connection was cut after {len(content)} bytes of the answer"
            return _Failed(Trouble(message, hopeless=True), again=True)
        if len(content) > _LARGEST:
            return _Failed(Trouble(f"answered with more than {_LARGEST >> 20} MiB", hopeless=True), again=False)
        return content

    def _silence(self) -> _Failed:
        message = f"hangs: nothing came for {self._timeout:g} seconds; --set timeout=SECONDS waits longer"
        return _Failed(Trouble(message, hopeless=True), again=False)

    def _refused(self, error: urllib.error.HTTPError) -> _Failed:
        message = f"answered {error.code} {error.reason}{_first_line(error)}"
        if error.code in _TRY_AGAIN:
            return _Failed(Trouble(message), again=True, wait=_seconds(error.headers.get("Retry-After")))
        if error.code in (301, 302, 303, 307, 308):
            target = error.headers.get("Location", "nowhere")
            raise ExtractorError(f"{self._url}: redirects to {target}; use the address that is meant")
        if error.code in (400, 413, 422):
            # About what was sent, so another article may fare better.
            return _Failed(Trouble(message), again=False)
        raise ExtractorError(f"{self._url}: {message}; check the address")


def _first_line(error: urllib.error.HTTPError) -> str:
    try:
        said = " ".join(error.read(2000).decode("utf-8", "replace").split())
    except (http.client.HTTPException, OSError):
        return ""
    return f": {said[:160]}" if said else ""


def _seconds(value: str | None) -> float | None:
    """`Retry-After` where it is a number; a date is left to the usual pause."""
    return float(value) if value is not None and value.isdigit() else None
