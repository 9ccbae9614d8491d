"""A small payload for the explorer's page, in the form that its index and chunks have, with all that can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.report.explorer.chunks import packed
from evalkit.report.explorer.page import explorer_page

ENTITY_KINDS = ["right", "label", "boundary", "missed", "spurious"]
LAYERS: list[dict[str, Any]] = [
    {
        "name": "entities",
        "one": "entity",
        "labels": ["PER", "ORG", "GPE"],
        "label_field": "label",
        "spans_field": "spans",
        "marked": True,
        "fields": [
            {"name": "spans", "type": "spans", "word": "spans"},
            {"name": "entity_id", "type": "name", "word": "thing"},
        ],
        "task": "entities",
        "kinds": ENTITY_KINDS,
        "credits": [["entities", "exact"], ["entities", "partial"]],
    },
    {
        "name": "quotes",
        "one": "quote",
        "labels": ["direct", "indirect"],
        "label_field": "kind",
        "spans_field": "content",
        "marked": False,
        "fields": [
            {"name": "content", "type": "spans", "word": "content"},
            {"name": "cue", "type": "spans", "word": "cue"},
            {"name": "speaker", "type": "span", "word": "speaker"},
            {"name": "speaker_id", "type": "name", "word": "speaker"},
        ],
        "task": "quotes",
        "kinds": ["right", "missed", "spurious"],
        "credits": [["quotes", "exact"]],
    },
    {
        "name": "stances",
        "one": "stance",
        "labels": ["favor", "against"],
        "label_field": "label",
        "spans_field": "evidence",
        "marked": False,
        "fields": [
            {"name": "evidence", "type": "spans", "word": "evidence"},
            {"name": "holder", "type": "name", "word": "holder"},
            {"name": "target", "type": "name", "word": "target"},
            {"name": "quote_id", "type": "name", "word": "quote", "refers": "quotes"},
        ],
        "task": None,
        "kinds": [],
        "credits": [],
    },
]
TASKS: list[dict[str, Any]] = [
    {
        "name": "entities",
        "about": "names",
        "layer": "entities",
        "kinds": ENTITY_KINDS,
        "main": "exact",
        "conventions": [
            {"name": "exact", "about": "both ends and the label", "counts_items": True},
            {"name": "partial", "about": "overlap counts half", "counts_items": True},
        ],
    },
    {
        "name": "quotes",
        "about": "quotes",
        "layer": "quotes",
        "kinds": ["right", "missed", "spurious"],
        "main": "exact",
        "conventions": [{"name": "exact", "about": "all of it", "counts_items": True}],
    },
]

TEXT = "Union of Oslo acts\n\n“We 🚢 stay,” said Ida Moen, head of the Harbour Union in Oslo.\nOslo is calm."
"""Article 0: nested (Union of Oslo / Oslo), a ship before which code points and UTF-16 part, and a quote."""


def place(words: str, text: str = TEXT, after: int = 0) -> tuple[int, int]:
    """Where words stand, in code points, as gap from `after` and length."""
    start = text.index(words, after)
    return start, len(words)


def spans(*found: tuple[int, int], pieces: Sequence[int] | None = None) -> dict[str, Any]:
    """Spans (start, length) as the payload has them: each start as the step from the one before."""
    at: list[int] = []
    before = 0
    for start, length in found:
        at += (start - before, length)
        before = start
    return {"at": at, **({"pieces": list(pieces)} if pieces is not None else {})}


def first_article() -> dict[str, Any]:
    """Gold and what two runs say; `with` counts gold items from the last partner on."""
    union, oslo = place("Union of Oslo"), place("Oslo")
    moen, harbour = place("Ida Moen"), place("Harbour Union")
    last = place("Oslo", after=40)
    again = place("Oslo", after=last[0] + 1)
    gold = {
        "n": 6,
        "label": [1, 2, 0, 1, 2, 2],
        "spans": spans(union, oslo, moen, harbour, last, again),
        "entity_id": [0, 1, 2, 3, 1, 1],
    }
    first_run = {
        # Oslo as an organisation (label), Ida alone (boundary), all else right but the Harbour Union, which is missed.
        "n": 5,
        "label": [1, 1, 0, 2, 2],
        "spans": spans(union, oslo, place("Ida"), last, again),
        "gold_kind": "012300",
        "kind": "01200",
        "with": [0, 0, 0, 1, 0],
        "gold_credit": [0, 1, 2, 1, 0, 0],
        "credit": [0, 1, 2, 0, 0],
        "gold_change": "010000",
        "change": "01000",
    }
    second_run = {
        # One name in two parts, that nobody asked for.
        "n": 1,
        "label": [0],
        "spans": spans(moen, last, pieces=[2]),
        "gold_kind": "333333",
        "kind": "4",
        "with": [None],
        "gold_credit": [1] * 6,
        "credit": [1],
    }
    quote = {
        "n": 1,
        "label": [0],
        "content": spans(place("“We 🚢 stay,”")),
        "cue": spans(place("said"), pieces=[1]),
        "speaker": spans(moen, pieces=[1]),
        "speaker_id": [2],
    }
    found = {**quote, "gold_kind": "0", "kind": "0", "with": [0], "gold_credit": [0], "credit": [0]}
    stance = {
        "n": 1,
        "label": [0],
        "evidence": spans(place("We 🚢 stay"), pieces=[1]),
        "holder": [2],
        "target": [4],
        "quote_id": [0],
    }
    return {
        "names": ["union", "oslo", "ida-moen", "harbour", "topic:quay-work"],
        "zones": [["headline", 0, 18], ["body", 20, len(TEXT)]],
        "meta": {"section": "news"},
        "layers": {
            "entities": {"gold": gold, "runs": [first_run, second_run]},
            "quotes": {"gold": quote, "runs": [found, None]},
            "stances": {"gold": stance, "runs": [None, None]},
        },
    }


CREDITS = {"entities": [[1, 1], [0, 0], [0, [1, 2]]], "quotes": [[1]]}


def plain_article(text: str, label: int = 1) -> dict[str, Any]:
    """One gold item over the whole text, which the first run misses, and the second failed."""
    length = len(text)
    missed = {"n": 0, "label": [], "gold_kind": "3", "kind": "", "with": [], "gold_credit": [1], "credit": []}
    gold = {"n": 1, "label": [label], "spans": spans((0, length))}
    return {
        "names": [],
        "zones": [["body", 0, length]],
        "meta": {},
        "layers": {"entities": {"gold": gold, "runs": [missed, missed]}},
    }


def items(run: int, kind: str, label: str, articles: list[int]) -> dict[str, Any]:
    """One line of the facets of items."""
    row = {"run": run, "task": "entities", "kind": kind, "label": label}
    return {**row, "articles": articles, "gold": 1, "predicted": 1}


def payload(texts: Sequence[str] = (), *, words: str = "", chunk_size: int = 3) -> tuple[dict[str, Any], list[Any]]:
    """Index and chunks: article 0 as above, then one for each text, whose words stand in titles and labels, too."""
    count = 1 + len(texts)
    ids = ["a0", *(f"a{number}" for number in range(1, count))]
    titles = ["Union acts", *(text[:60] for text in texts)]
    rest = [1] * (count - 1)
    layers = [dict(layer) for layer in LAYERS]
    layers[0]["labels"] = ["PER", words or "ORG", "GPE"]
    cost = [3.0, *(1.0 for _ in texts)]
    index = {
        "format": "evalkit.explorer",
        "version": 1,
        "title": f"{words}rules and other on sample",
        "gold": {"name": "sample", "split": "test", "fingerprint": "0", "signature": "sample@0"},
        "runs": [
            {
                "name": words or name,
                "extractor": name,
                "layers": ["entities"],
                "failed": {str(at): words or "ValueError: boom" for at in range(1, count) if number},
                "evaluated": {},
                "not_evaluated": {},
                "signatures": {},
                "notes": [],
            }
            for number, name in enumerate(("rules", "other"))
        ],
        "baseline": {"name": "before", "articles": count, "notes": []},
        "layers": layers,
        "tasks": TASKS,
        "zones": ["headline", "body"],
        "chunk_size": chunk_size,
        "articles": {
            "id": ids,
            "title": titles,
            "source": ["Wire", *(words or "Echo" for _ in texts)],
            "published": ["2024-01-01", *(f"20{10 + at % 20}-01-01" for at in range(1, count))],
            "lang": ["en"] * count,
        },
        "cost": {
            "entities": {"exact": [cost, [7.0, *cost[1:]]], "partial": [[2.0, *cost[1:]], [7.0, *cost[1:]]]},
            "quotes": {"exact": [[0.0] * count, None]},
        },
        "facets": {
            "items": [
                items(0, "right", "GPE", [0]),
                items(0, "boundary", "PER", [0]),
                items(0, "missed", "ORG", [0, *rest]),
                items(1, "missed", "GPE", [0]),
            ],
            "property": [
                {"run": 0, "task": "entities", "property": "zone", "value": "headline", "articles": [0], "wrong": [0]},
            ],
            "article": [
                {"property": "source", "value": "Wire", "articles": [0]},
                {"property": "source", "value": words or "Echo", "articles": [1, *rest[1:]]},
            ],
            "disagree": [{"task": "entities", "runs": [0, 1], "articles": [0]}],
            "baseline": [{"run": 0, "task": "entities", "change": "broken", "articles": [0], "items": 1}],
            "failed": [{"run": 1, "articles": [1, *rest[1:]]}] if texts else [],
        },
    }
    articles = [first_article(), *map(plain_article, texts)]
    all_texts = [TEXT, *texts]
    chunks = [
        packed_chunk(all_texts[at : at + chunk_size], articles[at : at + chunk_size])
        for at in range(0, count, chunk_size)
    ]
    return index, chunks


def codes(numbers: Sequence[int | None]) -> str:
    """Numbers as characters: from `0` on, `.` for none, `/` before a negative one."""
    return "".join("." if one is None else ("/" if one < 0 else "") + chr(48 + abs(one)) for one in numbers)


def packed_chunk(texts: Sequence[str], articles: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Articles as columns, see evalkit/report/explorer/front/unpacking.js; nothing is left out for its partner's."""
    zones = []
    for article in articles:
        numbers, before = [], 0
        for kind, start, end in article["zones"]:
            numbers += (["headline", "body"].index(kind), start - before, end - start)
            before = end
        zones.append(codes(numbers))
    keys = sorted({key for article in articles for key in article["meta"]})
    layers = {}
    for layer in LAYERS:
        given = [article["layers"].get(layer["name"], {"gold": None, "runs": [None, None]}) for article in articles]
        layers[layer["name"]] = {
            "gold": packed_columns([sides["gold"] for sides in given], layer),
            "runs": [packed_columns([sides["runs"][run] for sides in given], layer) for run in range(2)],
        }
    return {
        "texts": list(texts),
        "credits": CREDITS,
        "names": [article["names"] for article in articles],
        "zones": zones,
        "meta": {key: [article["meta"].get(key) for article in articles] for key in keys},
        "layers": layers,
    }


def packed_columns(sides: Sequence[dict[str, Any] | None], layer: dict[str, Any]) -> dict[str, list[str | None]]:
    """The sides of several articles as columns."""
    columns: dict[str, list[str | None]] = {}
    everything = (1 << (len(layer["fields"]) + 1)) - 1
    for at, side in enumerate(sides):
        given: dict[str, str] = {}
        for name, value in (side or {}).items():
            if isinstance(value, dict):
                given[name] = codes(value["at"])
                given |= {f"{name}#": codes(value["pieces"])} if "pieces" in value else {}
            elif isinstance(value, str):
                given[name] = codes([int(digit) for digit in value])
            elif name != "n":
                given[name] = codes(value)
        if side and "with" in side:
            given["own"] = codes([everything for one in side["with"] if one is not None])
        for name in {"label", *given}:
            columns.setdefault(name, [None] * len(sides))[at] = given.get(name)
    return columns


OVERVIEW = '<div class="evalkit"><h2>Result</h2><p>micro F1 .875</p></div>'


def page(texts: Sequence[str] = (), *, words: str = "", overview: str = OVERVIEW, chunk_size: int = 3) -> bytes:
    """The whole page."""
    index, chunks = payload(texts, words=words, chunk_size=chunk_size)
    return explorer_page(index["title"], overview, packed(index), [packed(chunk) for chunk in chunks])
