"""What a look at all of a run told that each of its articles needs, kept in the cache folder: the next needs no look.

It counts for the very bytes of gold and predictions, and for labels that are mapped and restricted in the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import orjson

from evalkit.analysis.judged import SplitCredits, split_credits
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.label_maps import LabelMap
from evalkit.dataset.loading.kept import begun_digest, index_path, keep, recall
from evalkit.formats.native.stored import StoredRecords
from evalkit.options import Scoring
from evalkit.predictions.run import Run
from evalkit.scoring.columns import Columns
from evalkit.scoring.pairs import Paired
from evalkit.scoring.tasks.evaluable import not_evaluated
from evalkit.scoring.tasks.table import (
    EVERY,
    choose_conventions,
    is_additive,
    is_ours,
    load_task,
    task_names,
)
from evalkit.shapes import Shape, each, fields, list_of, number, text
from evalkit.workflows.looking.survey_rows import SURVEY, survey_of, survey_row
from evalkit.workflows.scoring.blocks import Whole, label_maps
from evalkit.workflows.scoring.pairing import Pairing

__all__ = ["KnownRun", "conventions_of_split"]

_VERSION = number(1, 1, whole=True)
_WHOLE: Shape = fields(
    {
        "version": _VERSION,
        "survey": SURVEY,
        "mapped": SURVEY,
        "emptied": each(text),
        "spellings": each(each(text)),
        "only": list_of(text),
    }
)
_CREDITS: Shape = fields({"version": _VERSION, "articles": list_of(text)})


class KnownRun:
    """What is kept of one run over one gold, scored in one way.

    Args:
        sha256: of all that decides it.
    """

    def __init__(self, sha256: str) -> None:
        self._sha256 = sha256

    @classmethod
    def of(cls, run: Run, gold: GoldDataset, scoring: Scoring) -> KnownRun | None:
        """What is kept of a run; None where it is not from files that were read whole, as they are.

        Thresholds are none of what is kept: which of them set nothing aside, each look at all articles has to say.
        """
        examples = gold.examples
        sha256 = examples.sha256 if isinstance(examples, StoredRecords) else ""
        if not sha256 or not run.sha256 or run.read is not run.predictions or scoring.min_score:
            return None
        decided = [
            *(sha256, run.sha256, None if run.layers is None else [*run.layers]),
            *([_map_row(one) for one in side] for side in label_maps(gold, scoring, run.default_label_map)),
            *([*scoring.labels], [*scoring.scope], gold.origin.get("label_case")),
        ]
        return cls(begun_digest(f"run over gold {orjson.dumps(decided).decode()}", ()).hexdigest())

    def whole(self) -> Whole | None:
        """What is known of all articles together, if it is kept."""
        if (known := recall(index_path(self._sha256), self._sha256, _WHOLE)) is None:
            return None
        row = known[0]
        surveys = survey_of(row["survey"]), survey_of(row["mapped"])
        return Whole(*surveys, row["emptied"], row["spellings"], tuple(row["only"]))

    def keep_whole(self, whole: Whole) -> None:
        """Keeps what is known of all articles together."""
        rows = {"survey": survey_row(whole.survey), "mapped": survey_row(whole.mapped)}
        rest = {"emptied": dict(whole.emptied), "spellings": whole.spellings, "only": [*whole.only]}
        keep(index_path(self._sha256), self._sha256, {"version": 1, **rows, **rest}, b"")

    def credits(self, task: str, convention: str) -> SplitCredits | None:
        """What each item earned under a convention that depends on all articles, if it is kept."""
        sha256 = self._of(task, convention)
        if not is_ours(task, convention) or (known := recall(index_path(sha256), sha256, _CREDITS)) is None:
            return None
        articles, numbers = known[0]["articles"], np.frombuffer(known[1], dtype=np.int64)
        ends = len(articles) + 1
        first = numbers[:ends], numbers[ends : 2 * ends]
        if len(numbers) < 2 * ends or len(numbers) != 2 * ends + int(first[0][-1]) + int(first[1][-1]):
            return None
        shares = numbers[2 * ends :].view(np.float64)
        return SplitCredits(articles, first, (shares[: first[0][-1]], shares[first[0][-1] :]))

    def keep_credits(self, task: str, convention: str, credits: SplitCredits) -> None:
        """Keeps what each item earned; not under a convention of another package, whose code changes as it likes."""
        if is_ours(task, convention):
            sha256 = self._of(task, convention)
            parts = [*(one.astype(np.int64) for one in credits.first), *(one.astype(float) for one in credits.shares)]
            rest = b"".join(part.tobytes() for part in parts)
            keep(index_path(sha256), sha256, {"version": 1, "articles": [*credits.articles]}, rest)

    def watch(self, pairing: Pairing) -> Callable[[str, Columns], None]:
        """What keeps all that one article needs while somebody goes through the items of all, task by task."""
        if pairing.whole is None or self.whole() is not None:
            return lambda task, columns: None
        self.keep_whole(pairing.whole)
        of_split = conventions_of_split(task_names(), (EVERY,), pairing.mapped)

        def keep(task: str, columns: Columns) -> None:
            for name, own in split_credits(task, columns, of_split.get(task, ())).items():
                self.keep_credits(task, name, own)

        return keep

    def _of(self, task: str, convention: str) -> str:
        return hashlib.sha256(f"{self._sha256} {task} {convention}".encode()).hexdigest()


def conventions_of_split(tasks: Iterable[str], conventions: Sequence[str], paired: Paired) -> dict[str, list[str]]:
    """Task → those of the conventions that are shown of it that depend on all articles, of tasks that have some.

    Args:
        tasks: the tasks.
        conventions: as for scoring.
        paired: what is known of all articles.
    """
    left_out = not_evaluated(paired, conventions=conventions, judged={})
    found = {}
    for task in tasks:
        shown = load_task(task).kinds and load_task(task).layer not in paired.absent
        names = choose_conventions(task, conventions) if shown else ()
        found[task] = [name for name in names if not is_additive(task, name) and f"{task} {name}" not in left_out]
    return {task: names for task, names in found.items() if names}


def _map_row(label_map: LabelMap) -> Sequence[Any]:
    return [label_map.name, sorted(label_map.mapping.items()), label_map.layer, sorted(label_map.made)]
