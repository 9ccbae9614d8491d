"""`ner-base`: names in news text by a small neural tagger that runs on ONNX Runtime, without torch.

A mention is a run of words between two words outside; the network marks the outermost names, and names inside names
come from the other mentions of the article and the lists that `rules` uses. Nothing is found in boilerplate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.extractors.base import LONGEST_ARTICLE
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.shipped import bio, one_label, onnx_network, shared_encoder, tagging
from evalkit.extractors.shipped.model_folder import MODELS, ModelFolder
from evalkit.extractors.threads import Once, spread, thread_count
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.text import windows
from evalkit.text.linking import link_mentions
from evalkit.text.zones import ZoneIndex, zoned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["NerExtractor"]

_FOLDER = MODELS / "ner-base"
_FILES = ("model.onnx", "tokenizer.json", "ner.json")


class NerExtractor:
    """Entity mentions of news articles, with offsets into the article's own text.

    The result for an article depends on nothing but the article: neither on the others, nor on the number of threads.

    Attributes:
        name: how it is called in tables.
        layers: entities only.
        thread_safe: several threads may call `extract` of one extractor at once.
        threads: how many articles it reads at once.
    """

    thread_safe = True
    languages = ("en",)
    longest_article = LONGEST_ARTICLE

    def __init__(
        self, folder: Path | None = None, *, name: str = "ner-base", threads: int | None = None, nested: bool = False
    ) -> None:
        """Prepare an extractor; the weights are read at the first use.

        Args:
            folder: a folder with `model.onnx`, `tokenizer.json` and `ner.json`; the shipped model by default.
            name: how the extractor is called.
            threads: how many articles are read at once; by default one on each core that the process may use.
            nested: whether names inside names are given too, by word lists, as the bundled gold has them.

        Raises:
            InputError: fewer than one thread.
            ExtractorError: a file of the model is missing.
        """
        self.name = name
        self.layers: tuple[str, ...] = ("entities",)
        self._model = ModelFolder(folder or _FOLDER, _FILES, ("labels", "overlap", "size"))
        self._nested = nested
        self.threads = thread_count(threads)
        self._loaded = Once(self._load)
        self._encoder = Once(self._load_encoder)
        self._fingerprint = ""

    def fingerprint(self) -> str:
        """SHA-256 over the files of the model and the code and word lists that turn its scores into mentions."""
        if not self._fingerprint:
            setting = "nested" if self._nested else "flat"
            self._fingerprint = identity_of(__name__, files=self._model.files, parts=[setting])
        return self._fingerprint

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The entities of each article, in the order given; within an article in the order of its text.

        Args:
            articles: articles with zones or without; nothing is found in boilerplate.
        """
        return spread(lambda article: self.annotate(zoned(article)), articles, self.threads)

    def annotate(self, article: Article) -> Annotations:
        """The entities of one article.

        Args:
            article: the article, with zones.
        """
        text = article.text
        words = windows.find_words(text)
        if not words.forms:
            return Annotations(entities=())
        config = self._model.settings
        tokenizer, score = self._loaded()
        scores = tagging.word_scores(text, words, tokenizer, score, size=config["size"], overlap=config["overlap"])
        return self._decode(article, words, scores)

    def read(self, article: Article) -> tuple[Annotations, shared_encoder.Reading | None]:
        """The entities of one article, and what the encoder read on the way, for networks that go on from there.

        The entities are those that `extract` gives. There is no reading of a text without words.

        Args:
            article: the article, with zones.
        """
        words = windows.find_words(article.text)
        if not words.forms:
            return Annotations(entities=()), None
        reading = self._encoder().read(article.text, words)
        scores = tagging.first_piece_scores(reading.windows, reading.tags, reading.starts)
        return self._decode(article, words, scores), reading

    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the model, without truncation and padding."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._model.path / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _load(self) -> tuple[Tokenizer, tagging.Score]:
        return self.tokenizer(), onnx_network.load_network(self._model.path / "model.onnx")

    def _load_encoder(self) -> shared_encoder.SharedEncoder:
        path, config = self._model.path / "model.onnx", self._model.settings
        return shared_encoder.SharedEncoder(path, self.tokenizer(), size=config["size"], overlap=config["overlap"])

    def _decode(self, article: Article, words: windows.Words, scores: NDArray[np.float32]) -> Annotations:
        mentions = _outside_boilerplate(article, _mentions(article.text, words, scores, self._model.settings["labels"]))
        return Annotations(entities=_finish(article, mentions, nested=self._nested))


def _mentions(
    text: str, words: windows.Words, scores: NDArray[np.float32], labels: Sequence[str]
) -> list[tuple[Span, str, float]]:
    """The outermost names, each with the lowest probability that one of its words is part of such a name."""
    import numpy as np

    gaps = [text[end:start] for end, start in zip(words.ends[:-1], words.starts[1:], strict=True)]
    fresh = np.array([True, *(gap.count("\n") > 1 or "\u2029" in gap for gap in gaps)])
    tags = bio.best_tags(scores, fresh)
    spans = one_label.agree(words, scores, bio.tagged_spans(tags))
    lowest = [float(one_label.label_chances(scores, span)[:, span.label].min()) for span in spans]
    return [
        (Span(int(words.starts[first]), int(words.ends[last - 1])), labels[label], round(min(score, 1.0), 4))
        for (first, last, label), score in zip(spans, lowest, strict=True)
    ]


def _outside_boilerplate(
    article: Article, mentions: Sequence[tuple[Span, str, float]]
) -> list[tuple[Span, str, float]]:
    boilerplate = ZoneIndex(zone for zone in article.zones if zone.kind == "boilerplate")
    return [item for item in mentions if boilerplate.first(item[0]) is None]


def _finish(article: Article, mentions: Sequence[tuple[Span, str, float]], *, nested: bool) -> tuple[Entity, ...]:
    """The mentions with the names inside them, numbered in the order of the text and linked."""
    text = article.text
    found = {span: (label, score) for span, label, score in mentions}
    if nested:
        from evalkit.extractors.rules.nested import InnerNames

        labels = {text[span.start : span.end]: label for span, label, _ in mentions}
        names = InnerNames(text, labels)
        for span, label, score in mentions:
            for inner, kind in names.of(span, label):
                found.setdefault(inner, (kind, score))
    ordered = sorted(found.items(), key=lambda item: (item[0].start, -item[0].end))
    entities = tuple(
        Entity(id=f"e{number}", spans=(span,), label=label, score=score)
        for number, (span, (label, score)) in enumerate(ordered, 1)
    )
    return link_mentions(article, entities)
