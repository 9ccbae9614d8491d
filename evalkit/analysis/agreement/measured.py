"""How far the readers of a dataset agree: what `measure_agreement` gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.analysis.agreement.coefficient import Coefficient
from evalkit.analysis.agreement.disagreements import Disagreement
from evalkit.dataset.publishing.measured import Figure
from evalkit.harmless import clean
from evalkit.results import MACRO, MICRO, PRF, TaskResult
from evalkit.scoring.tasks.table import main_convention
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Agreement", "Compared", "PairAgreement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One task under one convention: the mean over pairs of readers, and how many items they gave.

    `scores` is None where nobody marked anything.
    """

    scores: TaskResult | None
    items: int

    def to_json(self, *, labels: bool = True) -> dict[str, Any]:
        """F1 with its interval, and with `labels` that of each label, as JSON values."""
        if self.scores is None:
            return {"f1": None, "ci": None, "items": self.items} | ({"labels": {}} if labels else {})
        row = {**_f1(self.scores.micro), "items": self.items}
        if labels:
            row["labels"] = {label: {**_f1(prf), "articles": prf.articles} for label, prf in self.scores.labels.items()}
        return row


def _f1(prf: PRF) -> dict[str, Any]:
    bounds = prf.ci.get("f1")
    return {"f1": prf.f1, "ci": None if bounds is None else list(bounds)}


def _coefficient(own: Coefficient) -> dict[str, Any]:
    return {"value": own.value, "ci": None if own.ci is None else list(own.ci), "items": own.items}


Tasks = Mapping[str, Mapping[str, Compared]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """Two readers.

    Attributes:
        readers: their names.
        articles: how many articles both read.
        layers: task → convention → agreement.
        kappa: task → Cohen's kappa on the labels of matched items.
    """

    readers: tuple[str, str]
    articles: int
    layers: Tasks
    kappa: Mapping[str, Coefficient]

    def to_json(self) -> dict[str, Any]:
        """The agreement of the two as JSON values."""
        return {
            "readers": list(self.readers),
            "articles": self.articles,
            "layers": _layers(self.layers, labels=False),
            "kappa": {task: _coefficient(own) for task, own in self.kappa.items()},
        }


def _alphas(alphas: Mapping[str, Mapping[str, Coefficient]]) -> dict[str, Any]:
    return {layer: {part: _coefficient(own) for part, own in parts.items()} for layer, parts in alphas.items()}


def _layers(tasks: Tasks, *, labels: bool = True) -> dict[str, Any]:
    return {
        task: {name: own.to_json(labels=labels) for name, own in conventions.items()}
        for task, conventions in tasks.items()
    }


@dataclass(frozen=True, kw_only=True, repr=False)
class Agreement:
    """How far readers of the same articles agree.

    Attributes:
        gold: the dataset, as signatures name it.
        split: the split, or `all`.
        articles: how many articles have two readings or more.
        of_articles: how many articles there are.
        readers: how many of the articles each of them read, by name.
        declared: what the readers are, as the owner of the dataset says, by name.
        layers: task → convention → mean over all pairs of readers.
        kappa: task → Cohen's kappa on the labels of matched items, the mean over pairs.
        alpha: layer → part → Krippendorff's unitised alpha of all readers together, over all of the texts.
        coding_alpha: the same of parts that have kinds (labels, speakers, …), over what several readers marked alone.
        pairs: two by two.
        disagreements: where they disagree, by task and kind.
        not_evaluated: task, or one of its conventions → why it has no figures.
        notes: what is to be said about the readings, a sentence each.
        signature: the line that reproduces these figures.
    """

    gold: str
    split: str
    articles: int
    of_articles: int
    readers: Mapping[str, int]
    declared: Mapping[str, str] = field(default_factory=dict)
    layers: Tasks
    kappa: Mapping[str, Coefficient]
    alpha: Mapping[str, Mapping[str, Coefficient]]
    coding_alpha: Mapping[str, Mapping[str, Coefficient]] = field(default_factory=dict)
    pairs: tuple[PairAgreement, ...]
    disagreements: tuple[Disagreement, ...]
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    signature: str = ""

    def figures(self) -> dict[str, float | None]:
        """The figures by name, such as `entities.exact.f1`, `entities.kappa`, `entities.label.alpha` and `articles`."""
        figures: dict[str, float | None] = {"articles": self.articles, "readers": len(self.readers)}
        for task, conventions in self.layers.items():
            for name, own in conventions.items():
                figures[f"{task}.{name}.f1"] = None if own.scores is None else own.scores.micro.f1
                labels = {} if own.scores is None else own.scores.labels
                figures |= {f"{task}.{name}.{label}.f1": prf.f1 for label, prf in labels.items()}
        figures |= {f"{task}.kappa": own.value for task, own in self.kappa.items()}
        for name, alphas in (("alpha", self.alpha), ("coding_alpha", self.coding_alpha)):
            figures |= {
                f"{layer}.{part}.{name}": own.value for layer, parts in alphas.items() for part, own in parts.items()
            }
        return figures

    def headline(self) -> dict[str, Figure]:
        """The main figures, for a card: F1 under the main convention of each task, kappa, and alpha of labels."""
        figures = {
            "readers": Figure(value=len(self.readers), about="readers"),
            "articles": Figure(value=self.articles, about="articles with two readings or more"),
        }
        for task, own in self.layers.items():
            name = main_convention(task, tuple(own))
            scores = own[name].scores
            f1, ci = (None, None) if scores is None else (scores.micro.f1, scores.micro.ci.get("f1"))
            figures[f"{task}.{name}.f1"] = Figure(value=f1, about=f"F1 of {task}, {name}", ci=ci)
        for task, kappa in self.kappa.items():
            about = f"Cohen's kappa on the labels of matched {task}"
            figures[f"{task}.kappa"] = Figure(value=kappa.value, about=about, ci=kappa.ci)
        for layer, parts in self.alpha.items():
            if (alpha := parts.get("label")) is not None:
                about = f"Krippendorff's unitised alpha of {layer} and their labels"
                figures[f"{layer}.label.alpha"] = Figure(value=alpha.value, about=about, ci=alpha.ci)
        return figures

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values; a figure that is not defined is null."""
        return {
            "format": "evalkit.agreement",
            "version": 1,
            "gold": self.gold,
            "split": self.split,
            "articles": self.articles,
            "of_articles": self.of_articles,
            "readers": {
                name: {"articles": number, "declared": self.declared.get(name)} for name, number in self.readers.items()
            },
            "layers": _layers(self.layers),
            "kappa": {task: _coefficient(own) for task, own in self.kappa.items()},
            "alpha": _alphas(self.alpha),
            "coding_alpha": _alphas(self.coding_alpha),
            "pairs": [pair.to_json() for pair in self.pairs],
            "disagreements": [own.to_json() for own in self.disagreements],
            "not_evaluated": dict(self.not_evaluated),
            "notes": list(self.notes),
            "signature": self.signature,
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row a figure, as in `to_pandas`; None where there is no value."""
        rows = []
        for readers, layers, kappa in [
            ("all", self.layers, self.kappa),
            *((" + ".join(pair.readers), pair.layers, pair.kappa) for pair in self.pairs if len(self.pairs) > 1),
        ]:
            for task, conventions in layers.items():
                for name, own in conventions.items():
                    micro = None if own.scores is None else own.scores.micro
                    rows.append(_row(readers, task, name, MICRO, "f1", micro, own.items))
                    if own.scores is not None:
                        rows.append(_row(readers, task, name, MACRO, "f1", own.scores.macro, None))
                        labels = own.scores.labels.items()
                        rows += [_row(readers, task, name, ("label", label), "f1", prf, None) for label, prf in labels]
            rows += [_row(readers, task, "label", MICRO, "kappa", one, one.items) for task, one in kappa.items()]
        rows += [
            _row("all", layer, part, MICRO, name, one, one.items)
            for name, alphas in (("alpha", self.alpha), ("coding_alpha", self.coding_alpha))
            for layer, parts in alphas.items()
            for part, one in parts.items()
        ]
        return rows

    def to_pandas(self) -> DataFrame:
        """One row a figure.

        Columns: readers ("all", or two names), task, what (the convention of an F1, the part of an alpha), scope
        ("label", "micro" or "macro"), label (empty of the last two), score (f1, kappa, alpha, coding_alpha), value,
        low, high, items. What is not defined is missing (NA).
        """
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=_COLUMNS).astype({"items": "Int64"})

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        told = [
            f"{task} {name} F1 {own.scores.micro.f1:.3f}"
            for task, conventions in self.layers.items()
            for name, own in list(conventions.items())[:1]
            if own.scores is not None
        ]
        about = f"{number_of(len(self.readers), 'reader')} of {number_of(self.articles, 'article')} of {self.gold}"
        return clean(f"<Agreement of {about}: {', '.join(told) or 'nothing compared'}>")

    _repr_html_ = shown_html


_COLUMNS = ["readers", "task", "what", "scope", "label", "score", "value", "low", "high", "items"]


def _row(
    readers: str,
    task: str,
    what: str,
    row: tuple[str, str],
    score: str,
    own: PRF | Coefficient | None,
    items: int | None,
) -> dict[str, Any]:
    value = own.f1 if isinstance(own, PRF) else None if own is None else own.value
    bounds = own.ci.get("f1") if isinstance(own, PRF) else None if own is None else own.ci
    low, high = bounds or (None, None)
    return dict(zip(_COLUMNS, (readers, task, what, *row, score, value, low, high, items), strict=True))
