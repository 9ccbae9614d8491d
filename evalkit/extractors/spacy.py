"""`spacy:NAME`: the entities of a spaCy pipeline (extra: spacy).

NAME is an installed pipeline, a folder with one, or an installed package that has `load()`. Labels are spaCy's own;
`default_label_map` names the map that takes them to the labels of the bundled gold. What the pipeline says is taken
as it is, also in boilerplate. Entities are those of `doc.ents`; of a pipeline that writes `doc.spans` instead, such as
one with a spancat, they are those of the span groups that the setting `spans` names. A pipeline that writes neither is
refused, and so is an article for which only the other was filled.

Settings:
    spans: the keys of `doc.spans` to read in place of `doc.ents`, such as `sc` or `sc,ruler`.
    batch: how many articles `nlp.pipe` works on at once; 1, because the rounding in a larger batch differs with the
        articles that are in it.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evalkit.errors import ExtractorError, InputError, MissingExtraError, UnknownNameError, describe_error
from evalkit.extractors.base import LONGEST_ARTICLE, ArticleFailure
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.identity.contents import folder_sha256
from evalkit.extractors.options import Options
from evalkit.extractors.underway import as_they_come
from evalkit.origin import install_command
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
_OF_ENTITIES = frozenset(
    {"entity_ruler", "span_ruler", "future_entity_ruler", "spancat", "spancat_singlelabel", "span_finder"}
)
"""Components of spaCy that write entities or span groups, and say which."""
_CANDIDATES = "span_finder"
"""Writes spans without labels, for others to choose from."""


def load_spacy(spec: str, options: Mapping[str, str] | None = None) -> SpacyExtractor:
    """The extractor for `spacy:NAME`.

    Raises:
        MissingExtraError: spaCy is not installed.
        UnknownNameError: there is no such pipeline here; the message names those that are.
        ExtractorError: it cannot be loaded, or finds no entities.
        InputError: an option that cannot be used.
    """
    given = Options(spec, options)
    batch, keys = given.whole("batch", 1), given.text("spans")
    given.done()
    try:
        spacy: Any = import_module("spacy")
    except ImportError as error:
        raise MissingExtraError(f"{spec} needs spaCy; install it: {install_command('spacy')}") from error
    return SpacyExtractor(_load(spacy, spec), spec, batch=batch, spans=_keys(keys))


def _keys(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(str.strip, value.split(",")))))


def _load(spacy: Any, spec: str) -> Any:
    name = spec.partition(":")[2]
    installed = spacy.util.get_installed_models()
    try:
        with _warnings_logged(spec):
            if name in installed or Path(name, "meta.json").is_file():
                return spacy.load(name)
            if name.isidentifier() and find_spec(name) is not None:
                return _load_package(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
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
    longest_article = LONGEST_ARTICLE

    def __init__(self, nlp: Any, name: str, *, batch: int = 1, spans: Sequence[str] = ()) -> None:
        """An extractor around the pipeline `nlp`, which reads the span groups `spans`, or `doc.ents` if none is named.

        Raises:
            ExtractorError: no component of it writes what is to be read.
            InputError: it writes span groups, but none of such a name.
        """
        self.name = name
        self.layers: tuple[str, ...] = ("entities",)
        self._nlp = nlp
        self._batch = batch
        self._spans = tuple(spans)
        written = _Written.by(nlp)
        _check(written, self._spans, name)
        self._surely = bool(written.entities) or bool(self._spans)
        self._disabled = _not_needed(nlp)

    def fingerprint(self) -> str:
        """SHA-256 over the files of the pipeline, the version of spaCy, the settings and this file."""
        path = getattr(self._nlp, "path", None)
        content = folder_sha256(path) if path is not None else hashlib.sha256(self._nlp.to_bytes()).hexdigest()
        parts = [content, import_module("spacy").__version__, str(self._batch), *self._spans]
        return identity_of(__name__, parts=parts)

    def facts(self) -> dict[str, str | int]:
        """What a run should keep: which pipeline in which version, on which spaCy, and what was read of it."""
        meta = self._nlp.meta
        return {
            "pipeline": f"{meta.get('lang', '')}_{meta.get('name', '')}".strip("_"),
            "pipeline_version": str(meta.get("version", "")),
            "pipeline_licence": str(meta.get("license", "")),
            "spacy": str(import_module("spacy").__version__),
            **({"spans": ", ".join(self._spans)} if self._spans else {}),
        }

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure]:
        """The entities of each article, in the order given; no text is too long."""
        texts = [article.text for article in articles]
        self._nlp.max_length = max([self._nlp.max_length, *(len(text) + 1 for text in texts)])
        with self._nlp.select_pipes(disable=self._disabled):
            docs = as_they_come(self._nlp.pipe(texts, batch_size=self._batch))
            return [self._annotations(doc) for doc in docs]

    def _annotations(self, doc: Any) -> Annotations | ArticleFailure:
        if self._spans:
            # A component may leave out a group in which there is nothing, but not all that were asked for.
            if doc.spans and not any(key in doc.spans for key in self._spans):
                wanted, there = ", ".join(self._spans), ", ".join(map(repr, doc.spans))
                return ArticleFailure(f"the pipeline wrote no doc.spans of the name {wanted}; it wrote {there}")
            return Annotations(entities=_numbered(pair for key in self._spans for pair in _group(doc, key)))
        filled = [key for key, group in doc.spans.items() if len(group)]
        if filled and not doc.ents and not self._surely:
            return ArticleFailure(
                f"the pipeline wrote doc.spans[{filled[0]!r}] and no doc.ents; "
                f"--set spans={','.join(filled)} reads that"
            )
        return Annotations(entities=_numbered((ent, None) for ent in doc.ents))


def _group(doc: Any, key: str) -> Iterator[tuple[Any, float | None]]:
    """The spans of a group with their scores, where its component gives any."""
    group = doc.spans.get(key, ())
    scores = getattr(group, "attrs", {}).get("scores")
    for number, span in enumerate(group):
        yield span, None if scores is None or number >= len(scores) else round(float(scores[number]), 4)


def _numbered(spans: Iterable[tuple[Any, float | None]]) -> tuple[Entity, ...]:
    return tuple(
        Entity(id=f"e{number}", spans=(Span(int(s.start_char), int(s.end_char)),), label=str(s.label_), score=score)
        for number, (s, score) in enumerate(spans, 1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What the components of a pipeline say that they write.

    Attributes:
        names: all components.
        entities: those that write `doc.ents`.
        spans: key of `doc.spans` → the component that writes it.
        labels: the labels that those of `entities` and `spans` know; None if one does not say.
        open: whether there is a component of others, which may write anything.
    """

    names: tuple[str, ...]
    entities: tuple[str, ...]
    spans: Mapping[str, str]
    labels: frozenset[str] | None
    open: bool

    @classmethod
    def by(cls, nlp: Any) -> _Written:
        """What the components of `nlp` write."""
        metas = {pipe: nlp.get_pipe_meta(pipe) for pipe in nlp.pipe_names}
        pipes = {pipe: nlp.get_pipe(pipe) for pipe in metas}
        of_spans = [pipe for pipe, meta in metas.items() if "doc.spans" in meta.assigns]
        entities = [
            pipe
            for pipe, meta in metas.items()
            if "doc.ents" in meta.assigns or (pipe in of_spans and getattr(pipes[pipe], "annotate_ents", False))
        ]
        known: list[Any] = [getattr(pipes[pipe], "labels", None) for pipe in dict.fromkeys([*entities, *of_spans])]
        return cls(
            names=tuple(metas),
            entities=tuple(entities),
            spans={_key_of(nlp, pipe): pipe for pipe in of_spans if metas[pipe].factory != _CANDIDATES},
            labels=None if any(own is None for own in known) else frozenset(str(one) for own in known for one in own),
            open=not {meta.factory for meta in metas.values()} <= _KNOWN | _OF_ENTITIES,
        )


def _key_of(nlp: Any, pipe: str) -> str:
    return str(getattr(nlp.get_pipe(pipe), "key", "") or nlp.get_pipe_config(pipe).get("spans_key", "sc"))


def _check(written: _Written, wanted: Sequence[str], name: str) -> None:
    """Refuses a pipeline of which nothing can be read, with what would help."""
    keys, all_keys = list(written.spans), ",".join(written.spans)
    if written.labels == frozenset() and not written.open and (written.entities or written.spans):
        raise ExtractorError(
            f"{name}: {', '.join([*written.entities, *written.spans.values()])} knows no label, so nothing would be "
            "found; train it, or give it patterns"
        )
    if wanted:
        wrong = [key for key in wanted if key not in keys]
        if wrong and not written.open:
            near = near_match(wrong[0], keys)
            hint = f"did you mean {near!r}?" if near else f"it writes {', '.join(map(repr, keys)) or 'no doc.spans'}"
            raise InputError(f"{name}: option spans={wrong[0]!r} is no key of doc.spans that it writes; {hint}")
    elif keys and not written.entities:
        where = ", ".join(f"doc.spans[{key!r}] ({pipe})" for key, pipe in written.spans.items())
        raise ExtractorError(
            f"{name}: this pipeline writes {where} and no doc.ents; read that with --set spans={all_keys}"
        )
    elif not written.entities and not written.open:
        raise ExtractorError(
            f"{name}: no component of this pipeline finds entities; it has {', '.join(written.names) or 'none'}"
        )


def _not_needed(nlp: Any) -> list[str]:
    """The components that can be left out without a change to the entities."""
    metas = {pipe: nlp.get_pipe_meta(pipe) for pipe in nlp.pipe_names}
    # Rules for entities, and components of others, may read tags, lemmas or anything else.
    if any(meta.factory not in _KNOWN for meta in metas.values()):
        return []
    return [pipe for pipe, meta in metas.items() if meta.factory in _AFTERWARDS]
