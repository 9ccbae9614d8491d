"""Reads a chunk as the explorer's page does: what a chunk says must be all that there was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.text.linking import slug

Json = Mapping[str, Any]


def numbers_of(codes: str) -> list[int | None]:
    """The numbers that characters stand for."""
    numbers: list[int | None] = []
    places = iter(map(ord, codes))
    for place in places:
        sign = 1
        if place == ord("/"):
            sign, place = -1, next(places)
        if place == ord("."):
            numbers.append(None)
        elif place == ord(","):
            numbers.append(sign * ((next(places) - 48) * 50000 + next(places) - 48))
        else:
            numbers.append(sign * (place - 48))
    return numbers


def _values(kind: str, column: str, pieces: str) -> Iterator[Any]:
    numbers, counts = iter(numbers_of(column)), iter(numbers_of(pieces))
    before = 0
    while True:
        if kind in ("spans", "span"):
            spans = []
            for _ in range(next(counts) if pieces else 1 if column else 0):
                before += next(numbers)
                spans.append((before, before + next(numbers)))
            yield tuple(spans)
        elif not column:
            yield () if kind == "names" else None
        elif kind == "names":
            yield tuple(next(numbers) for _ in range(next(numbers)))
        else:
            yield next(numbers)


def _side(columns: Json, layer: Json, at: int, partners: Sequence[int | None], masks: Iterator[Any], gold: Any) -> Any:
    label = columns["label"][at]
    if label is None:
        return None
    fields = [{"name": "label", "type": "number"}, *layer["fields"]]
    readers = [
        _values(
            field["type"],
            (columns.get(field["name"]) or {at: ""})[at] or "",
            (columns.get(f"{field['name']}#") or {at: ""})[at] or "",
        )
        for field in fields
    ]
    items = []
    for partner in partners:
        mask = -1 if partner is None else next(masks)
        items.append(
            {
                field["name"]: next(reader) if mask >> bit & 1 else gold[partner][field["name"]]
                for bit, (field, reader) in enumerate(zip(fields, readers, strict=True))
            }
        )
    return items


def unpacked(chunk: Json, index: Json, at: int) -> dict[str, Any]:
    """An article: layer → the items of the gold and of each run, as dicts of their fields, with what became of them."""
    layers: dict[str, Any] = {}
    mentions: dict[int, list[str]] = {}
    for layer in index["layers"]:
        columns = chunk["layers"][layer["name"]]
        label = columns["gold"]["label"][at]
        gold = (
            None
            if label is None
            else _side(columns["gold"], layer, at, [None] * len(numbers_of(label)), iter(()), None)
        )
        sides = [gold, *(_run(run, layer, at, gold, chunk["credits"][layer["name"]]) for run in columns["runs"])]
        for side in sides:
            for item in side or ():
                if item.get("entity_id") is not None and (spans := item[layer["spans_field"]]):
                    words = chunk["texts"][at][spans[0][0] : spans[-1][1]]
                    mentions.setdefault(item["entity_id"], []).append(words)
        layers[layer["name"]] = sides
    told = chunk["names"][at]
    names = [name if isinstance(name, str) else slug(mentions[number][name]) for number, name in enumerate(told)]
    for layer in index["layers"]:
        for item in (item for side in layers[layer["name"]] for item in side or ()):
            item["label"] = layer["labels"][item["label"]]
            for field in layer["fields"]:
                value = item[field["name"]]
                if field["type"] == "names":
                    item[field["name"]] = tuple(names[number] for number in value)
                elif field["type"] in ("name", "text") and "refers" not in field:
                    item[field["name"]] = None if value is None else names[value]
    return layers


def _run(columns: Json, layer: Json, at: int, gold: Any, patterns: Sequence[Any]) -> Any:
    def given(name: str) -> list[Any] | None:
        column = columns.get(name)
        return None if column is None or column[at] is None else numbers_of(column[at])

    credits, kinds = given("credit"), given("kind")
    partners: list[int | None] = [None] * len(credits or ())
    if kinds is not None:
        before = -1
        for number, gap in enumerate(given("with") or ()):
            if gap is not None:
                before += gap + 1
                partners[number] = before
    items = _side(columns, layer, at, partners, iter(given("own") or ()), gold)
    if items is None:
        return None
    earned = [[one[0] / one[1] if isinstance(one, list) else one for one in row] for row in patterns]
    for number, item in enumerate(items):
        item["credits"] = earned[(credits or [])[number]]
        item["partner"] = partners[number]
        item["kind"] = None if kinds is None else layer["kinds"][kinds[number]]
        item["change"] = (given("change") or [0] * len(items))[number]
    gold_kinds = given("gold_kind")
    for number, item in enumerate(gold or ()):
        judged = item.setdefault("of", [])
        kind = None if gold_kinds is None else layer["kinds"][gold_kinds[number]]
        if kind is None and kinds is not None:
            matched = [own["kind"] for own in items if own["partner"] == number]
            kind = matched[0] if matched else "missed"
        change = (given("gold_change") or [0] * len(gold))[number]
        judged.append((kind, earned[(given("gold_credit") or [])[number]], change))
    return items
