"""Inputs to measure with, such as people really have.

    python experiments/benchmarks/inputs.py FOLDER [--articles 10000] [--kind real | hard | small | conll]

* `real`: the bundled articles repeated under new ids, in native files with everything that these hold: text, zones,
  entity ids, quotes, stances; predicted is what `news-base` found in them, with its scores.
* `hard`: entities alone, of which six predicted ones in ten are wrong and one in ten is nested, in no order.
* `small`: notices of a few words with three or four names each, to have a million of; one prediction in five is wrong.
* `conll`: the synthetic corpus of `scoring.py` as a file of tag columns, gold and predicted side by side.

Each writes `gold.jsonl` and `predicted.jsonl` (`conll`: `tags.conll`) and says how large they are.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from evalkit import load_dataset, run_extractor
from evalkit.formats.native.rows import example_to_row, prediction_to_row

LABELS = ("EVENT", "FAC", "GPE", "LOC", "NORP", "ORG", "PER", "WORK")
"""The inventory of the bundled gold."""


def real_rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The bundled articles with their gold, and what `news-base` finds in them, as rows of native files."""
    gold = load_dataset(split="all")
    run = run_extractor("news-base", gold)
    found = {prediction.article_id: prediction for prediction in run.predictions}
    return (
        [example_to_row(example) for example in gold],
        [prediction_to_row(found[example.article.id]) for example in gold],
    )


def repeated(rows: list[dict[str, Any]], articles: int) -> Iterator[str]:
    """So many lines: the rows over and over, each under an id of its own."""
    # An id is all that differs, so each row is written once and its id put in front.
    rests = [json.dumps({name: value for name, value in row.items() if name != "id"})[1:] for row in rows]
    for number, (row, rest) in enumerate(itertools.islice(itertools.cycle(zip(rows, rests, strict=True)), articles)):
        yield f'{{"id": "{row["id"]}-{number:07d}", {rest}\n'


def write_real(folder: Path, articles: int) -> None:
    for name, rows in zip(("gold", "predicted"), real_rows(), strict=True):
        with (folder / f"{name}.jsonl").open("w") as file:
            file.writelines(repeated(rows, articles))


def hard_columns(articles: int, entities: int = 25, *, seed: int = 0) -> tuple[Any, Any]:
    """Gold and predicted (article, start, end, label), in no order: 6 of 10 predictions wrong, 1 of 10 items nested."""
    rng = np.random.default_rng(seed)
    size = articles * entities
    article = np.repeat(np.arange(articles, dtype=np.int32), entities)
    start = np.tile(np.arange(entities, dtype=np.int32) * 16, articles) + rng.integers(0, 4, size, dtype=np.int32)
    end = start + rng.integers(2, 7, size, dtype=np.int32)
    label = rng.integers(0, len(LABELS), size, dtype=np.int32)
    inner = rng.random(size) < 0.1
    gold = [
        np.concatenate([whole, part])
        for whole, part in (
            (article, article[inner]), (start, start[inner]), (end, start[inner] + 1),
            (label, (label[inner] + 1) % len(LABELS)),
        )
    ]  # fmt: skip
    count = len(gold[0])
    fate = rng.random(count)
    # Wrong are 6 in 10: 2 with another end, 2 with another label, 1 elsewhere, 1 with another end and label.
    other_end = np.where((fate < 0.2) | (fate >= 0.5) & (fate < 0.6), gold[2] + 1, gold[2])
    other_label = np.where((fate >= 0.2) & (fate < 0.4) | (fate >= 0.5) & (fate < 0.6), (gold[3] + 3) % 8, gold[3])
    moved = np.where((fate >= 0.4) & (fate < 0.5), 9, 0)
    predicted = [gold[0], gold[1] + moved, other_end + moved, other_label]
    sides = []
    for columns in (gold, predicted):
        order = rng.permutation(count)
        sides.append(tuple(column[order].astype(np.int32) for column in columns))
    return sides[0], sides[1]


def write_hard(folder: Path, articles: int) -> None:
    for name, columns in zip(("gold", "predicted"), hard_columns(articles), strict=True):
        rows: list[list[dict[str, Any]]] = [[] for _ in range(articles)]
        for article, start, end, label in zip(*(column.tolist() for column in columns), strict=True):
            rows[article].append({"start": start, "end": end, "label": LABELS[label]})
        order = list(range(articles))
        random.Random(name).shuffle(order)
        with (folder / f"{name}.jsonl").open("w") as file:
            for article in order:
                file.write(json.dumps({"id": f"a{article:07d}", "entities": rows[article]}) + "\n")


NAMES = (
    ("Anna Kovač", "PER"), ("Jonas Brandt", "PER"), ("Mei Tanaka", "PER"), ("Lagos", "GPE"), ("Tallinn", "GPE"),
    ("Quito", "GPE"), ("Northgate Bank", "ORG"), ("the Harbour Board", "ORG"), ("Radio Delta", "ORG"),
    ("Lake Volta", "LOC"),
)  # fmt: skip
WORDS = (
    "said", "on Monday", "met", "in", "after", "the vote", "with", "reported", "a delay of", "near", "despite", "talks",
)  # fmt: skip


def small_rows(articles: int, *, seed: int = 0) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Short articles one after the other, by id: as rows of gold, and of predictions."""
    rng = random.Random(seed)
    for number in range(articles):
        text, gold, predicted = "", [], []
        for name, label in rng.sample(NAMES, rng.choice((3, 4))):
            text += " ".join(rng.choices(WORDS, k=4)) + " "
            start, fate = len(text), rng.random()
            text += name + " "
            gold.append({"start": start, "end": start + len(name), "label": label})
            # Wrong is one in five: not found, another label, or another end.
            if fate < 0.93:
                wrong = {"label": "LOC"} if fate < 0.07 else {"end": start + 4} if fate < 0.14 else {}
                predicted.append(gold[-1] | wrong)
        name = f"n{number:08d}"
        yield {"id": name, "text": text.strip(), "entities": gold}, {"id": name, "entities": predicted}


def write_small(folder: Path, articles: int) -> None:
    with (folder / "gold.jsonl").open("w") as gold, (folder / "predicted.jsonl").open("w") as predicted:
        for rows in small_rows(articles):
            for file, row in zip((gold, predicted), rows, strict=True):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_conll(folder: Path, articles: int) -> None:
    from scoring import WIDTH, synthetic

    corpus = synthetic(articles)
    length = 25 * WIDTH + 8
    bounds = [np.searchsorted(side[0], np.arange(articles + 1)).tolist() for side in (corpus.gold, corpus.predicted)]
    with (folder / "tags.conll").open("w") as file:
        for article in range(articles):
            columns = []
            for side, first in zip((corpus.gold, corpus.predicted), bounds, strict=True):
                tags = ["O"] * length
                for row in range(first[article], first[article + 1]):
                    start, end, label = int(side[1][row]), int(side[2][row]), LABELS[side[3][row]]
                    tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
                columns.append(tags[:length])
            file.write("-DOCSTART- -X- O O\n\n")
            for at, (gold, predicted) in enumerate(zip(*columns, strict=True)):
                file.write(f"w{at % 997} {gold} {predicted}\n" + ("\n" if at % 25 == 24 else ""))
            file.write("\n")


WRITERS = {"real": write_real, "hard": write_hard, "small": write_small, "conll": write_conll}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--kind", choices=WRITERS, default="real")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    WRITERS[options.kind](options.folder, options.articles)
    for path in sorted(options.folder.iterdir()):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
