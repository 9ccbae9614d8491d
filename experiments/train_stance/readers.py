"""Readers of the training corpora: each gives passages with a marked target, a label and the group they belong to.

Items of one group (an article, a headline) are never on both sides of a split.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit import load_dataset
from evalkit.extractors.shipped.stances.candidates import passage, sentences, widened
from evalkit.extractors.shipped.stances.encoding import Passage
from evalkit.records import TOPIC_PREFIX, Example, Span
from evalkit.text.zones import zoned

_POLARITY = {2.0: "against", 4.0: "neutral", 6.0: "favor"}
_DECISION = re.compile(r"""['"](.+?)['"]: *['"](\w+)['"]""")
_SENTIMENT = {"negative": "against", "neutral": "neutral", "positive": "favor"}


@dataclass(frozen=True)
class Item:
    """One training item."""

    source: str
    group: str
    passage: Passage
    label: str
    several: bool = False
    """Whether its sentence has several targets."""


def read_newsmtsc(path: Path) -> list[Item]:
    """NewsMTSC: sentences of political news; the offsets are code points and all of them fit."""
    items = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text, group = row["sentence_normalized"], article_of(row["primary_gid"])
        for target in row["targets"]:
            span = Span(target["from"], target["to"])
            if text[span.start : span.end] != target["mention"]:
                raise ValueError(f"{path}: {row['primary_gid']}: {target['mention']!r} is not at {span}")
            passage = Passage(text, (span,), target["mention"])
            items.append(Item("newsmtsc", group, passage, _POLARITY[target["polarity"]], len(row["targets"]) > 1))
    return items


def article_of(gid: str) -> str:
    """The article that an item of NewsMTSC is from."""
    parts = gid.split("_")
    return "_".join(parts[: 3 if parts[0] == "polusa" else 2])


def read_finentity(path: Path, dropped: Counter[str]) -> list[Item]:
    """FinEntity: passages of financial news; an entity whose offsets do not give its value is dropped and counted."""
    items = []
    for number, row in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        text = row["content"]
        for entity in row["annotations"]:
            span = Span(entity["start"], entity["end"])
            if text[span.start : span.end] != entity["value"]:
                dropped["finentity: offsets and value differ"] += 1
                continue
            passage = Passage(text, (span,), entity["value"])
            label = _SENTIMENT[entity["label"].lower()]
            items.append(Item("finentity", f"fin{number}", passage, label, len(row["annotations"]) > 1))
    return items


def read_sentfin(path: Path, dropped: Counter[str]) -> list[Item]:
    """SEntFiN: headlines of Indian business news; an entity that its headline does not hold is dropped and counted."""
    items = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            # Not quite Python: names hold unescaped apostrophes.
            entities = _DECISION.findall(row["Decisions"])
            for entity, label in entities:
                start = row["Title"].find(entity)
                if start < 0 or label not in _SENTIMENT:
                    dropped["sentfin: entity not in headline"] += 1
                    continue
                passage = Passage(row["Title"], (Span(start, start + len(entity)),), entity)
                items.append(Item("sentfin", row["S No."], passage, _SENTIMENT[label], len(entities) > 1))
    return items


def read_gold(examples: list[Example]) -> list[Item]:
    """The stances of gold examples: the sentences of their evidence, with the target marked where it is named."""
    return [item for example in examples for item in _gold_items(example)]


def _gold_items(example: Example) -> list[Item]:
    article = zoned(example.article)
    items = []
    for stance in example.gold["stances"] or ():
        if not stance.evidence:
            continue
        spans = [entity.spans[0] for entity in example.gold["entities"] or () if entity.entity_id == stance.target]
        names = Counter(article.text[span.start : span.end] for span in spans)
        name = max(names, key=lambda form: (len(form), form), default="")
        name = name or stance.target.removeprefix(TOPIC_PREFIX).replace("-", " ")
        shown = Span(stance.evidence[0].start, stance.evidence[-1].end)
        for place in sorted({shown, widened(shown, sentences(article))}):
            items.append(Item("gold", article.id, passage(article.text, place, spans, name), stance.label))
    return items


def read_all(data: Path) -> list[Item]:
    """All training items; what was dropped is printed."""
    dropped: Counter[str] = Counter()
    folder = data / "stance"
    items = read_newsmtsc(folder / "newsmtsc" / "train.jsonl")
    items += read_finentity(folder / "finentity" / "data" / "FinEntity.json", dropped)
    items += read_sentfin(folder / "sentfin" / "SEntFiN.csv", dropped)
    items += read_gold(list(load_dataset(split="train")))
    print("dropped", dict(dropped), flush=True)
    return items


def split(items: Sequence[Item], share: float) -> tuple[list[Item], list[Item]]:
    """Items to train on, and those of a share of newsmtsc's articles to measure on."""

    def held(item: Item) -> bool:
        number = int(hashlib.sha256(item.group.encode()).hexdigest()[:8], 16) / 16**8
        return item.source == "newsmtsc" and number < share

    return [item for item in items if not held(item)], [item for item in items if held(item)]
