"""A suite of runs: its cells, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from evalkit.frames import figure_frame
from evalkit.harmless import clean
from evalkit.predictions.listing import RunFigure
from evalkit.showing import number_of, shown_html

__all__ = ["Suite", "SuiteCell", "SuiteResult", "SuiteRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteCell:
    """One run of a suite: who is run over what, and how.

    Attributes:
        model: the name of the model in the suite.
        dataset: the name of the dataset.
        variant: the name of the variant; empty if the suite has none.
        folder: where its run lies in the folder of the suite, as `DATASET/MODEL` or `DATASET/MODEL--VARIANT`.
        spelling: the extractor, as `--model` takes it.
        source: the gold, as `--dataset` takes it; None for the bundled one.
        settings: of the extractor.
        words: options of reading, scoring, intervals and running by name.
    """

    model: str
    dataset: str
    variant: str
    folder: str
    spelling: str
    source: str | None
    settings: Mapping[str, str]
    words: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What a suite file asks for.

    Attributes:
        name: that of the file.
        out: the folder of its runs.
        cells: models × datasets × variants, in the order of the file: all variants of the first model over the first
            dataset first.
    """

    name: str
    out: str
    cells: tuple[SuiteCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """What became of a cell.

    Attributes:
        model, dataset, variant: its names.
        path: where its run lies.
        problem: why there is no run to go by, in one line; empty if there is one.
        articles: how many it is about.
        failed: on how many the extractor failed.
        figures: task → its figure.
    """

    model: str
    dataset: str
    variant: str
    path: str
    problem: str = ""
    articles: int = 0
    failed: int = 0
    figures: Mapping[str, RunFigure] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The run as JSON values."""
        names = ("model", "dataset", "variant", "path", "problem", "articles", "failed")
        figures = {task: asdict(own) | {"ci": own.ci and list(own.ci)} for task, own in self.figures.items()}
        return {name: getattr(self, name) for name in names} | {"figures": figures}


@dataclass(frozen=True, kw_only=True, repr=False)
class SuiteResult:
    """All runs of a suite, in its order; the same however often it was interrupted.

    Attributes:
        name: of the suite.
        out: the folder in which its runs lie.
        runs: one a cell.
        asides: what is to be said of this time alone, such as how many runs were whole already.
    """

    name: str
    out: str
    runs: tuple[SuiteRun, ...]
    asides: tuple[str, ...] = field(default=(), compare=False)

    @property
    def shortfall(self) -> str:
        """Which runs are none to go by, in one line; empty if all are."""
        wrong = [run for run in self.runs if run.problem]
        if not wrong:
            return ""
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return f"{len(wrong)} of {number_of(len(self.runs), 'run')} failed: {wrong[0].path}: {wrong[0].problem}{more}"

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<SuiteResult {self.name}: {number_of(len(self.runs), 'run')} in {self.out}>")

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        head = {"format": "evalkit.suite", "version": 1, "name": self.name, "out": self.out}
        return head | {"runs": [run.to_json() for run in self.runs]}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each run and task, and one for a run without figures; None where there is no value."""
        rows = []
        for run in self.runs:
            names = ("model", "dataset", "variant", "path", "articles", "failed")
            about = {name: getattr(run, name) for name in names} | {"problem": run.problem or None}
            figures: list[tuple[str | None, RunFigure | None]] = [*run.figures.items()] or [(None, None)]
            for task, own in figures:
                low, high = (own and own.ci) or (None, None)
                told = {"task": task, "convention": own and own.convention, "f1": own and own.f1}
                rows.append(about | told | {"f1_low": low, "f1_high": high})
        return rows

    def to_pandas(self) -> Any:
        """One row for each run and task, with the figure of the task; one for a run without figures."""
        return figure_frame(self.rows(), figures=("f1", "f1_low", "f1_high"), whole=("articles", "failed"))

    _repr_html_ = shown_html
