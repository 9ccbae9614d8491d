"""What is true of every format that writes, whatever is annotated: what is read is what was written but for the losses.

Tried at the door (`read_place`) without the checks of gold, so that nothing but the format speaks. A few examples a
law, drawn anew each time; EVALKIT_LAW_EXAMPLES=12 (or more) tries more of them.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.loading.sources import find_place, read_place
from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Losses, counted
from evalkit.formats.table import FORMATS, load_format
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Entity, Example, Span
from tests.formats.made_gold import ARTICLE_IDS, examples
from tests.formats.test_every_format import ONE_EACH

WRITTEN = [name for name in FORMATS.names() if load_format(name).write is not None]
REBUILT = ("conll",)
"""Formats without the text: it is made of tokens again, and so its white space may be another."""

RENUMBERED = ("xmi", "casjson")
"""Formats that give marks new ids, so that a stance names a quote that is called otherwise now."""

every_format = pytest.mark.parametrize("name", WRITTEN)
tried = settings(
    max_examples=int(os.environ.get("EVALKIT_LAW_EXAMPLES", "3")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


EXAMPLE_OF = {article_id: examples(article_id) for article_id in ARTICLE_IDS}
IDS = {least: st.lists(st.sampled_from(ARTICLE_IDS), min_size=least, max_size=3, unique=True) for least in (1, 2)}


@st.composite
def batches(draw: st.DrawFn, least: int = 1) -> Batch:
    """A few articles with their gold."""
    return Batch(examples=tuple(draw(EXAMPLE_OF[article_id]) for article_id in draw(IDS[least])))


def place_of(name: str, folder: Path) -> Path:
    return folder / ("there" if name in ONE_EACH else f"there{load_format(name).suffixes[0]}")


def named_for(name: str, batch: Batch) -> Batch:
    """The batch with ids that can be names of files, if the format has a file for each article."""
    if name not in ONE_EACH:
        return batch
    renamed = [replace(one, article=replace(one.article, id=f"a-{n}.{n}")) for n, one in enumerate(batch.examples)]
    return replace(batch, examples=tuple(renamed))


def written(name: str, batch: Batch, folder: Path) -> tuple[Path, Losses]:
    form = load_format(name)
    assert form.write is not None
    folder.mkdir(parents=True)
    target = place_of(name, folder)
    try:
        return target, form.write(batch, target, ReadOptions())
    except FormatError:
        # Markup that is read by people says exactly what it says, or nothing.
        assume(name != "inline")
        raise


def read(name: str, target: Path) -> dict[str, Example]:
    batch = read_place(find_place(target, name), ReadOptions())
    assert not batch.problems, batch.problems[0]
    back = {example.article.id: example for example in batch.examples}
    assert len(back) == len(batch.examples)
    return back


def content(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def essence(layer_name: str, item: Any) -> tuple[Any, ...]:
    """What makes an item what it is: its kind, and its places if it cannot be without one."""
    layer = load_layer(layer_name)
    placed = layer.spans_field is not None and layer.needs_spans
    return (layer.label(item), *(sorted(layer.spans(item)) if placed else ()))


def counts(gold: Annotations) -> dict[str, Counter[Any]]:
    return {name: Counter(essence(name, item) for item in items) for name, items in gold.layers.items()}


def accounted(losses: Losses, batch: Batch) -> None:
    """Each item is written or lost."""
    for layer, number in counted(example.gold for example in batch.examples).items():
        lost = losses.lost.get(layer, {})
        assert losses.written.get(layer, 0) + sum(lost.values()) == number, layer
        assert all(kind and count >= 0 for kind, count in lost.items())


@pytest.fixture
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Any]:
    base = tmp_path_factory.mktemp("laws")
    number = iter(range(10**6))
    return lambda: base / str(next(number))


@every_format
@tried
@given(batch=batches())
def test_what_is_read_is_what_was_written_but_for_the_losses(name: str, folders: Any, batch: Batch) -> None:
    batch = named_for(name, batch)
    target, losses = written(name, batch, folders())
    accounted(losses, batch)
    back = read(name, target)
    assert back.keys() == {example.article.id for example in batch.examples}
    gold = {example.article.id: counts(example.gold) for example in batch.examples}
    here = {article_id: counts(example.gold) for article_id, example in back.items()}
    for layer in {layer for own in gold.values() for layer in own}:
        lost = sum(losses.lost.get(layer, {}).values())
        there = {i: own.get(layer, Counter()) for i, own in gold.items()}
        again = {i: own.get(layer, Counter()) for i, own in here.items()}
        if name in REBUILT:
            there, again = {i: _sizes(c) for i, c in there.items()}, {i: _sizes(c) for i, c in again.items()}
        missing = sum(((there[i] - again[i]).total() for i in there), 0)
        added = sum(((again[i] - there[i]).total() for i in there), 0)
        # Something that is lost is gone, or says something else there.
        assert added <= missing <= lost, (layer, losses)
        assert sum(own.total() for own in again.values()) >= losses.written.get(layer, 0)
    if not any(losses.left_out.values()) and not str(losses) and name not in (*REBUILT, *RENUMBERED):
        for example in batch.examples:
            assert fingerprint_of([back[example.article.id]]) == fingerprint_of([example])


def _sizes(items: Counter[Any]) -> Counter[Any]:
    return Counter({}) if not items else Counter([label for (label, *_), n in items.items() for _ in range(n)])


@every_format
@tried
@given(batch=batches())
def test_no_offset_shifts(name: str, folders: Any, batch: Batch) -> None:
    batch = named_for(name, batch)
    target, _ = written(name, batch, folders())
    back = read(name, target)
    for example in batch.examples:
        one, other = example.article.text, back[example.article.id].article.text
        assert _squeezed(one, name) == _squeezed(other, name)
        for layer, items in back[example.article.id].gold.layers.items():
            own = load_layer(layer)
            around = Counter(_around(one, span, name) for item in example.gold[layer] or () for span in own.spans(item))
            for item in items:
                for span in own.spans(item):
                    assert _around(other, span, name) in around


def _squeezed(text: str, name: str) -> str:
    return "".join(text.split()) if name in REBUILT else text


def _around(text: str, span: Any, name: str) -> tuple[str, str, str]:
    """What stands at a place, before it and after it."""
    parts = text[: span.start], text[span.start : span.end], text[span.end :]
    before, surface, after = (_squeezed(part, name) for part in parts)
    return before, surface, after


@every_format
@tried
@given(batch=batches())
def test_the_same_bytes_twice(name: str, folders: Any, batch: Batch) -> None:
    batch = named_for(name, batch)
    one, two = folders(), folders()
    losses = [written(name, batch, folder)[1] for folder in (one, two)]
    assert content(one) == content(two)
    assert losses[0] == losses[1]


@every_format
@tried
@given(batch=batches(least=2))
def test_the_order_of_articles_changes_nothing_but_the_order(name: str, folders: Any, batch: Batch) -> None:
    batch = named_for(name, batch)
    turned = replace(batch, examples=batch.examples[::-1])
    (one, losses), (two, others) = written(name, batch, folders()), written(name, turned, folders())
    assert _plain(losses) == _plain(others)
    assert read(name, one) == read(name, two)


ODD = "\n\r\t\x00\x1b\x85\u2028 ()#=|,;:<"
"""What no id, label or token should do anything by."""


@every_format
@settings(parent=tried, max_examples=20)
@given(
    article_id=st.text(f"a1{ODD}", min_size=1, max_size=5).filter(str.strip),
    label=st.text(f"A{ODD}", min_size=1, max_size=4).filter(str.strip),
    text=st.text(f"ab{ODD}", max_size=8).map("a".__add__).map(str.strip),
)
def test_odd_signs_are_refused_or_stay_what_they_are(
    name: str, folders: Any, article_id: str, label: str, text: str
) -> None:
    entity = Entity(id="e1", spans=(Span(0, len(text)),), label=label)
    example = Example(article=Article(id=article_id, text=text), gold=Annotations({"entities": [entity]}))
    form = load_format(name)
    folder = folders()
    folder.mkdir(parents=True)
    target = place_of(name, folder)
    assert form.write is not None
    try:
        losses = form.write(Batch(examples=(example,)), target, ReadOptions())
    except FormatError:
        return
    accounted(losses, Batch(examples=(example,)))
    (back,) = read(name, target).values()
    # One entity at the most, which is called as it was.
    assert name in ONE_EACH or back.article.id == article_id
    assert losses.written["entities"] <= counts(back.gold).get("entities", Counter()).total() <= 1
    assert _squeezed(text, name) == _squeezed(back.article.text, name) or name in REBUILT
    if name in ("conll", "conllu"):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028]", target.read_bytes().decode())


def _plain(losses: Losses) -> Mapping[str, Any]:
    lost = {layer: dict(kinds) for layer, kinds in losses.lost.items()}
    return {"written": dict(losses.written), "lost": lost, "left_out": dict(losses.left_out)}


@pytest.mark.parametrize("name", [name for name in WRITTEN if load_format(name).keeps_readings])
@tried
@given(batch=batches())
def test_readings_are_there_again(name: str, folders: Any, batch: Batch) -> None:
    batch = named_for(name, batch)
    fewer = [
        one.gold.with_layers(**{layer: items[1:] for layer, items in one.gold.layers.items()}) for one in batch.examples
    ]
    several = [
        replace(one, readings={"kari": one.gold, "ola": other})
        for one, other in zip(batch.examples, fewer, strict=True)
    ]
    batch = replace(batch, examples=tuple(several))
    target, losses = written(name, batch, folders())
    accounted(losses, batch)
    back = read(name, target)
    assert back.keys() == {example.article.id for example in batch.examples}
    for example in back.values():
        assert example.readings.keys() == {"kari", "ola"}
