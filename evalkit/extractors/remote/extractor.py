"""An extractor that lives elsewhere, behind a channel that carries the protocol of `evalkit.extractors.remote.wire`.

What went wrong with a batch is not known to be the fault of any one article. So the articles that got no answer are
asked about again one by one, and those that fail alone are failures.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from evalkit.errors import ExtractorError
from evalkit.extractors.base import ArticleFailure, Extracted
from evalkit.extractors.remote.wire import DIFFERS, PROBE, VERSION, Header, Inbox
from evalkit.extractors.threads import leave_finished
from evalkit.layers.table import layer_names
from evalkit.records import Annotations, Article
from evalkit.secrets import redacted

__all__ = ["Channel", "RemoteExtractor", "Trouble"]

_NEVER_ANSWERED = 3
_STOPPED_ANSWERING = 10
_log = logging.getLogger("evalkit.extractors")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What ended a conversation before every article had its answer.

    `hopeless` says that it is no use to ask again if nothing was ever answered.
    """

    message: str
    hopeless: bool = False


class Channel(Protocol):
    """A way to send articles somewhere and get lines back.

    Attributes:
        article_timeout: seconds that an article may take; no limit unless somebody sets one.
    """

    article_timeout: float

    def ask(self, articles: Sequence[Article], inbox: Inbox) -> Trouble | None:
        """Send the articles and put what comes into the inbox.

        Returns:
            None if every article has its answer, or why not; it may work next time.

        Raises:
            ExtractorError: it cannot work next time either.
        """
        ...

    @property
    def unseen(self) -> str:
        """What at the other end `identity` does not see."""
        ...

    @property
    def restarts(self) -> int:
        """How often what it talks to had to be started again after it had failed."""
        ...

    def identity(self) -> str:
        """A string that changes when there is something else at the other end, as far as that can be seen."""
        ...

    def close(self) -> None:
        """End the conversation and whatever was started for it."""
        ...


class RemoteExtractor:
    """Asks through a channel.

    Attributes:
        name: what it was asked for as, without secrets.
        holds_gil: whether it computes here; it waits.
    """

    holds_gil = False

    def __init__(
        self, name: str, channel: Channel, *, layers: tuple[str, ...] | None = None, fingerprint: str = ""
    ) -> None:
        """An extractor behind `channel`.

        Args:
            name: how it is called.
            channel: where it is.
            layers: what it claims; None to find out.
            fingerprint: what stands for its model and code; empty to find out.
        """
        # Tables, folders and messages show it.
        self.name = redacted(name)
        self._channel = channel
        self._claimed = layers
        self._given_fingerprint = fingerprint
        self._header: Header | None = None
        self._probed: str | None = None
        self._shown: set[str] = set()
        self._useless: Counter[str] = Counter()
        self._before: dict[str, bytes] = {}
        self._answered = False
        self._first_trouble = ""
        self._told: Counter[str] = Counter()
        self._troubles = 0
        self._lock = threading.RLock()

    @property
    def layers(self) -> tuple[str, ...]:
        """Those it was given, those of the header, or those that its answers fill; entities where none shows any."""
        if self._claimed is not None:
            return self._claimed
        header = self._introduce()
        if header.layers is not None:
            return header.layers
        return tuple(layer for layer in layer_names() if layer in self._shown) or ("entities",)

    def fingerprint(self) -> str:
        """SHA-256 over what is known of the other end.

        That is its address, or its command and the files that it names, and the fingerprint that was given for it.
        Without one, it is what its header says, and what it answers for a made-up article.
        """
        parts = [str(VERSION), self.name, self._channel.identity()]
        if self._given_fingerprint:
            parts += ["given", self._given_fingerprint]
        else:
            header = self._introduce()
            parts += [header.name, header.fingerprint, self._probed or ""]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def asks_first(self) -> bool:
        """Whether a made-up article has to be asked about before it is known what it is."""
        return self._probed is None and (self._claimed is None or not self._given_fingerprint)

    @property
    def unseen(self) -> str:
        """What may change there unseen, unless a fingerprint stands for it."""
        says = self._given_fingerprint or (self._header or Header()).fingerprint
        return "" if says else f"{self._channel.unseen}; --set fingerprint=TEXT stands for that"

    def facts(self) -> dict[str, str | int]:
        """What a run should keep: what the other side says of itself, how much was left aside, by why, and restarts."""
        header = self._header or Header()
        said = {"reported_name": header.name, "reported_fingerprint": header.fingerprint}
        counts = {**self._useless, **({"restarts": self._channel.restarts} if self._channel.restarts else {})}
        return {key: value for key, value in said.items() if value} | dict(sorted(counts.items()))

    def close(self) -> None:
        """End what was started; a later `extract` starts it anew."""
        with self._lock:
            self._channel.close()
            counted = Counter({"restarts": self._channel.restarts, DIFFERS: self._useless[DIFFERS]})
            new, self._told = counted - self._told, counted
            if restarts := new["restarts"]:
                times = "once" if restarts == 1 else f"{restarts} times"
                _log.warning("%s: was started again %s: %s", self.name, times, self._first_trouble)
            # The first of them has been named when it came.
            if (more := new[DIFFERS]) > 1:
                _log.warning("%s: wrote %d second answers that differ; the first ones stand", self.name, more)

    def limit_time(self, seconds: float) -> None:
        """Have an article fail that gets no answer in that time, whatever is tried; several together have it each."""
        self._channel.article_timeout = seconds

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | Extracted | ArticleFailure]:
        """The answer for each article, in the order given, or why there is none.

        Raises:
            ExtractorError: there is no hope: no answer ever came, or the other side speaks another protocol.
        """
        answers: dict[str, Annotations | Extracted | ArticleFailure] = {}
        with self._lock:
            try:
                trouble = self._ask(articles, answers)
                for article in articles:
                    if article.id not in answers:
                        again = trouble if len(articles) == 1 else self._ask([article], answers)
                        answers.setdefault(article.id, ArticleFailure(again))
            except (ExtractorError, KeyboardInterrupt) as stop:
                leave_finished(stop, [(one, answers[one.id]) for one in articles if one.id in answers])
                raise
            return [answers[article.id] for article in articles]

    def _ask(self, articles: Sequence[Article], answers: dict[str, Annotations | Extracted | ArticleFailure]) -> str:
        """What went wrong, empty if nothing did; the answers are added to `answers`, whatever happens."""
        if self._troubles >= _STOPPED_ANSWERING:
            return f"not asked: {self._troubles} conversations in a row failed"
        if not articles:
            return ""
        inbox = Inbox(articles, self.name, self._before)
        try:
            trouble = self._channel.ask(articles, inbox)
        finally:
            answers |= inbox.answers
        self._note(inbox)
        if trouble is None:
            self._troubles = 0
            return ""
        self._first_trouble = self._first_trouble or trouble.message
        self._troubles = 0 if inbox.answers else self._troubles + 1
        return self._message(trouble, inbox)

    def _message(self, trouble: Trouble, inbox: Inbox) -> str:
        wrote = next(iter(inbox.first.values()), "")
        message = f"{trouble.message}; it wrote {wrote}" if wrote else trouble.message
        if not self._answered and (trouble.hopeless or self._troubles >= _NEVER_ANSWERED):
            raise ExtractorError(f"{self.name}: {message}")
        return message

    def _note(self, inbox: Inbox) -> None:
        self._answered = self._answered or bool(inbox.answers)
        self._shown.update(inbox.layers())
        self._header = inbox.header or self._header
        for kind, count in inbox.useless.items():
            if kind not in self._useless:
                _log.warning("%s: wrote %s", self.name, inbox.first[kind])
            self._useless[kind] += count

    def _introduce(self) -> Header:
        """The header, or an empty one; a made-up article is asked about first, once."""
        with self._lock:
            if self._probed is None:
                inbox = Inbox([PROBE], self.name, self._before)
                trouble = self._channel.ask([PROBE], inbox)
                if trouble is not None and trouble.hopeless:
                    self._message(trouble, inbox)
                self._shown.update(inbox.layers())
                self._header = inbox.header or self._header
                self._probed = repr(inbox.answers.get(PROBE.id))
            return self._header or Header()
