"""Sentences with marked quotes as training material: read from the corpora, packed into texts, turned into tags."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evalkit.records import Example, Span

ANNOTATIONS = Path(__file__).parent / "annotations.tsv"
_STYLES = (("“”‘’", 0.45), ("\"\"''", 0.2), ("``''", 0.12), ("«»‹›", 0.06), ("„“‚‘", 0.05), ("‘’“”", 0.12))


class Marked(NamedTuple):
    """One quote: the spans of its content and its cue (none if it has none), and its speaker if that is there."""

    content: tuple[Span, ...]
    cue: tuple[Span, ...]
    speaker: Span | None


@dataclass(frozen=True)
class Sentence:
    """A stretch of text with all its quotes; `part` says which part of the annotations it is in."""

    text: str
    quotes: tuple[Marked, ...]
    part: str


def key_of(text: str) -> str:
    """How a sentence is called in the file of annotations, which holds no text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_annotations(data: Path) -> list[Sentence]:
    """The annotated sentences, with their text from the corpora.

    Args:
        data: the folder with `stance/` and `ner/`.

    Raises:
        ValueError: a corpus does not hold a sentence that was annotated.
    """
    texts = {key_of(text): text for text in (*_newsmtsc(data), *_finentity(data), *_gmb(data))}
    found = []
    for line in ANNOTATIONS.read_text(encoding="utf-8").splitlines():
        part, key, *quotes = line.split("\t")
        if key not in texts:
            raise ValueError(f"{ANNOTATIONS}: no corpus under {data} has the sentence {key} of part {part!r}")
        found.append(Sentence(texts[key], tuple(map(_quote, quotes)), part))
    return found


def write_annotations(sentences: Sequence[Sentence]) -> None:
    """Write the file that `read_annotations` reads: part, key, then `content|cue|speaker` in offsets for each quote."""
    lines = []
    for sentence in sentences:
        quotes = [
            "|".join(
                " ".join(f"{span.start}-{span.end}" for span in spans)
                for spans in (quote.content, quote.cue, () if quote.speaker is None else (quote.speaker,))
            )
            for quote in sentence.quotes
        ]
        lines.append("\t".join([sentence.part, key_of(sentence.text), *quotes]) + "\n")
    ANNOTATIONS.write_text("".join(lines), encoding="utf-8")


def _quote(cell: str) -> Marked:
    content, cue, speaker = ([Span(*map(int, item.split("-"))) for item in role.split()] for role in cell.split("|"))
    return Marked(tuple(content), tuple(cue), speaker[0] if speaker else None)


def _newsmtsc(data: Path) -> Iterator[str]:
    for name in ("train", "devtest_mt"):
        for line in (data / "stance" / "newsmtsc" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["sentence_normalized"]


def _finentity(data: Path) -> Iterator[str]:
    for row in json.loads((data / "stance" / "finentity" / "data" / "FinEntity.json").read_text(encoding="utf-8")):
        yield row["content"]


def _gmb(data: Path) -> Iterator[str]:
    archive = zipfile.ZipFile(data / "ner" / "gmb_kaggle" / "ner_dataset.csv.zip")
    with archive.open(archive.namelist()[0]) as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="latin-1"))
        next(rows)
        words: list[str] = []
        for row in rows:
            if row[0] and words:
                yield joined(words)
                words = []
            words.append(row[1])
        yield joined(words)


_CLOSE = {*",.;:!?)]%", "'s", "n't", "'re", "'ve", "'ll", "'d", "'m", "'", "..."}


def joined(words: Sequence[str]) -> str:
    """Words with the spaces of ordinary writing."""
    text, open_, glued = "", False, True
    for word in words:
        if word in ('"', "``", "''"):
            text += word if open_ or glued else f" {word}"
            glued, open_ = not open_, not open_
            continue
        text += word if word in _CLOSE or glued else f" {word}"
        glued = word in ("(", "[", "$")
    return text.replace("``", '"').replace("''", '"')


def of_example(example: Example) -> Sentence:
    """An article of the gold with its quotes."""
    quotes = tuple(Marked(quote.content, quote.cue, quote.speaker) for quote in example.gold["quotes"] or ())
    return Sentence(example.article.text, quotes, "gold")


def restyled(sentence: Sentence, rng: random.Random) -> Sentence:
    """The sentence with quotation marks of another style; offsets follow."""
    (marks,) = rng.choices([style for style, _ in _STYLES], [share for _, share in _STYLES])
    table = {"“": marks[0], "”": marks[1], "‘": marks[2], "’": marks[3]}
    text = _curled(sentence.text)
    if text is None:
        return sentence
    wide = {"“": "``", "”": "''"} if marks.startswith("`") else {}
    # An apostrophe is no quotation mark.
    single = re.compile(r"(?<=\w)’(?=\w)|(?<=s)’(?= [a-z])")
    kept = {found.start() for found in single.finditer(text)}
    single_open = text.count("‘") > 0
    made, at = [], [0]
    for place, mark in enumerate(text):
        new = wide.get(mark) or (table.get(mark, mark) if mark in "“”" or (single_open and place not in kept) else mark)
        made.append(new)
        at.append(at[-1] + len(new))
    moved = [
        Marked(
            tuple(Span(at[a], at[b]) for a, b in quote.content),
            tuple(Span(at[a], at[b]) for a, b in quote.cue),
            quote.speaker and Span(at[quote.speaker.start], at[quote.speaker.end]),
        )
        for quote in sentence.quotes
    ]
    return Sentence("".join(made), tuple(moved), sentence.part)


def _curled(text: str) -> str | None:
    """The text with straight double marks turned into curly ones; None if they do not pair."""
    if text.count('"') % 2 or (text.count('"') and ("“" in text or "”" in text)):
        return None
    parts = text.split('"')
    return "".join(part + ("" if n == len(parts) - 1 else "“" if n % 2 == 0 else "”") for n, part in enumerate(parts))


def packed(
    sentences: Sequence[Sentence], rng: random.Random, *, size: int = 900, restyle: float = 0.5
) -> Iterator[Sentence]:
    """Texts of about `size` characters, made of sentences in a random order, in one paragraph or in several."""
    order = rng.sample(list(sentences), len(sentences))
    text, quotes = "", []  # type: tuple[str, list[Marked]]
    for sentence in order:
        item = restyled(sentence, rng) if rng.random() < restyle else sentence
        if text and len(text) + len(item.text) > size:
            yield Sentence(text, tuple(quotes), "packed")
            text, quotes = "", []
        if text:
            text += rng.choice([" ", "\n\n", "\n\n"])
        quotes += [_moved(quote, len(text)) for quote in item.quotes]
        text += item.text
    if text:
        yield Sentence(text, tuple(quotes), "packed")


def _moved(quote: Marked, by: int) -> Marked:
    def move(span: Span) -> Span:
        return Span(span.start + by, span.end + by)

    return Marked(
        tuple(map(move, quote.content)),
        tuple(map(move, quote.cue)),
        None if quote.speaker is None else move(quote.speaker),
    )
