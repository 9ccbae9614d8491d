"""The rules by which a question is decided without a person.

`agree`: all who read the article said the same; anything else is disputed.
`majority`: more than half of them said the same, or more than half marked nothing; anything else is disputed.
`prefer:NAME`: what that reader said, and nothing else, where that reader read the article; `agree` elsewhere.

What only one person read is that person's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from evalkit.analysis.adjudication.questions import Proposal, Question
from evalkit.errors import InputError
from evalkit.registry import unknown_name

__all__ = ["AGREE", "MAJORITY", "ONLY", "PREFER", "Strategy", "Verdict", "strategy_of"]

AGREE, MAJORITY, PREFER, ONLY = "agree", "majority", "prefer", "only"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a question.

    Attributes:
        rule: what decided it; "" if nothing did.
        item: the proposal that is gold; None if there is none, or none yet.
        by: whose it is: those who said so, or who marked nothing.
    """

    rule: str = ""
    item: Proposal | None = None
    by: tuple[str, ...] = ()


OPEN = Verdict()


@dataclass(frozen=True, slots=True)
class Strategy:
    """A rule and how it is written.

    Attributes:
        name: as it is written, such as `prefer:kari`.
        first: the reader whose names are kept; "" for the first by name.
        decide: a question with its proposals → what becomes of it.
    """

    name: str
    first: str
    decide: Callable[[Question, Sequence[Proposal]], Verdict]

    def order(self, readers: Collection[str]) -> list[str]:
        """The readers in the order in which they are laid side by side."""
        return sorted(readers, key=lambda name: (name != self.first, name))


def strategy_of(text: str, readers: Collection[str]) -> Strategy:
    """The strategy that some text stands for.

    Raises:
        UnknownNameError: there is none, or no reader of that name.
        InputError: nobody is named who is preferred.
    """
    name, _, who = text.strip().partition(":")
    if name == AGREE and not who:
        return Strategy(AGREE, "", _agree)
    if name == MAJORITY and not who:
        return Strategy(MAJORITY, "", _majority)
    if name != PREFER:
        raise unknown_name("strategy", text, (AGREE, MAJORITY, f"{PREFER}:NAME"))
    if not who:
        raise InputError(
            f"strategy {text!r}: name whose readings are preferred, as {PREFER}:{min(readers, default='NAME')}"
        )
    if who not in readers:
        raise unknown_name("annotator", who, readers)

    def prefer(question: Question, proposals: Sequence[Proposal]) -> Verdict:
        if who not in question.voters:
            return _agree(question, proposals)
        own = next((one for one in proposals if who in one.by), None)
        return Verdict(f"{PREFER}:{who}", own, (who,))

    return Strategy(f"{PREFER}:{who}", who, prefer)


def _agree(question: Question, proposals: Sequence[Proposal]) -> Verdict:
    (first, *_), voters = proposals, question.voters
    if len(first.by) < len(voters):
        return OPEN
    return Verdict(AGREE if len(voters) > 1 else ONLY, first, first.by)


def _majority(question: Question, proposals: Sequence[Proposal]) -> Verdict:
    (first, *_), voters = proposals, question.voters
    if len(voters) == 1:
        return Verdict(ONLY, first, first.by)
    if 2 * len(first.by) > len(voters):
        return Verdict(MAJORITY, first, first.by)
    if 2 * len(question.silent) > len(voters):
        return Verdict(MAJORITY, None, question.silent)
    return OPEN
