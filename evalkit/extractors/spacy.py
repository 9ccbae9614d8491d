"""`spacy:NAME`: the entities of a spaCy pipeline (extra: spacy).

NAME is an installed pipeline, a folder with one, or an installed package that has `load()`. Labels are spaCy's own;
`default_label_map` names the map that takes them to the labels of the bundled gold. What the pipeline says is taken
as it is, also in boilerplate.

Settings:
    batch: how many articles `nlp.pipe` works on at once; 1, because the rounding in a larger batch differs with the
        articles that are in it.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evalkit.errors import ExtractorError, MissingExtraError, UnknownNameError, describe_error
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.identity.contents import folder_sha256
from evalkit.extractors.options import Options
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.registry import near_match

__all__ = ["SpacyExtractor", "load_spacy"]

_log = logging.getLogger("evalkit.extractors")
# What the entities of the tagger come from: vectors, and the starts of sentences, which no entity goes over.
_NEEDED = frozenset(
    {
        "ner",
        "beam_ner",
        "parser",
        "beam_parser",
        "senter",
        "sentencizer",
        "tok2vec",
        "transformer",
        "curated_transformer",
    }
)
_AFTERWARDS = frozenset(
    {
        "tagger",
        "morphologizer",
        "attribute_ruler",
        "lemmatizer",
        "trainable_lemmatizer",
        "textcat",
        "textcat_multilabel",
    }
)
_KNOWN = _NEEDED | _AFTERWARDS


def load_spacy(spec: str, options: Mapping[str, str] | None = None) -> SpacyExtractor:
    """The extractor for `spacy:NAME`.

    Raises:
        MissingExtraError: spaCy is not installed.
        UnknownNameError: there is no such pipeline here; the message names those that are.
        ExtractorError: it cannot be loaded, or finds no entities.
        InputError: an option that cannot be used.
    """
    given = Options(spec, options)
    batch = given.whole("batch", 1)
    given.done()
    try:
        spacy: Any = import_module("spacy")
    except ImportError as error:
        raise MissingExtraError(f"{spec} needs spaCy; install it: pip install 'evalkit[spacy]'") from error
    return SpacyExtractor(_load(spacy, spec), spec, batch=batch)


def _load(spacy: Any, spec: str) -> Any:
    name = spec.partition(":")[2]
    installed = spacy.util.get_installed_models()
    try:
        with _warnings_logged(spec):
            if name in installed or Path(name, "meta.json").is_file():
                return spacy.load(name)
            if name.isidentifier() and find_spec(name) is not None:
                return _load_package(name)
    except Exception as error:
        raise ExtractorError(f"{spec}: cannot be loaded: {describe_error(error)}") from error
    near = near_match(name, installed)
    hint = f"did you mean 'spacy:{near}'?" if near else f"Installed: {', '.join(sorted(installed)) or 'none'}."
    raise UnknownNameError(
        f"{spec}: no spaCy pipeline {name!r} here; {hint} To install one: python -m spacy download NAME"
    )


def _load_package(name: str) -> Any:
    nlp = import_module(name).load()
    if not hasattr(nlp, "pipe_names"):
        raise TypeError(f"{name}.load() gives a {type(nlp).__name__}, no pipeline")
    return nlp


@contextmanager
def _warnings_logged(spec: str) -> Iterator[None]:
    """What spaCy warns of, such as a pipeline made for another version, is said but stops nothing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    said = [" ".join(str(one.message).split()) for one in caught if issubclass(one.category, UserWarning)]
    for message in dict.fromkeys(said):
        _log.warning("%s: %s", spec, message)


class SpacyExtractor:
    """Runs those components of a pipeline that its entities come from.

    Attributes:
        name: what it was asked for as.
        layers: entities only.
        default_label_map: the map from the labels of models to those of the bundled gold.
    """

    default_label_map = "news"

    def __init__(self, nlp: Any, name: str, *, batch: int = 1) -> None:
        """An extractor around the pipeline `nlp`.

        Raises:
            ExtractorError: no component of it finds entities.
        """
        self.name = name
        self.layers: tuple[str, ...] = ("entities",)
        self._nlp = nlp
        self._batch = batch
        self._disabled = _not_needed(nlp, name)

    def fingerprint(self) -> str:
        """SHA-256 over the files of the pipeline, the version of spaCy and this file."""
        path = getattr(self._nlp, "path", None)
        content = folder_sha256(path) if path is not None else hashlib.sha256(self._nlp.to_bytes()).hexdigest()
        parts = [content, import_module("spacy").__version__, str(self._batch)]
        return identity_of(__name__, parts=parts)

    def facts(self) -> dict[str, str | int]:
        """What a run should keep: which pipeline in which version, on which spaCy."""
        meta = self._nlp.meta
        return {
            "pipeline": f"{meta.get('lang', '')}_{meta.get('name', '')}".strip("_"),
            "pipeline_version": str(meta.get("version", "")),
            "pipeline_licence": str(meta.get("license", "")),
            "spacy": str(import_module("spacy").__version__),
        }

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The entities of each article, in the order given; no text is too long."""
        texts = [article.text for article in articles]
        self._nlp.max_length = max([self._nlp.max_length, *(len(text) + 1 for text in texts)])
        with self._nlp.select_pipes(disable=self._disabled):
            return [_annotations(doc) for doc in self._nlp.pipe(texts, batch_size=self._batch)]


def _annotations(doc: Any) -> Annotations:
    return Annotations(
        entities=tuple(
            Entity(id=f"e{number}", spans=(Span(int(ent.start_char), int(ent.end_char)),), label=str(ent.label_))
            for number, ent in enumerate(doc.ents, 1)
        )
    )


def _not_needed(nlp: Any, name: str) -> list[str]:
    """The components that can be left out without a change to the entities."""
    metas = {pipe: nlp.get_pipe_meta(pipe) for pipe in nlp.pipe_names}
    if not any("doc.ents" in meta.assigns for meta in metas.values()) and {m.factory for m in metas.values()} <= _KNOWN:
        raise ExtractorError(
            f"{name}: no component of this pipeline finds entities; it has {', '.join(nlp.pipe_names) or 'none'}"
        )
    # Rules for entities, and components of others, may read tags, lemmas or anything else.
    if any(meta.factory not in _KNOWN for meta in metas.values()):
        return []
    return [pipe for pipe, meta in metas.items() if meta.factory in _AFTERWARDS]
