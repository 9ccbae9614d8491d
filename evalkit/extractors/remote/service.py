"""`http://…` and `https://…`: a service that gets articles and answers with annotations as JSON lines.

A batch is one POST with the lines of `evalkit.extractors.remote.wire` as `application/x-ndjson`; the answer, with
status 200, has the same lines as that of a program. What is tried again, and when, is in `evalkit.extractors.http`.

Settings:
    timeout: seconds without a byte after which it hangs, and seconds for each article of a request in which the whole
        answer must have come; 60.
    retries: how often a request is tried again; 3.
    pause: seconds before the first of these; 0.5.
    layers: what it claims, as `entities,quotes`, if neither a header nor its answers should decide.
    fingerprint: what stands for the model behind the address, if no header says it. Change it, or have the header
        changed, when the model changes: otherwise predictions that are in the cache are taken for those of the new one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.http import Failure, HttpClient, Patience
from evalkit.extractors.options import Options
from evalkit.extractors.remote.extractor import RemoteExtractor, Trouble
from evalkit.extractors.remote.wire import Inbox, article_lines, header_line
from evalkit.layers.table import layer_names
from evalkit.records import Article
from evalkit.showing import number_of

__all__ = ["ServiceChannel", "load_service"]


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
    layers, fingerprint = given.layers(layer_names()), given.text("fingerprint")
    patience = Patience(
        timeout=given.seconds("timeout", 60),
        retries=given.whole("retries", 3, least=0),
        pause=given.seconds("pause", 0.5),
    )
    given.done()
    return RemoteExtractor(spec, ServiceChannel(spec, patience), layers=layers, fingerprint=fingerprint)


class ServiceChannel:
    """Sends requests to one address."""

    unseen = "a change behind the address is not seen"
    restarts = 0

    def __init__(self, url: str, patience: Patience) -> None:
        """A channel to `url`."""
        self.article_timeout = math.inf
        self._http = HttpClient(url, patience, "application/x-ndjson")

    def ask(self, articles: Sequence[Article], inbox: Inbox) -> Trouble | None:
        """Send the articles in one request and read the answers.

        Raises:
            ExtractorError: the service refuses such requests, or speaks another version of the protocol.
        """
        lines = header_line() + article_lines(articles)
        most = self._http.patience.timeout * len(articles)
        until = time.monotonic() + self.article_timeout * len(articles)
        answer = self._http.post(lines, bytes, most=most, until=until).answer
        if isinstance(answer, Failure):
            if answer.hopeless and answer.status:
                raise ExtractorError(f"{self._http.url}: {answer.message}")
            # Without a status there was no service at the other end, or none that answers.
            return Trouble(answer.message, hopeless=not answer.status)
        return self._read(answer, inbox, len(articles))

    def identity(self) -> str:
        """The address: what is behind it cannot be seen, unless a header brings a fingerprint."""
        return self._http.url

    def close(self) -> None:
        """Nothing stays open between requests."""

    def _read(self, answer: bytes, inbox: Inbox, asked: int) -> Trouble | None:
        inbox.take_all(answer)
        if inbox.complete:
            return None
        if inbox.broken:
            return Trouble(inbox.broken, hopeless=not inbox.answers and asked > 1)
        return Trouble(
            f"answered {len(inbox.answers)} of {number_of(asked, 'article')}", hopeless=not inbox.answers and asked > 1
        )
