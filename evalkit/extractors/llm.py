"""`llm:MODEL`: a language model behind any endpoint that speaks the chat completions of OpenAI, for all three layers.

The model answers with strings in a JSON schema; they are found again in the text (`evalkit.extractors.grounding`,
`evalkit.extractors.llm_fidelity`), and what cannot be found is counted in the usage of each prediction. Boilerplate is
neither shown to the model nor searched.

Settings (docs/llm.md has more on each):
    base_url: the endpoint, such as http://localhost:8000/v1; or the environment variable EVALKIT_LLM_BASE_URL.
    prompt: a TOML file with other wording. layers: such as `entities,quotes`. labels: the entity labels to ask for.
    answers: `auto`, or `json_schema`, `json_object` or `text` to insist on one way of constraining the answer.
    temperature, seed: 0; `none` leaves them out. max_tokens: of an answer. extra: a JSON object for the request.
    attempts: answers asked for until one can be read; 2. The second has another seed.
    concurrency: requests at once; 4. requests_per_minute: no limit. timeout: seconds for an answer; 120.
    retries: how often a failed request is tried again; 4. pause: seconds before the first of these; 1.
    price_in, price_out: of a million prompt and completion tokens.

The key is read from the environment variable EVALKIT_LLM_API_KEY and goes nowhere but into the request.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.dataset.zones import zoned
from evalkit.errors import ExtractorError, FormatError
from evalkit.extractors.base import ArticleFailure, Extracted
from evalkit.extractors.callable import describe_error
from evalkit.extractors.grounding import Page
from evalkit.extractors.llm_annotations import ground_draft
from evalkit.extractors.llm_client import Client, Pace, Refusal, Reply
from evalkit.extractors.llm_schema import Draft, answer_schema, read_answer
from evalkit.extractors.llm_settings import Settings, read_settings
from evalkit.records import Annotations, Article, Span

__all__ = ["LlmExtractor", "load_llm"]

_IN_A_ROW = 10
_CODE = (
    "llm.py",
    "llm_annotations.py",
    "llm_fidelity.py",
    "llm_prompt.py",
    "llm_schema.py",
    "llm_similarity.py",
    "grounding.py",
)


def load_llm(spec: str, options: Mapping[str, str] | None = None) -> LlmExtractor:
    """The extractor for `llm:MODEL`; nothing is sent yet.

    Raises:
        InputError: there is no model or no base URL, or an option that cannot be used.
        FormatError: a prompt file that cannot be used.
    """
    return LlmExtractor(spec, read_settings(spec, options))


@dataclass(slots=True)
class _Batch:
    """What the threads that work on one batch share: why no more is asked, once that is so."""

    stopped: str = ""
    hopeless: str = ""
    answers: int = 0


@dataclass(slots=True)
class _Spent:
    """What one article cost so far."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Reply | Refusal) -> None:
        """Count what a request took."""
        self.counts["requests"] += answer.requests
        if isinstance(answer, Reply):
            self.counts.update(answer.tokens)
            self.counts["uncounted_answers"] += not answer.tokens


class LlmExtractor:
    """Asks a language model about each article.

    Attributes:
        name: as it was asked for.
        layers: the layers that it is asked for.
        token_prices: of a million prompt and completion tokens, or None.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        """An extractor with these settings."""
        self.name = name
        self.layers = settings.layers
        self.token_prices = settings.prices
        self._settings = settings
        self._schema = answer_schema(settings.layers, list(settings.labels))
        self._client = Client(
            settings.url,
            key=settings.key,
            timeout=settings.timeout,
            retries=settings.retries,
            pause=settings.pause,
            pace=Pace(settings.per_minute),
        )
        self._mode = 0
        self._models: set[str] = set()
        self._unanswered = 0
        self._lock = threading.Lock()

    def fingerprint(self) -> str:
        """SHA-256 over endpoint, model, prompt, schema and decoding, and the code that reads the answers."""
        settings = self._settings
        here = Path(__file__).parent
        code = [here / name for name in _CODE] + [here.parent / "dataset" / "zones.py"]
        parts = [
            settings.model,
            settings.url,
            *settings.prompt.identity(),
            json.dumps([self._schema, settings.labels, settings.decoding, settings.modes, settings.attempts]),
            *(hashlib.sha256(path.read_bytes()).hexdigest() for path in code),
        ]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def facts(self) -> dict[str, str]:
        """What a run should keep: where the model is, what it calls itself, and how its answers were constrained."""
        mode = self._settings.modes[self._mode]
        refused = f" (refused: {', '.join(self._settings.modes[: self._mode])})" if self._mode else ""
        return {
            "endpoint": self._settings.url,
            "reported_model": ", ".join(sorted(self._models)),
            "answers": mode + refused,
        }

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure | Extracted]:
        """What the model found in each article, in the order given, or why there is nothing.

        Raises:
            ExtractorError: no article of the batch was answered, and no other would be.
        """
        if not articles:
            return []
        batch = _Batch()
        self._client.start()
        with ThreadPoolExecutor(min(self._settings.concurrency, len(articles))) as pool:
            try:
                found = list(pool.map(lambda article: self._guarded(article, batch), articles))
            except BaseException:
                # Somebody wants to stop now and not after all pauses and tries.
                batch.stopped = "the run was stopped"
                self._client.stop()
                raise
        # What was answered has been paid for, so it is handed over before the end is announced.
        if batch.hopeless and not batch.answers:
            raise ExtractorError(f"{self.name}: {batch.hopeless}")
        return found

    def _guarded(self, article: Article, batch: _Batch) -> Extracted | ArticleFailure:
        if batch.stopped:
            return ArticleFailure(f"not asked: {batch.stopped}")
        spent = _Spent()
        try:
            found = self._extract(article, batch, spent)
        except Exception as error:  # one that reached the runner would make it ask about the whole batch again
            found = ArticleFailure(describe_error(error))
        usage = self._usage(spent.counts)
        if isinstance(found, ArticleFailure):
            return ArticleFailure(found.message, usage)
        return Extracted(found.annotations, {**usage, **found.usage})

    def _usage(self, counts: Counter[str]) -> dict[str, float]:
        usage: dict[str, float] = {name: number for name, number in sorted(counts.items()) if number}
        if self.token_prices is not None:
            asked, said = self.token_prices
            cost = asked * counts["prompt_tokens"] + said * counts["completion_tokens"]
            usage["cost"] = round(cost / 1e6, 9)
        return usage

    def _extract(self, article: Article, batch: _Batch, spent: _Spent) -> Extracted | ArticleFailure:
        page, shown = _page(zoned(article))
        if not shown.strip():
            return ground_draft(page, Draft(), self.layers)
        trouble = ""
        for attempt in range(self._settings.attempts):
            reply = self._reply(article, shown, attempt, spent)
            self._note(reply, batch)
            if isinstance(reply, Refusal):
                return ArticleFailure(reply.message)
            if failure := _no_answer(reply):
                return ArticleFailure(failure)
            try:
                draft = read_answer(reply.text, self.layers, list(self._settings.labels))
            except FormatError as error:
                if reply.finish == "length":
                    return ArticleFailure(_cut_off(reply))
                trouble = str(error)
                spent.counts["unreadable_answers"] += 1
                continue
            return ground_draft(page, draft, self.layers)
        return ArticleFailure(f"no answer could be read in {self._settings.attempts} attempts: {trouble}")

    def _note(self, reply: Reply | Refusal, batch: _Batch) -> None:
        """Remember how the endpoint fares, and stop asking when it is no use."""
        with self._lock:
            if isinstance(reply, Reply):
                self._unanswered = 0
                batch.answers += 1
                self._models.update([reply.model] if reply.model else [])
                return
            self._unanswered += not reply.about_the_request
            if reply.hopeless:
                batch.stopped = batch.hopeless = batch.hopeless or reply.message
            elif self._unanswered >= _IN_A_ROW:
                said = f"{self._unanswered} articles in a row got no answer: {reply.message}"
                batch.stopped = batch.hopeless = batch.hopeless or said

    def _reply(self, article: Article, shown: str, attempt: int, spent: _Spent) -> Reply | Refusal:
        """The answer in the strictest way of asking that the endpoint takes."""
        modes = self._settings.modes
        first: Refusal | None = None
        for at in range(self._mode, len(modes)):
            reply = self._client.ask(self._body(article, shown, modes[at], attempt))
            spent.add(reply)
            if isinstance(reply, Refusal) and reply.about_the_request:
                first = first or reply
                continue
            if isinstance(reply, Reply):
                spent.counts["schema_refused"] += modes[at] != modes[0] and not attempt
                with self._lock:
                    self._mode = max(self._mode, at)
            return reply
        # Refused however it was asked: not for the schema, so the first complaint is the one that matters.
        return first or Refusal("no way of asking is left")

    def _body(self, article: Article, shown: str, mode: str, attempt: int) -> dict[str, Any]:
        settings = self._settings
        described = "" if mode == "json_schema" else json.dumps(self._schema)
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": settings.prompt.messages(
                article, shown, layers=self.layers, labels=settings.labels, schema=described
            ),
            **settings.decoding,
        }
        if "seed" in body:
            # The same seed would bring the same answer.
            body["seed"] += attempt
        if mode == "json_schema":
            schema = {"name": "annotations", "strict": True, "schema": self._schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body


def _page(article: Article) -> tuple[Page, str]:
    """The text in which strings are looked for, and what the model is shown of it."""
    hidden = sorted(Span(zone.start, zone.end) for zone in article.zones if zone.kind == "boilerplate")
    shown, at = [], 0
    for span in hidden:
        shown.append(article.text[at : span.start])
        at = max(at, span.end)
    shown.append(article.text[at:])
    return Page(article.text, hidden), "".join(shown)


def _no_answer(reply: Reply) -> str:
    if reply.finish == "content_filter":
        return "the endpoint's content filter stopped the answer"
    if reply.refusal and not reply.text:
        return f"the model refused: {reply.refusal}"
    return ""


def _cut_off(reply: Reply) -> str:
    tokens = reply.tokens.get("completion_tokens")
    after = f" after {tokens} tokens" if tokens is not None else ""
    return f"the answer was cut off{after}; raise --set max_tokens=N, or ask for fewer layers"
