"""Published tables of two shared tasks, computed again from the submissions themselves.

    python experiments/reproductions/shared_tasks.py DATA

DATA holds `hipe2020/` (gold, systems, published_nerc_coarse_strict.tsv and, if you have it, the same for fuzzy) and
`wnut17/` (emerging.test.annotated, submissions). Every submission is read with the same default reading: repair
`begin`, tokens paired by what they say, sequences as gold cuts them. Prints Markdown; exits 1 if a number differs from
the published one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from evalkit.options import ReadOptions
from evalkit.workflows.scoring.score import score_predictions

# Derczynski et al. 2017, Results of the WNUT2017 Shared Task: entity F1 and surface F1.
WNUT17 = {
    "arcada": (39.98, 37.77),
    "drexel_cci": (26.30, 25.26),
    "flytxt": (38.35, 36.31),
    "mic-cis.txt": (37.06, 34.25),
    "sjtu_adapt.txt": (40.42, 37.62),
    "spinningbytes.txt": (40.78, 39.33),
    "uh_ritual": (41.86, 40.24),
}

HIPE2020 = {"strict": "exact", "fuzzy": "fuzzy"}
"""Their regimes, and the convention that each is."""


class Score(NamedTuple):
    """Micro figures."""

    precision: float
    recall: float
    f1: float


class Row(NamedTuple):
    """One submission: what was published, what comes out here, and what its file was like."""

    system: str
    published: tuple[str, ...]
    computed: tuple[str, ...]
    notes: str


def micro_scores(gold: Path, predicted: Path, conventions: Sequence[str], **options: str) -> tuple[list[Score], str]:
    """Micro precision, recall and F1 under some conventions, as `evalkit score --format conll` gives them.

    Beside them what was met in the file.
    """
    read = ReadOptions(format="conll", values=options)
    result = score_predictions(
        gold, predicted, baseline=False, read=read, tasks="entities", conventions=conventions, resamples=0
    )
    micro = [result.tasks["entities"][name].micro for name in conventions]
    # Which labels the gold has is said for every submission alike, and of none of them.
    met = [note for note in result.notes[1:] if not note.startswith("no labels.toml")]
    notes = "; ".join(note.removeprefix("predicted: ") for note in met)
    return [Score(own.precision, own.recall, own.f1) for own in micro], notes.replace(" predicted:", "") or "clean"


def hipe2020_rows(folder: Path, regime: str) -> Iterator[Row]:
    """NERC-coarse, literal sense, English: P, R and F1 to three decimals."""
    gold = folder / "gold" / "HIPE-data-v1.3-test-en.tsv"
    published = (folder / f"published_nerc_coarse_{regime}.tsv").read_text(encoding="utf-8").splitlines()
    for line in published[1:]:
        system, f1, precision, recall = line.split("\t")
        predicted = folder / "systems" / f"{system}.tsv"
        (here,), notes = micro_scores(gold, predicted, [HIPE2020[regime]], tag_column="NE-COARSE-LIT")
        numbers = tuple(f"{float(number):.3f}" for number in (precision, recall, f1))
        yield Row(system, numbers, tuple(f"{number:.3f}" for number in here), notes)


def wnut17_rows(folder: Path) -> Iterator[Row]:
    """Entity F1 and surface F1 in percent, to two decimals."""
    for system, published in WNUT17.items():
        conventions = ["exact", "surface:in-place"]
        here, notes = micro_scores(folder / "emerging.test.annotated", folder / "submissions" / system, conventions)
        numbers = tuple(f"{number:.2f}" for number in published)
        yield Row(system, numbers, tuple(f"{100 * score.f1:.2f}" for score in here), notes)


def main(arguments: list[str]) -> int:
    """Print both tables; 0 if every number is the published one, 1 if not, 2 if the data is not there."""
    if len(arguments) != 1 or not (Path(arguments[0]) / "hipe2020").is_dir():
        print("usage: shared_tasks.py DATA (a folder with hipe2020/ and wnut17/)", file=sys.stderr)
        return 2
    data = Path(arguments[0])
    hipe = data / "hipe2020"
    same = True
    tables = [
        (f"HIPE-2020, NERC coarse, literal, {regime}, English", ("P", "R", "F1"), hipe2020_rows(hipe, regime))
        for regime in HIPE2020
        if (hipe / f"published_nerc_coarse_{regime}.tsv").is_file()
    ]
    tables.append(("WNUT-2017, entity F1 and surface F1", ("entity", "surface"), wnut17_rows(data / "wnut17")))
    for title, names, rows in tables:
        heads = ["system", *(f"{name} published" for name in names), *(f"{name} here" for name in names), "file"]
        print(f"\n## {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
        for row in rows:
            same &= row.published == row.computed
            print(f"| {' | '.join([row.system, *row.published, *row.computed, row.notes])} |")
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
