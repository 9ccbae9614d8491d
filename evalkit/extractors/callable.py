r"""`module:attr` and plugins: any Python function or class as an extractor.

The least that is enough::

    def years(article):
        return [(m.start(), m.end(), "DATE") for m in re.finditer(r"\b(19|20)\d\d\b", article.text)]

What a function may answer is in `evalkit.extractors.answers`. It may have the attributes `layers` (which ones it
claims) and `fingerprint` (text, or a function that gives it, which changes when the output could). Without `layers`
it is asked once about a made-up sentence. Without `fingerprint`, a changed source file is a changed extractor; code
and files that it uses from elsewhere are not seen.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CellType, CodeType
from typing import Any

from evalkit.errors import EvalkitError, ExtractorError, FormatError, InputError
from evalkit.extractors.answers import PROBE_TEXT, claimed_layers, read_answer
from evalkit.extractors.base import ArticleFailure, Extractor
from evalkit.extractors.options import keywords, parse_layers
from evalkit.records import LAYERS, Annotations, Article

__all__ = ["UserExtractor", "as_extractor", "describe_error"]


def as_extractor(target: Any, name: str = "", options: Mapping[str, str] | None = None) -> Extractor:
    """An extractor from what a name stands for; without a name it is called what its code is called.

    A class is called with the options. An object with `extract` is used as it is when it has all that an extractor
    has, and completed otherwise. Anything else that can be called is a function of one article; options are its
    further arguments.

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
    if isinstance(target, Extractor):
        return target
    if hasattr(target, "extract") or callable(target):
        return UserExtractor(target, name)
    raise ExtractorError(
        f"{where} is {_kind(target)}, which cannot extract; name a function of an article, or a class or object with "
        "extract(articles)"
    )


def _instance(target: type, where: str, options: Mapping[str, str]) -> Any:
    try:
        return target(**keywords(target, where, options)) if options else target()
    except EvalkitError:
        raise
    except Exception as error:
        raise ExtractorError(f"{where} cannot be set up: {describe_error(error)}") from error


def _kind(target: object) -> str:
    return f"{type(target).__name__} {target!r:.40}"


class UserExtractor:
    """A function of one article, or an object with `extract`, completed with what an extractor needs besides.

    Attributes:
        name: what it calls itself, or was asked for as.
    """

    def __init__(self, target: Any, name: str) -> None:
        """An extractor around `target`."""
        self._says = target.func if isinstance(target, functools.partial) else target
        self.name: str = str(getattr(self._says, "name", name))
        self._target = target
        self._probed = False
        self._seen: set[str] = set()

    @property
    def layers(self) -> tuple[str, ...]:
        """The declared layers, or else those that its answers fill; entities where nothing shows any."""
        declared = getattr(self._says, "layers", None)
        if declared is not None:
            return parse_layers(declared if isinstance(declared, str) else ",".join(declared), self.name)
        if not self._probed:
            self._probed = True
            # One that knows only its own articles shows its layers when it answers for them.
            with contextlib.suppress(Exception):
                self.extract([Article(id="evalkit-probe", text=PROBE_TEXT, lang="en")])
        return tuple(layer for layer in LAYERS if layer in self._seen) or ("entities",)

    def fingerprint(self) -> str:
        """What it says of itself, or SHA-256 over its source file, its name, and its options or state."""
        said = getattr(self._says, "fingerprint", "")
        return str(said() if callable(said) else said) or _code_fingerprint(self._target)

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure]:
        """The answer for each article. A function that raises for one fails for that one only.

        Raises:
            FormatError: an object gave more or fewer answers than articles, or one that cannot be read.
        """
        if hasattr(self._target, "extract"):
            answers = list(self._target.extract(articles))
            if len(answers) != len(articles):
                raise FormatError(
                    f"{self.name}: gave {len(answers)} answers for {len(articles)} articles; give each one"
                )
            return [a if isinstance(a, ArticleFailure) else self._read(a) for a in answers]
        return [self._call(article) for article in articles]

    def _call(self, article: Article) -> Annotations | ArticleFailure:
        try:
            return self._read(self._target(article))
        except FormatError as error:
            return ArticleFailure(str(error))
        except Exception as error:
            return ArticleFailure(describe_error(error))

    def _read(self, answer: object) -> Annotations:
        found = read_answer(answer, self.name)
        self._seen.update(claimed_layers(found))
        return found


def describe_error(error: BaseException) -> str:
    """The error in one line, with the place where it was raised."""
    said = " ".join(str(error).split())[:300]
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, SyntaxError):
        return what
    frames = traceback.extract_tb(error.__traceback__)
    return f"{what} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else what


def _code_fingerprint(target: Any) -> str:
    """SHA-256 over where the code is, what stands in that file, and the state of an object or a partial function."""
    digest = hashlib.sha256()
    while isinstance(target, functools.partial):
        digest.update(repr((target.args, sorted(target.keywords.items()))).encode())
        target = target.func
    owner = target if inspect.isroutine(target) else type(target)
    if owner is not target:
        digest.update(repr(sorted(getattr(target, "__dict__", {}).items())).encode())
    for code in dict.fromkeys([owner, inspect.unwrap(owner)]):
        digest.update(f"{code.__module__}:{code.__qualname__}".encode())
        digest.update(_source(code) or _bytecode(getattr(code, "__code__", None)))
        # Two functions that one factory made differ only in what they close over.
        for cell in getattr(code, "__closure__", None) or ():
            digest.update(_repr_of_cell(cell))
        digest.update(repr((getattr(code, "__defaults__", None), getattr(code, "__kwdefaults__", None))).encode())
    return digest.hexdigest()


def _repr_of_cell(cell: CellType) -> bytes:
    try:
        content = cell.cell_contents
    except ValueError:  # a name that is not bound yet
        return b"unbound"
    return _bytecode(content.__code__) if inspect.isfunction(content) else repr(content).encode()


def _bytecode(code: CodeType | None) -> bytes:
    """What a function does, for one without a source file, such as in a notebook."""
    if code is None:
        return b""
    inner = [_bytecode(value) if isinstance(value, CodeType) else repr(value).encode() for value in code.co_consts]
    return b"\0".join([code.co_code, repr(code.co_names).encode(), *inner])


def _source(code: Any) -> bytes:
    try:
        path = inspect.getsourcefile(code)
    except TypeError:
        path = None
    return Path(path).read_bytes() if path and Path(path).is_file() else b""
