"""What is wrong with one run, as a record.

Kinds of errors and their price, confusions, hard articles, slices, what the gold can show, and whether scores mean what
they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evalkit.analysis.calibration import Calibration, Sweep
from evalkit.analysis.errors import HardArticle
from evalkit.analysis.oracle import Rung
from evalkit.analysis.slice_rows import SliceRow
from evalkit.registry import unknown_name
from evalkit.results import Interval
from evalkit.scoring.chain import ChainLadder, ChainRung

__all__ = ["SECTIONS", "Detection", "Diagnosis", "EntityDiagnosis", "ScoreDiagnosis"]

SECTIONS = ("errors", "confusion", "chain", "hardest", "slices", "detection", "calibration", "sweep")
"""What `Diagnosis.to_pandas` knows."""

MISSED, SPURIOUS = "missed", "spurious"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What the gold can show about one task.

    Attributes:
        f1: micro F1 of the run, with its interval in `ci`.
        units: articles (or clusters) that are drawn.
        smallest: the smallest difference to another run that is found with probability 0.8 at level 0.05, if the two
            correlate 0.5 over resamples; None if nothing varies, so that nothing can be said.
        more_for_point: how many articles must be added to show a difference of 0.01; None as for `smallest`.
    """

    task: str
    convention: str
    f1: float
    ci: Interval
    units: int
    smallest: float | None
    more_for_point: int | None

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        return asdict(self) | {"ci": list(self.ci)}


@dataclass(frozen=True, kw_only=True)
class EntityDiagnosis:
    """The errors of entities, under `exact`.

    Attributes:
        right: how many gold items were found.
        f1: micro F1 as it is.
        ladder: what each kind of error costs.
        labels: all labels of either side.
        confusion: gold label by predicted label, (labels + 1) squared: the last column counts missed gold items, the
            last row spurious predicted ones.
    """

    right: int
    f1: float
    ladder: tuple[Rung, ...]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """The errors as JSON values."""
        return {
            "right": self.right,
            "f1": self.f1,
            "kinds": [rung.to_json() for rung in self.ladder],
            "confusion": {"gold": [*self.labels, SPURIOUS], "predicted": [*self.labels, MISSED], "counts": self.matrix},
        }

    @property
    def matrix(self) -> list[list[int]]:
        """The confusion matrix as lists."""
        return [list(row) for row in self.confusion]


@dataclass(frozen=True, kw_only=True)
class ScoreDiagnosis:
    """What the scores of entities are worth.

    Attributes:
        convention: the convention that the credit is of.
        calibration: None if scores are no probabilities.
        sweep: precision, recall and F1 at every threshold.
        f1: micro F1 with everything kept.
    """

    convention: str
    calibration: Calibration | None
    sweep: Sweep
    f1: float

    def to_json(self) -> dict[str, Any]:
        """The scores as JSON values; `best` is the threshold with the best F1 on these articles."""
        threshold, f1 = self.sweep.best()
        return {
            "convention": self.convention,
            "calibration": None if self.calibration is None else self.calibration.to_json(),
            "best": {"threshold": threshold, "f1": f1, "f1_of_all": self.f1},
            "sweep": self.sweep.to_json(),
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class Diagnosis:
    """Everything about one run; shows itself as tables in a notebook.

    Attributes:
        run: the name of the run.
        method: how intervals were made, or "none".
        level: share of resamples between the bounds of an interval.
        entities: errors of entities; None if they are not evaluated.
        chain: what each link of the chain of all three layers costs; None if one of them is not evaluated.
        hardest: task → the articles that cost the most.
        slices: scores by property, value and label.
        detection: what the gold can show, one row a task; empty without intervals.
        scores: what the scores of entities are worth; None without scores.
        not_evaluated: task → reason.
        notes: what was left out or set aside, each a sentence.
    """

    run: str
    gold: str
    split: str
    articles: int
    method: str
    level: float = 0.95
    entities: EntityDiagnosis | None = None
    chain: ChainLadder | None = None
    hardest: Mapping[str, tuple[HardArticle, ...]] = field(default_factory=dict)
    slices: tuple[SliceRow, ...] = ()
    detection: tuple[Detection, ...] = ()
    scores: ScoreDiagnosis | None = None
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The diagnosis as JSON values."""
        return {
            "format": "evalkit.diagnosis",
            "version": 1,
            **{name: getattr(self, name) for name in ("run", "gold", "split", "articles", "method", "level")},
            "entities": None if self.entities is None else self.entities.to_json(),
            "chain": None if self.chain is None else {"f1": self.chain.counts.f1, "links": self._rows("chain")},
            "hardest": {task: [asdict(own) for own in rows] for task, rows in self.hardest.items()},
            "slices": [row.to_json() for row in self.slices],
            "detection": [row.to_json() for row in self.detection],
            "scores": None if self.scores is None else self.scores.to_json(),
            "not_evaluated": dict(self.not_evaluated),
            "notes": list(self.notes),
        }

    def to_pandas(self, section: str = "slices") -> Any:
        """One section as a DataFrame; empty where the run has nothing for it.

        Args:
            section: "slices", "errors", "chain", "hardest", "detection", "calibration" or "sweep", one row a line of
                the tables; or "confusion", with gold labels as index and predicted ones as columns.

        Raises:
            UnknownNameError: there is no such section.
        """
        import pandas as pd

        if section not in SECTIONS:
            raise unknown_name("section", section, SECTIONS)
        if section == "confusion":
            own = self.entities
            names = () if own is None else own.labels
            return pd.DataFrame(
                [] if own is None else own.matrix,
                index=pd.Index([*names, SPURIOUS] if own else [], name="gold"),
                columns=pd.Index([*names, MISSED] if own else [], name="predicted"),
            )
        if section == "sweep" and self.scores is not None:
            return self.scores.sweep.to_pandas()
        return pd.DataFrame(self._rows(section))

    def _rows(self, section: str) -> Sequence[dict[str, Any]]:
        if section == "slices":
            return [row.to_json() for row in self.slices]
        if section == "detection":
            return [_flat(row.to_json()) for row in self.detection]
        if section == "chain":
            return [] if self.chain is None else [_link(rung) for rung in self.chain.rungs]
        if section == "hardest":
            return [{"task": task, **asdict(own)} for task, rows in self.hardest.items() for own in rows]
        if section == "errors":
            return [] if self.entities is None else [_flat(rung.to_json()) for rung in self.entities.ladder]
        calibration = None if self.scores is None else self.scores.calibration
        return [asdict(own) for own in calibration.bins] if section == "calibration" and calibration else []

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return f"<Diagnosis of {self.run} on {self.gold}, {self.split}, {self.articles} articles>"

    def _repr_html_(self) -> str:
        from evalkit.integrations.notebook import diagnosis_html

        return diagnosis_html(self)


def _link(rung: ChainRung) -> dict[str, Any]:
    return {"link": rung.link, "f1": rung.counts.f1, "gain": rung.gain, "cumulative": rung.cumulative}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """The interval in two columns."""
    low, high = row.pop("ci") or (None, None)
    return row | {"ci_low": low, "ci_high": high}
