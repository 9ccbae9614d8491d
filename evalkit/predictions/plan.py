"""What a run would do: how many articles are kept, cached or asked about, and what that takes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from evalkit.extractors.base import Work
from evalkit.options import Shard
from evalkit.predictions.facts import GoldReference
from evalkit.showing import number_of, shown_html

__all__ = ["Plan", "work_line"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run would do.

    Attributes:
        extractor: its name.
        gold: what it would be run over.
        folder: where the run would be written, or is; empty if its name is not known before the extractor is asked.
        kept: how many predictions the folder holds already; None if that is not known before the extractor is asked.
        cached: how many others were made by another run; None likewise.
        work: what the articles that are left take; None of an extractor that asks nobody who counts it.
        prices: of a million prompt and completion tokens.
        shard: which part of the run it is; None for all of it.
    """

    extractor: str
    gold: GoldReference
    folder: str
    kept: int | None
    cached: int | None
    work: Work | None
    prices: tuple[float, float] | None
    shard: Shard | None = None

    @property
    def asked(self) -> int:
        """How many articles it would be asked about; at most so many, if it is not known which are there already."""
        return self.gold.articles - (self.kept or 0) - (self.cached or 0)

    @property
    def lines(self) -> list[str]:
        """The plan for people."""
        gold = self.gold
        part = "" if self.shard is None else f", {self.shard.words}"
        lines = [f"{self.extractor} on {gold.name}, split {gold.split}{part}: {number_of(gold.articles, 'article')}"]
        if self.kept is None:
            lines.append(
                f"at most {number_of(self.asked, 'article')} to extract from; how many are there already is known when "
                "it has said which layers it fills: a function by its attribute `layers`, a program or service by "
                "--set layers=… and --set fingerprint=…"
            )
        else:
            words = f"{self.kept} kept in the folder, {self.cached} cached"
            lines.append(f"{number_of(self.asked, 'article')} to extract from ({words})")
        if self.work is not None:
            lines.append(work_line(self.work, self.prices))
        lines.append(f"folder: {self.folder or 'runs/NAME-KEY'}; nothing was asked, nothing was written")
        return lines

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        counted = {} if self.work is None else asdict(self.work)
        cost = {} if self.work is None or self.prices is None else {"cost": self.work.cost(self.prices)}
        head = {"format": "evalkit.plan", "version": 1, "extractor": self.extractor, "gold": self.gold.short}
        part = {} if self.shard is None else {"shard": list(self.shard)}
        numbers = {"articles": self.gold.articles, "kept": self.kept, "cached": self.cached, "asked": self.asked}
        return {**head, "split": self.gold.split, "folder": self.folder, **part, **numbers, **counted, **cost}

    _repr_html_ = shown_html


def work_line(work: Work, prices: tuple[float, float] | None) -> str:
    """The work in words; the cost too if there are prices of a million prompt and completion tokens."""
    cost = "" if prices is None else f", cost about {work.cost(prices):.4g}"
    return (
        f"about {number_of(work.requests, 'request')} with {work.prompt_tokens:,} prompt tokens, and answers of "
        f"{work.completion_tokens:,} (a token for 4 bytes, 3.8 of answer for one of article){cost}"
    )
