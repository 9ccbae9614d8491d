"""Published tables of two shared tasks, computed again from the submissions themselves.

    python experiments/reproductions/shared_tasks.py DATA

DATA holds `hipe2020/` (gold, systems, published_nerc_coarse_strict.tsv) and `wnut17/` (emerging.test.annotated,
submissions). Every submission is read with the same default reading: repair `begin`, tokens paired by what they
say, sequences as gold cuts them. Prints Markdown; exits 1 if a number differs from the published one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from evalkit.options import ReadOptions
from evalkit.workflows.score import score_predictions

# Derczynski et al. 2017, Results of the WNUT2017 Shared Task, table of entity F1.
WNUT17 = {
    "arcada": 39.98,
    "drexel_cci": 26.30,
    "flytxt": 38.35,
    "mic-cis.txt": 37.06,
    "sjtu_adapt.txt": 40.42,
    "spinningbytes.txt": 40.78,
    "uh_ritual": 41.86,
}


class Score(NamedTuple):
    """Exact entity matches: one-to-one, same tokens and same label."""

    precision: float
    recall: float
    f1: float


class Row(NamedTuple):
    """One submission: what was published, what comes out here, and what its file was like."""

    system: str
    published: tuple[str, ...]
    computed: tuple[str, ...]
    notes: str


def exact_score(gold: Path, predicted: Path, **options: str) -> tuple[Score, str]:
    """Micro precision, recall and F1 under `exact`, as `evalkit score --format conll` gives them, and what was met."""
    read = ReadOptions(format="conll", values=options)
    result = score_predictions(
        gold, predicted, baseline=False, read=read, tasks="entities", conventions="exact", resamples=0
    )
    micro = result.tasks["entities"]["exact"].micro
    notes = "; ".join(note.removeprefix("predicted: ") for note in result.notes[1:])
    return Score(micro.precision, micro.recall, micro.f1), notes.replace(" predicted:", "") or "clean"


def hipe2020_rows(folder: Path) -> Iterator[Row]:
    """NERC-coarse, literal sense, strict, English: P, R and F1 to three decimals."""
    gold = folder / "gold" / "HIPE-data-v1.3-test-en.tsv"
    published = (folder / "published_nerc_coarse_strict.tsv").read_text(encoding="utf-8").splitlines()
    for line in published[1:]:
        system, f1, precision, recall = line.split("\t")
        here, notes = exact_score(gold, folder / "systems" / f"{system}.tsv", tag_column="NE-COARSE-LIT")
        numbers = tuple(f"{float(number):.3f}" for number in (precision, recall, f1))
        yield Row(system, numbers, tuple(f"{number:.3f}" for number in here), notes)


def wnut17_rows(folder: Path) -> Iterator[Row]:
    """Entity F1 in percent, to two decimals."""
    for system, published in WNUT17.items():
        here, notes = exact_score(folder / "emerging.test.annotated", folder / "submissions" / system)
        yield Row(system, (f"{published:.2f}",), (f"{100 * here.f1:.2f}",), notes)


def main(arguments: list[str]) -> int:
    """Print both tables; 0 if every number is the published one, 1 if not, 2 if the data is not there."""
    if len(arguments) != 1 or not (Path(arguments[0]) / "hipe2020").is_dir():
        print("usage: shared_tasks.py DATA (a folder with hipe2020/ and wnut17/)", file=sys.stderr)
        return 2
    data = Path(arguments[0])
    same = True
    for title, names, rows in (
        ("HIPE-2020, NERC coarse, literal, strict, English", ("P", "R", "F1"), hipe2020_rows(data / "hipe2020")),
        ("WNUT-2017, entity F1", ("F1",), wnut17_rows(data / "wnut17")),
    ):
        heads = ["system", *(f"{name} published" for name in names), *(f"{name} here" for name in names), "file"]
        print(f"\n## {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
        for row in rows:
            same &= row.published == row.computed
            print(f"| {' | '.join([row.system, *row.published, *row.computed, row.notes])} |")
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
