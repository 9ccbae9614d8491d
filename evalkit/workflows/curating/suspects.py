"""`find_suspects`: items of gold that are probably wrong or missing, from several systems and from the gold itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import NamedTuple, Unpack

from evalkit.analysis.adjudication.decisions import ACCEPTED, PERSON, REJECTED
from evalkit.analysis.adjudication.decisions import read_decisions as read_adjudicated
from evalkit.analysis.suspects.bounds import ScoreBounds, score_bounds
from evalkit.analysis.suspects.candidates import Voter, judged_tasks, meet
from evalkit.analysis.suspects.odds import odds_of
from evalkit.analysis.suspects.ranking import Suspect, ranked, suspect_kinds, suspects_of
from evalkit.analysis.suspects.result import Suspects
from evalkit.analysis.suspects.settled import KEPT, Decision, open_suspects, read_decisions
from evalkit.analysis.suspects.surfaces import echo_of_gold
from evalkit.analysis.suspects.unlabelled import Unlabelled, disagreements
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import unlisted_inventory
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.sources import ALL
from evalkit.dataset.publishing.measured import GOLD, Figure, folder_to_record_in, record_measurement
from evalkit.errors import InputError
from evalkit.files import path_of
from evalkit.layers.table import load_layer
from evalkit.options import OptionWords, ReadOptions, Scoring, listed, options_of
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Example, Prediction
from evalkit.registry import check_names
from evalkit.scoring.tasks.evaluable import articles_of, why_not
from evalkit.scoring.tasks.table import load_task
from evalkit.showing import number_of
from evalkit.workflows.inputs import gold_and_predictions, gold_from
from evalkit.workflows.running.articles import read_articles
from evalkit.workflows.scoring.pairing import Pairing, check_words, pair_run

__all__ = ["find_suspects", "rank_unlabelled"]

AnyRun = Run | Iterable[Prediction] | str | Path

LEAST = 0.5
"""From here on gold is more likely wrong than right, as far as the rates in `ranking` are those of its annotators."""


def find_suspects(
    dataset: GoldDataset | Iterable[Example] | str | Path | None,
    runs: Mapping[str, AnyRun] | Iterable[AnyRun] | str | Path = (),
    *,
    least: float = LEAST,
    most: int | None = None,
    k: int | None = None,
    settled: str | Path | Sequence[Decision] = (),
    record: bool = False,
    needed: Sequence[str] = (),
    scoring: Scoring | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> Suspects:
    """Items of gold that are probably wrong, and items that it probably lacks, the most suspicious first.

    Systems are asked, each as far as its answers elsewhere agree with the gold, and the gold itself, about the same
    words at other places; without any run only the latter. Of articles that no run says anything of nothing is
    suspected where there are runs.

    Args:
        dataset: the gold: a loaded dataset, examples, or where it is; by default all of its splits.
        runs: run folders, runs, predictions or files of them; by name, or in any order.
        least: suspects of less suspicion than this, 0 to 1, are left out.
        most: only so many.
        k: for what a score could be: so many suspects of a layer are taken to be wrong as proposed; those of at least
            `least` if None.
        settled: what was decided about suspects: a file of decisions, or decisions; they are left out and counted, as
            is what a person decided when the gold of a folder was adjudicated: of its path and of a dataset that was
            loaded from it, while examples do not know where they are from.
        record: keep the main figures in the dataset folder, for its card; they are about the whole dataset.
        needed: names of figures that must be there; one that is not is refused before anything is recorded.
        scoring: tasks, label maps, labels, scope and least scores, as for scoring.
        read: how files are read.
        words: fields of these records, such as `tasks=["entities"]` or `split="test"`.

    Raises:
        InputError: a number is out of range, or there is nothing whose errors could be told.
        EvalkitError: gold or a run cannot be read, or they do not fit each other.
    """
    options = options_of(words, takes=("scoring", "read"), scoring=scoring, read=read or ReadOptions(split=ALL))
    _check_number("least", least, 0, 1)
    for name, number in (("most", most), ("k", k)):
        if number is not None:
            _check_number(name, number, 0)
    check_words(options.scoring)
    about_gold = replace(options.scoring, predicted_label_map=None, min_score=())
    folder = folder_to_record_in(dataset, scoring=about_gold, read=options.read) if record else None
    decisions = settled if not isinstance(settled, (str, Path)) else read_decisions(path_of(settled, "a file"))
    gold, systems = _read(dataset, runs, options.read, options.scoring)
    decisions = [*decisions, *_adjudicated(dataset, gold)]
    plain = pair_run(gold, Run(extractor="", predictions=(), layers=()), replace(options.scoring, min_score=()))
    layers = {layer for pair in plain.plain.pairs for layer in pair.gold.layers}
    tasks = judged_tasks(options.scoring.tasks, layers)
    if not tasks:
        raise InputError(f"{gold.name}: has no layer whose errors can be told apart; name another task")
    judged = [one for task in tasks if (one := _judged(task, plain, systems, decisions, least=least, k=k)) is not None]
    weights = {
        system.name: {one.layer: one.weights[system.name] for one in judged if system.name in one.weights}
        for system in systems
    }
    checked = {one.layer: one.items for one in judged}
    asked = {name for one in judged for name in one.asked}
    if systems and not checked:
        raise InputError("no run says anything of what the gold annotates; name other runs or another --task")
    found = [one for one in ranked([one for own in judged for one in own.suspects]) if one.suspicion >= least]
    shown = found[:most]
    there = {one.article_id for one in shown}
    done = Suspects(
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=len(asked),
        items=tuple(shown),
        counts=_counts(tasks, checked, found),
        least=least,
        checked=checked,
        weights={name: own for name, own in weights.items() if own},
        settled=sum(one.settled for one in judged),
        scores=tuple(score for one in judged for score in one.scores),
        examples={example.article.id: example for example in gold if example.article.id in there},
        notes=(*gold.notes, *_notes(gold, systems, asked)),
    )
    check_names("figure", needed, done.figures())
    if folder is not None:
        whole = load_splits(folder, read=options.read)
        record_measurement(folder, "suspects", _headline(done, len(systems)), whole, of=(GOLD,))
    return done


class _Judged(NamedTuple):
    """What was told of one task: suspects of its layer, how many were settled before, and who told it."""

    layer: str
    suspects: list[Suspect]
    settled: int
    items: int
    asked: set[str]
    weights: dict[str, float]
    scores: list[ScoreBounds]


def _judged(
    task: str,
    plain: Pairing,
    systems: Sequence[_System],
    decisions: Sequence[Decision],
    *,
    least: float,
    k: int | None,
) -> _Judged | None:
    """The suspects of one task; None if there are systems and none of them says anything of it."""
    layer = load_layer(load_task(task).layer)
    told = [system for system in systems if why_not(task, system.pairing.plain) is None]
    if systems and not told:
        return None
    own = {pair.article.id: pair.gold for pair in plain.of_task(task).pairs if pair.gold[layer.name] is not None}
    examined = [pair.article for pair in plain.of_task(task).pairs if pair.article.id in own]
    voters = [Voter(name="gold", answers=own), *(system.voter(task) for system in told)]
    echo = None if told else echo_of_gold(layer.name, examined, own)
    candidates = meet(task, examined, voters, echo=echo)
    weighed = odds_of(candidates, examined)
    said = {name for voter in voters[1:] for name in voter.answers} & set(own) if told else set(own)
    everything = suspects_of(candidates, weighed)
    left = open_suspects(everything, decisions)
    wrong = [one for one in left if one.suspicion >= least] if k is None else ranked(left)[:k]
    scores = []
    for system in told:
        # A run is scored on the articles that it was made for.
        made_for = {one.article_id for one in system.run.predictions}
        pairs = [pair for pair in articles_of(task, system.pairing.of_task(task)) if pair.article.id in made_for]
        scores.append(score_bounds(system.name, task, pairs, wrong))
    return _Judged(
        layer=layer.name,
        suspects=list(left),
        settled=sum(one.suspicion >= least for one in everything) - sum(one.suspicion >= least for one in left),
        items=sum(len(own[name][layer.name] or ()) for name in said),
        asked=said,
        weights={system.name: weighed.weights[system.name] for system in told},
        scores=scores,
    )


def _adjudicated(dataset: object, gold: GoldDataset) -> list[Decision]:
    """What people decided when the gold in a folder was adjudicated, also of gold that was loaded from one."""
    folder = dataset if isinstance(dataset, (str, Path)) else gold.origin.get("dataset")
    if folder is None:
        return []
    by_person = [one for one in read_adjudicated(Path(folder)) if one.rule == PERSON]
    return [
        Decision(one.article_id, one.layer, KEPT, one.item if one.status == ACCEPTED else None, one.item)
        for one in by_person
        if one.status in (ACCEPTED, REJECTED)
    ]


def _headline(done: Suspects, systems: int) -> dict[str, Figure]:
    """The main figures, for a card."""
    suspicion = f"of suspicion {done.least:g} or more"
    figures = {
        "systems": Figure(value=systems, about="systems that were asked, beside the gold itself"),
        "articles": Figure(value=done.articles, about="articles that were looked at"),
        "items": Figure(value=done.found, about=f"items that are probably wrong or missing, {suspicion}"),
        "settled": Figure(value=done.settled, about="suspects that somebody decided about, which are not among them"),
    }
    for layer, kinds in done.counts.items():
        figures[layer] = Figure(value=sum(kinds.values()), about=f"{layer} among them")
    return figures


def _counts(tasks: Sequence[str], layers: Collection[str], suspects: Sequence[Suspect]) -> dict[str, dict[str, int]]:
    """Layer → kind → how many, zeros included."""
    there = Counter((one.layer, one.kind) for one in suspects)
    named = {load_task(task).layer: suspect_kinds(task) for task in tasks}
    return {layer: {kind: there[layer, kind] for kind in named[layer]} for layer in layers}


def rank_unlabelled(
    articles: Iterable[Example] | GoldDataset | str | Path,
    runs: Mapping[str, AnyRun] | Iterable[AnyRun] | str | Path,
    *,
    read: ReadOptions | None = None,
) -> Unlabelled:
    """Articles to annotate next, those first on which systems disagree most; no gold is needed.

    Args:
        articles: articles in any format, texts, or a folder of them; what is annotated in them is left aside.
        runs: two or more, as for `find_suspects`: of articles without gold, files of predictions.
        read: how files are read.

    Raises:
        InputError: fewer than two runs are given, or they have no article in common.
        EvalkitError: articles or a run cannot be read.
    """
    read = replace(read or ReadOptions(), split=ALL)
    notes: tuple[str, ...] = ()
    if isinstance(articles, (str, Path)):
        given, notes = read_articles(articles, read)
        source = str(articles)
    else:
        examined = gold_from(articles, read)
        given, source = tuple(example.article for example in examined), examined.name
    bare = gold_dataset(
        [Example(article=article, gold=Annotations()) for article in given],
        name=source,
        split=ALL,
        inventory=unlisted_inventory(),
    )
    systems = [
        Voter(
            name=name,
            answers={one.article_id: one.annotations for one in run.predictions if one.error is None},
        )
        for name, run in named_runs(
            {name: gold_and_predictions(bare, run, replace(read, format=None))[1] for name, run in listed_runs(runs)}
        )
    ]
    if len(systems) < 2:
        raise InputError(f"disagreement takes at least 2 runs, found {len(systems)}")
    ranking = disagreements(given, systems)
    if all(one.disagreement is None for one in ranking):
        raise InputError(f"{source}: no two runs find anything in the same article; are they about these articles?")
    return Unlabelled(
        source=source, systems=tuple(system.name for system in systems), articles=tuple(ranking), notes=notes
    )


@dataclass(frozen=True)
class _System:
    """A run beside the gold."""

    name: str
    run: Run
    pairing: Pairing

    def voter(self, task: str) -> Voter:
        """What it says of each article that it did not fail at."""
        answered = {one.article_id for one in self.run.predictions if one.error is None}
        layer = load_task(task).layer
        return Voter(
            name=self.name,
            answers={
                pair.article.id: pair.predicted
                for pair in self.pairing.of_task(task).pairs
                if pair.article.id in answered and pair.predicted[layer] is not None
            },
        )


def _read(
    dataset: GoldDataset | Iterable[Example] | str | Path | None,
    runs: Mapping[str, AnyRun] | Iterable[AnyRun] | str | Path,
    read: ReadOptions,
    scoring: Scoring,
) -> tuple[GoldDataset, list[_System]]:
    """The gold, and the runs beside it, by name."""
    given = listed_runs(runs)
    gold = None
    named: dict[str, Run] = {}
    source = dataset if dataset is None or isinstance(dataset, (str, Path)) else gold_from(dataset, read)
    for name, run in given:
        # Tags of a file of tokens are laid on those of the gold, so both are read together.
        examined, loaded = gold_and_predictions(source, run, read, scoring.gold_maps)
        gold = gold or examined
        named[name] = loaded
    if gold is None:
        gold = source if isinstance(source, GoldDataset) else gold_from(source, read, scoring.gold_maps)
    systems = []
    for name, run in named_runs(named):
        asked = scoring.predicted_label_map or run.scoring.predicted_label_map or run.default_label_map
        systems.append(_System(name, run, pair_run(gold, run, replace(scoring, predicted_label_map=asked))))
    return gold, systems


def listed_runs(runs: Mapping[str, AnyRun] | Iterable[AnyRun] | str | Path) -> list[tuple[str, AnyRun]]:
    """The runs, by the name that they were given or by number."""
    if isinstance(runs, Mapping):
        return [(str(name), run) for name, run in runs.items()]
    wanted = "give run folders, runs (from run_extractor) or files of predictions"
    return [(f"\0{number}", run) for number, run in enumerate(listed(runs, Run, wanted=wanted))]


def named_runs(runs: Mapping[str, Run]) -> list[tuple[str, Run]]:
    """The runs by name and in the order of their names, so that the order in which they are given changes nothing.

    One without a name is called by its extractor; several of one extractor by their folders, too; what is still the
    same gets a number.
    """
    names = {key: run.extractor if key.startswith("\0") else key for key, run in runs.items()}
    for called in (lambda path: path.name, str):
        often = Counter(names.values())
        names = {
            key: name if often[name] == 1 or runs[key].path is None else called(runs[key].path)
            for key, name in names.items()
        }
    seen: Counter[str] = Counter()
    numbered = []
    for key, name in sorted(names.items(), key=lambda pair: (pair[1], pair[0])):
        seen[name] += 1
        numbered.append((name if seen[name] == 1 else f"{name}#{seen[name]}", runs[key]))
    return sorted(numbered, key=lambda pair: pair[0])


def _notes(gold: GoldDataset, systems: Sequence[_System], asked: set[str]) -> list[str]:
    notes = [f"{system.name}: {caveat}" for system in systems for caveat in system.run.caveats]
    if systems and (rest := len(gold) - len(asked)):
        notes.append(
            f"{number_of(rest, 'article')} without a prediction: nothing is suspected there, and what is marked there "
            "counts as marked elsewhere"
        )
    for system in systems:
        if failed := len(system.run.failed):
            notes.append(f"{system.name} failed at {number_of(failed, 'article')}, of which it is not asked")
    return notes


def _check_number(name: str, value: float, low: float, high: float | None = None) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not isfinite(value)
        or value < low
        or (high is not None and value > high)
    ):
        wanted = f"a number from {low:g}" + ("" if high is None else f" to {high:g}")
        raise InputError(f"{name} must be {wanted}, found {value!r}")
