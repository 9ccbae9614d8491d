"""Runs that were made before: their predictions, the gold they were made for, and scoring them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.load import load_dataset
from evalkit.dataset.store import BUNDLED_NAME
from evalkit.dataset.tag_columns import load_tag_columns
from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.predictions.store import read_result, read_run
from evalkit.records import Prediction
from evalkit.results import EvalResult
from evalkit.scoring.pairs import Pair
from evalkit.workflows.evaluation import ScoringOptions, paired_articles, score
from evalkit.workflows.runs import Run

__all__ = ["StoredRun", "gold_of", "load_run", "stored_run"]


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """One run with what is needed to score it again.

    Attributes:
        name: the extractor, or the folder where a name is needed that differs.
        facts: what identifies the run, as in `run.json`.
        predictions: one an article.
        scoring: how it was scored: label maps, labels and reading, where they are not the usual ones.
        result: its stored result.
        place: where it was read from, for messages.
    """

    name: str
    facts: Mapping[str, Any]
    predictions: tuple[Prediction, ...]
    scoring: Mapping[str, Any] = field(default_factory=dict)
    result: EvalResult | None = None
    place: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that the extractor claims."""
        return tuple(self.facts.get("layers") or ())

    def options(self, *, tasks: Sequence[str] = (), conventions: Sequence[str] = ()) -> ScoringOptions:
        """Options that score the predictions as they were scored, without intervals."""
        known = self.scoring
        return ScoringOptions(
            tasks=tuple(tasks),
            conventions=tuple(conventions),
            label_map=known.get("label_map"),
            predicted_map=known.get("predicted_map", self.facts.get("predicted_map")),
            labels=tuple(known.get("labels") or ()),
            reading=known.get("reading", ""),
        )

    def rescored(self, gold: GoldDataset, *, tasks: Sequence[str] = (), conventions: Sequence[str] = ()) -> EvalResult:
        """The result of the stored predictions, without intervals. Raises what `score` raises."""
        options = self.options(tasks=tasks, conventions=conventions)
        return score(
            gold, self.predictions, extractor=self.name, layers=self.layers or None, options=options, run=self.facts
        )

    def pairs(self, gold: GoldDataset) -> tuple[Pair, ...]:
        """Gold and predictions by article, as they are scored."""
        return paired_articles(gold, self.predictions, layers=self.layers or None, options=self.options()).pairs


def load_run(path: Path) -> StoredRun:
    """The run in a folder.

    Raises:
        InputError: there is no run, or it is not finished.
        FormatError: a file of it is damaged.
    """
    if path.is_file():
        raise InputError(f"{path}: is a file; give the run folder, which holds the predictions too")
    facts, predictions = read_run(path)
    if not isinstance(facts, dict) or not isinstance(facts.get("extractor"), str):
        raise FormatError(f"{path / 'run.json'}: not an evalkit run; give the folder that evalkit run wrote")
    if not facts.get("complete") or len(predictions) != facts.get("articles"):
        raise InputError(
            f"{path}: the run is not finished ({len(predictions)} of {facts.get('articles')} articles); "
            "the command that started it continues it"
        )
    result = read_result(path) if (path / "result.json").exists() else None
    kept = {name: value for name, value in facts.items() if name not in ("format", "version", "key", "complete")}
    return StoredRun(
        name=facts["extractor"],
        facts=kept,
        predictions=tuple(predictions),
        scoring={} if result is None else result.run.get("scoring", {}),
        result=result,
        place=str(path),
    )


def stored_run(run: Run) -> StoredRun:
    """A run that was just made, in the form of one that was stored."""
    return StoredRun(name=run.extractor, facts=run.facts, predictions=run.predictions, place=run.extractor)


def gold_of(run: StoredRun, dataset: str | None = None) -> GoldDataset:
    """The gold that a run was made for.

    Args:
        run: the run.
        dataset: where the gold is now, if not where it was.

    Raises:
        InputError: it cannot be found, or is not what it was.
    """
    facts = run.facts
    origin = dict(facts.get("origin") or {})
    place = dataset or origin.pop("dataset", None) or str(facts.get("gold", "")).rpartition("@")[0]
    origin.pop("dataset", None)
    try:
        gold = _load(place, str(facts.get("split", "test")), origin)
    except EvalkitError as error:
        raise InputError(f"{run.place}: its gold cannot be read ({error}); say where it is with --dataset") from error
    wanted, articles = facts.get("gold_fingerprint"), facts.get("articles")
    if gold.fingerprint != wanted and isinstance(articles, int) and 0 < articles < len(gold):
        gold = gold.subset(limit=articles)
    if gold.fingerprint != wanted:
        raise InputError(
            f"{run.place}: was made for gold {wanted}, but {place} is {gold.fingerprint} now; run the extractor again, "
            "or name the old gold with --dataset"
        )
    return gold


def _load(place: str, split: str, reading: dict[str, str]) -> GoldDataset:
    if reading.pop("format", None) == "conll":
        return load_tag_columns(Path(place), None, **reading).gold
    return load_dataset(None if place == BUNDLED_NAME else place, split=split)
