"""Every extractor that can be asked for by name: shipped ones, `prefix:ARGUMENT`, `module:attr`, and plugins.

An entry of `ENTRIES` is all that there is to add: help, error messages, `evalkit models` and the tests come from it.
Nothing is imported before its extractor is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from evalkit.errors import EvalkitError, ExtractorError, UnknownNameError, describe_error, is_unset_variable
from evalkit.extractors.base import ExtractorSpec
from evalkit.registry import Registry, near_match, unknown_name
from evalkit.secrets import remember_from

if TYPE_CHECKING:
    from evalkit.extractors.base import Extractor

__all__ = [
    "ENTRIES",
    "EXTRACTORS",
    "FORMS",
    "NAMED",
    "WORDS",
    "Entry",
    "is_elsewhere",
    "is_foreign",
    "load_extractor",
    "settings_for",
    "spellings",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An extractor of evalkit, or a kind of extractor that takes an argument.

    Attributes:
        spelling: how it is asked for; words in capitals stand for what a user puts there.
        description: one line.
        factory: "module:attr" of a class, an instance, or a plain function of an article; for one with a prefix, of a
            function of the whole spelling and the settings.
        prefixes: what a spelling with an argument begins with; none for a name.
        layers: what it claims; empty if that depends on the argument.
        extra: what has to be installed for it besides evalkit, as an extra of it.
        licence: of its weights and word lists; empty if that depends on the argument.
        folders: where these are, in the package.
        narrows: whether it takes the setting `layers` and then finds in these what it finds without.
        elsewhere: whether what answers is a program or service, whose time it limits itself.
    """

    spelling: str
    description: str
    factory: str = ""
    prefixes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    extra: str = ""
    licence: str = ""
    folders: tuple[str, ...] = ()
    narrows: bool = False
    elsewhere: bool = False


WORDS = "text/lexicons"
"""Where the word lists are, in the package."""

_NER, _QUOTES, _STANCES, _NEWS = (
    f"extractors/shipped/models/{name}-base" for name in ("ner", "quote", "stance", "news")
)

ENTRIES = (
    Entry(
        spelling="ner-base",
        description="names by a 22M-parameter tagger on ONNX Runtime, no torch needed",
        factory="evalkit.extractors.shipped.ner:NerExtractor",
        layers=("entities",),
        licence="Apache-2.0",
        folders=(_NER, WORDS),
    ),
    Entry(
        spelling="quote-base",
        description="quotes, cues and speakers by layers over the encoder of ner-base",
        factory="evalkit.extractors.shipped.quotes.quote_base:QuoteExtractor",
        layers=("entities", "quotes"),
        licence="Apache-2.0",
        folders=(_NER, _QUOTES, WORDS),
        narrows=True,
    ),
    Entry(
        spelling="stance-base",
        description="stances by a 22M-parameter classifier over quote-base",
        factory="evalkit.extractors.shipped.stances.stance_base:StanceExtractor",
        layers=("entities", "quotes", "stances"),
        licence="Apache-2.0",
        folders=(_NER, _QUOTES, _STANCES, WORDS),
        narrows=True,
    ),
    Entry(
        spelling="news-base",
        description="all three in one pass of the encoder of ner-base",
        factory="evalkit.extractors.shipped.news:NewsExtractor",
        layers=("entities", "quotes", "stances"),
        licence="Apache-2.0",
        folders=(_NER, _QUOTES, _NEWS, WORDS),
        narrows=True,
    ),
    Entry(
        spelling="rules",
        description="word lists and patterns, no model",
        factory="evalkit.extractors.rules.extractor:RulesExtractor",
        layers=("entities", "quotes", "stances"),
        licence="Apache-2.0",
        folders=(WORDS,),
    ),
    Entry(
        spelling="trivial",
        description="capitals and quotation marks: the floor",
        factory="evalkit.extractors.trivial:TrivialExtractor",
        layers=("entities", "quotes", "stances"),
        licence="Apache-2.0",
    ),
    Entry(
        spelling="hf:ID_OR_PATH[@REVISION]",
        description="a token (entities) or text (stance) classifier of transformers",
        factory="evalkit.extractors.checkpoints.token_classification:load_transformers",
        prefixes=("hf:",),
        extra="torch",
    ),
    Entry(
        spelling="spacy:NAME",
        description="a spaCy pipeline",
        factory="evalkit.extractors.spacy:load_spacy",
        prefixes=("spacy:",),
        layers=("entities",),
        extra="spacy",
    ),
    Entry(
        spelling="llm:MODEL",
        description="a language model behind an OpenAI-compatible endpoint; needs a base URL",
        factory="evalkit.extractors.llm.loading:load_llm",
        prefixes=("llm:",),
        elsewhere=True,
        layers=("entities", "quotes", "stances"),
    ),
    Entry(
        spelling="cmd:PROGRAM",
        description="a program that reads articles and writes annotations as JSON lines",
        factory="evalkit.extractors.remote.program:load_program",
        prefixes=("cmd:",),
        elsewhere=True,
    ),
    Entry(
        spelling="http://HOST/PATH",
        description="the same over HTTP, or HTTPS",
        factory="evalkit.extractors.remote.service:load_service",
        prefixes=("http://", "https://"),
        elsewhere=True,
    ),
    Entry(
        spelling="module:attr",
        description="a Python function or class; the current directory is importable",
    ),
)
"""The names in the order of what they can do, then the prefixes."""

NAMED = tuple(entry for entry in ENTRIES if entry.factory and not entry.prefixes)
"""The entries that are asked for by name."""

FORMS = tuple(entry for entry in ENTRIES if entry not in NAMED)
"""Those that take an argument."""

EXTRACTORS = Registry(
    what="extractor",
    table={entry.spelling: entry.factory for entry in NAMED},
    group="evalkit.extractors",
)
"""Each name stands for a class, an instance, or a plain function of an article."""


def load_extractor(spec: ExtractorSpec | str, *, options: Mapping[str, str] | None = None) -> Extractor:
    """The extractor that is asked for; it knows its spec, from which another process can make the same one.

    Args:
        spec: a shipped name, a prefix with its argument, `module:attr` (the current directory is importable, as with
            `python -m`), or a name that an installed package brings; or that with settings.
        options: settings of the extractor as text, for a spec without; which ones there are depends on the extractor.

    Raises:
        UnknownNameError: there is nothing of that name; the message says what there is and what is near.
        MissingExtraError: it needs a package that is not installed; the message says which command installs it.
        ExtractorError: it is there and cannot be used.
        InputError: an option that the extractor does not have, or a value that it cannot use.
    """
    asked = spec if isinstance(spec, ExtractorSpec) else ExtractorSpec(spec, dict(options or {}))
    # It may name them in whatever goes wrong.
    remember_from(asked.spelling, asked.settings)
    extractor = _load(asked.spelling, asked.settings)
    vars(extractor)["spec"] = asked
    return extractor


def settings_for(spelling: str, settings: Mapping[str, str], layers: Collection[str]) -> dict[str, str]:
    """The settings of an extractor with the one that keeps it from what nobody asked for, if it takes that.

    Args:
        spelling: how it is asked for.
        settings: those that were given.
        layers: the layers that are wanted.
    """
    entry = next((entry for entry in NAMED if entry.spelling == spelling and entry.narrows), None)
    wanted = [] if entry is None else [layer for layer in entry.layers if layer in layers]
    if entry is None or not wanted or wanted[-1] == entry.layers[-1]:
        return dict(settings)
    return {"layers": ",".join(wanted), **settings}


def is_elsewhere(spelling: str) -> bool:
    """Whether a name stands for a program or a service, which is no Python code that could run here."""
    return any(entry.elsewhere and spelling.startswith(entry.prefixes) for entry in FORMS)


def is_foreign(spelling: str) -> bool:
    """Whether a name stands for Python code of others: in a module, or brought by an installed package."""
    if spelling in EXTRACTORS.table or spelling.startswith(tuple(prefix for form in FORMS for prefix in form.prefixes)):
        return False
    return ":" in spelling or spelling in EXTRACTORS.entry_points()


def _load(spelling: str, options: Mapping[str, str]) -> Extractor:
    form = next((form for form in FORMS if spelling.startswith(form.prefixes)), None)
    if form is not None:
        module, _, attribute = form.factory.partition(":")
        extractor: Extractor = getattr(import_module(module), attribute)(spelling, options)
        return extractor
    if spelling not in EXTRACTORS.table and ":" in spelling:
        target = _find_attribute(spelling)
    else:
        target = _registered(spelling)
    # Most of its cost is `inspect`, which shipped extractors without options do not need.
    if not options and isinstance(target, type) and spelling in EXTRACTORS.table:
        shipped: Extractor = target()
        return shipped
    from evalkit.extractors.callable import as_extractor

    return as_extractor(target, spelling, options)


def _registered(spelling: str) -> Any:
    try:
        return EXTRACTORS.load(spelling)
    except UnknownNameError as error:
        raise UnknownNameError(f"{error}, {spellings(FORMS)}") from None
    except (EvalkitError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ExtractorError(_broken(spelling, spelling, error)) from error


def spellings(entries: Iterable[Entry] = ENTRIES) -> str:
    """How extractors are asked for, for people: all of them, or some."""
    return ", ".join(entry.spelling for entry in entries)


def _find_attribute(spec: str) -> Any:
    """What `module:attr` names."""
    name, _, path = spec.partition(":")
    found: Any = _import(name, spec)
    if not path:
        raise UnknownNameError(f"unknown extractor {spec!r}: say which function or class of {name}, as {name}:NAME")
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            public = [known for known in vars(found) if not known.startswith("_")]
            raise unknown_name(f"name in {name}", attribute, public)
        found = getattr(found, attribute)
    return found


def _import(name: str, spec: str) -> Any:
    # As with `python -m`: what lies in the current directory can be named, and goes first.
    here = str(Path.cwd())
    if "" not in sys.path and here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise _no_module(name, spec) from error
        raise ExtractorError(_broken(spec, name, error)) from error
    except (ValueError, TypeError) as error:
        # An empty or relative name is refused by the import system before it looks for anything.
        if not name or name.startswith("."):
            raise _no_module(name, spec) from error
        raise ExtractorError(_broken(spec, name, error)) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ExtractorError(_broken(spec, name, error)) from error


def _module_of(path: str) -> str:
    return ".".join(part for part in PurePath(path).with_suffix("").parts if part not in (".", "..", "/"))


def _no_module(name: str, spec: str) -> UnknownNameError:
    if name.endswith(".py"):
        attribute = spec.partition(":")[2] or "FUNCTION"
        told = f"{name!r} is a path; name the module, from where it is found: {_module_of(name)}:{attribute}"
        return UnknownNameError(f"unknown extractor {spec!r}: {told}")
    near = near_match(name, [prefix.rstrip(":/") for form in FORMS for prefix in form.prefixes])
    hint = f"; did you mean '{near}:'?" if near else "."
    return UnknownNameError(
        f"unknown extractor {spec!r}: {name!r} is no module that can be imported from here{hint} Known: {spellings()}"
    )


def _broken(spec: str, module: str, error: BaseException) -> str:
    remedy = "set it" if is_unset_variable(error) else "mend it"
    return f"extractor {spec!r}: {module} cannot be imported: {describe_error(error)}; {remedy}"
