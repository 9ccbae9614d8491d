"""A prompt from a TOML file of templates, which a user can replace in part or as a whole.

Keys: `system` and `user` (the two messages), `fallback` (added to the system message where the endpoint does not take
a schema), a table `layers` with what is said of `entities`, `quotes` and `stances`, and `pairs` with what is said where
the stances of given pairs are asked for. Placeholders: in `system` `$layers` (what is said of the layers asked for, or
of the pairs); in `user` `$text`, `$title`, `$source` and `$published`; in `fallback` `$schema`; in the texts of the
layers `$labels` (the entity labels, one a line); in `pairs` `$pairs` (holder and target, one pair a line, numbered).
`$$` is a dollar sign. A key that a file does not have is taken from `prompts/news.toml` beside this module.

How it is read is no part of what an extractor is: its fingerprint has the wording.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template

from evalkit.errors import FormatError
from evalkit.extractors.llm.prompt import ASKED, Prompt
from evalkit.registry import unknown_name
from evalkit.toml import read_toml

__all__ = ["SHIPPED", "load_prompt"]

SHIPPED = Path(__file__).parent / "prompts" / "news.toml"
"""The prompt that is used if no other is asked for."""

_PLACES = {
    "system": ("layers",),
    "user": ("text", "title", "source", "published"),
    "fallback": ("schema",),
    "pairs": ("pairs",),
}
_LAYER_PLACES = ("labels",)


def load_prompt(path: Path | None = None) -> Prompt:
    """The prompt in a file, or the shipped one.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is no TOML, has a key or placeholder that does not exist, or shows no text.
    """
    given = read_toml(path, remedy="check prompt=FILE") if path is not None else {}
    known = read_toml(SHIPPED)
    where = path or SHIPPED
    for key in given:
        if key not in known:
            raise FormatError(f"{where}: {unknown_name('key of a prompt file', key, known)}")
    own = given.get("layers", {})
    if not isinstance(own, dict):
        raise FormatError(f"{where}: 'layers' is {own!r:.40}; write a table [layers]")
    for layer in own:
        if layer not in ASKED:
            raise FormatError(f"{where}: {unknown_name('layer', layer, ASKED)}")
    said = {**known["layers"], **own}
    layers = {layer: _template(where, f"layers.{layer}", said[layer], _LAYER_PLACES) for layer in ASKED}
    texts = {key: _template(where, key, {**known, **given}[key], places) for key, places in _PLACES.items()}
    for key, place, shown in (("user", "text", "article"), ("pairs", "pairs", "pair")):
        if f"${place}" not in texts[key] and f"${{{place}}}" not in texts[key]:
            raise FormatError(f"{where}: {key!r} has no ${place}, so no {shown} would be shown; add it")
    return Prompt(**texts, layers=layers)


def _template(where: Path, key: str, value: object, places: Sequence[str]) -> str:
    if not isinstance(value, str):
        raise FormatError(f"{where}: {key!r} is {value!r:.40}; write a string")
    try:
        Template(value).substitute(dict.fromkeys(places, ""))
    except KeyError as error:
        known = ", ".join(f"${name}" for name in places)
        raise FormatError(f"{where}: {key!r} has the placeholder ${error.args[0]}; known there: {known}") from error
    except ValueError as error:
        raise FormatError(f"{where}: {key!r}: {error}; write $$ for a dollar sign") from error
    return value
