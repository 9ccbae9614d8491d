"""What a change does to gold: what is wrong with it now, which articles leak since, and what became of its items."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evalkit.analysis.differences.dataset_diff import DatasetDiff
from evalkit.harmless import clean
from evalkit.results import FAIL, PASS
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["INVALID", "LEAKED", "DatasetReview", "ReviewFinding"]

INVALID, LEAKED = "invalid", "leaked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFinding:
    """One thing that is wrong, and where.

    Attributes:
        check: `invalid` (what `validate_dataset` finds) or `leaked` (an article that the change brought shares text
            with one of another split, or of a training corpus).
        code: a stable name for this kind of problem.
        article_id: the article, or the file if it could not be read that far.
        place: where in it, such as `entities[3] (e4)`.
        message: what is wrong and what to do, in one line.
        file: the file that it stands in, or "".
        line: its line, from 1; 0 where it cannot be told.
    """

    check: str
    code: str
    article_id: str
    place: str
    message: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True, repr=False)
class DatasetReview:
    """What a change does to gold.

    Attributes:
        dataset: the dataset.
        base: what it was compared with.
        findings: what is wrong, by article and place, leaks last.
        diff: what became of its items and articles; None where the two cannot be compared, which a note says.
        pairs: articles that share text and did so before, which is no finding.
        notes: what else is to be known.
    """

    dataset: str
    base: str
    findings: tuple[ReviewFinding, ...]
    diff: DatasetDiff | None = None
    pairs: int = 0
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """Fail if anything is wrong, else pass."""
        return FAIL if self.findings else PASS

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail."""
        return 1 if self.findings else 0

    def to_json(self) -> dict[str, Any]:
        """The findings and differences as JSON values."""
        return {
            "format": "evalkit.review",
            "version": 1,
            "verdict": self.verdict,
            "dataset": self.dataset,
            "base": self.base,
            "findings": [asdict(one) for one in self.findings],
            "pairs_before": self.pairs,
            "diff": None if self.diff is None else self.diff.to_json(),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a finding."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.findings], columns=list(ReviewFinding.__dataclass_fields__))

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<DatasetReview {self.dataset} since {self.base}: {number_of(len(self.findings), 'finding')}>")

    _repr_html_ = shown_html
