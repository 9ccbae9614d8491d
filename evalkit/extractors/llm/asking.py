"""Asking a model until its answer can be read: the strictest constraint that the endpoint takes, and another try.

An endpoint that refuses the schema is asked again with a weaker constraint, and what it took is kept for what follows.
"""

from __future__ import annotations

import json
import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from evalkit.errors import FormatError
from evalkit.extractors.http import Failure, Posted
from evalkit.extractors.llm.budget import Amount, Budget, tokens_in
from evalkit.extractors.llm.client import Client, Reply
from evalkit.extractors.llm.settings import Settings
from evalkit.showing import number_of

__all__ = ["Asker", "Question", "Round", "Spent"]

_IN_A_ROW = 10

Read = TypeVar("Read")


@dataclass(slots=True)
class Round:
    """What the threads that ask side by side share: why no more is asked, once that is so, and if all is spent."""

    stopped: str = ""
    spent: str = ""
    hopeless: str = ""
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What the requests about one article cost so far, by name, and the time until which they may go on."""

    article: str = ""
    until: float = math.inf
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, posted: Posted[Reply]) -> None:
        """Count what a question took."""
        self.counts["requests"] += posted.requests
        if isinstance(posted.answer, Reply):
            self.counts.update(posted.answer.tokens)
            self.counts["uncounted_answers"] += not posted.answer.tokens

    def usage(self, prices: tuple[float, float] | None) -> dict[str, float]:
        """The counts that are not 0, and the cost if there are prices of a million prompt and completion tokens."""
        usage: dict[str, float] = {name: number for name, number in sorted(self.counts.items()) if number}
        if prices is not None:
            asked, said = prices
            cost = asked * self.counts["prompt_tokens"] + said * self.counts["completion_tokens"]
            usage["cost"] = round(cost / 1e6, 9)
        return usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[Read]):
    """What is asked.

    Attributes:
        messages: the messages of the request; given the schema in words, or "" where the endpoint gets the schema.
        schema: the JSON schema of the answer.
        read: makes of the text of an answer what is wanted; raises FormatError if it cannot be read.
        answer_tokens: how many tokens its answer may have, by the rule of thumb.
    """

    messages: Callable[[str], Sequence[Mapping[str, str]]]
    schema: Mapping[str, Any]
    read: Callable[[str], Read]
    answer_tokens: int = 0

    @property
    def foreseen(self) -> Amount:
        """What it takes to ask it, by the rule of thumb."""
        sent = "".join(message["content"] for message in self.messages("")) + json.dumps(self.schema)
        return Amount(tokens_in(sent), self.answer_tokens)


class Asker:
    """Asks one model of one endpoint; can be used by several threads.

    Attributes:
        client: sends the requests.
        budget: what they may cost.
    """

    def __init__(self, settings: Settings) -> None:
        """An asker with these settings; nothing is sent yet."""
        self._settings = settings
        self.budget = Budget(settings.prices)
        self.client = Client(settings.url, key=settings.key, patience=settings.patience)
        self._mode = 0
        self._models: set[str] = set()
        self._unanswered = 0
        self._lock = threading.Lock()

    def facts(self) -> dict[str, str]:
        """Where the model is, what it calls itself, how its answers were constrained, and which prompt it got."""
        mode = self._settings.modes[self._mode]
        refused = f" (refused: {', '.join(self._settings.modes[: self._mode])})" if self._mode else ""
        return {
            "endpoint": self._settings.url,
            "reported_model": ", ".join(sorted(self._models)),
            "answers": mode + refused,
            "prompt": self._settings.prompt.version(),
        }

    def ask(self, question: Question[Read], round_: Round, spent: Spent) -> Read | str:
        """What was read of an answer, or why there is none.

        Args:
            question: what is asked.
            round_: told how the endpoint fares.
            spent: what it costs is added to this; says until when an answer is waited for.

        Raises:
            SpendingError: it would cost more than may be spent.
        """
        trouble = ""
        for attempt in range(self._settings.attempts):
            reply = self._reply(question, attempt, spent)
            self._note(reply, round_)
            if isinstance(reply, Failure):
                return reply.message
            if failure := _no_answer(reply):
                return failure
            thought = _answer_among_thoughts(reply)
            try:
                read = question.read(thought or reply.text)
            except FormatError as error:
                if reply.finish == "length":
                    return _cut_off(reply)
                only_thought = reply.reasoning and not reply.text.strip()
                trouble = self._only_thought(reply) if only_thought else str(error)
                spent.counts["unreadable_answers"] += 1
            else:
                spent.counts["answers_as_reasoning"] += bool(thought)
                return read
        return f"no answer could be read in {self._settings.attempts} attempts: {trouble}"

    def _only_thought(self, reply: Reply) -> str:
        begun = self.client.clean(reply.reasoning)[:60]
        return f"it wrote nothing but reasoning: {begun!r}; have the endpoint give the answer as content"

    def _note(self, reply: Reply | Failure, round_: Round) -> None:
        """Remember how the endpoint fares, and stop asking when it is no use."""
        with self._lock:
            if isinstance(reply, Reply):
                self._unanswered = 0
                round_.answers += 1
                self._models.update([reply.model] if reply.model else [])
                return
            self._unanswered += not reply.about_the_request
            if reply.hopeless:
                round_.stopped = round_.hopeless = round_.hopeless or reply.message
            elif self._unanswered >= _IN_A_ROW:
                said = f"{number_of(self._unanswered, 'article')} in a row got no answer: {reply.message}"
                round_.stopped = round_.hopeless = round_.hopeless or said

    def _reply(self, question: Question[Read], attempt: int, spent: Spent) -> Reply | Failure:
        """The answer in the strictest way of asking that the endpoint takes."""
        modes = self._settings.modes
        first: Failure | None = None
        for at in range(self._mode, len(modes)):
            reply = self._asked(self._body(question, modes[at], attempt), question.foreseen, spent)
            if isinstance(reply, Failure) and reply.about_the_request:
                first = first or reply
                continue
            if isinstance(reply, Reply):
                spent.counts["schema_refused"] += modes[at] != modes[0] and not attempt
                with self._lock:
                    self._mode = max(self._mode, at)
            return reply
        # Refused however it was asked: not for the schema, so the first complaint is the one that matters.
        return first or Failure("no way of asking is left")

    def _asked(self, body: Mapping[str, Any], foreseen: Amount, spent: Spent) -> Reply | Failure:
        """The answer to one request, which is paid for."""
        tokens: Mapping[str, int] | None = None
        self.budget.ask(spent.article, foreseen)
        try:
            posted = self.client.ask(body, spent.until)
            spent.add(posted)
            if isinstance(posted.answer, Reply):
                tokens = posted.answer.tokens
            return posted.answer
        finally:
            self.budget.settle(foreseen, tokens)

    def _body(self, question: Question[Read], mode: str, attempt: int) -> dict[str, Any]:
        described = "" if mode == "json_schema" else json.dumps(question.schema)
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": question.messages(described),
            **self._settings.decoding,
        }
        if "seed" in body:
            # The same seed would bring the same answer.
            body["seed"] += attempt
        if mode == "json_schema":
            schema = {"name": "annotations", "strict": True, "schema": question.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body


def _no_answer(reply: Reply) -> str:
    if reply.finish == "content_filter":
        return "the endpoint's content filter stopped the answer"
    if reply.refusal and not reply.text:
        return f"the model refused: {reply.refusal}"
    return ""


def _answer_among_thoughts(reply: Reply) -> str:
    """What was written as reasoning and ends like an answer, where nothing else was written; empty if that is not so.

    Some endpoints take all that a model writes for reasoning. What was cut off is no answer.
    """
    ends = reply.reasoning.rstrip().removesuffix("```").rstrip().endswith("}")
    return reply.reasoning if reply.finish == "stop" and not reply.text.strip() and ends else ""


def _cut_off(reply: Reply) -> str:
    tokens = reply.tokens.get("completion_tokens")
    after = f" after {number_of(tokens, 'token')}" if tokens is not None else ""
    return f"the answer was cut off{after}; raise --set max_tokens=N, ask for fewer layers, or lower --set window=N"
