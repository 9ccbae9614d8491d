"""How often a gate passes, fails or cannot tell, by the drop that its rules allow: harmless changes and real drops.

    python experiments/gate/margins.py [--changes 400] [--rounds 1000]

Articles are drawn from the count tables of the baselines in this folder (entities under exact), so that their sizes and
labels, and how many of their items are right, are real. A change of an extractor touches a share of the gold items: one
half of them breaks on the one side, the other half on the other, so that a harmless change is harmless for every label,
whichever side is the baseline. Not every article is touched alike: its rates vary by a gamma factor of shape 1. In a
real change so many more items break that F1 falls by a given size on average. Half of what breaks is not predicted any
more, the rest is predicted wrongly.

Each change is judged by the gate's own code with `max_drop = 0`; what it would be under a larger margin follows from
the drop and q: a drop within the margin passes, a larger one fails if q ≤ .05. Two sets of rules are tried: micro F1
alone, as by default, and micro F1 with the F1 of PER, ORG and GPE, of which the worst decides.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit import load_dataset
from evalkit.analysis.paired import adjusted
from evalkit.gate.baseline import read_baseline
from evalkit.gate.rules import MARGIN, MARGIN_OF_A_PART, Rule, RuleSet
from evalkit.gate.verdict import Sides, judge_rules
from evalkit.scoring.counts import CountTable
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.tasks.table import ScoredTable, score_task

FOLDER = Path(__file__).resolve().parent
EXTRACTORS = ("rules", "ner-base")
SIZES = (18, 40, 200)
TOUCHED = (0.01, 0.02, 0.05)
DROPS = (0.02, 0.05, 0.10)
LABELS = ("micro", "PER", "ORG", "GPE")
MARGINS = {
    "0": (0.0, 0.0),
    "0.005": (0.005, 0.005),
    "0.01": (0.01, 0.01),
    "0.01, labels 0.02": (MARGIN, MARGIN_OF_A_PART),
    "0.02": (0.02, 0.02),
    "0.03": (0.03, 0.03),
}
"""What micro and the labels may lose; one of them is the default."""

ALPHA = 0.05
PASSED, UNCLEAR, FAILED = range(3)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """A change of an extractor: the share of gold items it touches, and by how much F1 falls on average."""

    touched: float
    drop: float

    @property
    def name(self) -> str:
        """What it is called in the table."""
        if not self.drop:
            return f"harmless, touches {self.touched:.0%}"
        return f"F1 falls by {self.drop:.2f}"


def pool() -> list[tuple[tuple[str, ...], Floats]]:
    """For each extractor the labels and the counts of entities under exact, shape (articles, labels, 4)."""
    gold = load_dataset(split="test")
    tables = []
    for name in EXTRACTORS:
        predictions = read_baseline(FOLDER / f"{name}.json").run.predictions
        table = score_task("entities", pair_up(gold.examples, predictions).pairs, ["exact"])["exact"].table
        tables.append((table.labels, table.dense()))
    return tables


def broken(cells: Floats, share: float, random: np.random.Generator) -> Floats:
    """The counts after a share of the gold items broke: gold, predicted, and right items twice."""
    gold, predicted, right = cells[..., 0], cells[..., 1], cells[..., 2]
    factor = random.gamma(1.0, 1.0, (len(cells), 1))
    lost = random.binomial(right.astype(np.int64), np.minimum(share * gold.sum() / right.sum() * factor, 1))
    return np.stack([gold, predicted - random.binomial(lost, 0.5), right - lost, right - lost], axis=-1)


def share_of(drop: float, cells: Floats) -> float:
    """The share of gold items that must break for F1 to fall so far: F1 is 2 right / (gold + predicted)."""
    gold, predicted, right = cells[..., 0].sum(), cells[..., 1].sum(), cells[..., 2].sum()
    f1 = 2 * right / (gold + predicted)
    return float(drop * (gold + predicted) / (2 - f1 / 2) / gold)


def judged(
    change: Change, size: int, changes: int, rounds: int, tables: Sequence[tuple[tuple[str, ...], Floats]]
) -> Iterator[tuple[Floats, Floats]]:
    """Drop and p of each rule for many changes over golds of a size, drawn from the real articles."""
    rules = RuleSet(rules=tuple(Rule(name=own, task="entities", convention="exact", label=own) for own in LABELS))
    names = tuple(f"a{at:04}" for at in range(size))
    for number in range(changes):
        # The same golds for every kind of change.
        labels, cells = tables[number % len(tables)]
        random = np.random.default_rng([number, size])
        drawn = cells[random.integers(0, len(cells), size)]
        share = change.touched / 2
        before = broken(drawn, share, np.random.default_rng([number, size, 1]))
        more = share_of(change.drop, before) if change.drop else 0.0
        after = broken(drawn, share + more, np.random.default_rng([number, size, 2]))
        sides = [
            {"entities": {"exact": ScoredTable(CountTable.of_dense(names, labels, own))}} for own in (before, after)
        ]
        outcomes = judge_rules(rules, Sides(before=sides[0], after=sides[1]), rounds=rounds)
        drops = [(outcome.baseline or 0.0) - (outcome.value or 0.0) for outcome in outcomes]
        yield np.array(drops), np.array([outcome.p for outcome in outcomes])


def verdicts(drops: Floats, q: Floats, margin: tuple[float, float]) -> NDArray[np.int64]:
    """What the gate says to each change, from drop and q of its rules, shape (changes, rules): the worst decides."""
    allowed = np.array([margin[0], *[margin[1]] * (drops.shape[1] - 1)])
    beyond = drops > allowed + 1e-9
    return np.where(beyond & (q <= ALPHA), FAILED, np.where(beyond, UNCLEAR, PASSED)).max(axis=1)


def main() -> None:
    """Prints the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--changes", type=int, default=400, help="changes of each kind")
    parser.add_argument("--rounds", type=int, default=1000, help="rounds of randomization")
    arguments = parser.parse_args()
    tables = pool()
    kinds = [*(Change(touched, 0.0) for touched in TOUCHED), *(Change(TOUCHED[1], drop) for drop in DROPS)]
    heading = " | ".join(f"max_drop {name}" for name in MARGINS)
    print(f"| rules | articles | change | {heading} |")
    print("|---|---:|---|" + "---|" * len(MARGINS))
    for size in SIZES:
        for change in kinds:
            rows = list(judged(change, size, arguments.changes, arguments.rounds, tables))
            drops, p = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
            for name, columns in (("micro", [0]), ("micro and 3 labels", list(range(len(LABELS))))):
                q = np.apply_along_axis(adjusted, 1, p[:, columns])
                shares = [
                    np.bincount(verdicts(drops[:, columns], q, margin), minlength=3) / len(rows)
                    for margin in MARGINS.values()
                ]
                cells = " | ".join("/".join(f"{100 * share:.0f}" for share in own) for own in shares)
                print(f"| {name} | {size} | {change.name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
