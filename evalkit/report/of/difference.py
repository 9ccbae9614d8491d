"""What two versions of gold have not in common: a table of counts, then article by article what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from evalkit.analysis.differences.change import KINDS, ItemChange
from evalkit.analysis.differences.dataset_diff import ARTICLE_KINDS, DatasetDiff
from evalkit.harmless import one_line
from evalkit.layers.base import Layer, surface
from evalkit.layers.fields import SPAN, SPANS
from evalkit.layers.table import load_layer
from evalkit.records import Span
from evalkit.report.document import FAINT, QUOTED, STRONG, Block, Column, Document, Line, Lines, Piece, Table
from evalkit.showing import number_of

__all__ = ["SHOWN", "document"]

SHOWN = 100
"""So many changes are shown unless somebody asks for another number: a comment on GitHub holds 65,536 characters."""

NAMED = 20
WIDE = 100
LONGEST = 160
_SIGNS = {"added": "+ ", "removed": "− "}


def document(diff: DatasetDiff, *, limit: int = SHOWN) -> Document:
    """The differences.

    Args:
        diff: what was found.
        limit: so many changes are shown; 0 for all.
    """
    shown = diff.changes[: limit or None]
    articles = len({change.article_id for change in diff.changes})
    all_of_them = number_of(len(diff.changes), "change")
    changes = f"{all_of_them} in {number_of(articles, 'article')}"
    whole = [_articles(diff, kind) for kind in ("removed", "added") if diff.articles.get(kind)]
    told = ", ".join([changes if diff.changes else "no item changed", *whole])
    left = len(diff.changes) - len(shown)
    apart = ", ".join(f"{name} {number}" for name, number in diff.unscored.items())
    aside = (f"items that differ only in what is not scored, left aside: {apart}",) if apart else ()
    more = (f"the first {len(shown)} of {all_of_them} are shown; --limit 0 shows all",) if left else ()
    return Document(
        what="difference",
        title=f"{one_line(diff.old)} → {one_line(diff.new)}: {told}",
        blocks=tuple(_blocks(diff, shown)),
        notes=(*more, *aside, *diff.notes),
        rows=tuple(_row(change) for change in diff.changes),
        data=diff.to_json(),
    )


def _articles(diff: DatasetDiff, kind: str) -> str:
    return f"{number_of(len(diff.articles[kind]), 'article')} {ARTICLE_KINDS[kind]}"


def _blocks(diff: DatasetDiff, shown: Sequence[ItemChange]) -> Iterator[Block]:
    whole = diff.articles.get("added") or diff.articles.get("removed")
    compared = f"{number_of(diff.compared, 'article')}{' of both' if whole else ''} compared"
    if diff.items:
        yield _table(diff, compared)
    lines = [f"{_articles(diff, kind)}: {_named(ids)}" for kind, ids in diff.articles.items() if ids]
    if lines or not diff.items:
        yield Lines.of(*(lines or [compared]))
    by_article = {name: list(own) for name, own in groupby(shown, lambda change: change.article_id)}
    last = max(by_article, default="") if len(shown) < len(diff.changes) else None
    told = {name for name in diff.renamed if last is None or name <= last}
    for article_id in sorted(by_article.keys() | told):
        article = diff.sources[article_id]
        changes = (_line(change, article.text) for change in by_article.get(article_id, ()))
        renamed = _renamed(diff.renamed.get(article_id, {}))
        yield Lines(
            title=f"{article_id} · {article.title}" if article.title else article_id,
            lines=(*renamed, *changes),
            hanging=True,
        )


def _renamed(names: Mapping[str, str]) -> list[Line]:
    """What is only called otherwise, in one line."""
    if not names:
        return []
    return [Line((Piece("renamed", STRONG), Piece(" " + ", ".join(f"{old} → {new}" for old, new in names.items()))))]


def _table(diff: DatasetDiff, compared: str) -> Table:
    kinds = [kind for kind in KINDS if any(own[kind] for own in diff.counts.values())]
    return Table(
        columns=(
            Column("layer", left=True),
            Column("old", from_width=WIDE),
            Column("new", from_width=WIDE),
            *map(Column, kinds),
        ),
        rows=tuple(
            (layer, str(old), str(new), *(str(diff.counts[layer][kind] or "–") for kind in kinds))
            for layer, (old, new) in diff.items.items()
        ),
        caption=compared,
        fixed=1,
    )


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def _line(change: ItemChange, text: str) -> Line:
    """One change in words: what it is called, the item, and what of it differs."""
    layer = load_layer(change.layer)
    # A sign, and no colour of a verdict: what was removed is no check that failed.
    pieces = [Piece(f"{_SIGNS.get(change.kind, '')}{layer.one} {change.kind}", STRONG), Piece(" ")]
    if change.old is None or change.new is None:
        pieces += _told(layer, change.new or change.old, text)
    else:
        pieces += _compared(layer, change, text)
    return Line(tuple(pieces))


def _told(layer: Layer[Any], item: Any, text: str) -> Iterator[Piece]:
    """An item that only one version has."""
    yield Piece(f"{layer.label(item)} ")
    yield from _things(item, layer.thing_fields)
    yield from _stretch(layer.spans(item), text)


def _compared(layer: Layer[Any], change: ItemChange, text: str) -> Iterator[Piece]:
    """An item of both versions: its label and text, and each field that differs before and after."""
    differing = change.differing
    if layer.label_field not in differing:
        yield Piece(f"{layer.label(change.new)} ")
    yield from _things(change.new, [name for name in layer.names if name not in differing])
    if layer.spans_field not in differing:
        yield from _stretch(layer.spans(change.new), text)
        yield Piece(" ")
    types = {field.name: field.type for field in layer.fields}
    for number, name in enumerate(differing):
        old, new = getattr(change.old, name), getattr(change.new, name)
        plain = name in (layer.spans_field, layer.label_field)
        yield Piece(f"{'; ' if number else ''}{'' if plain else f'{name} '}")
        if types[name] in (SPAN, SPANS):
            yield from _stretch(old, text)
            yield Piece(" → ")
            yield from _stretch(new, text)
        else:
            yield Piece(f"{_value(old)} → {_value(new)}")


def _things(item: Any, names: Iterable[str]) -> Iterator[Piece]:
    """What an item mentions, and to whom or what it is attributed."""
    told = {name: value for name in names if (value := getattr(item, name)) is not None}
    if told:
        yield Piece(", ".join(f"{name} {value}" for name, value in told.items()) + " ")


def _stretch(spans: Span | Sequence[Span] | None, text: str) -> Iterator[Piece]:
    """What stands at some spans, and their offsets."""
    pieces: Sequence[Span] = [spans] if isinstance(spans, Span) else spans or ()
    if not pieces:
        yield Piece("–")
        return
    if words := surface(text, pieces):
        yield Piece(one_line(words), QUOTED, LONGEST)
        yield Piece(" ")
    yield Piece(f"[{' '.join(f'{start}-{end}' for start, end in pieces)}]", FAINT)


def _value(value: Any) -> str:
    if value is None or value == ():
        return "–"
    return ", ".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)


def _row(change: ItemChange) -> dict[str, Any]:
    layer = load_layer(change.layer)
    row: dict[str, Any] = {"article": change.article_id, "layer": change.layer, "kind": change.kind}
    for name, item, text in (("old", change.old, change.old_text), ("new", change.new, change.new_text)):
        row[f"{name}_label"] = None if item is None else layer.label(item)
        row[f"{name}_place"] = None if item is None else " ".join(f"{s}-{e}" for s, e in layer.spans(item))
        row[f"{name}_text"] = text
    return row | {"differing": " ".join(change.differing)}
