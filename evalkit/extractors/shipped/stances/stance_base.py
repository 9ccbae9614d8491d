"""`stance-base`: who is for or against whom, by a small network over passages in which the target is marked.

Names and quotes come from `quote-base`. The network was trained on target sentiment, which is near to stance and not
the same (see its model card). It judges the pairs that the rules propose and, in a quote with a known speaker, every
person, organisation, group or work that the quote names; a pair is kept if the network is sure enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evalkit.extractors.base import LONGEST_ARTICLE, StancePair
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.options import wanted_layers
from evalkit.extractors.shipped import onnx_network
from evalkit.extractors.shipped.model_folder import MODELS, ModelFolder
from evalkit.extractors.shipped.quotes.quote_base import QuoteExtractor
from evalkit.extractors.shipped.scores import softmax
from evalkit.extractors.shipped.stances import encoding, judging
from evalkit.extractors.shipped.stances.encoding import LABELS, Passage
from evalkit.extractors.threads import Once, spread, thread_count
from evalkit.records import Annotations, Article, Entity, Quote, Stance
from evalkit.text.zones import zoned

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["StanceExtractor"]

_FOLDER = MODELS / "stance-base"
_FILES = ("model.onnx", "tokenizer.json", "valence.txt", "stance.json")

LAYERS = ("entities", "quotes", "stances")


class _Loaded(NamedTuple):
    """What the first use reads: the tokenizer, the lexicon and the network as a function of pieces and features."""

    tokenizer: Tokenizer
    valence: dict[str, int]
    score: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


class StanceExtractor:
    """Entities, quotes and stances; it can also label pairs that are given.

    The result for an article depends on nothing but the article: passages are scored one by one.

    Attributes:
        name: how it is called in tables.
        layers: all three, because stances name the entities of this extractor.
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
        name: str = "stance-base",
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
            layers: the layers that are wanted, as for `news-base`.

        Raises:
            InputError: fewer than one thread, or a layer that it does not find.
            ExtractorError: a file of the model is missing.
        """
        self.name = name
        self.layers = wanted_layers(layers, name, LAYERS)
        self.labels_given = self.layers == LAYERS
        self._model = ModelFolder(folder or _FOLDER, _FILES, ("size", "threshold"))
        self.threads = thread_count(threads)
        found_first = ",".join(layer for layer in self.layers if layer in LAYERS[:2])
        self._quotes = QuoteExtractor(nested=nested, layers=found_first)
        self._loaded = Once(self._load)
        self._fingerprint = ""

    def fingerprint(self) -> str:
        """SHA-256 over the files of the model, `quote-base`, and the code that joins them."""
        if not self._fingerprint:
            parts = [self._quotes.fingerprint(), *self.layers]
            self._fingerprint = identity_of(__name__, files=self._model.files, parts=parts)
        return self._fingerprint

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the order given.

        Args:
            articles: articles with zones or without; nothing is found in boilerplate.
        """
        return spread(lambda article: self._annotate(zoned(article)), articles, self.threads)

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """A stance label for each pair that is given, in the same order.

        Args:
            article: the article that the pairs are from.
            pairs: holders and targets.
        """
        page = zoned(article)
        found, _ = self._quotes.read(page)
        entities, quotes = found["entities"] or (), found["quotes"] or ()
        return [judging.judged_label(page, entities, quotes, pair, self._judge) for pair in pairs]

    def find_stances(self, article: Article, entities: Sequence[Entity], quotes: Sequence[Quote]) -> tuple[Stance, ...]:
        """The stances of an article over entities and quotes that are given, one for each holder and target.

        Args:
            article: the article, with zones.
            entities: its linked mentions.
            quotes: its quotes, with speakers.
        """
        return judging.judged_stances(
            article, entities, quotes, self._judge, threshold=self._model.settings["threshold"]
        )

    def probabilities(self, passages: Iterable[Passage]) -> NDArray[np.float64]:
        """The chances of favor, against and neutral, [passages, 3]; each passage is scored alone."""
        import numpy as np

        tokenizer, valence, score = self._loaded()
        rows = []
        for item in passages:
            pieces, features = encoding.encode(item, tokenizer, valence, size=self._model.settings["size"])
            rows.append(softmax(score(pieces[None], features[None])[0].astype(np.float64)))
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(LABELS))

    def valence(self) -> dict[str, int]:
        """The lexicon: words with their valence from 1 (bad) over 5 (none) to 9 (good)."""
        return self._loaded().valence

    def _judge(self, passage: Passage) -> NDArray[np.float64]:
        chances: NDArray[np.float64] = self.probabilities([passage])[0]
        return chances

    def _load(self) -> _Loaded:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._model.path / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        valence = encoding.read_valence(self._model.path / "valence.txt")
        return _Loaded(tokenizer, valence, onnx_network.load_network(self._model.path / "model.onnx"))

    def _annotate(self, article: Article) -> Annotations:
        if self.layers != LAYERS:
            return self._quotes.annotate(article)
        found, _ = self._quotes.read(article)
        entities, quotes = found["entities"] or (), found["quotes"] or ()
        return Annotations(entities=entities, quotes=quotes, stances=self.find_stances(article, entities, quotes))
