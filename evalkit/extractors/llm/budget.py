"""What may be spent on the answers of an endpoint, and what its requests will take as far as that can be told before.

A rule of thumb: a token for 4 bytes of what is sent, and 3.8 tokens of answer for one of article (the median of the
bundled gold written as an answer). As soon as the endpoint has counted the tokens of an answer, what follows is
expected to be to the rule as what was counted is.

An article is begun when all of its requests are expected to stay within the limit, those about its given pairs too:
an article that is given up in the middle has been paid for in vain. Until something was counted, one is asked about
alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.extractors.base import SpendingError

__all__ = ["ANSWER", "Amount", "Budget", "tokens_in"]

_BYTES = 4
ANSWER = 3.8
"""Tokens of an answer for one of the text."""


def tokens_in(text: str) -> int:
    """How many tokens a text has, by the rule of thumb."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES)


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens of prompts and of answers."""

    prompt: float = 0.0
    completion: float = 0.0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.prompt + other.prompt, self.completion + other.completion)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(max(self.prompt - other.prompt, 0.0), max(self.completion - other.completion, 0.0))


class Budget:
    """Keeps account of what is spent, begun and under way; can be used by several threads."""

    def __init__(self, prices: tuple[float, float] | None) -> None:
        """A budget without a limit.

        Args:
            prices: of a million prompt and completion tokens.
        """
        self._prices = prices
        self._most_cost: float | None = None
        self._most_tokens: int | None = None
        self._spent = self._foreseen = self._under_way = Amount()
        self._begun: dict[str, Amount] = {}
        self._alone = ""
        self._changed = threading.Condition()

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self._most_cost is not None or self._most_tokens is not None

    def limit(self, cost: float | None, tokens: int | None) -> None:
        """Sets how much may be spent from now on; a cost limits nothing without prices."""
        self._most_cost, self._most_tokens = cost, tokens
        self._spent = self._foreseen = Amount()

    def begin(self, article: str, foreseen: Amount) -> None:
        """Waits until it is known whether an article can be paid for, and sets aside what is foreseen for it.

        Raises:
            SpendingError: it would pass the limit.
        """
        if not self.is_limited:
            return
        with self._changed:
            while self._alone and not self._is_known:
                self._changed.wait(0.1)
            if not self._is_known:
                self._alone = article
            else:
                self._check(self._under_way + sum(self._begun.values(), Amount()), foreseen, "the next article")
            self._begun[article] = foreseen

    def ask(self, article: str, foreseen: Amount) -> None:
        """Takes what a request is expected to cost from what was set aside for its article.

        Raises:
            SpendingError: it would pass the limit.
        """
        with self._changed:
            if self.is_limited and self._is_known:
                self._check(self._under_way, foreseen, "the next request")
            self._under_way += foreseen
            if article in self._begun:
                self._begun[article] -= foreseen

    def settle(self, foreseen: Amount, tokens: Mapping[str, int] | None) -> None:
        """Counts what a request took: the tokens as its answer counts them; None if there is no answer."""
        with self._changed:
            self._under_way -= foreseen
            if tokens is not None:
                counted = Amount(tokens.get("prompt_tokens", foreseen.prompt), tokens.get("completion_tokens", 0))
                self._spent += counted if tokens else foreseen
                self._foreseen += foreseen
            self._changed.notify_all()

    def end(self, article: str, *, pairs_follow: bool = False) -> None:
        """Nothing more is asked about an article, or only about its given pairs."""
        with self._changed:
            if not pairs_follow:
                self._begun.pop(article, None)
            if self._alone == article:
                self._alone = ""
            self._changed.notify_all()

    def end_all(self) -> None:
        """Nothing more is asked about any article that was begun."""
        with self._changed:
            self._begun.clear()
            self._alone = ""

    @property
    def _is_known(self) -> bool:
        return self._foreseen.prompt > 0

    def _check(self, set_aside: Amount, foreseen: Amount, what: str) -> None:
        next_one = self._expected(foreseen)
        total = self._spent + self._expected(set_aside) + next_one
        if self._most_tokens is not None and _tokens(total) > self._most_tokens:
            raise SpendingError(
                f"stopped before it takes more than {self._most_tokens:,} tokens: {what} takes about "
                f"{_tokens(next_one):,.0f}"
            )
        if self._most_cost is not None and self._cost(total) > self._most_cost:
            raise SpendingError(
                f"stopped before it costs more than {self._most_cost:g}: {what} costs about {self._cost(next_one):.4g}"
            )

    def _expected(self, foreseen: Amount) -> Amount:
        """What is foreseen by the rule of thumb, corrected by how far off that was so far."""
        done, rule = self._spent, self._foreseen
        prompt = done.prompt / rule.prompt if rule.prompt else 1.0
        completion = done.completion / rule.completion if rule.completion else 1.0
        return Amount(foreseen.prompt * prompt, foreseen.completion * completion)

    def _cost(self, amount: Amount) -> float:
        asked, said = self._prices or (0.0, 0.0)
        return (asked * amount.prompt + said * amount.completion) / 1e6


def _tokens(amount: Amount) -> float:
    return amount.prompt + amount.completion
