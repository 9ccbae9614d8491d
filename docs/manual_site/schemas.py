"""The JSON of results, from the schemas that tests hold the commands to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from manual_site.markdown import code, plain, table
from manual_site.places import ROOT

__all__ = ["SCHEMAS", "json_page", "schema_files"]

SCHEMAS = ROOT / "evalkit" / "report" / "schemas"

_INTRO = """\
# JSON of results

What `--json` prints, and what other programs may rely on. Every object names its `format` and its `version`, which
counts up when a key changes its meaning or leaves; keys may be added within a version. Below is each form that has
a JSON Schema (draft 2020-12); they are in the package, too, in `evalkit/report/schemas`, and tests hold the
commands to them. Keys in brackets may be absent.
"""


def schema_files() -> list[Path]:
    """The schemas: that of a run first, then by name."""
    return sorted(SCHEMAS.glob("*.json"), key=lambda path: (path.stem != "result", path.stem))


def json_page() -> str:
    """The page: a section for each schema, with its keys."""
    return _INTRO + "".join(map(_section, schema_files()))


def _section(path: Path) -> str:
    schema = json.loads(path.read_text(encoding="utf-8"))
    about = schema.get("description") or schema["title"]
    parts = [f"\n## {_format(schema, path)}\n\n{plain(about)} [{path.name}](schemas/{path.name})\n", _keys(schema)]
    for name, one in schema.get("$defs", {}).items():
        if "properties" in one:
            parts.append(f"\n**{name}**{': ' + plain(one['description']) if 'description' in one else ''}\n")
            parts.append(_keys(one))
    return "".join(parts)


def _format(schema: Mapping[str, Any], path: Path) -> str:
    found: str = schema.get("properties", {}).get("format", {}).get("const", path.stem)
    return found


def _keys(schema: Mapping[str, Any]) -> str:
    return table(("key", "holds", "what"), _rows(schema, ""))


def _rows(schema: Mapping[str, Any], before: str) -> Iterator[tuple[str, ...]]:
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        key = f"{before}{name}"
        yield code(key if name in required else f"[{key}]"), _kind(one), plain(one.get("description", ""))
        inner = _inner(one)
        if inner is not None:
            yield from _rows(inner[1], f"{key}{inner[0]}.")


def _inner(one: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The object with keys of its own that a value is, or is made of."""
    if "properties" in one:
        return "", one
    for keyword, sign in (("items", "[]"), ("additionalProperties", "{}")):
        below = one.get(keyword)
        if isinstance(below, Mapping) and "properties" in below:
            return sign, below
    return None


def _kind(one: Mapping[str, Any]) -> str:
    if "const" in one:
        return code(json.dumps(one["const"]))
    if "enum" in one:
        return " or ".join(code(json.dumps(value, ensure_ascii=False)) for value in one["enum"])
    if "$ref" in one:
        return f"*{one['$ref'].rpartition('/')[2]}*"
    if "anyOf" in one or "oneOf" in one:
        return " or ".join(dict.fromkeys(map(_kind, one.get("anyOf") or one["oneOf"])))
    kinds = one.get("type", "anything")
    words = [kinds] if isinstance(kinds, str) else kinds
    if "array" in words and isinstance(one.get("items"), Mapping):
        return " or ".join(f"list of {_kind(one['items'])}" if word == "array" else word for word in words)
    below = one.get("additionalProperties")
    if "object" in words and isinstance(below, Mapping):
        return f"object of {_kind(below)}"
    return " or ".join(words)
