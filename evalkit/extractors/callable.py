r"""`module:attr` and plugins: any Python function or class as an extractor.

The least that is enough::

    def years(article):
        return [(m.start(), m.end(), "DATE") for m in re.finditer(r"\b(19|20)\d\d\b", article.text)]

What a function may answer is in `evalkit.extractors.answers`. It may have the attributes `layers` (which ones it
claims) and `fingerprint` (text, or a function that gives it, which changes when the output could), and any of
`evalkit.extractors.base.Traits`. Without `layers` it is asked once about a made-up sentence.

The fingerprint covers how it was asked for, its settings, what it declares of itself, and all that it can reach
(`evalkit.extractors.identity.reach`), so that a changed helper, threshold or word list is a changed extractor. What
cannot be read, such as a session of a runtime, leaves it uncached; its own `fingerprint` then stands for that, and
for the state that an object gathers while it works. It never stands for the code.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from typing import Any

from evalkit.errors import EvalkitError, ExtractorError, FormatError, InputError, describe_error, guarded
from evalkit.extractors.answers import PROBE_TEXT, claimed_layers, read_answer
from evalkit.extractors.base import ArticleFailure, Extracted, Extractor, ExtractorSpec, PairLabeler, traits_of
from evalkit.extractors.identity.contents import joined
from evalkit.extractors.identity.reach import Reached, reach
from evalkit.extractors.identity.work import before_work, note_work
from evalkit.extractors.options import keywords, parse_layers
from evalkit.extractors.threads import spread
from evalkit.extractors.underway import as_they_come, under_way
from evalkit.layers.table import layer_names
from evalkit.records import Annotations, Article
from evalkit.showing import number_of

__all__ = ["UserExtractor", "as_extractor"]

_TEXT_AS_NUMBER = re.compile(r"TypeError: .*\bstr\b").match
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")
_log = logging.getLogger("evalkit.extractors")


def as_extractor(target: Any, name: str = "", options: Mapping[str, str] | None = None) -> Extractor:
    """An extractor from what a name stands for; without a name it is called what its code is called.

    A class is called with the options. An object with `extract` is completed with what an extractor has besides, and
    with a fingerprint that does not rest on its word alone. Anything else that can be called is a function of one
    article; options are its further arguments. An extractor of evalkit is used as it is.

    Raises:
        ExtractorError: it can do nothing for an article, or cannot be set up.
        InputError: options that it does not take.
    """
    name = name or str(getattr(target, "__qualname__", type(target).__qualname__))
    where = f"extractor {name!r}"
    if isinstance(target, type):
        target = _instance(target, where, options or {})
    elif options and callable(target):
        target = functools.partial(target, **keywords(target, where, options, skip=1))
    elif options:
        raise InputError(f"{where} takes no options: it is {_kind(target)}")
    if type(target).__module__.partition(".")[0] == "evalkit" and isinstance(target, Extractor):
        return target
    with guarded(f"{where} cannot be set up", kind=ExtractorError):
        if hasattr(target, "extract") or callable(target):
            _refuse_async(target, where)
            _refuse_arity(target, where)
            return UserExtractor(target, name)
    raise ExtractorError(
        f"{where} is {_kind(target)}, which cannot extract; name a function of an article, or a class or object with "
        "extract(articles)"
    )


def _refuse_async(target: Any, where: str) -> None:
    """Nobody waits for what a coroutine function or an asynchronous generator gives."""
    asked = getattr(target, "extract", target)
    while isinstance(asked, functools.partial):
        asked = asked.func
    # Of an object that can be called, its class says how.
    called = asked if inspect.isroutine(asked) else type(asked).__call__
    if inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called):
        raise ExtractorError(
            f"{where} is asynchronous, and nobody would wait for it; name a plain function that runs it (asyncio.run)"
        )


def _refuse_arity(target: Any, where: str) -> None:
    """A function that cannot be called with an article alone would fail for each."""
    asked, given = (target.extract, "the articles") if hasattr(target, "extract") else (target, "the article")
    try:
        signature = inspect.signature(asked)
    except (TypeError, ValueError):
        # Some of what is compiled does not say.
        return
    try:
        signature.bind(None)
    except TypeError:
        needed = [one for one in signature.parameters.values() if one.default is one.empty]
        names = ", ".join(str(one) for one in needed)
        said = f"takes {number_of(len(needed), 'argument')} ({names})" if needed else "takes no argument"
        raise ExtractorError(
            f"{where} {said} and is called with one, {given}; give others a default, or set them with --set"
        ) from None


def _instance(target: type, where: str, options: Mapping[str, str]) -> Any:
    with guarded(f"{where} cannot be set up", kind=ExtractorError):
        return target(**keywords(target, where, options)) if options else target()


def _kind(target: object) -> str:
    return f"{type(target).__name__} {target!r:.40}"


class UserExtractor:
    """A function of one article, or an object with `extract`, completed with what an extractor needs besides.

    Attributes:
        name: what it calls itself, or was asked for as.
        uncached: what of it could not be read when the fingerprint was asked for, if nothing stands for that.
        variables: stands for the values of the variables of the environment that it asks for.
        spec: how it was asked for; None for an object.
        probes: whether it is still to be asked about a made-up sentence, to see which layers it fills.
    """

    def __init__(self, target: Any, name: str) -> None:
        """An extractor around `target`."""
        self._says = target.func if isinstance(target, functools.partial) else target
        self.name: str = str(getattr(self._says, "name", name))
        self.uncached = self.variables = ""
        self.spec: ExtractorSpec | None = None
        self._target = target
        self.probes = True
        self._reached: Reached | None = None
        self._worked = False
        self._vouched_for = ""
        self._seen: set[str] = set()
        self._traits = traits_of(self._says)
        self.thread_safe, self.threads = self._traits.thread_safe, self._traits.threads
        self.holds_gil = self._traits.holds_gil
        self.default_label_map, self.token_prices = self._traits.default_label_map, self._traits.token_prices
        self.unseen, self.languages = self._traits.unseen, self._traits.languages
        if isinstance(self._says, PairLabeler):
            self.label_pairs = self._says.label_pairs

    @property
    def asks_first(self) -> bool:
        """Whether it is to be called before it is known which layers it fills; it may ask somebody."""
        return self.probes and inspect.getattr_static(self._says, "layers", None) is None

    @property
    def by_article(self) -> bool:
        """Whether it is a function of one article, and so works on each by itself."""
        return not hasattr(self._target, "extract")

    @property
    def layers(self) -> tuple[str, ...]:
        """The declared layers, or else those that its answers fill; entities where nothing shows any."""
        with self._guarded("layers"):
            declared = getattr(self._says, "layers", None)
            if declared is not None:
                given = declared if isinstance(declared, str) else ",".join(declared)
                return parse_layers(given, self.name, layer_names())
        if self.probes:
            self.probes = False
            # One that knows only its own articles shows its layers when it answers for them.
            with contextlib.suppress(EvalkitError), self._guarded("extract"):
                self.extract([Article(id="evalkit-probe", text=PROBE_TEXT, lang="en")])
        return tuple(layer for layer in layer_names() if layer in self._seen) or ("entities",)

    def fingerprint(self) -> str:
        """Hex SHA-256 over how it was asked for, what it declares and says of itself, and all that it can reach."""
        with self._guarded("fingerprint"):
            said = getattr(self._says, "fingerprint", None)
            said, vouches = _told(said() if callable(said) else said)
            declared = "".join(f"{layer}," for layer in getattr(self._says, "layers", ()))
            now = reach(self._target, self.name)
            self._reached = reached = before_work(self._says, now)
        self.variables = now.variables
        self.uncached = self._traits.uncached
        if reached.unread and not vouches and not self.uncached:
            self.uncached = f"{reached.unread} cannot be read; a fingerprint of its own would stand for it"
        self._vouched_for = reached.unread if vouches else ""
        spelling, settings = (self.spec.spelling, self.spec.settings) if self.spec else (self.name, {})
        return joined(spelling, repr(sorted(settings.items())), declared, said, reached.sha256).hex()

    def facts(self) -> dict[str, Any]:
        """What it says that a run should keep, why its answers are not kept, and what only its word covers."""
        self._note_its_work()
        why = {"uncached": self.uncached, "unseen": self._vouched_for and f"{self._vouched_for} cannot be read"}
        why["environment"] = self.variables
        with self._guarded("facts"):
            return {**self._traits.facts(), **{name: text for name, text in why.items() if text}}

    def close(self) -> None:
        """Ends what it started; one that cannot is told of, as its answers are there."""
        try:
            with self._guarded("close"):
                self._traits.close()
        except EvalkitError as error:
            _log.warning("%s", error)

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure | Extracted]:
        """The answer for each article. A function that raises for one fails for that one only.

        Raises:
            FormatError: an object gave more or fewer answers than articles, or one that cannot be read.
        """
        self._worked = True
        try:
            if self.by_article:
                return spread(self._call, articles, 1)
            # One more than wanted: what never ends is seen all the same.
            answers = list(islice(as_they_come(self._target.extract(articles)), len(articles) + 1))
        except KeyboardInterrupt:
            self._note_its_work()
            raise
        if len(answers) != len(articles):
            raise FormatError(
                f"{self.name}: gave {number_of(len(answers), 'answer')} for {number_of(len(articles), 'article')}; "
                "give each one"
            )
        return [self._completed(answer, article) for answer, article in zip(answers, articles, strict=True)]

    def _note_its_work(self) -> None:
        if self._worked and self._reached is not None:
            note_work(self._says, self._reached, reach(self._target, self.name))

    def _call(self, article: Article) -> Annotations | ArticleFailure | Extracted:
        with under_way([article]):
            found = _failing_alone(lambda: self._read(self._target(article), article))
        # The commonest slip with settings: a number is expected, and all of them are text.
        if self.spec and self.spec.settings and isinstance(found, ArticleFailure) and _TEXT_AS_NUMBER(found.message):
            return replace(found, message=f"{found.message}; settings are text: make numbers of them, as float(x)")
        return found

    def _completed(self, answer: object, article: Article) -> Annotations | ArticleFailure | Extracted:
        if isinstance(answer, ArticleFailure):
            return answer
        if not isinstance(answer, Extracted):
            return _failing_alone(lambda: self._read(answer, article))
        found = _failing_alone(lambda: self._read(answer.annotations, article))
        if isinstance(found, ArticleFailure):
            return found
        if isinstance(found, Extracted):
            return replace(found, usage={**answer.usage, **found.usage})
        return replace(answer, annotations=found)

    def _guarded(self, part: str) -> AbstractContextManager[None]:
        return guarded(f"extractor {self.name!r}: its {part} failed", kind=ExtractorError)

    def _read(self, answer: object, article: Article) -> Annotations | Extracted:
        found = read_answer(answer, self.name, article)
        self._seen.update(claimed_layers(found.annotations))
        return found.extracted()


def _told(fingerprint: object) -> tuple[str, bool]:
    """What an extractor says is its fingerprint, and whether that stands for what cannot be read of it.

    What is no text counts by its content, None and nothing say nothing. An address in memory is another one each time,
    and where one is told, as by the `repr` of a model, nobody has looked at what lies there.
    """
    if fingerprint is None:
        return "", False
    if isinstance(fingerprint, str):
        text = _ADDRESS.sub("", fingerprint)
        return text, bool(text) and text == fingerprint
    read = reach(fingerprint, "fingerprint")
    return read.sha256, not read.unread


def _failing_alone(
    answer: Callable[[], Annotations | Extracted],
) -> Annotations | ArticleFailure | Extracted:
    """The answer for one article, or why there is none, whatever the code of others does; it may ask to exit."""
    try:
        return answer()
    except KeyboardInterrupt:
        raise
    except FormatError as error:
        return ArticleFailure(str(error))
    except BaseException as error:
        return ArticleFailure(describe_error(error))
