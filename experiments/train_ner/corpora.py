"""The corpora of one training run, prepared once: read, joined with the teacher and split."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from batches import Corpus, Line
from masks import join, teacher_spans
from sources import Document, Sentence, gum_split, read_btc, read_gmb, read_gum, read_newsmtsc, read_wikigold
from synth import sentence as made_up


def read_all(data: Path) -> list[Document]:
    """Every document of the corpora under `data`, which holds the folders ner and stance."""
    return [
        *read_gmb(data / "ner" / "gmb_kaggle"),
        *read_wikigold(data / "ner" / "wikigold"),
        *read_btc(data / "ner" / "btc"),
        *read_gum(data / "ner" / "gum"),
        *read_newsmtsc(data / "stance" / "newsmtsc"),
    ]


def write_prepared(documents: Iterable[Document], path: Path) -> None:
    """The sentences as JSON lines, for `teacher.py`."""
    with path.open("w", encoding="utf-8") as out:
        for item in documents:
            rows = [[line.text, line.spans, line.before] for line in item.sentences]
            out.write(json.dumps({"id": item.id, "source": item.source, "sentences": rows}) + "\n")


def read_teacher(path: Path | None) -> dict[str, dict[int, list[tuple[int, int, str]]]]:
    """The teacher's spans by document and sentence; nothing without a file."""
    found: dict[str, dict[int, list[tuple[int, int, str]]]] = {}
    if path is None:
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        by_sentence: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for number, start, end, label in row["spans"]:
            by_sentence[number].append((start, end, label))
        found[row["id"]] = by_sentence
    return found


def add_spans(documents: Iterable[Document], found: dict[str, dict[int, list[tuple[int, int, str]]]]) -> None:
    """Give documents without annotation the spans that `pseudo.py` wrote for them."""
    for document in documents:
        for number, spans in found.get(document.id, {}).items():
            document.sentences[number].spans = [(start, end, (label,)) for start, end, label in spans]


def held_out(document: Document, data: Path) -> bool:
    """Whether a document is for measuring: GUM's dev and test, a fifth of Wikigold, every 40th of GMB."""
    if document.source == "gum":
        return document.id in gum_split(data / "ner" / "gum", "dev") | gum_split(data / "ner" / "gum", "test")
    if document.source == "wikigold":
        return int(document.id.split("-")[1]) % 5 == 0
    return document.source == "gmb" and int(document.id.split("-")[1]) % 40 == 0


def read_gold(files: Iterable[Path], *, nested: bool = False) -> list[Document]:
    """The project's own annotated articles outside boilerplate; of nested entities the outermost, or all."""
    from evalkit.formats.inline.markup import parse_inline

    documents = []
    for path in sorted(files):
        if path.suffix == ".txt":
            example = parse_inline(path.read_text(encoding="utf-8"), where=path.name)
            rows = [
                {
                    "id": example.article.id,
                    "text": example.article.text,
                    "zones": [tuple(zone) for zone in example.article.zones],
                    "entities": [{"spans": e.spans, "label": e.label} for e in example.gold["entities"] or ()],
                }
            ]
        else:
            stored = json.loads(path.read_text(encoding="utf-8"))
            rows = stored if isinstance(stored, list) else [stored]
        for row in rows:
            closed = [(int(start), int(end)) for kind, start, end in _zones(row) if kind == "boilerplate"]
            found = {(int(s), int(e), entity["label"]) for entity in row["entities"] for s, e in entity["spans"][:1]}
            kept: list[tuple[int, int, tuple[str, ...]]] = []
            for start, end, label in sorted(found, key=lambda span: (span[0], -span[1])):
                if nested or not kept or start >= kept[-1][1]:
                    kept.append((start, end, (label,)))
            documents.append(Document(row["id"], "gold", _lines(row["text"], kept, closed)))
    return documents


def _zones(row: dict[str, Any]) -> list[tuple[str, int, int]]:
    """The zones of a row, stored as triples or as objects."""
    return [
        (zone["kind"], zone["start"], zone["end"]) if isinstance(zone, dict) else tuple(zone)
        for zone in row.get("zones") or ()
    ]


def _lines(text: str, spans: list[tuple[int, int, tuple[str, ...]]], closed: list[tuple[int, int]]) -> list[Sentence]:
    """One `Sentence` for each line with text outside boilerplate, where nothing is annotated."""
    lines, position, before = [], 0, ""
    for raw in text.splitlines(keepends=True):
        body = raw.strip()
        start = position + raw.find(body)
        position += len(raw)
        if not body or any(start < end and start + len(body) > first for first, end in closed):
            before += "\n"
            continue
        inside = [(s - start, e - start, a) for s, e, a in spans if s >= start and e <= start + len(body)]
        lines.append(Sentence(body, inside, "\n\n" if "\n" in before else "\n"))
        before = ""
    return lines


def build(
    documents: Iterable[Document], teacher: dict[str, dict[int, list[tuple[int, int, str]]]]
) -> dict[str, list[list[Line]]]:
    """The documents as masked lines, by source."""
    by_source: dict[str, list[list[Line]]] = defaultdict(list)
    for document in documents:
        opinion = teacher.get(document.id, {})
        by_source[document.source].append(
            [
                Line(join(line, document.source, teacher_spans(line, opinion.get(number, []))), line.before)
                for number, line in enumerate(document.sentences)
            ]
        )
    return by_source


def synthetic(count: int, seed: int) -> list[list[Line]]:
    """Documents of two to five made-up sentences."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        lines = [made_up(rng) for _ in range(rng.randint(2, 5))]
        found.append([Line(join(line, "synth", []), line.before) for line in lines])
    return found


def corpora(lines: dict[str, list[list[Line]]], share: dict[str, float], weight: dict[str, float]) -> list[Corpus]:
    """The corpora with their shares and weights; a source without documents is left out."""
    return [
        Corpus(name, lines.get(name, []), share[name], weight[name], vary=True)
        for name in share
        if lines.get(name) and share[name] > 0
    ]
