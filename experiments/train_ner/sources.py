"""Readers of the training corpora: each gives documents made of sentences with spans and the labels they allow.

The corpora have coarser labels than evalkit. A span therefore carries the set of labels it may stand for, and "O"
in that set says that it may be no entity at all.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lists import words

LABELS = ("PER", "ORG", "GPE", "LOC", "FAC", "NORP", "EVENT", "WORK")

_GMB = {
    "geo": "GPE LOC FAC",
    "gpe": "NORP GPE",
    "org": "ORG",
    "per": "PER",
    "eve": "EVENT",
    "art": "WORK FAC O",
    "nat": "EVENT O",
}
_WIKIGOLD = {"PER": "PER", "ORG": "ORG", "LOC": "GPE LOC FAC", "MISC": "NORP EVENT WORK O"}
_BTC = {"PER": "PER", "ORG": "ORG", "LOC": "GPE LOC FAC"}
_GUM = {
    "person": "PER",
    "organization": "ORG",
    "place": "GPE LOC FAC",
    "event": "EVENT",
    "object": "WORK FAC O",
    "abstract": "WORK EVENT O",
}
_TITLES = frozenset(words("titles", "gmb"))
_LIGATURES = str.maketrans({"\x91": "‘", "\x92": "’", "\x93": "“", "\x94": "”", "\x85": "…", "\x96": "–", "\x97": "—"})


@dataclass
class Sentence:
    """Text and spans `(start, end, allowed labels)`; `before` is the white space that separates it from the last."""

    text: str
    spans: list[tuple[int, int, tuple[str, ...]]]
    before: str = " "


@dataclass
class Document:
    """A run of sentences that belong together."""

    id: str
    source: str
    sentences: list[Sentence] = field(default_factory=list)


def detokenize(tokens: Sequence[str], spans: Sequence[tuple[int, int, tuple[str, ...]]]) -> Sentence:
    """Natural text from tokens, with the token spans as character spans."""
    text = ""
    starts, ends = [], []
    open_quote = open_single = False
    glue = True
    for token in tokens:
        token = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")", "`": "'"}.get(token, token)
        single = token == "'" and (open_single or text.endswith("s"))
        closing = single or (token == '"' and open_quote)
        tight = token in (",", ".", ";", ":", "!", "?", ")", "]", "%", "...") or closing
        tight = tight or bool(re.fullmatch(r"(n't|n’t|['’](s|re|ve|ll|d|m|S))", token))
        if not (glue or tight):
            text += " "
        starts.append(len(text))
        text += token
        ends.append(len(text))
        glue = token in ("(", "[", "$", "#", "@", "£", "€") or (token in ('"', "'") and not closing)
        if token == '"':
            open_quote = not open_quote
        elif token == "'":
            open_single = not closing
    return Sentence(text, [(starts[first], ends[last - 1], allowed) for first, last, allowed in spans])


def read_gmb(folder: Path) -> Iterator[Document]:
    """The GMB export, in documents of 20 consecutive sentences (it has no document boundaries)."""
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as archive:
        raw = archive.read(archive.namelist()[0]).decode("latin-1").translate(_LIGATURES)
    sentences: list[list[tuple[str, str]]] = []
    for row in list(csv.reader(io.StringIO(raw)))[1:]:
        if row[0]:
            sentences.append([])
        sentences[-1].append((row[1], row[3]))
    for first in range(0, len(sentences), 20):
        document = Document(f"gmb-{first // 20}", "gmb")
        for sentence in sentences[first : first + 20]:
            tokens = [token for token, _ in sentence]
            spans = [
                trimmed
                for start, end, label in bio_spans([tag for _, tag in sentence])
                if label in _GMB and (trimmed := _trim_gmb(tokens, start, end, label))
            ]
            document.sentences.append(_cut_suffixes(detokenize(tokens, spans)))
        yield document


def _trim_gmb(tokens: list[str], start: int, end: int, label: str) -> tuple[int, int, tuple[str, ...]] | None:
    """The span without titles, articles and possessives; None where only a title was tagged."""
    while end > start and tokens[end - 1] in ("'s", "'", ",", "-", "of"):
        end -= 1
    while start < end and tokens[start] in ("'s", "the", "The", "of", "southern", "northern", "eastern", "western"):
        start += 1
    if label == "per":
        while start < end and tokens[start].lower().rstrip(".") in _TITLES:
            start += 1
        if start < end and all(token.islower() for token in tokens[start:end]):
            return None
    if start >= end or tokens[start] in ("I", "II"):
        return None
    return start, end, tuple(_GMB[label].split())


def _cut_suffixes(sentence: Sentence) -> Sentence:
    """`NATO-led` and `53-member African Union` lose what is no part of the name."""
    spans = []
    for start, end, allowed in sentence.spans:
        surface = sentence.text[start:end]
        if tail := re.search(r"[-–][a-z]+$", surface):
            end = start + tail.start()
        if head := re.match(r"\d+-[a-z]+ ", surface):
            start += head.end()
        if start < end:
            spans.append((start, end, allowed))
    return Sentence(sentence.text, spans, sentence.before)


def read_wikigold(folder: Path) -> Iterator[Document]:
    """The Wikigold articles; -DOCSTART- separates them."""
    lines = next(folder.rglob("*.conll.txt")).read_text(encoding="utf-8").split("\n")
    document = Document("wikigold-0", "wikigold")
    tokens: list[str] = []
    tags: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("-DOCSTART-"):
            if document.sentences:
                yield document
            document = Document(f"wikigold-{int(document.id.split('-')[1]) + 1}", "wikigold")
        elif line.strip():
            token, tag = line.split(" ")[0], line.split(" ")[-1]
            tokens.append(token)
            tags.append(tag)
        elif tokens:
            spans = [(s, e, tuple(_WIKIGOLD[label].split())) for s, e, label in bio_spans(tags)]
            document.sentences.append(_cut_articles(detokenize(tokens, spans)))
            tokens, tags = [], []
    if document.sentences:
        yield document


def _cut_articles(sentence: Sentence) -> Sentence:
    """A leading lower-case article is outside."""
    spans = []
    for start, end, allowed in sentence.spans:
        if sentence.text[start : start + 4] == "the ":
            start += 4
        if start < end:
            spans.append((start, end, allowed))
    return Sentence(sentence.text, spans, sentence.before)


def read_btc(folder: Path) -> Iterator[Document]:
    """The Broad Twitter Corpus, in documents of one tweet."""
    for path in sorted(folder.glob("*.conll")):
        tokens: list[str] = []
        tags: list[str] = []
        number = 0
        for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
            if line.strip():
                token, _, tag = line.strip().partition("\t")
                tokens.append(token.strip())
                tags.append(tag.strip() or "O")
            elif tokens:
                # A user name after "@" is a handle: news text has none, and its label says little about names.
                spans = [
                    (s, e, (*_BTC[label].split(), "O") if s and tokens[s - 1] == "@" else tuple(_BTC[label].split()))
                    for s, e, label in bio_spans(tags)
                    if label in _BTC and tokens[s] != "@"
                ]
                yield Document(f"btc-{path.stem}-{number}", "btc", [detokenize(tokens, spans)])
                tokens, tags, number = [], [], number + 1


def read_newsmtsc(folder: Path) -> Iterator[Document]:
    """The train sentences of NewsMTSC as documents without spans: modern news, labelled by models only."""
    document = Document("", "newsmtsc")
    for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        name = "newsmtsc-" + "-".join(row["primary_gid"].split("_")[:3])
        if name != document.id:
            if document.sentences:
                yield document
            document = Document(name, "newsmtsc")
        if row["sentence_normalized"].strip() not in (known.text for known in document.sentences):
            document.sentences.append(Sentence(row["sentence_normalized"].strip(), []))
    if document.sentences:
        yield document


def bio_spans(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Token spans of BIO or IO tags."""
    start, label = 0, ""
    for index, tag in enumerate([*tags, "O"]):
        kind, _, name = tag.partition("-")
        if label and (kind != "I" or name != label):
            yield start, index, label
            label = ""
        if kind != "O" and not label:
            start, label = index, name


def read_gum(folder: Path) -> Iterator[Document]:
    """The GUM documents in the folder with their names; see `names` for what counts as one."""
    from gum import read_conllu

    for path in sorted((folder / "conllu").glob("*.conllu")):
        document = Document(path.stem, "gum")
        for text, new_paragraph, names in read_conllu(path):
            spans = [(start, end, tuple(_GUM[kind].split())) for start, end, kind in names if kind in _GUM]
            document.sentences.append(Sentence(text, spans, "\n" if new_paragraph else " "))
        yield document


def gum_split(folder: Path, part: str) -> frozenset[str]:
    """The documents of GUM's own split `part` (train, dev, test)."""
    section = (folder / "splits.md").read_text(encoding="utf-8").split(f"\n## {part}\n")[1].split("\n## ")[0]
    return frozenset(re.findall(r"\* (\S+)", section))
