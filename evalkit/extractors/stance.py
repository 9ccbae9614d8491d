"""`stance-base`: who is for or against whom, by a small network over passages in which the target is marked.

Names come from `ner-base`, quotes and their speakers from the rules. The network was trained on target sentiment,
which is near to stance and not the same (see its model card). It judges the pairs that the rules propose and, in a
quote with a known speaker, every person, organisation, group or work that the quote names; a pair is kept if the
network is sure enough.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.dataset.zones import zoned
from evalkit.errors import ExtractorError
from evalkit.extractors import onnx_network, stance_input, stance_pairs, windows
from evalkit.extractors.base import StancePair
from evalkit.extractors.ner import NerExtractor
from evalkit.extractors.rule_stances import label_pair
from evalkit.extractors.rules import RulesExtractor, find_quotes, find_stances
from evalkit.extractors.stance_input import LABELS, Passage
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Article, Entity, Quote, Span, Stance

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["StanceExtractor"]

_FOLDER = Path(__file__).parent / "models" / "stance-base"
_FILES = ("model.onnx", "tokenizer.json", "valence.txt", "stance.json")
_CODE = (onnx_network, stance_input, stance_pairs, windows)
_TARGETS = frozenset({"PER", "ORG", "NORP", "WORK"})
_HOLDERS = frozenset({"PER", "ORG", "NORP", "GPE"})


class _Loaded(NamedTuple):
    """What the first use reads: the tokenizer, the lexicon and the network as a function of pieces and features."""

    tokenizer: Tokenizer
    valence: dict[str, int]
    score: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


class _Candidate(NamedTuple):
    """A pair that may be a stance, with the place that shows it and what the rules say, if they do."""

    holder: str
    target: str
    evidence: tuple[Span, ...]
    quote_id: str | None
    told: str


class StanceExtractor:
    """Entities, quotes and stances; it can also label pairs that are given.

    The result for an article depends on nothing but the article: passages are scored one by one.

    Attributes:
        name: how it is called in tables.
        layers: all three, because stances name the entities of this extractor.
        thread_safe: several threads may call one extractor at once.
    """

    thread_safe = True

    def __init__(self, folder: Path | None = None, *, name: str = "stance-base", threads: int | None = None) -> None:
        """Prepare an extractor; the weights are read at the first use.

        Args:
            folder: a folder with the files of a model; the shipped model by default.
            name: how the extractor is called.
            threads: how many articles `ner-base` reads at once; one by default.

        Raises:
            ExtractorError: a file of the model is missing.
        """
        self.name = name
        self.layers: tuple[str, ...] = ("entities", "quotes", "stances")
        self._folder = _FOLDER if folder is None else Path(folder)
        missing = [file for file in _FILES if not (self._folder / file).is_file()]
        if missing:
            raise ExtractorError(
                f"{self._folder}: no {', '.join(missing)} there; a model folder holds {', '.join(_FILES)}, "
                "as experiments/train_stance/ship.py writes them"
            )
        self._config: dict[str, Any] = json.loads((self._folder / "stance.json").read_text(encoding="utf-8"))
        self._ner = NerExtractor(threads=threads)
        self._loaded: _Loaded | None = None
        self._fingerprint = ""

    def fingerprint(self) -> str:
        """SHA-256 over the files of the model, `ner-base`, the rules, and the code that joins them."""
        if not self._fingerprint:
            code = [Path(__file__), *(Path(str(module.__file__)) for module in _CODE)]
            total = hashlib.sha256((self._ner.fingerprint() + RulesExtractor().fingerprint()).encode())
            for path in [*(self._folder / file for file in _FILES), *code]:
                total.update(hashlib.sha256(path.read_bytes()).digest())
            self._fingerprint = total.hexdigest()
        return self._fingerprint

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the order given.

        Args:
            articles: articles with zones or without; nothing is found in boilerplate.
        """
        pages = [zoned(article) for article in articles]
        return [self._annotate(page, found) for page, found in zip(pages, self._ner.extract(pages), strict=True)]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """A stance label for each pair that is given, in the same order.

        Args:
            article: the article that the pairs are from.
            pairs: holders and targets.
        """
        page = zoned(article)
        (found,) = self._ner.extract([page])
        entities = found.entities or ()
        quotes = find_quotes(page, entities)
        return [self._pair_label(page, entities, quotes, pair) for pair in pairs]

    def find_stances(self, article: Article, entities: Sequence[Entity], quotes: Sequence[Quote]) -> tuple[Stance, ...]:
        """The stances of an article over entities and quotes that are given, one for each holder and target.

        Args:
            article: the article, with zones.
            entities: its linked mentions.
            quotes: its quotes, with speakers.
        """
        known = stance_pairs.sentences(article)
        best: dict[tuple[str, str], Stance] = {}
        for candidate in _candidates(article, entities, quotes):
            stance = self._judged(article, entities, known, candidate)
            if stance is None:
                continue
            pair = (stance.holder, stance.target)
            if pair not in best or (stance.score or 0.0) > (best[pair].score or 0.0):
                best[pair] = stance
        kept = sorted(best.values(), key=lambda stance: (stance.evidence[0], stance.holder, stance.target))
        return tuple(replace(stance, id=f"s{number}") for number, stance in enumerate(kept, 1))

    def probabilities(self, passages: Iterable[Passage]) -> NDArray[np.float64]:
        """The chances of favor, against and neutral, [passages, 3]; each passage is scored alone."""
        import numpy as np

        tokenizer, valence, score = self._load()
        rows = []
        for item in passages:
            pieces, features = stance_input.encode(item, tokenizer, valence, size=self._config["size"])
            raw = score(pieces[None], features[None])[0].astype(np.float64)
            chances = np.exp(raw - raw.max())
            rows.append(chances / chances.sum())
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(LABELS))

    def _load(self) -> _Loaded:
        if self._loaded is None:
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            valence = stance_input.read_valence(self._folder / "valence.txt")
            self._loaded = _Loaded(tokenizer, valence, onnx_network.load_network(self._folder / "model.onnx"))
        return self._loaded

    def _annotate(self, article: Article, found: Annotations) -> Annotations:
        entities = found.entities or ()
        quotes = find_quotes(article, entities)
        return Annotations(entities=entities, quotes=quotes, stances=self.find_stances(article, entities, quotes))

    def _pair_label(
        self, article: Article, entities: Sequence[Entity], quotes: Sequence[Quote], pair: StancePair
    ) -> str:
        passages = stance_pairs.pair_passages(article, entities, quotes, pair)
        told = label_pair(article, entities, quotes, pair)
        if not passages:
            return told
        chances = self.probabilities(passages).mean(axis=0)
        # A holder who is named with a target has a view of it, unless words say that it is balanced.
        return LABELS[int(chances.argmax())] if pair.holder == AUTHOR else _sided(chances, told)

    def _judged(
        self, article: Article, entities: Sequence[Entity], known: Sequence[Span], candidate: _Candidate
    ) -> Stance | None:
        """The stance that a candidate is, if the network is sure enough."""
        mentions = [entity.spans[0] for entity in entities if entity.entity_id == candidate.target]
        names = [article.text[start:end] for start, end in mentions]
        topic = candidate.target.removeprefix(TOPIC_PREFIX).replace("-", " ")
        name = max(names, key=lambda form: (len(form), form), default=topic)
        place = stance_pairs.widened(Span(candidate.evidence[0].start, candidate.evidence[-1].end), known)
        chances = self.probabilities([stance_pairs.passage(article.text, place, mentions, name)])[0]
        label = _sided(chances, candidate.told)
        if not candidate.told and chances[LABELS.index(label)] < self._config["threshold"]:
            return None
        return Stance(
            id="",
            holder=candidate.holder,
            target=candidate.target,
            label=label,
            evidence=candidate.evidence,
            quote_id=candidate.quote_id,
            score=round(float(chances[LABELS.index(label)]), 4),
        )


def _sided(chances: NDArray[np.float64], told: str) -> str:
    """Favor or against, whichever is likelier; neutral only where the rules found words of balance."""
    favor, against = (float(chances[LABELS.index(label)]) for label in ("favor", "against"))
    return told if told == "neutral" else "favor" if favor > against else "against"


def _candidates(article: Article, entities: Sequence[Entity], quotes: Sequence[Quote]) -> list[_Candidate]:
    """What the rules found, then each speaker with each thing that a quote of theirs names."""
    found = [
        _Candidate(stance.holder, stance.target, stance.evidence, stance.quote_id, stance.label)
        for stance in find_stances(article, entities, quotes)
    ]
    labels = {entity.entity_id: entity.label for entity in entities if entity.entity_id is not None}
    proposed = {(candidate.holder, candidate.target) for candidate in found}
    for quote in quotes:
        holder = quote.speaker_id
        if holder is None or labels.get(holder) not in _HOLDERS:
            continue
        named = {
            entity.entity_id
            for entity in entities
            if entity.label in _TARGETS
            and any(span.start <= entity.spans[0].start < span.end for span in quote.content)
        }
        for target in sorted(item for item in named if item is not None and item != holder):
            if (holder, target) not in proposed:
                found.append(_Candidate(holder, target, quote.content, quote.id, ""))
    return found
