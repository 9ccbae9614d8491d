"""What scoring gives back: additive counts, scores with their intervals, and the whole result as JSON.

A score is never stored without the four numbers that it was computed from, and never merged: merging adds counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import fsum, isclose
from typing import Any

from evalkit.errors import FormatError
from evalkit.frames import figure_frame
from evalkit.harmless import clean, one_line
from evalkit.shapes import (
    Shape,
    anything,
    checked,
    each,
    fields,
    flag,
    interval,
    list_of,
    number,
    numbers,
    ruled,
    text,
)
from evalkit.showing import number_of, shown_html
from evalkit.tables import CountColumns, StoredCounts, add_up, listed
from evalkit.versions import Step, brought_up

__all__ = [
    "CANNOT_TELL",
    "FAIL",
    "FEWEST_ARTICLES",
    "FEWEST_ARTICLES_OF_LABEL",
    "MACRO",
    "MICRO",
    "PASS",
    "PRF",
    "RUN_FACTS",
    "Counts",
    "EvalResult",
    "Interval",
    "Score",
    "TaskResult",
    "ceiling_signature",
    "f1_score",
    "failure_notes",
    "failures_beyond",
    "floor_label",
    "floor_signature",
    "ratio",
]

FORMAT_VERSION = 3
"""Counts up when a key changes its meaning or leaves; `_STEPS` at the end brings up what is older."""

PASS, FAIL, CANNOT_TELL = "pass", "fail", "cannot tell"
"""What a check says."""

Interval = tuple[float, float]
"""Lower and upper bound, inclusive."""


_NUMBERS = ("gold", "predicted", "gold_credit", "predicted_credit")
_WHOLE = ("gold", "predicted", "labels", "articles", "ceiling_articles")
_FIGURES = (
    *("precision", "recall", "f1", "f1_low", "f1_high", "gold_credit", "predicted_credit", "floor_f1"),
    *("ceiling_f1", "ceiling_low", "ceiling_high", "ceiling_share"),
)
"""Columns of numbers in a frame of figures."""


def ratio(above: float, below: float) -> float:
    """The quotient, 0.0 where the denominator is 0."""
    return above / below if below else 0.0


def f1_score(precision: Any, recall: Any, ratio: Callable[[Any, Any], Any] = ratio) -> Any:
    """The harmonic mean of precision and recall, 0.0 where both are 0: of numbers, or with its `ratio` of arrays."""
    return ratio(2 * precision * recall, precision + recall)


def failure_notes(failed: Mapping[str, tuple[Mapping[str, str], int]]) -> list[str]:
    """Which runs failed on articles, a sentence each, so that nobody takes a figure for what the extractor can.

    Args:
        failed: name of a run → article id → error, and on how many articles it ran.
    """
    return [
        f"{name}: {len(errors)} of {number_of(articles, 'article')} failed and count as missed; the first: "
        + ": ".join(next(iter(errors.items())))
        for name, (errors, articles) in failed.items()
        if errors
    ]


def failures_beyond(failed: Mapping[str, str], articles: int, most: int | None = None) -> str:
    """Why so many failed articles are no run to go by, with the first error, in one line; empty if it is one.

    Args:
        failed: article id → error.
        articles: how many articles there were.
        most: how many may fail; all but one if None.
    """
    if not failed:
        return ""
    name, error = next(iter(failed.items()))
    more = f" (and {number_of(len(failed) - 1, 'more article')})" if len(failed) > 1 else ""
    first = f"{name}: {error}{more}"
    if len(failed) >= articles:
        return f"every article failed: {first}"
    if most is not None and len(failed) > most:
        return (
            f"{len(failed)} of {number_of(articles, 'article')} failed, more than the {most} of --max-failures: {first}"
        )
    return ""


@dataclass(frozen=True, slots=True)
class Counts:
    """The four additive numbers: items on each side and the credit that they earned."""

    gold: int = 0
    predicted: int = 0
    gold_credit: float = 0.0
    predicted_credit: float = 0.0

    @property
    def precision(self) -> float:
        """Predicted credit by predicted items; 0.0 without any."""
        return ratio(self.predicted_credit, self.predicted)

    @property
    def recall(self) -> float:
        """Gold credit by gold items; 0.0 without any."""
        return ratio(self.gold_credit, self.gold)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return float(f1_score(self.precision, self.recall))

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.gold + other.gold,
            self.predicted + other.predicted,
            self.gold_credit + other.gold_credit,
            self.predicted_credit + other.predicted_credit,
        )


@dataclass(frozen=True, slots=True)
class PRF:
    """Precision, recall and F1 with intervals.

    Attributes:
        counts: what they are computed from; absent on a macro average.
        ci: precision, recall and f1 → interval; a score without one is absent.
        labels: over how many labels a macro average is the mean; absent on what is no mean.
        articles: in how many articles a label has a gold item; absent on what is no label, or counts over the whole
            split. Of a ceiling see `EvalResult`.
    """

    precision: float
    recall: float
    f1: float
    counts: Counts | None = None
    ci: Mapping[str, Interval] = field(default_factory=dict)
    labels: int | None = None
    articles: int | None = None

    @classmethod
    def of(cls, counts: Counts, ci: Mapping[str, Interval] | None = None) -> PRF:
        """The three scores of some counts."""
        return cls(counts.precision, counts.recall, counts.f1, counts, ci or {})


@dataclass(frozen=True, slots=True)
class Score:
    """A derived figure that is not precision, recall or F1, such as accuracy or favg."""

    value: float
    ci: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """One task under one convention.

    Attributes:
        signature: the line that reproduces these numbers.
        micro: over all items pooled; where the labels count different things, as under `conll`, the mean of theirs,
            whose `labels` says how many these are.
        macro: the plain mean over labels with gold support; its `labels` says how many these are.
        labels: per label, in sorted order.
        scores: derived figures by name.
        table: the counts by article and label (see `CountTable.to_json`), or None when it was left out; those of a
            stored result are read when somebody looks at them.
    """

    task: str
    convention: str
    signature: str
    micro: PRF
    macro: PRF
    labels: Mapping[str, PRF]
    scores: Mapping[str, Score] = field(default_factory=dict)
    table: Mapping[str, Any] | None = field(default=None, repr=False)

    def figures(self) -> list[tuple[tuple[str, str], PRF]]:
        """The rows of a table: scope ("label", "micro", "macro") and label, "" of the last two, with their scores.

        A label may be called `micro`, so a name alone tells nothing.
        """
        labels = [(("label", label), prf) for label, prf in self.labels.items()]
        return [*labels, (MICRO, self.micro), (MACRO, self.macro)]

    _repr_html_ = shown_html


MICRO, MACRO = ("micro", ""), ("macro", "")

FEWEST_ARTICLES, FEWEST_ARTICLES_OF_LABEL = 2, 4
"""What fewer articles tell has no interval and no share of the ceiling, nor has a label that is in fewer."""

_FLOOR = "|floor:"


def floor_signature(signature: str, label: str) -> str:
    """The signature of a floor: that of the figures that it stands below, and the label that the baseline predicts."""
    return f"{signature}{_FLOOR}{label}"


def ceiling_signature(signature: str, readers: Iterable[str]) -> str:
    """The signature of a ceiling: that of the figures that it stands above, and who read."""
    # "|" parts what a signature says, and "+" the names.
    names = (one_line(name).replace("|", "/").replace("+", "/") for name in sorted(readers))
    return f"{signature}|ceiling:{'+'.join(names)}"


def floor_label(floor: TaskResult) -> str:
    """The label that the baseline of a floor predicts; "" of one that was stored before it said so."""
    return floor.signature.partition(_FLOOR)[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalResult:
    """One run scored: every task and convention, and everything that was set aside.

    Attributes:
        extractor: name of what was scored.
        articles: how many articles were scored.
        tasks: task → convention → result.
        floor: the same for the trivial baseline, without tables; empty when there is none. The baseline predicts the
            most frequent label of the gold, which the signature names; in the row of a label it predicts that label.
        ceiling: the same for readers of the same articles, each against the others (the mean over pairs), without
            tables; empty where no article has two readings. `articles` of its pooled figures is how many these are, of
            a label in how many somebody gave it.
        reached: the scores of the run as the ceiling is made, over its articles alone and pair by pair: what a share of
            it is taken of. What is counted of a split as a whole has none, unless all of it was read by several.
        not_evaluated: task, or one of its conventions as `quotes cue-exact` → the reason why it has no figures.
        notes: what was mapped, set aside, missing or failed, each a sentence with a number.
        failed: article id → error, for articles that count as missed.
        run: facts about the run (versions, fingerprints, speed).
    """

    extractor: str
    gold: str
    split: str
    articles: int
    tasks: Mapping[str, Mapping[str, TaskResult]]
    floor: Mapping[str, Mapping[str, TaskResult]] = field(default_factory=dict)
    ceiling: Mapping[str, Mapping[str, TaskResult]] = field(default_factory=dict)
    reached: Mapping[str, Mapping[str, TaskResult]] = field(default_factory=dict)
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shortfall(self) -> str:
        """Why the figures say nothing of what was to be measured, in one line: nothing evaluated, or all failed."""
        if said := failures_beyond(self.failed, self.articles):
            return said
        if self.tasks:
            return ""
        reasons = [f"{task}: {reason}" for task, reason in self.not_evaluated.items()]
        # A task of several layers that lacks what another one lacks, too, has nothing of its own to say.
        own = [one for one in reasons if not any(one.endswith(f"; {other}") for other in reasons)]
        said = "; ".join(own) or "no layer is in both gold and predictions"
        return (
            f"nothing was evaluated ({said}); write [] for a layer that has nothing: null and absent are not evaluated"
        )

    def counts(self) -> dict[str, dict[str, Mapping[str, Any]]]:
        """The counts by article: task → convention → columns, of those that have them."""
        kept = {
            task: {name: _columns_of(one.table) for name, one in conventions.items() if one.table is not None}
            for task, conventions in self.tasks.items()
        }
        return {task: tables for task, tables in kept.items() if tables}

    def to_json(self, *, tables: bool = True) -> dict[str, Any]:
        """The result as JSON values; without `tables` the counts by article are left out."""
        return {
            "format": "evalkit.result",
            "version": FORMAT_VERSION,
            "extractor": self.extractor,
            "gold": self.gold,
            "split": self.split,
            "articles": self.articles,
            "tasks": _tasks_to_json(self.tasks, tables),
            "floor": _tasks_to_json(self.floor, False),
            # Only where there is one, so that results of gold with one reader stay what they were.
            **({"ceiling": _tasks_to_json(self.ceiling, False)} if self.ceiling else {}),
            **({"reached": _tasks_to_json(self.reached, False)} if self.ceiling else {}),
            "not_evaluated": dict(self.not_evaluated),
            "notes": list(self.notes),
            "failed": dict(self.failed),
            "run": dict(self.run),
        }

    @classmethod
    def from_json(
        cls,
        data: Mapping[str, Any],
        *,
        where: str = "result",
        beside: Callable[[str], StoredCounts | None] | None = None,
    ) -> EvalResult:
        """The result that `to_json` wrote, of this version of evalkit or an earlier one.

        Args:
            data: JSON values.
            where: the file, for messages.
            beside: gives the counts by article that lie beside the file, from the SHA-256 that it names.

        Raises:
            FormatError: the data is no evalkit result, of a later version, or damaged; says where.
        """
        if not isinstance(data, Mapping) or data.get("format") != "evalkit.result":
            raise FormatError(f"{where}: not an evalkit result; give a run folder that evalkit run wrote")
        remedy = "score the run again with `evalkit score`"
        data = brought_up(data, what="result", steps=_STEPS, where=where, remedy=remedy)
        checked(data, _RESULT, where, _ANEW)
        named = data.get("counts")
        counts = None if beside is None or named is None else beside(named["sha256"])
        return cls(
            extractor=data["extractor"],
            gold=data["gold"],
            split=data["split"],
            articles=data["articles"],
            tasks=_tasks_from_json(data["tasks"], counts),
            floor=_tasks_from_json(data["floor"]),
            ceiling=_tasks_from_json(data.get("ceiling") or {}),
            reached=_tasks_from_json(data.get("reached") or {}),
            not_evaluated=data["not_evaluated"],
            notes=tuple(data["notes"]),
            failed=data["failed"],
            run=data["run"],
        )

    def to_pandas(self) -> Any:
        """A tidy DataFrame: one row a task, convention and label ("micro" and "macro" included).

        Columns: extractor, task, convention, label, precision, recall, f1, f1_low, f1_high, gold, predicted,
        gold_credit, predicted_credit, labels, articles, floor_f1. Counts are missing (NA) on macro rows; `labels`, over
        how many labels a macro average is the mean, and `articles`, in how many a label occurs, on all others. Where
        articles have several readings there are more: ceiling_f1 with ceiling_low and ceiling_high, ceiling_articles,
        how many these are, and ceiling_share, how much of it was reached (see `ceiling_shares`).
        """
        return figure_frame(self.rows(), figures=_FIGURES, whole=_WHOLE)

    def rows(self) -> list[dict[str, Any]]:
        """One row a task, convention and label, as in `to_pandas`; None where there is no value."""
        rows = []
        for task, conventions in self.tasks.items():
            for convention, result in conventions.items():
                floors, ceilings = (
                    {} if other is None else dict(other.figures())
                    for other in (own.get(task, {}).get(convention) for own in (self.floor, self.ceiling))
                )
                shares, readers = self.ceiling_shares(task, convention), ceilings.get(MICRO)
                for name, prf in result.figures():
                    label, above = name[1] or name[0], ceilings.get(name)
                    low, high = prf.ci.get("f1", (None, None))
                    ceiling_low, ceiling_high = (None, None) if above is None else above.ci.get("f1", (None, None))
                    rows.append(
                        {
                            "extractor": self.extractor,
                            "task": task,
                            "convention": convention,
                            "label": label,
                            "precision": prf.precision,
                            "recall": prf.recall,
                            "f1": prf.f1,
                            "f1_low": low,
                            "f1_high": high,
                            **{name: getattr(prf.counts, name, None) for name in _NUMBERS},
                            "labels": prf.labels,
                            "articles": prf.articles,
                            "floor_f1": floors[name].f1 if name in floors else None,
                        }
                        | (
                            {
                                "ceiling_f1": None if above is None else above.f1,
                                "ceiling_low": ceiling_low,
                                "ceiling_high": ceiling_high,
                                "ceiling_articles": None if readers is None else readers.articles,
                                "ceiling_share": shares.get(name),
                            }
                            if self.ceiling
                            else {}
                        )
                    )
        return rows

    def ceiling_shares(self, task: str, convention: str) -> dict[tuple[str, str], float]:
        """How much of the ceiling was reached: scope and label → F1 by that of readers, over the same articles.

        Of macro it is that of the means over the labels that both have. What too few articles tell for an interval has
        no share (`FEWEST_ARTICLES`), nor what readers reach nothing of.
        """
        ceiling, reached = (own.get(task, {}).get(convention) for own in (self.ceiling, self.reached))
        if ceiling is None or reached is None or (ceiling.micro.articles or 0) < FEWEST_ARTICLES:
            return {}
        common = [label for label in ceiling.labels if label in reached.labels]
        figures = {MICRO: (reached.micro.f1, ceiling.micro.f1)}
        if common:
            sums = (fsum(own.labels[label].f1 for label in common) for own in (reached, ceiling))
            figures[MACRO] = next(sums), next(sums)
        for label in common:
            ours, theirs = reached.labels[label], ceiling.labels[label]
            if min(ours.articles or 0, theirs.articles or 0) >= FEWEST_ARTICLES_OF_LABEL:
                figures["label", label] = ours.f1, theirs.f1
        return {name: ours / theirs for name, (ours, theirs) in figures.items() if theirs}

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        figures = [
            f"{task} {name} F1 {result.micro.f1:.3f}"
            for task, conventions in self.tasks.items()
            for name, result in list(conventions.items())[:1]
        ]
        about = f"{self.extractor} on {self.gold}, {self.split}, {number_of(self.articles, 'article')}"
        return clean(f"<EvalResult {about}: {', '.join(figures) or 'nothing evaluated'}>")

    _repr_html_ = shown_html


_names = list_of(text)
_whole = number(0, whole=True)
_SCORED = fields(
    {
        "scoring": fields(
            dict.fromkeys(("tasks", "conventions", "labels", "scope", "min_score", "without"), _names),
            dict.fromkeys(("label_map", "gold_label_map", "predicted_label_map"), text),
        ),
        "intervals": fields(
            {"resamples": _whole, "seed": number(whole=True), "method": text, "level": number(0, 1)}, {"cluster": text}
        ),
        "baseline": flag,
    }
)
_WHOLE_RUN = fields(
    {"articles": _whole, "chosen": _names, "languages": _names, "uncached": text},
    {
        "limit": _whole,
        "scored": _SCORED,
        "prices": ruled(numbers(0), lambda prices: "" if len(prices) == 2 else "two prices"),
    },
)
_MERGED_SHARD = fields(
    {"shard": number(1, whole=True), "articles": _whole, "versions": each(text), "sha256": text}, {"command": text}
)
_PARTIAL = fields({"missing": numbers(1, whole=True), "of": _whole, "articles": _whole, "gold_fingerprint": text})
SCORING_FACTS = fields(
    {},
    {
        **dict.fromkeys(("label_map", "gold_map", "predicted_map", "reading"), text),
        **dict.fromkeys(("labels", "scope", "min_score", "without"), _names),
    },
)
RUN_FACTS: Mapping[str, Shape] = {
    **dict.fromkeys(
        ("extractor", "fingerprint", "predicted_map", "gold", "gold_fingerprint", "split", "reading", "spelling"), text
    ),
    **dict.fromkeys(("evalkit", "command", "sha256"), text),
    **dict.fromkeys(("origin", "settings", "versions", "maps"), each(text)),
    "layers": _names,
    "articles": number(0, whole=True),
    "scoring": SCORING_FACTS,
    "extractor_facts": each(anything),
    "colours": each(each(text)),
    "complete": flag,
    "shard": ruled(
        numbers(1, whole=True), lambda parts: "" if len(parts) == 2 and parts[0] <= parts[1] else "I and N of a shard"
    ),
    "whole": _WHOLE_RUN,
    "shards": list_of(_MERGED_SHARD),
    "partial": _PARTIAL,
}
"""What a run, a result and a baseline say of a run, each of them or not (see `evalkit.predictions.facts`)."""

_ALIKE = 1e-6
"""So far figures may be apart that should be one: they were added up in another order, or by hand."""


def _prf_rule(row: Mapping[str, Any]) -> str:
    """Four numbers and the scores that they make, or scores alone."""
    if row.get("gold") is None:
        return ""
    if any(row.get(name) is None for name in _NUMBERS):
        return f"all of {', '.join(_NUMBERS)}"
    counts = Counts(*(row[name] for name in _NUMBERS))
    if counts.gold_credit > counts.gold + _ALIKE or counts.predicted_credit > counts.predicted + _ALIKE:
        return "no more credit than items"
    made = PRF.of(counts)
    alike = all(isclose(row[name], getattr(made, name), abs_tol=_ALIKE) for name in ("precision", "recall", "f1"))
    return "" if alike else f"precision, recall and f1 of its four numbers, {made.precision}, {made.recall}, {made.f1}"


def _table_rule(table: Mapping[str, Any]) -> str:
    """Columns of one length, with the positions of names that there are."""
    columns = [table[name] for name in ("article", "label", *_NUMBERS)]
    names = {"article": table["articles"], "label": table["labels"]}
    if table.get("groups"):
        columns.append(table.get("group") or [])
        names["group"] = table["groups"]
    if len(set(map(len, columns))) > 1:
        return "columns of one length"
    for column, known in names.items():
        if len(set(known)) < len(known):
            return f"each of {column}s once"
        if max(table.get(column) or [-1]) >= len(known):
            return f"{column} numbers below {len(known)}"
    return ""


def _task_rule(row: Mapping[str, Any]) -> str:
    """A table that adds up to the figures beside it."""
    table, micro = row.get("table"), row["micro"]
    if table is None or micro.get("gold") is None:
        return ""
    wrong = [name for name in _NUMBERS if not isclose(fsum(table[name]), micro[name], rel_tol=_ALIKE, abs_tol=_ALIKE)]
    return f"a table whose {wrong[0]} adds up to that of micro" if wrong else ""


_PRF = ruled(
    fields(
        {**dict.fromkeys(("precision", "recall", "f1"), number(0, 1)), "ci": each(interval)},
        {
            **dict.fromkeys(("gold", "predicted", "labels", "articles"), number(0, whole=True)),
            **dict.fromkeys(("gold_credit", "predicted_credit"), number(0)),
        },
    ),
    _prf_rule,
)
_COLUMNS: Mapping[str, Shape] = {
    **dict.fromkeys(("articles", "labels"), _names),
    **dict.fromkeys(("article", "label", "gold", "predicted"), numbers(0, whole=True)),
    **dict.fromkeys(("gold_credit", "predicted_credit"), numbers(0)),
}
_GROUPS: Mapping[str, Shape] = {
    "groups": _names,
    "group": numbers(0, whole=True),
    "apart": flag,
}
_TABLE = ruled(fields(_COLUMNS, _GROUPS), _table_rule)
_TASK = ruled(
    fields(
        {
            "signature": text,
            "micro": _PRF,
            "macro": _PRF,
            "labels": each(_PRF),
            "scores": each(fields({"value": number()}, {"ci": interval})),
        },
        {"table": _TABLE},
    ),
    _task_rule,
)
_RESULT = fields(
    {
        **dict.fromkeys(("extractor", "gold", "split"), text),
        "articles": number(0, whole=True),
        "tasks": each(ruled(each(_TASK), lambda conventions: "" if conventions else "at least one convention")),
        "floor": each(each(_TASK)),
        **dict.fromkeys(("not_evaluated", "failed"), each(text)),
        "notes": _names,
        "run": fields({}, RUN_FACTS),
    },
    {"ceiling": each(each(_TASK)), "reached": each(each(_TASK)), "counts": fields({"sha256": text})},
)


def _prf_to_json(prf: PRF) -> dict[str, Any]:
    row: dict[str, Any] = {"precision": prf.precision, "recall": prf.recall, "f1": prf.f1}
    row |= {} if prf.counts is None else {name: getattr(prf.counts, name) for name in _NUMBERS}
    row |= {} if prf.labels is None else {"labels": prf.labels}
    row |= {} if prf.articles is None else {"articles": prf.articles}
    return row | {"ci": {name: list(bounds) for name, bounds in prf.ci.items()}}


def _prf_from_json(row: Mapping[str, Any]) -> PRF:
    counts = None
    if "gold" in row:
        counts = Counts(*(row[name] for name in _NUMBERS))
    ci = {name: (bounds[0], bounds[1]) for name, bounds in row["ci"].items()}
    return PRF(row["precision"], row["recall"], row["f1"], counts, ci, row.get("labels"), row.get("articles"))


def _tasks_to_json(tasks: Mapping[str, Mapping[str, TaskResult]], tables: bool) -> dict[str, Any]:
    return {
        task: {name: _task_to_json(result, tables) for name, result in conventions.items()}
        for task, conventions in tasks.items()
    }


def _task_to_json(result: TaskResult, tables: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "signature": result.signature,
        "micro": _prf_to_json(result.micro),
        "macro": _prf_to_json(result.macro),
        "labels": {label: _prf_to_json(prf) for label, prf in result.labels.items()},
        "scores": {
            name: {"value": score.value, "ci": list(score.ci) if score.ci else None}
            for name, score in result.scores.items()
        },
    }
    table = result.table if tables else None
    return row | ({} if table is None else {"table": {name: listed(column) for name, column in table.items()}})


def _tasks_from_json(data: Mapping[str, Any], counts: StoredCounts | None = None) -> dict[str, dict[str, TaskResult]]:
    return {
        task: {
            name: TaskResult(
                task=task,
                convention=name,
                signature=row["signature"],
                micro=_prf_from_json(row["micro"]),
                macro=_prf_from_json(row["macro"]),
                labels={label: _prf_from_json(prf) for label, prf in row["labels"].items()},
                scores={
                    key: Score(score["value"], (score["ci"][0], score["ci"][1]) if score["ci"] else None)
                    for key, score in row["scores"].items()
                },
                table=row.get("table") if counts is None else CountColumns(partial(_stored, counts, task, name, row)),
            )
            for name, row in conventions.items()
        }
        for task, conventions in data.items()
    }


_ANEW = "score the run again"


def _columns_of(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return table.columns if isinstance(table, CountColumns) else table


def _stored(counts: StoredCounts, task: str, convention: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of a table that lies beside the result, which must add up to its figures."""
    columns = counts.columns(task, convention)
    totals = {name: row["micro"].get(name) for name in _NUMBERS}
    # What is told from the arrays at once is not looked at number by number.
    if None not in totals.values() and add_up(columns, totals):
        return columns
    checked({**row, "table": CountColumns(lambda: columns)}, _TASK, f"{counts.path}: {task} under {convention}", _ANEW)
    return columns


def _by_target(table: Mapping[str, Any]) -> str:
    """Labels by target that are labels."""
    second = table.get("by_target") or {"labels": ()}
    unknown = {label.partition("\t")[2] for label in second["labels"]} - {*table["labels"]}
    return "targets with labels that it has" if unknown else ""


_TABLE_1 = ruled(fields(_COLUMNS, {"by_target": ruled(fields(_COLUMNS), _table_rule)}), _by_target)
_RESULT_1 = fields({"tasks": each(each(fields({}, {"table": _TABLE_1})))})


def _with_groups(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Version 2: a table has the group of each row beside its label.

    In version 1 the counts by target might stand in a second table, `by_target`, whose labels are "target⇥label".
    """
    checked(data, _RESULT_1, where, _ANEW)
    tasks = {
        task: {name: _task_with_groups(row) for name, row in conventions.items()}
        for task, conventions in data["tasks"].items()
    }
    return {**data, "tasks": tasks}


def _task_with_groups(row: Mapping[str, Any]) -> Mapping[str, Any]:
    table = row.get("table") or {}
    if not table.get("by_target"):
        return row
    second, labels = table["by_target"], table["labels"]
    names = [label.partition("\t")[::2] for label in second["labels"]]
    groups = sorted({group for group, _ in names})
    grouped = {
        **second,
        "labels": labels,
        "groups": groups,
        "group": [groups.index(names[code][0]) for code in second["label"]],
        "label": [labels.index(names[code][1]) for code in second["label"]],
    }
    return {**row, "table": grouped}


def _with_counts_beside(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Version 3: tables may lie in a file beside the result, which `counts` names; there were none."""
    return data


_STEPS: tuple[Step, ...] = (_with_groups, _with_counts_beside)
"""What makes version 2 of version 1, and so on; `FORMAT_VERSION` is one more than there are."""
