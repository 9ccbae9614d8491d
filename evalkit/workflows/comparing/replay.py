"""`replay_runs`: runs scored again on corrected gold, with what became of their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from evalkit.analysis.differences.apply import changed_examples
from evalkit.analysis.differences.change import ItemChange, read_annotated, read_changes
from evalkit.analysis.differences.matching import Version, changes_between
from evalkit.analysis.suspects.replay import Replay, replayed
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.loading.sources import ALL
from evalkit.errors import FormatError, InputError
from evalkit.files import parse_json, read_bytes
from evalkit.options import Intervals, Options, OptionWords, ReadOptions, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.records import Example
from evalkit.results import EvalResult
from evalkit.showing import number_of
from evalkit.workflows.curating.suspects import AnyRun, listed_runs, named_runs
from evalkit.workflows.inputs import gold_and_predictions, gold_from
from evalkit.workflows.scoring.pairing import check_words, scoring_of
from evalkit.workflows.scoring.score import score_run

__all__ = ["replay_runs"]

Gold = GoldDataset | Iterable[Example] | str | Path


def replay_runs(
    dataset: GoldDataset | Iterable[Example] | str | Path | None,
    corrected: GoldDataset | Iterable[Example] | str | Path | Iterable[ItemChange],
    runs: Mapping[str, AnyRun] | Iterable[AnyRun] | str | Path,
    *,
    scoring: Scoring | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> Replay:
    """The scores of runs on gold as it was and as it is now, and their ranks.

    Runs are scored on the articles that they were made for. Nothing is extracted again: a run is what it was.

    Args:
        dataset: the gold as it was; by default all of its splits.
        corrected: the corrected gold, a patch file, or changes.
        runs: as for `find_suspects`.
        scoring: tasks, label maps and labels, as for scoring.
        read: how files are read.
        words: fields of these records.

    Raises:
        InputError: no run is given, the two versions have no article in common, or a patch does not fit the gold.
        EvalkitError: gold or a run cannot be read.
    """
    options = options_of(words, takes=("scoring", "read"), scoring=scoring, read=read or ReadOptions(split=ALL))
    check_words(options.scoring)
    source = dataset if dataset is None or isinstance(dataset, (str, Path)) else gold_from(dataset, options.read)
    loaded: dict[str, Run] = {}
    old: GoldDataset | None = source if isinstance(source, GoldDataset) else None
    for name, run in listed_runs(runs):
        examined, loaded[name] = gold_and_predictions(source, run, options.read, options.scoring.gold_maps)
        old = old or examined
    if old is None or not loaded:
        raise InputError("no run is given; name those to score again")
    new = _corrected(old, corrected, options)
    common = {example.article.id for example in old} & {example.article.id for example in new}
    if not common:
        raise InputError(f"{new.name}: has no article of {old.name}; is it a corrected version of it?")
    versions = [
        Version(one.article, one.settled, other.settled)
        for one, other in zip(_only(old, common), _only(new, common), strict=True)
    ]
    named = named_runs(loaded)
    before, after = ({name: _result(side, common, run, options) for name, run in named} for side in (old, new))
    notes = []
    if rest := len({example.article.id for example in (*old, *new)}) - len(common):
        notes.append(f"{number_of(rest, 'article')} left aside, which only one version of the gold has")
    return Replay(
        before=old.signature.removeprefix("gold:"),
        after=new.signature.removeprefix("gold:"),
        changes=len(changes_between(versions)),
        scores=replayed(before, after),
        notes=tuple(notes),
    )


def _corrected(old: GoldDataset, corrected: Any, options: Options) -> GoldDataset:
    """The corrected gold, whichever way it is given."""
    changes: Iterable[ItemChange] | None = None
    annotated: Mapping[str, tuple[str, ...]] = {}
    if isinstance(corrected, (str, Path)):
        if Path(corrected).is_file() and _is_patch(Path(corrected)):
            changes, annotated = read_changes(corrected), read_annotated(corrected)
    elif not isinstance(corrected, GoldDataset):
        given = list(corrected)
        if given and all(isinstance(one, ItemChange) for one in given):
            changes = given
        else:
            corrected = given
    if changes is None:
        return gold_from(corrected, options.read, options.scoring.gold_maps)
    made = gold_dataset(
        changed_examples(old.examples, changes, annotated), name=old.name, split=old.split, inventory=old.inventory
    )
    return replace(old, examples=made.examples, fingerprint=made.fingerprint)


def _is_patch(path: Path) -> bool:
    """Whether a file is one JSON object with changes, whatever it is called; one that is damaged may be."""
    content = read_bytes(path)
    if not content.lstrip().removeprefix(b"\xef\xbb\xbf").startswith(b"{"):
        return False
    try:
        value = parse_json(content, str(path))
    except FormatError:
        # Rows of JSON are no object, and no patch; a patch that was cut off is one to its reader, who says so.
        return b'"evalkit.diff"' in content[:200]
    return isinstance(value, dict) and "changes" in value


def _only(gold: GoldDataset, ids: set[str]) -> GoldDataset:
    examples = tuple(example for example in gold if example.article.id in ids)
    made = gold_dataset(examples, name=gold.name, split=gold.split, inventory=gold.inventory)
    return replace(gold, examples=made.examples, fingerprint=made.fingerprint)


def _result(gold: GoldDataset, common: set[str], run: Run, options: Options) -> EvalResult:
    """The result of a run on the articles that it was made for."""
    made_for = _only(gold, common & {one.article_id for one in run.predictions})
    scored = Options(scoring=scoring_of(run, options.scoring), intervals=Intervals(resamples=0))
    return score_run(made_for, run, scored, baseline=False)
