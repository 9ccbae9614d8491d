"""How well suspects are found: errors of known kinds are put into gold, and looked for.

    python experiments/suspects/measure.py [DATA] [--rates 0.05] [--seeds 3] [--runs FOLDER]

DATA holds `repro/hipe2020`, `repro/wnut17` and `ner/wikigold`; what is not there is left out. `--runs` is a folder of
runs over all splits of the bundled gold (`evalkit run --split all --model NAME --out FOLDER/NAME`). Prints Markdown:
average precision and P@50 of plain votes and of the ranking of `find_suspects`, and curves of precision by recall;
with errors anywhere, and with errors where systems err too, as people find hard what systems find hard.

Plain votes are the share of the systems that do not have what gold has (or that have what it lacks); `votes for one
answer` the share of those that agree on the same other answer.

Gold has errors of its own, which count as false here: figures on real gold are lower bounds.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from mistakes import KINDS, Mistake, Simulation, simulated, with_mistakes

from evalkit.analysis.suspects.candidates import Candidates, Voter, meet
from evalkit.analysis.suspects.odds import odds_of
from evalkit.analysis.suspects.ranking import Suspect, plain_votes, ranked, suspects_of
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions, Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article
from evalkit.workflows.inputs import gold_and_predictions, gold_from
from evalkit.workflows.scoring.pairing import pair_run

SIZES = (10, 5, 3)
RECALLS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
Systems = Mapping[str, Mapping[str, Annotations]]


@dataclass(frozen=True)
class Corpus:
    """Gold that is taken to be right, and systems."""

    name: str
    layer: str
    articles: list[Article]
    gold: dict[str, Annotations]
    systems: Systems


@dataclass(frozen=True)
class Found:
    """Average precision, precision among the first 50, precision at each of `RECALLS` (0 where it is not reached)."""

    average: float
    first: float
    curve: tuple[float, ...]


def found(suspects: Sequence[Suspect], mistakes: Sequence[Mistake]) -> Found:
    """How early the mistakes come. One that is gone is found by an item at its place; each counts once."""
    changed = {(one.article_id, one.now): number for number, one in enumerate(mistakes) if one.now is not None}
    gone: dict[str, list[tuple[int, Mistake]]] = {}
    for number, one in enumerate(mistakes):
        if one.now is None:
            gone.setdefault(one.article_id, []).append((number, one))
    hits: list[int] = []
    seen: set[int] = set()
    for rank, suspect in enumerate(ranked(suspects), 1):
        if suspect.gold is not None:
            number = changed.get((suspect.article_id, suspect.gold))
        else:
            number = next(
                (n for n, one in gone.get(suspect.article_id, ()) if n not in seen and _meets(suspect, one.was)), None
            )
        if number is not None and number not in seen:
            seen.add(number)
            hits.append(rank)
    precisions = [at / rank for at, rank in enumerate(hits, 1)]
    reached = [at / len(mistakes) for at in range(1, len(hits) + 1)]
    curve = tuple(
        max((p for p, r in zip(precisions, reached, strict=True) if r >= wanted), default=0.0) for wanted in RECALLS
    )
    return Found(sum(precisions) / len(mistakes), sum(rank <= 50 for rank in hits) / 50, curve)


def _meets(suspect: Suspect, item: object) -> bool:
    layer = load_layer(suspect.layer)
    spans = layer.spans(item)
    if layer.spans_field in layer.same:
        return any(start < span.end and span.start < end for start, end in suspect.spans for span in spans)
    return layer.identity(suspect.proposed) == layer.identity(item)


def candidates_of(corpus: Corpus, gold: Mapping[str, Annotations], names: Sequence[str]) -> Candidates:
    """The gold beside some of the systems."""
    voters = [Voter(name="gold", answers=gold), *(Voter(name=name, answers=corpus.systems[name]) for name in names)]
    return meet(corpus.layer, corpus.articles, voters)


def votes_for_one_answer(candidates: Candidates, _: Sequence[Article]) -> list[Suspect]:
    """As plain votes, by the share of the systems that agree on one other answer, nothing being one, too."""
    return [
        replace(one, suspicion=one.suspicion if one.gold is None else len(one.propose) / max(one.asked, 1))
        for one in plain_votes(candidates)
    ]


METHODS: Mapping[str, Callable[[Candidates, Sequence[Article]], list[Suspect]]] = {
    "plain votes": lambda candidates, _: plain_votes(candidates),
    "votes for one answer": votes_for_one_answer,
    "suspects": lambda candidates, articles: suspects_of(candidates, odds_of(candidates, articles)),
}


def hardness(corpus: Corpus) -> dict[tuple[str, str], float]:
    """For each gold item the share of the systems that do not have it, and a little."""
    candidates = candidates_of(corpus, corpus.gold, sorted(corpus.systems))
    pairs = zip(candidates.rows, candidates.share.tolist(), strict=True)
    return {(row.article.id, row.voters[0].id): 1.05 - share for row, share in pairs if 0 in row.voters}


def measured(
    corpus: Corpus, size: int, rate: float, seeds: int, weights: Mapping[tuple[str, str], float] | None
) -> tuple[dict[str, Found], int, float]:
    """Method → its means over some draws of mistakes and systems; how many mistakes; share right from .5 on."""
    by_method: dict[str, list[Found]] = {name: [] for name in METHODS}
    mistakes_made, sure, right = 0, 0, 0
    for seed in range(seeds):
        gold, mistakes = with_mistakes(corpus.articles, corpus.gold, corpus.layer, rate, seed, weights)
        names = sorted(random.Random(seed).sample(sorted(corpus.systems), min(size, len(corpus.systems))))
        candidates = candidates_of(corpus, gold, names)
        mistakes_made += len(mistakes)
        for name, method in METHODS.items():
            suspects = method(candidates, corpus.articles)
            by_method[name].append(found(suspects, mistakes))
            if name == "suspects":
                listed = [one for one in suspects if one.suspicion >= 0.5]
                sure += len(listed)
                right += round(found(listed, mistakes).first * 50) if len(listed) <= 50 else _right(listed, mistakes)
    means = {
        name: Found(
            float(np.mean([one.average for one in own])),
            float(np.mean([one.first for one in own])),
            tuple(np.mean([one.curve for one in own], axis=0).tolist()),
        )
        for name, own in by_method.items()
    }
    return means, mistakes_made // seeds, right / sure if sure else float("nan")


def _right(suspects: Sequence[Suspect], mistakes: Sequence[Mistake]) -> int:
    return sum(round(found(suspects[at : at + 50], mistakes).first * 50) for at in range(0, len(suspects), 50))


def submissions(name: str, gold: Path, files: Sequence[Path], **values: str) -> Corpus:
    """A shared task: its gold and what was submitted."""
    systems: dict[str, dict[str, Annotations]] = {}
    for file in files:
        read = ReadOptions(format="conll", values=values)
        examined, run = gold_and_predictions(gold, file, read)
        pairs = pair_run(examined, run, Scoring()).mapped.pairs
        systems[file.stem] = {pair.article.id: pair.predicted for pair in pairs}
    return Corpus(
        name,
        "entities",
        [example.article for example in examined],
        {example.article.id: example.gold for example in examined},
        systems,
    )


def corpora(data: Path | None, runs: Path | None) -> Iterator[Corpus]:
    """Those that are there."""
    hipe, wnut = ((data or Path()) / "repro" / name for name in ("hipe2020", "wnut17"))
    if data and hipe.is_dir():
        gold = hipe / "gold" / "HIPE-data-v1.3-test-en.tsv"
        files = sorted((hipe / "systems").glob("*.tsv"))
        yield submissions("HIPE-2020, submissions", gold, files, tag_column="NE-COARSE-LIT")
    if data and wnut.is_dir():
        yield submissions(
            "WNUT-2017, submissions", wnut / "emerging.test.annotated", sorted((wnut / "submissions").iterdir())
        )
    wikigold = next(iter(sorted((data or Path()).rglob("wikigold.conll.txt"))), None)
    if data and wikigold is not None:
        loaded = gold_from(wikigold, ReadOptions(format="conll"))
        articles, gold_of = [one.article for one in loaded], {one.article.id: one.gold for one in loaded}
        for name, how in {
            "Wikigold, systems that err alike often": Simulation(
                hard=2.2, surface=1.6, family=0.9, like=0.85, worst=2.4, best=4.2, odd=-3.5
            ),
            "Wikigold, systems that err alike seldom": Simulation(),
        }.items():
            yield Corpus(name, "entities", articles, gold_of, simulated(articles, gold_of, "entities", how, 0))
    loaded = gold_from(None, ReadOptions(split="all"))
    articles, gold_of = [one.article for one in loaded], {one.article.id: one.gold for one in loaded}
    for layer in KINDS:
        how = (
            Simulation(worst=0.6, best=1.8, hard=1.4, family=0.9)
            if layer == "stances"
            else Simulation(worst=1.2, best=2.6, hard=1.3)
        )
        systems = simulated(articles, gold_of, layer, how, 0)
        yield Corpus(f"bundled gold, simulated systems, {layer}", layer, articles, gold_of, systems)
        if runs is not None:
            shipped = {folder.name: Run.load(folder, result=False) for folder in sorted(runs.iterdir())}
            said = {
                name: {
                    pair.article.id: pair.predicted
                    for pair in pair_run(loaded, run, Scoring(predicted_label_map=run.default_label_map)).mapped.pairs
                }
                for name, run in shipped.items()
                if run.layers is None or layer in run.layers
            }
            yield Corpus(f"bundled gold, shipped extractors, {layer}", layer, articles, gold_of, said)


def main() -> None:
    """Prints a table for each corpus."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--runs", type=Path)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.05])
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    for corpus in corpora(asked.data, asked.runs):
        items = sum(len(one[corpus.layer] or ()) for one in corpus.gold.values())
        print(f"\n## {corpus.name}\n")
        print(f"{items} gold items in {len(corpus.articles)} articles, {len(corpus.systems)} systems\n")
        heads = ["wrong", "where", "systems", "method", "AP", "P@50", "right from .5"]
        heads += [f"P at R {recall:g}" for recall in RECALLS]
        print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
        hard = hardness(corpus)
        for rate in asked.rates:
            for where, weights in {"anywhere": None, "where systems err": hard}.items():
                for size in [size for size in SIZES if size <= len(corpus.systems)] or [len(corpus.systems)]:
                    means, mistakes, sure = measured(corpus, size, rate, asked.seeds, weights)
                    for name, one in means.items():
                        share = f"{sure:.2f}" if name == "suspects" and sure == sure else "–"
                        cells = [f"{mistakes} ({rate:.0%})", where, str(size), name]
                        cells += [f"{one.average:.3f}", f"{one.first:.2f}", share, *(f"{p:.2f}" for p in one.curve)]
                        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
