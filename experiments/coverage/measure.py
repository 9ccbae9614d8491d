"""What intervals, tests and the smallest detectable difference hold, measured with counts of real runs.

    python experiments/coverage/measure.py [RESULT ...] [--trials 1000]

A RESULT is a run folder, its result.json, or the JSON of what `score_predictions` gives (with its counts by article);
without any the shipped extractors are run over all bundled articles. Each table of counts is taken for the population:
its figures are the truth. A gold of n articles is drawn from it with replacement and scored, again and again.

* coverage: how often an interval of F1 holds the truth. Of labels those intervals count that are shown.
* type I: how often p ≤ .05 where two runs are alike: of two real runs each drawn article changes sides by chance; with
  stories the articles of one are copies of a drawn one, four each, and change sides together.
* differences: how often the interval of the difference of two real runs holds the true one, and (which must not be)
  says of 0 what p does not.
* power: how often the difference is found where it is as large as the smallest detectable one that is printed on
  average. The second run answers like the one run in some articles and like the other in the rest; how many decides how
  large the true difference is. A pair whose difference is smaller than that even in full is left out.

Prints Markdown. Everything is drawn from seeds, so a second time prints the same.
"""

from __future__ import annotations

import argparse
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from evalkit import run_extractor, score_predictions
from evalkit.analysis.comparison import ComparedRow, ComparisonOptions, compare_tables
from evalkit.analysis.figures import figures_of
from evalkit.analysis.intervals import METHODS, Bootstrap, intervals_of
from evalkit.analysis.power import power_of_row
from evalkit.analysis.runs import same_labels, scored_table_of
from evalkit.predictions.store import read_result
from evalkit.results import EvalResult
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable, main_convention

SIZES = (10, 18, 40)
SHIPPED = ("ner-base", "quote-base", "stance-base", "rules", "trivial")
SHARES = tuple(np.linspace(0.1, 1, 10))
PAIRS = 4
STORY = 4
RESAMPLES, ROUNDS = 1000, 1000

Populations = dict[str, dict[str, CountTable]]
"""Task and convention → run → its counts."""


def results_of(paths: Sequence[Path]) -> Iterator[tuple[str, EvalResult]]:
    """The results that are named, or those of the shipped extractors."""
    for path in paths:
        result = read_result(path)
        yield f"{path.stem if path.is_file() else path.name}", result
    for name in () if paths else SHIPPED:
        run = run_extractor(name, split="all")
        yield name, score_predictions(None, run, baseline=False, resamples=0)


def populations_of(results: Iterator[tuple[str, EvalResult]]) -> Populations:
    """The counts of each run under the main convention of each task, over the same labels."""
    found: dict[str, dict[str, ScoredTable]] = defaultdict(dict)
    for name, result in results:
        for task, conventions in result.tasks.items():
            main = conventions[main_convention(task, list(conventions))]
            if main.micro.f1 > 0:
                found[f"{task} {main.convention} on {result.gold}"][name] = scored_table_of(main)
    return {
        about: {name: scored.table for name, scored in same_labels(tables, about).items()}
        for about, tables in found.items()
    }


def drawn(table: CountTable, chosen: np.ndarray, cells: np.ndarray | None = None) -> ScoredTable:
    """The table of a gold of the chosen articles, as counts of its own or as those given."""
    names = tuple(f"a{number:03}" for number in range(len(chosen)))
    return ScoredTable(CountTable.of_dense(names, table.labels, table.dense()[chosen] if cells is None else cells))


def coverage(table: CountTable, size: int, trials: int) -> dict[tuple[str, str], list[bool]]:
    """Method and kind of figure → whether each interval of F1 holds the truth."""
    whole = figures_of(ScoredTable(table))
    truth = dict(zip(whole.names, whole.point().tolist(), strict=True))
    random = np.random.default_rng([size, 1])
    held: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for trial in range(trials):
        figures = figures_of(drawn(table, random.integers(0, len(table.articles), size)))
        for method in METHODS:
            for name, (low, high) in intervals_of(figures, Bootstrap(RESAMPLES, trial, method)).items():
                if name.score == "f1":
                    held[method, name.scope].append(low - 1e-9 <= truth[name] <= high + 1e-9)
    return held


def pooled(table: CountTable) -> CountTable:
    """The counts of all labels together, which is all that micro F1 needs."""
    return CountTable.of_dense(table.articles, ("all",), table.dense().sum(axis=1, keepdims=True))


def micro_f1(one: ScoredTable, other: ScoredTable, bootstrap: Bootstrap) -> ComparedRow:
    """The comparison of the micro F1 of two runs."""
    options = ComparisonOptions(bootstrap=bootstrap, rounds=ROUNDS, scores=("f1",))
    return compare_tables({"A": one, "B": other}, task="t", convention="c", options=options)[0]


def null_p(pair: tuple[CountTable, CountTable], size: int, trials: int, *, stories: bool) -> tuple[float, float]:
    """How often p ≤ .05 for two runs that are alike: drawn as they should be, and each article for itself."""
    random = np.random.default_rng([size, 2, stories])
    copies = STORY if stories else 1
    alarms = np.zeros(2)
    for trial in range(trials):
        told = np.repeat(random.integers(0, len(pair[0].articles), size // copies), copies)
        side = np.repeat(random.integers(0, 2, size // copies), copies)[:, None, None]
        one, other = (own.dense()[told] for own in pair)
        tables = [drawn(pair[0], told, np.where(side, *both)) for both in ((one, other), (other, one))]
        clusters = {name: f"s{number // copies}" for number, name in enumerate(tables[0].table.articles)}
        for number, own in enumerate((clusters, None) if stories else (None,)):
            row = micro_f1(tables[0], tables[1], Bootstrap(50, trial, clusters=own))
            alarms[number] += row.p_randomization <= 0.05
    return alarms[0] / trials, alarms[1] / trials


def differences(pair: tuple[CountTable, CountTable], size: int, trials: int) -> tuple[float, int]:
    """How often the interval of a real difference holds it, and how often it contradicts p."""
    truth = figures_of(ScoredTable(pair[1])).point()[2] - figures_of(ScoredTable(pair[0])).point()[2]
    random = np.random.default_rng([size, 3])
    held, shown, odd = 0, 0, 0
    for trial in range(trials):
        chosen = random.integers(0, len(pair[0].articles), size)
        row = micro_f1(*(drawn(own, chosen) for own in pair), Bootstrap(RESAMPLES, trial))
        if row.ci is not None:
            shown += 1
            held += row.ci[0] - 1e-9 <= truth <= row.ci[1] + 1e-9
            odd += (row.ci[0] > 0 or row.ci[1] < 0) != (row.p_randomization < 0.05)
    return held / max(shown, 1), odd


def power(pair: tuple[CountTable, CountTable], size: int, trials: int) -> float | None:
    """How often a difference is found that is as large as the smallest detectable one."""
    random = np.random.default_rng([size, 4])
    first, second = (own.dense() for own in pair)
    points: list[tuple[float, float]] = []
    for share in SHARES:
        mixed = (1 - share) * first.sum(axis=0) + share * second.sum(axis=0)
        cells = [
            ScoredTable(CountTable.of_dense(("a",), pair[0].labels, own[None])) for own in (first.sum(axis=0), mixed)
        ]
        true = abs(np.subtract(*(figures_of(own).point()[2] for own in cells)))
        found, smallest = 0, []
        for trial in range(trials):
            chosen = random.integers(0, len(first), size)
            changed = (random.random(size) < share)[:, None, None]
            other = np.where(changed, second[chosen], first[chosen])
            row = micro_f1(drawn(pair[0], chosen), drawn(pair[0], chosen, other), Bootstrap(200, trial))
            found += row.p_randomization <= 0.05
            smallest.append(power_of_row(row).smallest or 0.0)
        points.append((float(true - np.mean(smallest)), found / trials))
    for (below, low), (above, high) in itertools.pairwise(points):
        if below < 0 <= above:
            return low + (high - low) * below / (below - above)
    return None


def shown(values: Sequence[float]) -> str:
    """Mean and range."""
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})" if values else "–"


def report(populations: Mapping[str, Mapping[str, CountTable]], trials: int) -> Iterator[str]:
    """The tables, one line at a time."""
    yield "## Coverage of intervals of F1 at level .95: mean over runs (least to most)\n"
    yield "| population | articles | n | figure | " + " | ".join(METHODS) + " |"
    yield "|---|---:|---:|---|" + "---|" * len(METHODS)
    every: dict[tuple[int, str, str], list[bool]] = defaultdict(list)
    for about, tables in populations.items():
        for size in SIZES:
            runs = [coverage(table, size, trials) for table in tables.values()]
            for scope in ("micro", "macro", "label"):
                cells = []
                for method in METHODS:
                    cells.append(shown([float(np.mean(own[method, scope])) for own in runs if own[method, scope]]))
                    for own in runs:
                        every[size, scope, method] += own[method, scope]
                articles = len(next(iter(tables.values())).articles)
                yield f"| {about} | {articles} | {size} | {scope} | " + " | ".join(cells) + " |"
    for size, scope in itertools.product(SIZES, ("micro", "macro", "label")):
        cells = [f"{np.mean(every[size, scope, method]):.3f}" for method in METHODS]
        yield f"| all | | {size} | {scope} | " + " | ".join(cells) + " |"
    yield "\n## Two runs: mean over pairs (least to most)\n"
    yield (
        "| population | n | type I | type I, stories of 4 | the same, articles drawn for themselves | coverage of the "
        "difference | contradictions of p | power at the smallest difference |"
    )
    yield "|---|---:|---|---|---|---|---:|---|"
    for about, tables in populations.items():
        pooled_tables = map(pooled, tables.values())
        pairs = list(itertools.combinations(pooled_tables, 2))[:PAIRS]
        for size in SIZES if pairs else ():
            alike = [null_p(pair, size, trials, stories=False)[0] for pair in pairs]
            told = [null_p(pair, size, trials, stories=True) for pair in pairs] if size // STORY >= 10 else []
            real = [differences(pair, size, trials) for pair in pairs]
            powers = [power(pair, size, max(trials // 4, 50)) for pair in pairs]
            cells = [
                shown(alike),
                shown([own[0] for own in told]),
                shown([own[1] for own in told]),
                shown([own[0] for own in real]),
                str(sum(own[1] for own in real)),
                shown([own for own in powers if own is not None]),
            ]
            yield f"| {about} | {size} | " + " | ".join(cells) + " |"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="*", type=Path)
    parser.add_argument("--trials", type=int, default=1000)
    options = parser.parse_args()
    for line in report(populations_of(results_of(options.results)), options.trials):
        print(line, flush=True)


if __name__ == "__main__":
    main()
