"""The attributions of GUM's news as gold quotes: who says what, marked by people as part of the rhetorical structure.

A relation `attribution-positive` or `attribution-negative` joins what is said (its nucleus) with who says so (its
satellite). The content is the text of the nucleus without stops and commas around it. The words that annotators named
as source are the speaker, and those that they named as signal of the relation are the cue. Attributions of
nothing but a source, which are credits of photographs and bylines of block quotes, are left out and counted.

Its units are clauses: `called it “a mistake”` is no attribution there, and a quotation without such a clause is none.
So the figures are recall, also at an intersection/union of the contents that forgives a word, and a precision over
those predicted quotes that have a cue.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from evalkit.analysis.intervals import task_result
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import FormatError, InputError
from evalkit.options import Intervals, Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction, Quote, Span, Zone
from evalkit.results import TaskResult
from evalkit.scoring.arrays import pair_arrays
from evalkit.scoring.columns import Columns
from evalkit.scoring.edges import pieces_of
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.scoring.tasks.quote_matching import quote_matches
from evalkit.scoring.tasks.table import ScoredTable, columns_of
from evalkit.text.quotation_marks import quotations
from evalkit.version import __version__
from evalkit.workflows.scoring.pairing import pair_run
from evalkit.workflows.scoring.score import bootstrap_of, score_predictions

IOU = 0.8
"""From which intersection/union on the contents of two quotes count as the same."""

_STOPS = frozenset([".", ",", ";", ":", "-", "–", "—", "|"])
_CREDIT = frozenset(["Image"])
_CUES = ("indicative_word", "indicative_phrase")


class GumNews(NamedTuple):
    """The news documents with their attributions, and how many attributions were left out."""

    examples: tuple[Example, ...]
    left_out: int


@dataclass
class _Node:
    """A clause with its tokens, or a group of nodes: nuclei below it, satellites beside it."""

    relation: str
    parent: str | None
    tokens: tuple[int, ...] = ()
    nuclei: list[_Node] = field(default_factory=list)
    satellites: list[_Node] = field(default_factory=list)

    def own(self) -> set[int]:
        """Its tokens without those of its satellites."""
        return set(self.tokens).union(*(nucleus.whole() for nucleus in self.nuclei))

    def whole(self) -> set[int]:
        """Its tokens with those of its satellites."""
        return self.own().union(*(satellite.whole() for satellite in self.satellites))


@dataclass(frozen=True)
class _Document:
    """Text, the place of each token in it, the nodes by id, and for each node its signals: subtype → tokens."""

    text: str
    tokens: tuple[Span, ...]
    nodes: dict[str, _Node]
    signals: dict[str, dict[str, set[int]]]


def read_gum_news(folder: Path) -> GumNews:
    """The documents `GUM_news_*` of a folder with `conllu/` (text) and `rst/` (relations); article ids are their names.

    Raises:
        InputError: there is none.
        FormatError: a file is no rs4, or its tokens are not those of the text, in order and without a rest.
    """
    paths = sorted((folder / "rst").glob("GUM_news_*.rs4"))
    if not paths:
        raise InputError(f"{folder / 'rst'}: no GUM_news_*.rs4 there; --data takes the folder that holds ner/gum")
    examples, left_out = [], 0
    for path in paths:
        document = _read(path, _text_of(folder / "conllu" / f"{path.stem}.conllu"))
        quotes, without = _attributions(document)
        zones = (Zone("body", 0, len(document.text)),)
        article = Article(id=path.stem, text=document.text, lang="en", zones=zones)
        examples.append(Example(article=article, gold=Annotations(quotes=quotes)))
        left_out += without
    return GumNews(tuple(examples), left_out)


def score_attributions(gold: GoldDataset, run: Run, *, intervals: Intervals) -> dict[str, TaskResult]:
    """What is scored beside evalkit's own conventions.

    Returns:
        `iou`: quotes matched as ever, right where their contents have an intersection/union of at least `IOU`.
        `precision`: `overlap` with only those predicted quotes that have a cue; its recall is not to be shown.
    """
    pairs = pair_run(gold, run, Scoring()).plain.with_layers(["quotes"])
    bootstrap = bootstrap_of(intervals, [example.article for example in gold])
    scored = ScoredTable(_iou(columns_of("quotes", pairs)).table())
    name = f"iou:{IOU}"
    parts = [
        "quotes",
        name,
        "micro",
        gold.signature,
        f"split:{gold.split}",
        f"ci:{bootstrap.describe() if bootstrap else 'none'}",
    ]
    signature = "|".join([*parts, f"evalkit:{__version__}"])
    scoring = Scoring(tasks=("quotes",), conventions=("overlap",))
    with_cue = replace(run, predictions=tuple(map(_with_cue, run.predictions)))
    cued = score_predictions(gold, with_cue, scoring=scoring, intervals=intervals, baseline=False)
    return {
        "iou": task_result("quotes", name, scored, signature=signature, bootstrap=bootstrap),
        "precision": cued.tasks["quotes"]["overlap"],
    }


def _with_cue(prediction: Prediction) -> Prediction:
    quotes = tuple(quote for quote in prediction.annotations["quotes"] or () if quote.cue)
    return replace(prediction, annotations=replace(prediction.annotations, quotes=quotes))


def _iou(columns: Columns) -> Items:
    """Matched quotes whose contents have an intersection/union of at least `IOU`."""
    gold, predicted = quote_matches(columns).pairs
    right = []
    for ours, theirs in zip(gold.tolist(), predicted.tolist(), strict=True):
        contents = [
            {place for piece in pieces_of(columns, side, quote) for place in range(*piece)}
            for side, quote in zip(columns.sides, (ours, theirs), strict=True)
        ]
        if len(contents[0] & contents[1]) >= IOU * len(contents[0] | contents[1]):
            right.append((ours, theirs))
    return items_of_pairs(columns, *pair_arrays(right))


def kind_of(text: str, content: Iterable[Span]) -> str:
    """Direct if all letters and digits of the content stand in quotation marks, mixed if some do, else indirect."""
    marks, start = [], 0
    for line in text.split("\n"):
        marks += quotations(text, Span(start, start + len(line)))
        start += len(line) + 1
    letters = [place for span in content for place in range(*span) if text[place].isalnum()]
    inside = sum(any(mark.start <= place < mark.end for mark in marks) for place in letters)
    return "direct" if letters and inside == len(letters) else "mixed" if inside else "indirect"


def _text_of(path: Path) -> str:
    """The sentences of a CoNLL-U file, a line for each paragraph.

    Some blocks of GUM begin with the second sentence of a quotation; inside an open quotation the line goes on.
    """
    if not path.is_file():
        raise InputError(f"{path}: not there; GUM's conllu files hold the text of its rs4 files")
    text, gap = "", ""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("# newpar_block = quote") and text.rpartition("\n")[2].count('"') % 2:
            gap = " "
        elif line.startswith("# newpar"):
            gap = "\n"
        elif line.startswith("# text = "):
            text += (gap if text else "") + line.removeprefix("# text = ")
            gap = " "
    return text


def _read(path: Path, text: str) -> _Document:
    try:
        root = ET.parse(path).getroot()
    except ET.ParseError as error:
        raise FormatError(f"{path}: no XML ({error}); take the rs4 files as GUM distributes them") from error
    several = {rel.get("name") for rel in root.iter("rel") if rel.get("type") == "multinuc"}
    nodes: dict[str, _Node] = {}
    tokens: list[Span] = []
    for element in [*root.iter("segment"), *root.iter("group")]:
        first = len(tokens)
        tokens += _placed(path, text, (element.text or "").split(), tokens[-1].end if tokens else 0)
        numbers = tuple(range(first, len(tokens)))
        nodes[element.get("id", "")] = _Node(element.get("relname", ""), element.get("parent"), numbers)
    if text[tokens[-1].end if tokens else 0 :].strip():
        raise FormatError(f"{path}: ends before the text of the CoNLL-U file does; the two are of different releases")
    for node in nodes.values():
        if node.parent is not None:
            above = nodes[node.parent]
            (above.nuclei if node.relation in {"span", *several} else above.satellites).append(node)
    signals: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for signal in root.iter("signal"):
        places = {int(number) - 1 for number in signal.get("tokens", "").split(",") if number}
        signals[signal.get("source", "")][signal.get("subtype", "")] |= places
    return _Document(text, tuple(tokens), nodes, signals)


def _placed(path: Path, text: str, words: Sequence[str], start: int) -> list[Span]:
    """Where words stand that follow each other from `start` on with nothing but white space between them."""
    found = []
    for word in words:
        while text[start : start + 1].isspace():
            start += 1
        if not text.startswith(word, start):
            raise FormatError(
                f"{path}: {word!r} stands where the CoNLL-U file has {text[start : start + 20]!r} (offset {start}); "
                "the two are of different releases"
            )
        found.append(Span(start, start + len(word)))
        start += len(word)
    return found


def _attributions(document: _Document) -> tuple[tuple[Quote, ...], int]:
    """The attributions of a document in the order of the text, and how many were left out."""
    quotes, left_out = [], 0
    for name, satellite in document.nodes.items():
        if not satellite.relation.startswith("attribution-") or satellite.parent is None:
            continue
        signals = document.signals.get(name, {})
        source = signals.get("attribution_source", set())
        others = [_surface(document, token) for token in satellite.whole() - source]
        content = _pieces(document, _said(document, satellite, source))
        if not content or not any(word[0].isalnum() and word not in _CREDIT for word in others):
            left_out += 1
            continue
        cue = set().union(*(signals.get(kind, set()) for kind in _CUES)) - source
        speaker = _pieces(document, source)
        quotes.append((content, tuple(_pieces(document, cue)), speaker[0] if speaker else None))
    quotes.sort(key=lambda quote: quote[0])
    return tuple(
        Quote(id=f"q{n}", kind=kind_of(document.text, content), content=tuple(content), cue=cue, speaker=speaker)
        for n, (content, cue, speaker) in enumerate(quotes, 1)
    ), left_out


def _said(document: _Document, satellite: _Node, source: set[int]) -> set[int]:
    """The tokens of the nucleus, and those that go on behind a satellite which interrupts it."""
    nucleus = document.nodes[satellite.parent or ""]
    above = document.nodes.get(nucleus.parent or "") if nucleus.relation == "span" else nucleus
    if above is None or above.relation != "same-unit" or above.parent is None:
        return nucleus.own() - satellite.whole()
    return document.nodes[above.parent].own() - satellite.whole() - source


def _surface(document: _Document, token: int) -> str:
    return document.text[slice(*document.tokens[token])]


def _pieces(document: _Document, numbers: Iterable[int]) -> list[Span]:
    """The stretches that some tokens make: one for each run in one paragraph, without stops at its ends."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        gap = document.text[document.tokens[number - 1].end : document.tokens[number].start] if number else "\n"
        if runs and runs[-1][-1] == number - 1 and "\n" not in gap:
            runs[-1].append(number)
        else:
            runs.append([number])
    spans = []
    for run in runs:
        while run and _surface(document, run[-1]) in _STOPS:
            run.pop()
        while run and _surface(document, run[0]) in _STOPS:
            run.pop(0)
        if run:
            spans.append(Span(document.tokens[run[0]].start, document.tokens[run[-1]].end))
    return spans
