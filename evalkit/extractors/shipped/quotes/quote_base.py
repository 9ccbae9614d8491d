"""`quote-base`: who says what, by a small network over the hidden states of `ner-base`.

The network marks the words that report something; for each of them it marks what is reported and who says so. The
rules give it hints, and add quotes that go on over paragraphs. Speakers are resolved to entities of `ner-base`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from evalkit.extractors.base import LONGEST_ARTICLE
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.options import wanted_layers
from evalkit.extractors.rules.extractor import find_quotes
from evalkit.extractors.shipped import onnx_network
from evalkit.extractors.shipped.model_folder import MODELS, ModelFolder
from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.shipped.quotes import assembly, cue_network, passages
from evalkit.extractors.threads import Once, spread, thread_count
from evalkit.records import Annotations, Article, Entity, Quote, Zone
from evalkit.text.sentences import prose_lines
from evalkit.text.zones import zoned

if TYPE_CHECKING:
    from evalkit.extractors.shipped.shared_encoder import Reading

__all__ = ["QuoteExtractor", "QuoteFinder"]

_FOLDER = MODELS / "quote-base"
_FILES = ("model.onnx", "quote.json")
_KEPT = 32

LAYERS = ("entities", "quotes")


class QuoteFinder:
    """Quotes over entities and hidden states that are given."""

    def __init__(self, folder: Path | None = None) -> None:
        """Prepare; the weights are read at the first use.

        Args:
            folder: a folder with the files of a model; the shipped model by default.

        Raises:
            ExtractorError: a file of the model is missing.
        """
        self._model = ModelFolder(folder or _FOLDER, _FILES, ("bias", "cost", "least", "size"))
        self._run = Once(self._load)

    def fingerprint(self) -> str:
        """SHA-256 over the files of the model, the rules, and the code around it."""
        return identity_of(__name__, files=self._model.files)

    def find(self, article: Article, entities: Sequence[Entity], reading: Reading | None) -> tuple[Quote, ...]:
        """The quotes of an article, in the order of its text.

        Args:
            article: the article, with zones.
            entities: its linked mentions.
            reading: what the encoder of `ner-base` read; None for a text without words.
        """
        if reading is None:
            return ()
        lines = [line for line, _ in prose_lines(article)]
        rules = find_quotes(article, entities)
        known = passages.hints(article.text, reading.words, lines, entities, rules)
        reader = cue_network.QuoteReader(
            self._run(),
            article.text,
            reading,
            lines,
            known,
            **{key: self._model.settings[key] for key in ("size", "bias", "cost")},
        )
        sure = [quote for quote in reader.quotes() if quote.score >= self._model.settings["least"]]
        return assembly.assemble(article, entities, lines, sure, rules)

    def _load(self) -> cue_network.Run:
        return onnx_network.load_graph(self._model.path / "model.onnx")


class QuoteExtractor:
    """Entities, and quotes with their speakers.

    The result for an article depends on nothing but the article.

    Attributes:
        name: how it is called in tables.
        layers: entities and quotes, because speakers are entities of this extractor.
        thread_safe: several threads may call one extractor at once.
        threads: how many articles it reads at once.
    """

    thread_safe = True
    languages = ("en",)
    longest_article = LONGEST_ARTICLE

    def __init__(
        self,
        folder: Path | None = None,
        *,
        name: str = "quote-base",
        threads: int | None = None,
        nested: bool = False,
        layers: str = "",
    ) -> None:
        """Prepare an extractor; the weights are read at the first use.

        Args:
            folder: a folder with the files of a model; the shipped model by default.
            name: how the extractor is called.
            threads: how many articles are read at once; by default one on each core that the process may use.
            nested: whether names inside names are given too, as for `ner-base`.
            layers: `entities` for these alone; both by default.

        Raises:
            InputError: fewer than one thread, or a layer that it does not find.
            ExtractorError: a file of the model is missing.
        """
        self.name = name
        self.layers = wanted_layers(layers, name, LAYERS)
        self.threads = thread_count(threads)
        self._ner = NerExtractor(nested=nested)
        self._quotes = QuoteFinder(folder)
        self._fingerprint = ""
        self._lock = Lock()
        self._recent: OrderedDict[tuple[str, tuple[Zone, ...]], tuple[Annotations, Reading | None]] = OrderedDict()

    def fingerprint(self) -> str:
        """SHA-256 over `ner-base` and what finds quotes."""
        if not self._fingerprint:
            parts = [self._ner.fingerprint(), self._quotes.fingerprint(), *self.layers]
            self._fingerprint = identity_of(__name__, parts=parts)
        return self._fingerprint

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the order given.

        Args:
            articles: articles with zones or without; nothing is found in boilerplate.
        """
        return spread(lambda article: self.annotate(zoned(article)), articles, self.threads)

    def annotate(self, article: Article) -> Annotations:
        """The annotations of one article; for entities alone nothing that quotes need is computed.

        Args:
            article: the article, with zones.
        """
        return self._ner.annotate(article) if self.layers == LAYERS[:1] else self.read(article)[0]

    def read(self, article: Article) -> tuple[Annotations, Reading | None]:
        """The annotations of one article, and what the encoder of `ner-base` read, for networks that go on from there.

        What was read last is kept, so that labelling given pairs after an extraction costs no second reading.

        Args:
            article: the article, with zones.
        """
        key = article.text, article.zones
        known = self._recent.get(key)
        if known is None:
            found, reading = self._ner.read(article)
            entities = found["entities"] or ()
            known = Annotations(entities=entities, quotes=self._quotes.find(article, entities, reading)), reading
            with self._lock:
                self._recent[key] = known
                while len(self._recent) > _KEPT:
                    self._recent.popitem(last=False)
        return known
