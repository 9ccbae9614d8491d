"""Every figure that evalkit gives on the bundled gold and on two shared tasks, in one file; what differs between two.

    python experiments/figures/tables.py --evalkit .venv/bin/evalkit --out before.json
    python experiments/figures/tables.py --evalkit .venv/bin/evalkit --out after.json --check before.json
    python experiments/figures/tables.py --out after.json --check before.json     # only compares two files

For changes that must not change a figure. evalkit is driven from outside only, by its command line with `--json` and by
the files of a run folder, so the same script records any version. It takes about two minutes and covers

* `run`: the shipped extractors, `rules` and `trivial` on train, dev and test under every convention: each row's counts,
  credits, scores and intervals, floors, notes, the counts by article, and hashes of the predictions;
* `run variants`: other intervals, clusters, label maps and subsets, settings, and gold in tag columns;
* `score`: stored predictions, and the submissions to HIPE-2020 (English) and WNUT-2017 in SHARED/data/repro;
* `compare`, `explain`, `gate`, `extract`;
* `dataset`: describe, validate, and hashes of the gold as native, inline, tag-column and dataset files.

The file has three parts. `figures` is what must stay the same. `identity` holds fingerprints and versions, which any
change of code may change: differences are shown and forgiven. `timings` are not compared. Texts in `figures` have
versions, fingerprints and paths masked.

Each command's JSON is read in one function here (`read_...`), field by field. If the layout of a command's output
changes, that function changes and nothing else; the keys in the file stay. Something that cannot be run or read is
written down as such, and the rest goes on.

Exit status: 0 all recorded and no difference, 1 a difference or something that could not be recorded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = ("ner-base", "quote-base", "stance-base", "news-base", "rules")
EXTRACTORS = (*SHIPPED, "trivial")
SPLITS = ("train", "dev", "test")
BUNDLED = "news-gold"
"""The name of the bundled gold on the command line."""
COUNTS = ("gold", "predicted", "gold_credit", "predicted_credit")
SCORES = ("precision", "recall", "f1")
ABSENT = "(absent)"

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "bca": ("rules", "--interval", "bca"),
    "level and seed": ("rules", "--level", "0.8", "--seed", "7", "--resamples", "300"),
    "cluster section": ("rules", "--cluster", "section"),
    "cluster story": ("news-base", "--cluster", "story"),
    "no resamples": ("rules", "--resamples", "0", "--convention", "all"),
    "label map conll4": ("ner-base", "--label-map", "conll4", "--convention", "all"),
    "label map ontonotes": ("rules", "--label-map", "ontonotes"),
    "labels": ("ner-base", "--labels", "PER,ORG", "--convention", "all"),
    "task and convention": ("news-base", "--task", "quotes", "--convention", "speaker-entity"),
    "iou": ("rules", "--convention", "iou:0.75"),
    "limit": ("quote-base", "--limit", "5"),
    "nested": ("ner-base", "--set", "nested=true"),
    "no floor": ("stance-base", "--no-floor"),
    "batches": ("news-base", "--no-cache", "--batch-size", "3", "--workers", "2"),
}
"""Name → extractor and options, all on the test split."""

COMPARISONS: Sequence[tuple[tuple[str, ...], tuple[str, ...]]] = (
    (("rules", "ner-base"), ()),
    (("quote-base", "rules"), ()),
    (("rules", "quote-base", "news-base"), ("--task", "quotes", "--convention", "all")),
    (("stance-base", "news-base", "rules"), ("--seeds",)),
)
"""Extractors and options, on the test split."""

EXPLANATIONS: Sequence[tuple[str, ...]] = ((), ("--slice", "all"), ("--cluster", "section", "--resamples", "200"))

GATE_RULES = """\
cluster = "section"

[[rule]]
task = "entities"

[[rule]]
task = "entities"
convention = "partial"
label = "PER"
score = "recall"
max_drop = 0.01

[[rule]]
task = "entities"
label = "macro"
floor = 0.9
alpha = 0.2

[[rule]]
task = "entities"
slice = { genre = "news" }
score = "precision"
min_effect = 0.005
"""

Key = tuple[str, ...]
Value = str | int | float | bool | None


class Table:
    """Values by key; a key is a path of names and given once."""

    def __init__(self) -> None:
        self.values: dict[Key, Value] = {}

    def put(self, key: Key, value: Value) -> None:
        if key in self.values:
            raise ValueError(f"{'/'.join(key)} is there already")
        if not (value is None or isinstance(value, str | int | float)):
            raise TypeError(f"{'/'.join(key)} is no single value: {str(value)[:80]}")
        self.values[key] = value

    def put_all(self, key: Key, row: Mapping[str, Any], names: Iterable[str]) -> None:
        """The fields of these names, each of which must be there."""
        for name in names:
            self.put((*key, name), row[name])

    def put_interval(self, key: Key, name: str, bounds: Sequence[float] | None) -> None:
        """`NAME_low` and `NAME_high`; nothing without an interval."""
        if bounds is not None:
            low, high = bounds
            self.put((*key, f"{name}_low"), low)
            self.put((*key, f"{name}_high"), high)

    def put_texts(self, key: Key, texts: Iterable[str]) -> None:
        """Sentences by their number, masked."""
        for number, text in enumerate(texts, 1):
            self.put((*key, str(number)), masked(text))

    def nested(self) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for key, value in self.values.items():
            node = tree
            for name in key[:-1]:
                node = node.setdefault(name, {})
            node[key[-1]] = value
        return tree


def flat(tree: Mapping[str, Any], key: Key = ()) -> Iterator[tuple[Key, Value]]:
    """What `Table.nested` made, as keys and values again."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, (*key, name))
        else:
            yield (*key, name), value


def masked(text: str) -> str:
    """A text without versions and fingerprints."""
    text = re.sub(r"@[0-9a-f]{6,}", "@…", text)
    return re.sub(r"evalkit:\d[\w.+-]*", "evalkit:…", text)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def predictions_in(folder: Path) -> bytes:
    """The predictions of a run without the checks of their lines, which earlier states did not write."""
    return re.sub(rb',"check":"[0-9a-f]{16}"\}(?=\n)', b"}", (folder / "predictions.jsonl").read_bytes())


def sha256_row(row: object) -> str:
    """The hash of a JSON value, whatever the order of its fields."""
    return sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())


def spans_text(spans: Iterable[Sequence[int]]) -> str:
    return ",".join("-".join(map(str, span)) for span in spans)


# What the commands print, and the files of a run folder: one function for each, the only places that know a layout.


def read_result(table: Table, key: Key, result: Mapping[str, Any]) -> None:
    """`run --json` and `score --json`."""
    table.put_all(key, result, ("extractor", "split", "articles"))
    table.put((*key, "gold"), masked(result["gold"]))
    for task, conventions in result["tasks"].items():
        for convention, scored in conventions.items():
            read_scored(table, (*key, task, convention), scored)
            table.put((*key, task, convention, "signature"), masked(scored["signature"]))
    for task, conventions in result["floor"].items():
        for convention, scored in conventions.items():
            read_scored(table, (*key, "floor", task, convention), scored)
    for task, reason in result["not_evaluated"].items():
        table.put((*key, "not evaluated", task), reason)
    for article, error in result["failed"].items():
        table.put((*key, "failed", article), error)
    table.put_texts((*key, "notes"), result["notes"])


def read_scored(table: Table, key: Key, scored: Mapping[str, Any]) -> None:
    """One task under one convention, in a result or in its floor."""
    for label, row in [("micro", scored["micro"]), ("macro", scored["macro"]), *scored["labels"].items()]:
        table.put_all((*key, label), row, SCORES)
        if label != "macro":
            table.put_all((*key, label), row, COUNTS)
        for score, bounds in row["ci"].items():
            table.put_interval((*key, label), score, bounds)
    for score, row in scored["scores"].items():
        table.put((*key, "scores", score), row["value"])
        table.put_interval((*key, "scores"), score, row["ci"])


def read_article_counts(result: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """`result.json`: task, convention, article and label → the four counts in one text."""
    for task, conventions in result["tasks"].items():
        for convention, scored in conventions.items():
            columns = scored["table"]
            rows = zip(columns["article"], columns["label"], *(columns[name] for name in COUNTS), strict=True)
            # A table may tell groups, such as targets, apart: what is recorded is their sum.
            sums: dict[tuple[int, int], list[float]] = {}
            for article, label, *counts in rows:
                before = sums.get((article, label), [0, 0, 0.0, 0.0])
                sums[article, label] = [one + more for one, more in zip(before, counts, strict=True)]
            for (article, label), counts in sorted(sums.items()):
                names = (task, convention, columns["articles"][article], columns["labels"][label])
                yield names, " ".join(repr(count) for count in counts)


def read_identity(identity: Table, key: Key, result: Mapping[str, Any]) -> None:
    """`run --json`: what says which code and which gold it was."""
    run = result["run"]
    identity.put((*key, "fingerprint"), run["fingerprint"])
    identity.put((*key, "gold_fingerprint"), run["gold_fingerprint"])
    for name, version in run["versions"].items():
        identity.put((*key, "versions", name), version)


def read_comparison(table: Table, key: Key, comparison: Mapping[str, Any]) -> None:
    """`compare --json`."""
    numbers = ("first_value", "second_value", "difference", "error", "p_randomization", "q", "effect")
    counts = ("wins", "ties", "losses", "units", "mark")
    table.put((*key, "method"), masked(comparison["method"]))
    for row in comparison["rows"]:
        pair = f"{row['first']} and {row['second']}"
        place = (*key, "rows", pair, row["task"], row["convention"], row["label"] or row["scope"], row["score"])
        table.put_all(place, row, (*numbers, *counts))
        table.put_interval(place, "difference", row["ci"])
    for change in comparison["order_changes"]:
        place = (*key, "order changes", f"{change['first']} and {change['second']}", change["task"])
        for side in ("first_better", "second_better"):
            for figure, difference in change[side].items():
                table.put((*place, side, figure), difference)
        table.put((*place, "equal"), ", ".join(change["equal"]))
    for task, number in comparison["figures_compared"].items():
        table.put((*key, "figures compared", task), number)
    table.put_texts((*key, "detectable"), map(detectable_text, comparison["detectable"]))


def detectable_text(seen: str | Mapping[str, Any]) -> str:
    """What the gold can show of a pair, as the sentence that older versions gave."""
    if isinstance(seen, str):
        return seen
    more = f"; {seen['more']} more articles would show one of {abs(seen['difference']):.3f}" if seen["more"] else ""
    return (
        f"{seen['task']}, {seen['first']} and {seen['second']}: {seen['units']} articles show differences of "
        f"{seen['convention']} micro F1 from {seen['smallest']:.3f} on (80 % power, alpha 0.05){more}"
    )


def read_repeated(table: Table, key: Key, repeated: Mapping[str, Any]) -> None:
    """`compare --seeds --json`."""
    names = ("runs", "mean", "sd", "low", "high", "article_sd", "seed_share")
    table.put((*key, "method"), masked(repeated["method"]))
    for row in repeated["rows"]:
        place = (*key, row["task"], row["convention"], row["label"] or row["scope"], row["score"])
        table.put_all(place, row, names)
        table.put_interval(place, "mean", row["ci"])


def read_diagnosis(table: Table, key: Key, diagnosis: Mapping[str, Any]) -> None:
    """`explain RUN --json`."""
    table.put_all(key, diagnosis, ("articles", "level"))
    table.put((*key, "method"), masked(diagnosis["method"]))
    errors = diagnosis["errors"]
    if "entities" in errors:
        table.put_all((*key, "entities"), errors["entities"], ("right", "f1"))
        for row in errors["entities"]["kinds"]:
            place = (*key, "entities", "kinds", row["kind"])
            table.put_all(place, row, ("errors", "f1", "gain", "cumulative"))
            table.put_interval(place, "gain", row["ci"])
        confusion = errors["entities"]["confusion"]
        for gold, counts in zip(confusion["gold"], confusion["counts"], strict=True):
            for predicted, count in zip(confusion["predicted"], counts, strict=True):
                table.put((*key, "entities", "confusion", f"{gold} as {predicted}"), count)
    if "chain" in errors:
        table.put((*key, "chain", "f1"), errors["chain"]["f1"])
        for row in errors["chain"]["kinds"]:
            table.put_all((*key, "chain", "links", row["kind"]), row, ("f1", "gain", "cumulative"))
    for layer, rows in diagnosis["hardest"].items():
        for rank, row in enumerate(rows, 1):
            place = (*key, "hardest", layer, f"{rank:02}")
            table.put_all(place, row, ("article", "missed", "spurious", "gold", "predicted", "f1"))
    for row in diagnosis["slices"]:
        place = (*key, "slices", row["task"], row["convention"], row["by"], row["value"], row["label"] or "all")
        table.put_all(place, row, ("articles", "gold", "predicted", *SCORES, "f1_low", "f1_high"))
    for row in diagnosis["detection"]:
        place = (*key, "detection", row["task"], row["convention"])
        table.put_all(place, row, ("f1", "units", "smallest", "more_for_point"))
        table.put_interval(place, "f1", row["ci"])
    if "entities" in diagnosis["scores"]:
        read_calibration(table, (*key, "scores"), diagnosis["scores"]["entities"])
    for task, reason in diagnosis["not_evaluated"].items():
        table.put((*key, "not evaluated", task), reason)
    table.put_texts((*key, "notes"), diagnosis["notes"])


def read_calibration(table: Table, key: Key, scores: Mapping[str, Any]) -> None:
    """The part about an extractor's own scores in `explain RUN --json`."""
    calibration, sweep = scores["calibration"], scores["sweep"]
    table.put((*key, "convention"), scores["convention"])
    table.put_all((*key, "calibration"), calibration, ("items", "expected_error", "largest_error", "brier"))
    for row in calibration["bins"]:
        place = (*key, "calibration", "bins", f"{row['low']} to {row['high']}")
        table.put_all(place, row, ("items", "mean_score", "precision"))
    table.put_all((*key, "best"), scores["best"], ("threshold", "f1", "f1_of_all"))
    table.put((*key, "sweep", "average_precision"), sweep["average_precision"])
    for threshold, kept, *values in zip(sweep["threshold"], sweep["kept"], *(sweep[s] for s in SCORES), strict=True):
        table.put((*key, "sweep", repr(threshold)), " ".join(map(repr, (kept, *values))))


def read_explanation(table: Table, key: Key, explanation: Mapping[str, Any]) -> None:
    """`explain RUN ARTICLE --json`."""
    for layer in explanation["layers"]:
        table.put((*key, layer["layer"], "conventions"), " ".join(layer["conventions"]))
        names: Counter[str] = Counter()
        for row in layer["items"]:
            item = row["item"]
            name = f"{item['side']} {item['label']} {spans_text(item['spans'])}".rstrip()
            names[name] += 1
            place = (*key, layer["layer"], name if names[name] == 1 else f"{name} #{names[name]}")
            table.put_all(place, item, ("text", "kind"))
            table.put_all(place, row, ("number", "partner_number"))
            table.put((*place, "places"), spans_text(item["places"]))
            for convention, credit in row["credits"].items():
                table.put((*place, "credits", convention), credit)
            for role, text in row["roles"].items():
                table.put((*place, "roles", role), text)


def read_verdict(table: Table, identity: Table, key: Key, verdict: Mapping[str, Any]) -> None:
    """`gate --json`. Its notes speak of fingerprints."""
    table.put_all(key, verdict, ("verdict", "exit_code", "articles"))
    table.put((*key, "method"), masked(verdict["method"]))
    for row in verdict["rules"]:
        rule = row["rule"]
        place = (*key, "rules", rule["name"])
        demand = ("task", "convention", "label", "score", "floor", "max_drop", "min_effect", "alpha")
        table.put_all((*place, "rule"), rule, demand)
        for name, value in rule["slice"].items():
            table.put((*place, "rule", "slice", name), value)
        table.put_all(place, row, ("verdict", "reason", "value", "baseline", "p", "q", "smallest", "more"))
        table.put_interval(place, "difference", row["ci"])
        articles = row["articles"]
        table.put((*place, "articles"), None if articles is None else " ".join(map(str, articles)))
    for side in ("broken", "fixed"):
        for number, row in enumerate(verdict[side], 1):
            items = [
                ABSENT if item is None else f"{item['label']} {spans_text(item['spans'])} {item['text']}"
                for item in (row["gold"], row["predicted"])
            ]
            text = f"{row['article']} {row['layer']} {row['kind']}: gold {items[0]}, predicted {items[1]}"
            table.put((*key, side, f"{number:03}"), text)
    for number, note in enumerate(verdict["notes"], 1):
        identity.put((*key, "notes", str(number)), note)


def read_description(table: Table, identity: Table, key: Key, description: Mapping[str, Any]) -> None:
    """`dataset describe --json`."""
    for split, groups in description["splits"].items():
        for group, counts in groups.items():
            if group == "fingerprint":
                identity.put((*key, split, group), counts)
            else:
                table.put_all((*key, split, group), counts, counts)


def flat_entities(row: Mapping[str, Any]) -> dict[str, Any]:
    """A native row with what tag columns can hold: text, and entities of one span that touch no longer one before."""
    kept: list[Mapping[str, Any]] = []
    for entity in sorted(row["entities"], key=lambda entity: (entity["spans"][0][0], -entity["spans"][0][1])):
        free = not kept or kept[-1]["spans"][0][1] <= entity["spans"][0][0]
        if free and len(entity["spans"]) == 1:
            kept.append(entity)
    return {"id": row["id"], "text": row["text"], "entities": kept}


class Done(NamedTuple):
    """A command that has ended."""

    status: int
    out: bytes
    errors: str

    def json(self) -> Any:
        return json.loads(self.out)


class CommandError(Exception):
    """A command that ended otherwise than it should."""


@dataclass
class Recorder:
    """Runs evalkit in a folder of its own, with a cache of its own, and collects what comes out.

    Attributes:
        runs: extractor and split → run folder.
        problems: what could not be recorded.
    """

    evalkit: Path
    folder: Path
    shared: Path
    figures: Table = field(default_factory=Table)
    identity: Table = field(default_factory=Table)
    timings: Table = field(default_factory=Table)
    problems: list[str] = field(default_factory=list)

    def call(self, *arguments: str | Path, accepted: Sequence[int] = (0,)) -> Done:
        environment = dict(os.environ) | {
            "EVALKIT_CACHE": str(self.folder / "cache"),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
        command = [str(self.evalkit), *map(str, arguments)]
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, check=False)
        done = Done(ended.returncode, ended.stdout, ended.stderr.decode(errors="replace"))
        if done.status not in accepted:
            raise CommandError(f"exit {done.status} of {' '.join(command[1:])}: {done.errors.strip()[-400:]}")
        return done

    def step(self, name: str, action: Callable[..., None], *arguments: object) -> None:
        """One action of `record_…`; whatever goes wrong in it is written down, and the next one follows."""
        begun = time.perf_counter()
        try:
            action(self, *arguments)
        except (CommandError, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
            self.problems.append(f"{name}: {type(error).__name__}: {error}")
        seconds = time.perf_counter() - begun
        self.timings.put((name,), round(seconds, 2))
        print(f"{seconds:6.1f} s  {name}", file=sys.stderr, flush=True)

    def run_folder(self, extractor: str, split: str = "test") -> Path:
        return self.folder / "runs" / split / extractor

    def plain(self, text: str) -> str:
        """A text of the terminal without versions, fingerprints and places."""
        for folder, name in ((self.folder, "WORK"), (self.shared, "SHARED"), (REPOSITORY, "REPOSITORY")):
            text = text.replace(str(folder), name)
        return masked(" ".join(text.split()))


def record_run(recorder: Recorder, extractor: str, split: str) -> None:
    """An extractor on a split under every convention."""
    figures, key = recorder.figures, ("run", extractor, split)
    out = recorder.run_folder(extractor, split)
    arguments = ("run", "--model", extractor, "--split", split, "--convention", "all", "--out", out, "--json")
    result = recorder.call(*arguments).json()
    stored = json.loads((out / "result.json").read_bytes())
    read_result(figures, key, result)
    read_identity(recorder.identity, key, result)
    for names, counts in read_article_counts(stored):
        figures.put((*key, "by article", *names), counts)
    stored_figures = Table()
    read_result(stored_figures, key, stored)
    same = all(figures.values.get(name) == value for name, value in stored_figures.values.items())
    figures.put((*key, "result.json says the same"), same)
    predictions = predictions_in(out)
    figures.put((*key, "predictions.jsonl"), sha256(predictions))
    for line in predictions.splitlines():
        row = json.loads(line)
        figures.put((*key, "predictions by article", row["id"]), sha256_row(row))
    for name, value in json.loads((out / "speed.json").read_bytes()).items():
        recorder.timings.put((*key, name), value)


def record_variant(recorder: Recorder, name: str) -> None:
    """A run on test with other options."""
    extractor, *options = VARIANTS[name]
    out = recorder.folder / "variants" / name.replace(" ", "-")
    key = ("run variants", name)
    done = recorder.call("run", "--model", extractor, "--split", "test", *options, "--out", out, "--json")
    read_result(recorder.figures, key, done.json())
    recorder.figures.put((*key, "predictions.jsonl"), sha256(predictions_in(out)))


def record_score(recorder: Recorder, key: Key, *arguments: str | Path) -> None:
    """`score` under every convention; the counts by article as one hash."""
    out = recorder.folder / "scored" / "-".join(key)
    result = recorder.call("score", *arguments, "--convention", "all", "--out", out, "--json").json()
    read_result(recorder.figures, ("score", *key), result)
    rows = sorted(read_article_counts(json.loads((out / "result.json").read_bytes())))
    recorder.figures.put(("score", *key, "by article"), sha256_row(rows))


def record_compare(recorder: Recorder, extractors: Sequence[str], options: Sequence[str]) -> None:
    """`compare` of runs on test."""
    folders = [recorder.run_folder(extractor) for extractor in extractors]
    key = ("compare", " ".join((*extractors, *options)))
    read = read_repeated if "--seeds" in options else read_comparison
    read(recorder.figures, key, recorder.call("compare", *folders, *options, "--json").json())


def record_explain(recorder: Recorder, extractor: str, options: Sequence[str]) -> None:
    """`explain` of a run on test."""
    done = recorder.call("explain", recorder.run_folder(extractor), *options, "--json")
    read_diagnosis(recorder.figures, ("explain", " ".join((extractor, *options))), done.json())


def record_explain_article(recorder: Recorder, extractor: str, article: str) -> None:
    """`explain` of one article of a run on test."""
    done = recorder.call("explain", recorder.run_folder(extractor), article, "--json")
    read_explanation(recorder.figures, ("explain article", extractor, article), done.json())


def record_gate(recorder: Recorder, name: str, extractor: str, *options: str | Path) -> None:
    """`gate` of a run on test; every verdict is a figure."""
    key = ("gate", name)
    done = recorder.call("gate", recorder.run_folder(extractor), *options, "--json", accepted=(0, 1, 3))
    recorder.figures.put((*key, "exit status"), done.status)
    read_verdict(recorder.figures, recorder.identity, key, done.json())


def record_made_baseline(recorder: Recorder) -> None:
    """`gate` against a baseline of another extractor, made here, so that there is something to say."""
    baseline, rules = recorder.folder / "baseline.json", recorder.folder / "rules.toml"
    rules.write_text(GATE_RULES, encoding="utf-8")
    recorder.call("gate", recorder.run_folder("rules"), "--baseline", baseline, "--update")
    options = ("--baseline", baseline, "--limit", "1000")
    record_gate(recorder, "ner-base against rules", "ner-base", *options)
    record_gate(recorder, "ner-base against rules, own rules", "ner-base", *options, "--rules", rules)
    record_gate(recorder, "news-base against rules", "news-base", *options)


def record_dataset(recorder: Recorder) -> None:
    """`dataset describe` and `dataset validate` of the bundled gold."""
    described = recorder.call("dataset", "describe", "--json").json()
    read_description(recorder.figures, recorder.identity, ("dataset", "describe"), described)
    validated = recorder.call("dataset", "validate", accepted=range(256))
    recorder.figures.put(("dataset", "validate", "exit status"), validated.status)
    recorder.figures.put(("dataset", "validate", "text"), recorder.plain(validated.out.decode()))


def record_conversions(recorder: Recorder) -> None:
    """The bundled gold as native lines, as inline files and back, as a dataset folder, and as tag columns."""
    figures, folder = recorder.figures, recorder.folder / "converted"
    folder.mkdir()
    native, inline, dataset = folder / "gold.jsonl", folder / "inline", folder / "dataset"
    recorder.call("dataset", "convert", BUNDLED, native, "--to", "native")
    figures.put(("dataset", "native"), sha256(native.read_bytes()))
    for split in SPLITS:
        recorder.call("dataset", "convert", BUNDLED, folder / f"{split}.jsonl", "--to", "native", "--split", split)
        figures.put(("dataset", f"native {split}"), sha256((folder / f"{split}.jsonl").read_bytes()))
    recorder.call("dataset", "convert", BUNDLED, inline, "--to", "inline")
    put_files(figures, ("dataset", "inline"), inline)
    recorder.call("dataset", "convert", inline, folder / "back.jsonl", "--to", "native")
    figures.put(("dataset", "inline to native"), sha256((folder / "back.jsonl").read_bytes()))
    recorder.call("dataset", "convert", folder / "back.jsonl", folder / "again", "--to", "inline")
    put_files(figures, ("dataset", "inline to native to inline"), folder / "again")
    recorder.call("dataset", "convert", BUNDLED, dataset, "--to", "hf")
    put_files(figures, ("dataset", "dataset folder"), dataset)
    refused = recorder.call("dataset", "convert", BUNDLED, folder / "refused", "--to", "conll", accepted=range(256))
    figures.put(("dataset", "tag columns of everything", "exit status"), refused.status)
    figures.put(("dataset", "tag columns of everything", "text"), recorder.plain(refused.errors))


def put_files(figures: Table, key: Key, folder: Path) -> None:
    """The hash of every file under a folder."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        figures.put((*key, path.relative_to(folder).as_posix()), sha256(path.read_bytes()))


def record_tag_columns(recorder: Recorder) -> None:
    """Flat entities as tag columns, an extractor run over them, and its predictions scored as a tag-column file."""
    folder = recorder.folder / "converted"
    rows = [flat_entities(json.loads(line)) for line in (folder / "test.jsonl").read_bytes().splitlines()]
    flat_gold, columns = folder / "flat.jsonl", folder / "flat.conll"
    flat_gold.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    recorder.call("dataset", "convert", flat_gold, columns, "--to", "conll")
    recorder.figures.put(("dataset", "tag columns of flat entities"), sha256(columns.read_bytes()))
    out = recorder.folder / "variants" / "tag-columns"
    for extractor in ("rules", "ner-base"):
        arguments = ("run", "--model", extractor, "--dataset", columns, "--format", "conll", "--split", "all")
        done = recorder.call(*arguments, "--convention", "all", "--out", out / extractor, "--json")
        read_result(recorder.figures, ("run variants", "tag columns", extractor), done.json())
        recorder.figures.put(
            ("run variants", "tag columns", extractor, "predictions.jsonl"),
            sha256(predictions_in(out / extractor)),
        )
    tags = columns.read_text(encoding="utf-8").replace("B-PER", "B-ORG", 40)
    (folder / "changed.conll").write_text(tags, encoding="utf-8")
    options = ("--format", "conll", "--gold", columns, "--predicted", folder / "changed.conll")
    record_score(recorder, ("tag columns",), *options)


def record_extract(recorder: Recorder, extractor: str, article: str) -> None:
    """`extract` of an article's text."""
    lines = (recorder.folder / "converted" / "test.jsonl").read_bytes().splitlines()
    text = next(row["text"] for row in map(json.loads, lines) if row["id"] == article)
    path = recorder.folder / f"{article}.txt"
    path.write_text(text, encoding="utf-8")
    done = recorder.call("extract", "--model", extractor, path, "--json")
    rows = [json.loads(line) for line in done.out.splitlines()]
    recorder.figures.put(("extract", extractor, article), sha256_row(rows))


def record(recorder: Recorder) -> None:
    """Everything, in order: later steps read the runs of earlier ones."""
    version = recorder.call("--version").out.decode().strip()
    recorder.identity.put(("version",), version)
    step = recorder.step
    for split in SPLITS:
        for extractor in EXTRACTORS:
            step(f"run {extractor} {split}", record_run, extractor, split)
    step("dataset describe and validate", record_dataset)
    step("dataset convert", record_conversions)
    step("tag columns", record_tag_columns)
    for name in VARIANTS:
        step(f"run variant {name}", record_variant, name)
    for extractor in ("rules", "news-base"):
        gold, run = recorder.folder / "converted" / "test.jsonl", recorder.run_folder(extractor)
        for kind, predicted in (("predictions", run / "predictions.jsonl"), ("run", run)):
            step(
                f"score {kind} of {extractor}",
                record_score,
                (kind, extractor),
                "--gold",
                gold,
                "--predicted",
                predicted,
            )
    for task, name, arguments in shared_tasks(recorder.shared / "data" / "repro"):
        step(f"score {task} {name}", record_score, (task, name), *arguments)
    for extractors, options in COMPARISONS:
        step(f"compare {' '.join((*extractors, *options))}", record_compare, extractors, options)
    for extractor in ("rules", "news-base"):
        for options in EXPLANATIONS:
            step(f"explain {' '.join((extractor, *options))}", record_explain, extractor, options)
        for article in ("sfax-dry-taps", "catatumbo-release-live"):
            step(f"explain {extractor} {article}", record_explain_article, extractor, article)
            step(f"extract {extractor} {article}", record_extract, extractor, article)
    for extractor in SHIPPED:
        files = REPOSITORY / "experiments" / "gate" / extractor
        options = ("--baseline", f"{files}.json", "--rules", f"{files}.toml")
        step(f"gate {extractor}", record_gate, extractor, extractor, *options)
    step("gate with a baseline made here", record_made_baseline)


def shared_tasks(folder: Path) -> Iterator[tuple[str, str, tuple[str | Path, ...]]]:
    """Task, submission and options of `score`, for the submissions that are there."""
    if not folder.is_dir():
        print(f"{folder} is not there; no shared tasks", file=sys.stderr)
        return
    hipe, wnut = folder / "hipe2020", folder / "wnut17"
    gold = hipe / "gold" / "HIPE-data-v1.3-test-en.tsv"
    columns = ("--format", "conll", "--gold")
    for path in sorted((hipe / "systems").glob("*_en_*.tsv")):
        yield "hipe2020", path.stem, (*columns, gold, "--predicted", path, "--tag-column", "NE-COARSE-LIT")
    for path in sorted(path for path in (wnut / "submissions").iterdir() if path.is_file()):
        yield "wnut17", path.stem, (*columns, wnut / "emerging.test.annotated", "--predicted", path)


def same_value(first: Value, second: Value) -> bool:
    """Equal, to the last digit; what is not a number is equal to itself."""
    if isinstance(first, float) and isinstance(second, float) and math.isnan(first):
        return math.isnan(second)
    return first == second


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[Key, Value, Value]]:
    """Key, old value and new value of all that is not the same on both sides."""
    old_values, new_values = dict(flat(old)), dict(flat(new))
    keys = dict.fromkeys((*old_values, *new_values))
    rows = [(key, old_values.get(key, ABSENT), new_values.get(key, ABSENT)) for key in keys]
    return [row for row in rows if not same_value(row[1], row[2])]


def check(old: Mapping[str, Any], new: Mapping[str, Any]) -> int:
    """Prints every difference; 1 if a figure differs, else 0."""
    forgiven = differences(old["identity"], new["identity"])
    found = differences(old["figures"], new["figures"])
    for title, rows in (("identity (forgiven)", forgiven), ("figures", found)):
        for key, before, after in rows:
            print(f"{title}: {'/'.join(key)}: {before!r} → {after!r}")
    for command, number in Counter(key[0] for key, _, _ in found).items():
        print(f"{number} differences under {command}")
    compared = sum(1 for _ in flat(old["figures"]))
    print(f"{len(found)} differences in {compared} figures, {len(forgiven)} in what identifies the code")
    return 1 if found else 0


def record_to(out: Path, *, evalkit: Path, shared: Path, work: Path | None) -> int:
    """Records everything into a file; 1 if something could not be recorded, else 0."""
    if work is not None:
        work.mkdir(parents=True, exist_ok=True)
    # A new folder every time: neither runs nor cached predictions of another version may be found.
    folder = Path(tempfile.mkdtemp(prefix="figures-", dir=work)).resolve()
    recorder = Recorder(evalkit, folder, shared)
    try:
        record(recorder)
    finally:
        if work is None:
            shutil.rmtree(folder, ignore_errors=True)
    problems = Table()
    problems.put_texts(("not recorded",), map(recorder.plain, recorder.problems))
    content = {
        "figures": recorder.figures.nested() | problems.nested(),
        "identity": recorder.identity.nested(),
        "timings": recorder.timings.nested(),
    }
    out.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for problem in recorder.problems:
        print(f"not recorded: {problem}", file=sys.stderr)
    print(f"{out}: {len(recorder.figures.values)} figures, {len(recorder.problems)} not recorded", file=sys.stderr)
    return 1 if recorder.problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evalkit", type=Path, help="the evalkit executable; without it nothing is recorded")
    parser.add_argument("--out", type=Path, required=True, help="the file with the figures: written, or only compared")
    parser.add_argument("--check", type=Path, metavar="OLD", help="a file from before, to compare --out with")
    parser.add_argument(
        "--shared", type=Path, default=REPOSITORY.parent / "shared", help="the folder with data/repro (%(default)s)"
    )
    parser.add_argument("--work", type=Path, help="where runs are kept; by default they are removed in the end")
    arguments = parser.parse_args()
    if arguments.evalkit is None and arguments.check is None:
        parser.error("give --evalkit to record, --check to compare, or both")
    old = None if arguments.check is None else json.loads(arguments.check.read_bytes())
    status = 0
    if arguments.evalkit is not None:
        # A link to the executable is not followed: its folder says which environment it is.
        executable, shared = Path(os.path.abspath(arguments.evalkit)), arguments.shared.resolve()
        if not executable.is_file():
            parser.error(f"{executable}: no such executable")
        status = record_to(arguments.out, evalkit=executable, shared=shared, work=arguments.work)
    if old is not None:
        status = max(status, check(old, json.loads(arguments.out.read_bytes())))
    return status


if __name__ == "__main__":
    raise SystemExit(main())
