"""What is wrong with one run.

Kinds of errors and their price, confusions, hard articles, slices, what the gold can show, and whether scores mean what
they say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evalkit.analysis.article_errors import ArticleErrors, hardest_articles
from evalkit.analysis.calibration import ScoreDiagnosis, diagnose_scores
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.oracle import Rung, kind_ladder, link_ladder, oracle_table
from evalkit.analysis.power import Detection, detect
from evalkit.analysis.slices import Sliced, SliceRow, Slicing
from evalkit.frames import figure_frame
from evalkit.harmless import clean
from evalkit.registry import unknown_name
from evalkit.scoring.columns import Columns
from evalkit.scoring.items import Values
from evalkit.scoring.kinds import Judged
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.base import MISSED, SPURIOUS, Task, imported
from evalkit.scoring.tasks.table import columns_of, judge_items, load_task, score_columns
from evalkit.showing import number_of, shown_html

__all__ = ["SECTIONS", "Diagnosis", "ErrorDiagnosis", "diagnose_tasks"]

SECTIONS = ("errors", "confusion", "hardest", "slices", "detection", "calibration", "sweep")
"""What `Diagnosis.to_pandas` knows."""
_FIGURES = ("f1", "f1_low", "f1_high", "ci_low", "ci_high", "smallest")
"""Columns that are numbers where there are no intervals, too."""


@dataclass(frozen=True, kw_only=True)
class ErrorDiagnosis:
    """What the errors of one task cost.

    Attributes:
        right: how many gold items are of kind `right`; None where it is links that are made right.
        f1: micro F1 as it is.
        ladder: what each kind of error, or each link, costs.
        labels: all labels of either side.
        confusion: gold label by predicted label, (labels + 1) squared: the last column counts missed gold items, the
            last row spurious predicted ones; nothing for links.
    """

    right: int | None
    f1: float
    ladder: tuple[Rung, ...]
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The errors as JSON values."""
        row: dict[str, Any] = {"right": self.right, "f1": self.f1, "kinds": [rung.to_json() for rung in self.ladder]}
        if self.confusion:
            row["confusion"] = {
                "gold": [*self.labels, SPURIOUS],
                "predicted": [*self.labels, MISSED],
                "counts": [list(counts) for counts in self.confusion],
            }
        return row


@dataclass(frozen=True, kw_only=True, repr=False)
class Diagnosis:
    """Everything about one run; shows itself as tables in a notebook.

    Attributes:
        run: the name of the run.
        method: how intervals were made, or "none".
        level: share of resamples between the bounds of an interval.
        errors: task → what its errors cost.
        hardest: task → the articles that cost the most.
        slices: scores by property, value and label.
        detection: what the gold can show, one row a task; empty without intervals.
        scores: task → what the scores of its items are worth, where they have some.
        not_evaluated: task → reason.
        notes: what was left out or set aside, each a sentence.
    """

    run: str = ""
    gold: str = ""
    split: str = ""
    articles: int = 0
    method: str
    level: float = 0.95
    errors: Mapping[str, ErrorDiagnosis] = field(default_factory=dict)
    hardest: Mapping[str, tuple[ArticleErrors, ...]] = field(default_factory=dict)
    slices: tuple[SliceRow, ...] = ()
    detection: tuple[Detection, ...] = ()
    scores: Mapping[str, ScoreDiagnosis] = field(default_factory=dict)
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The diagnosis as JSON values."""
        return {
            "format": "evalkit.diagnosis",
            "version": 1,
            **{name: getattr(self, name) for name in ("run", "gold", "split", "articles", "method", "level")},
            "errors": {task: part.to_json() for task, part in self.errors.items()},
            "hardest": {task: [part.to_json() for part in rows] for task, rows in self.hardest.items()},
            "slices": [row.to_json() for row in self.slices],
            "detection": [row.to_json() for row in self.detection],
            "scores": {task: part.to_json() for task, part in self.scores.items()},
            "not_evaluated": dict(self.not_evaluated),
            "notes": list(self.notes),
        }

    def to_pandas(self, section: str = "slices") -> Any:
        """One section as a DataFrame, one row a line of the tables; empty where the run has nothing for it.

        Args:
            section: "slices", "errors", "confusion" (one row a task, gold and predicted label), "hardest", "detection",
                "calibration" or "sweep".

        Raises:
            UnknownNameError: there is no such section.
        """
        if section not in SECTIONS:
            raise unknown_name("section", section, SECTIONS)
        return figure_frame(self.section_rows(section), figures=_FIGURES, whole=("more_for_point",))

    def section_rows(self, section: str) -> list[dict[str, Any]]:
        """The rows of one section, as `to_pandas` lays them out."""
        if section == "slices":
            return [row.to_json() for row in self.slices]
        if section == "detection":
            return [_flat(row.to_json()) for row in self.detection]
        if section == "hardest":
            return [{"task": task, **part.to_json()} for task, rows in self.hardest.items() for part in rows]
        if section == "errors":
            return [
                {"task": task} | _flat(rung.to_json()) for task, part in self.errors.items() for rung in part.ladder
            ]
        if section == "confusion":
            return [row for task, part in self.errors.items() for row in _confused(task, part)]
        if section == "calibration":
            calibrated = [
                (task, part.calibration) for task, part in self.scores.items() if part.calibration is not None
            ]
            return [{"task": task} | asdict(row) for task, part in calibrated for row in part.bins]
        return [{"task": task, **row} for task, part in self.scores.items() for row in part.sweep.rows()]

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Diagnosis of {self.run} on {self.gold}, {self.split}, {number_of(self.articles, 'article')}>")

    _repr_html_ = shown_html


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """The interval in two columns."""
    low, high = row.pop("ci") or (None, None)
    return row | {"ci_low": low, "ci_high": high}


def _confused(task: str, errors: ErrorDiagnosis) -> list[dict[str, Any]]:
    return [
        {"task": task, "gold": gold, "predicted": predicted, "items": count}
        for gold, counts in zip((*errors.labels, SPURIOUS), errors.confusion, strict=False)
        for predicted, count in zip((*errors.labels, MISSED), counts, strict=True)
    ]


@dataclass
class _Parts:
    """What is found task by task."""

    errors: dict[str, ErrorDiagnosis] = field(default_factory=dict)
    hardest: dict[str, tuple[ArticleErrors, ...]] = field(default_factory=dict)
    slices: list[SliceRow] = field(default_factory=list)
    detection: list[Detection] = field(default_factory=list)
    scores: dict[str, ScoreDiagnosis] = field(default_factory=dict)
    without_scores: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def diagnose_tasks(
    articles: Mapping[str, Sequence[Pair]],
    conventions: Mapping[str, Sequence[str]],
    *,
    slicing: Slicing,
    bootstrap: Bootstrap | None,
    watch: Callable[[str, Columns], None] = lambda task, columns: None,
) -> Diagnosis:
    """The diagnosis of some tasks, without the names of run and gold; whoever watches is shown the items of each task.

    Args:
        articles: task → its articles, sorted by id, which must have its layers.
        conventions: task → the conventions that its slices are scored under, the main one first.
        slicing: what to slice by.
        bootstrap: how intervals are made; none if None.
        watch: is given each task and its items.

    Raises:
        UnknownNameError: there is no such convention.
    """
    parts = _Parts()
    for name, pairs in articles.items():
        task, columns = load_task(name), columns_of(name, pairs)
        if task.links:
            parts.errors[name] = _diagnose_links(task, columns, bootstrap)
        if task.kinds:
            judged = judge_items(name, columns)
            parts.errors[name] = _diagnose_kinds(judged, bootstrap)
            _diagnose_tables(parts, task, judged, conventions[name], slicing, bootstrap)
        watch(name, columns)
    if parts.without_scores and not parts.scores:
        silent = ", ".join(parts.without_scores)
        parts.notes.append(f"{silent} have no scores, so there is no calibration and no threshold")
    return Diagnosis(
        method="none" if bootstrap is None else bootstrap.describe(),
        level=0.95 if bootstrap is None else bootstrap.level,
        errors=parts.errors,
        hardest=parts.hardest,
        slices=tuple(parts.slices),
        detection=tuple(parts.detection),
        scores=parts.scores,
        notes=tuple(parts.notes),
    )


def _diagnose_links(task: Task, columns: Columns, bootstrap: Bootstrap | None) -> ErrorDiagnosis:
    main = score_columns(task.name, columns, [task.main])[task.main]
    return ErrorDiagnosis(right=None, f1=main.table.counts().f1, ladder=link_ladder(task, columns, bootstrap=bootstrap))


def _diagnose_kinds(judged: Judged, bootstrap: Bootstrap | None) -> ErrorDiagnosis:
    return ErrorDiagnosis(
        right=judged.counts()[judged.names[0]],
        f1=oracle_table(judged).counts().f1,
        ladder=kind_ladder(judged, bootstrap=bootstrap),
        labels=judged.columns.labels,
        confusion=tuple(tuple(row) for row in judged.confusion.tolist()),
    )


def _diagnose_tables(
    parts: _Parts,
    task: Task,
    judged: Judged,
    conventions: Sequence[str],
    slicing: Slicing,
    bootstrap: Bootstrap | None,
) -> None:
    columns = judged.columns
    tables = score_columns(task.name, columns, conventions)
    properties = _properties(task, columns, slicing)
    of_articles = slicing.of_articles(columns.pairs)
    for name, scored in tables.items():
        sliced = Sliced(task=task.name, convention=name, bootstrap=bootstrap if scored.additive else None)
        parts.slices += sliced.by_label(scored.table)
        for by, of_items in properties.items():
            if scored.items is not None:
                parts.slices += sliced.by_group(scored.items.grouped_table(of_items), by)
        parts.slices += sliced.beside_leaked(scored.table, slicing.leaked) if scored.additive else []
        # What depends on the whole split says nothing about some of its articles.
        for by, values in of_articles.items() if scored.additive else ():
            parts.slices += sliced.by_article(scored.table, values, by)
    name, main = next(iter(tables.items()))
    if worst := hardest_articles(judged, main.table, limit=slicing.most_hard):
        parts.hardest[task.name] = worst
    if bootstrap is not None and main.additive:
        parts.detection.append(detect(task.name, name, main, bootstrap))
    if main.items is not None:
        scores, reason = diagnose_scores(task.name, name, main.items)
        parts.scores |= {} if scores is None else {task.name: scores}
        parts.notes += [reason] if reason else []
        parts.without_scores += [task.name] if scores is None and not reason else []


def _properties(task: Task, columns: Columns, slicing: Slicing) -> dict[str, Values]:
    """What items are sliced by: name → values, of those that can be told."""
    found = {
        name: imported(own.function)(columns, slicing.training)
        for name, own in task.properties.items()
        if slicing.takes(name, usual=own.usual)
    }
    return {name: values for name, values in found.items() if values is not None}
