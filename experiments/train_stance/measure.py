"""Measures `stance-base` with evalkit itself, beside the majority class and two lexicons, in one run.

    python measure.py [--data DIR] [--splits dev ...] [--card MODEL_CARD.md]

With `--data` (a folder that holds `stance/newsmtsc`), NewsMTSC's devtest_mt is turned into gold: each sentence is an
article, each target an entity, and its polarity the stance of the author. Given pairs there; on the bundled splits
also end to end. `--card` puts the tables between the two marks of a model card.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from readers import article_of, read_newsmtsc

from evalkit import Scoring, load_dataset, run_extractor, score_predictions
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.extractors.base import StancePair
from evalkit.extractors.shipped.model_folder import MODELS
from evalkit.extractors.shipped.stances.encoding import read_valence
from evalkit.records import AUTHOR, Annotations, Article, Entity, Example, Span, Stance, Zone
from evalkit.text.windows import Words, find_words

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
POLARITY = {2.0: "against", 4.0: "neutral", 6.0: "favor"}


class Majority:
    """Gives every pair one label and finds nothing by itself."""

    layers = ("entities", "quotes", "stances")

    def __init__(self, label: str) -> None:
        self.label, self.name = label, f"always {label}"

    def fingerprint(self) -> str:
        return self.name

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        return [Annotations(entities=(), quotes=(), stances=()) for _ in articles]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        return [self.label for _ in pairs]


class Valence:
    """Sums the valences of the words within ten of the target's first mention; neutral where they cancel out."""

    name, layers = "valence lexicon", ("entities", "quotes", "stances")

    def __init__(self) -> None:
        self.valence = read_valence(MODELS / "stance-base" / "valence.txt")

    def fingerprint(self) -> str:
        return self.name

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        return [Annotations(entities=(), quotes=(), stances=()) for _ in articles]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        words = find_words(article.text)
        return [self._label(article.text, words, pair) for pair in pairs]

    def _label(self, text: str, words: Words, pair: StancePair) -> str:
        starts = [place for name in pair.target_mentions if (place := text.find(name)) >= 0]
        at = int(words.starts.searchsorted(min(starts))) if starts else 0
        near = words.forms[max(0, at - 10) : at + 11] if starts else words.forms
        total = sum(self.valence.get(form.lower(), 5) - 5 for form in near)
        return "favor" if total > 0 else "against" if total < 0 else "neutral"


SYSTEMS = (Majority("neutral"), Majority("against"), "rules", Valence(), "stance-base", "news-base")


def devtest(data: Path) -> Iterator[GoldDataset]:
    """NewsMTSC's devtest_mt as gold; then two parts of it that are harder.

    The split is by sentence: about half of its sentences are from articles that the training part has sentences of.
    """
    folder = data / "stance" / "newsmtsc"
    rows = [json.loads(line) for line in (folder / "devtest_mt.jsonl").read_text(encoding="utf-8").splitlines()]
    train = {item.group for item in read_newsmtsc(folder / "train.jsonl")}
    examples = [_example(number, row) for number, row in enumerate(rows)]
    groups = [article_of(row["primary_gid"]) for row in rows]
    parts = {
        "devtest_mt": examples,
        "devtest_mt: articles that train has nothing of": [
            example for example, group in zip(examples, groups, strict=True) if group not in train
        ],
        "devtest_mt: sentences for one target and against another": [
            example for example in examples if {"favor", "against"} <= {s.label for s in example.gold["stances"] or ()}
        ],
    }
    for split, chosen in parts.items():
        yield gold_dataset(chosen, name="newsmtsc", split=split, inventory=load_inventory())


def _example(number: int, row: dict[str, object]) -> Example:
    text, targets = str(row["sentence_normalized"]), row["targets"]
    entities, stances = [], []
    for at, target in enumerate(targets):  # type: ignore[arg-type, var-annotated]
        span = Span(target["from"], target["to"])
        entities.append(Entity(id=f"e{at}", spans=(span,), label="PER", entity_id=f"target{at}"))
        label = POLARITY[target["polarity"]]
        stances.append(Stance(id=f"s{at}", holder=AUTHOR, target=f"target{at}", label=label, evidence=(span,)))
    article = Article(id=f"devtest-{number:04}", text=text, lang="en", zones=(Zone("body", 0, len(text)),))
    return Example(article=article, gold=Annotations(entities=tuple(entities), stances=tuple(stances)))


def report(gold: GoldDataset, *, end_to_end: bool) -> Iterator[str]:
    """Markdown lines: a row for each system."""
    ends = ("found", "right", "found-named", "right-named") if end_to_end else ()
    scoring = Scoring(tasks=("stances",), conventions=("given", *ends))
    number = sum(len(example.gold["stances"] or ()) for example in gold)
    yield f"## {gold.signature}, {gold.split}: {len(gold)} articles, {number} pairs\n"
    last = "".join(f" {name} F1 |" for name in ends)
    yield f"| system | accuracy | favg | macro-F1 | F1 favor | F1 against | F1 neutral |{last}"
    yield "|---|---|---|---|---:|---:|---:|" + "---|" * len(ends)
    for system in SYSTEMS:
        run = run_extractor(system, gold, cache=False)
        name = system if isinstance(system, str) else system.name
        result = score_predictions(gold, run, scoring=scoring, baseline=False).tasks["stances"]
        given = result["given"]
        cells = [_shown(given.scores[key].value, given.scores[key].ci) for key in ("accuracy", "favg", "macro_f1")]
        cells += [
            f"{given.labels[label].f1:.3f}" if label in given.labels else "-"
            for label in ("favor", "against", "neutral")
        ]
        cells += [_shown(result[key].micro.f1, result[key].micro.ci.get("f1")) for key in ends]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield f"\n`{given.signature}`\n"


def _shown(value: float, interval: tuple[float, float] | None) -> str:
    return f"{value:.3f}" + (f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else "")


def main() -> None:
    """Prints the report, and writes it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--splits", nargs="*", default=["dev"])
    parser.add_argument("--card", type=Path)
    arguments = parser.parse_args()
    lines = []
    if arguments.data is not None:
        lines += [line for gold in devtest(arguments.data) for line in report(gold, end_to_end=False)]
    for split in arguments.splits:
        lines += report(load_dataset(split=split), end_to_end=True)
    print("\n".join(lines))
    if arguments.card is not None:
        text = arguments.card.read_text(encoding="utf-8")
        head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
        arguments.card.write_text("\n".join([head + BEGIN, "", *lines, END + tail]), encoding="utf-8")


if __name__ == "__main__":
    main()
