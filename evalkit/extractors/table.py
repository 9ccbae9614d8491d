"""Every way to name an extractor: shipped names, `prefix:ARGUMENT`, `module:attr`, and plugins of other packages.

Nothing is imported before its extractor is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import EvalkitError, ExtractorError, UnknownNameError
from evalkit.registry import Registry, near_match, unknown_name

if TYPE_CHECKING:
    from evalkit.extractors.base import Extractor

__all__ = ["EXTRACTORS", "FORMS", "Form", "load_extractor"]

EXTRACTORS = Registry(
    what="extractor",
    table={
        "ner-base": "evalkit.extractors.shipped.ner:NerExtractor",
        "news-base": "evalkit.extractors.shipped.news:NewsExtractor",
        "quote-base": "evalkit.extractors.shipped.quotes.extractor:QuoteExtractor",
        "rules": "evalkit.extractors.rules.extractor:RulesExtractor",
        "stance-base": "evalkit.extractors.shipped.stances.extractor:StanceExtractor",
        "trivial": "evalkit.extractors.trivial:TrivialExtractor",
    },
    group="evalkit.extractors",
)
"""Each name stands for a class, an instance, or a plain function of an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A spelling with an argument behind its prefix.

    Attributes:
        spelling: how people write it.
        factory: "module:attr" of a function of the whole spelling and the options.
    """

    spelling: str
    factory: str


FORMS: Mapping[str, Form] = {
    "hf:": Form(
        spelling="hf:ID_OR_PATH[@REVISION]",
        factory="evalkit.extractors.checkpoints.token_classification:load_transformers",
    ),
    "spacy:": Form(spelling="spacy:NAME", factory="evalkit.extractors.spacy:load_spacy"),
    "llm:": Form(spelling="llm:MODEL", factory="evalkit.extractors.llm.extractor:load_llm"),
    "cmd:": Form(spelling="cmd:PROGRAM", factory="evalkit.extractors.remote.program:load_program"),
    "http://": Form(spelling="http://…", factory="evalkit.extractors.remote.service:load_service"),
    "https://": Form(spelling="https://…", factory="evalkit.extractors.remote.service:load_service"),
}
"""Prefixes and what they stand for."""


def load_extractor(spec: str, *, options: Mapping[str, str] | None = None) -> Extractor:
    """The extractor of that name.

    Args:
        spec: a shipped name, a prefix with its argument, `module:attr` (the current directory is importable, as with
            `python -m`), or a name that an installed package brings.
        options: settings of the extractor as text; which ones there are depends on the extractor.

    Raises:
        UnknownNameError: there is nothing of that name; the message says what there is and what is near.
        MissingExtraError: it needs a package that is not installed; the message says which command installs it.
        ExtractorError: it is there and cannot be used.
        InputError: an option that the extractor does not have, or a value that it cannot use.
    """
    form = next((form for prefix, form in FORMS.items() if spec.startswith(prefix)), None)
    if form is not None:
        return _call_form(form, spec, options)
    if spec not in EXTRACTORS.table and ":" in spec:
        return _extractor(_find_attribute(spec), spec, options)
    return _extractor(_registered(spec), spec, options)


def _call_form(form: Form, spec: str, options: Mapping[str, str] | None) -> Extractor:
    module, _, attribute = form.factory.partition(":")
    extractor: Extractor = getattr(import_module(module), attribute)(spec, options)
    return extractor


def _extractor(target: Any, spec: str, options: Mapping[str, str] | None) -> Extractor:
    # Most of its cost is `inspect`, which shipped extractors without options do not need.
    if not options and isinstance(target, type) and spec in EXTRACTORS.table:
        shipped: Extractor = target()
        return shipped
    from evalkit.extractors.callable import as_extractor

    return as_extractor(target, spec, options)


def _registered(spec: str) -> Any:
    try:
        return EXTRACTORS.load(spec)
    except UnknownNameError as error:
        forms = ", ".join(dict.fromkeys(form.spelling for form in FORMS.values()))
        raise UnknownNameError(f"{error}, {forms}, module:attr") from None
    except EvalkitError:
        raise
    except (Exception, SystemExit) as error:
        raise ExtractorError(_broken(spec, spec, error)) from error


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
    except (Exception, SystemExit) as error:
        raise ExtractorError(_broken(spec, name, error)) from error


def _no_module(name: str, spec: str) -> UnknownNameError:
    prefixes = [prefix.rstrip(":/") for prefix in FORMS]
    near = near_match(name, prefixes)
    hint = f"; did you mean '{near}:'?" if near else "."
    forms = ", ".join(form.spelling for form in FORMS.values())
    return UnknownNameError(
        f"unknown extractor {spec!r}: {name!r} is no module that can be imported from here{hint} Known: "
        f"{', '.join(sorted(EXTRACTORS.table))}, {forms}, module:attr"
    )


def _broken(spec: str, module: str, error: BaseException) -> str:
    from evalkit.extractors.callable import describe_error

    return f"extractor {spec!r}: {module} cannot be imported: {describe_error(error)}; mend it"
