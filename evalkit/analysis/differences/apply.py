"""Gold with changes made: each is proved against what is there before anything is done."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.analysis.differences.change import ItemChange, read_annotated, read_changes, read_names
from evalkit.analysis.differences.dataset_diff import DatasetDiff
from evalkit.analysis.differences.matching import free_id
from evalkit.analysis.differences.naming import renamed_things
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.errors import InputError
from evalkit.layers.base import Layer, surface
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Example
from evalkit.registry import near_match

__all__ = ["apply_changes", "changed_examples"]


def apply_changes(gold: GoldDataset, changes: Iterable[ItemChange] | DatasetDiff | str | Path) -> GoldDataset:
    """The gold with some changes made, all or none of them.

    The items of an article stay in their order, added ones come last. Readings stay as they are. A layer that is not
    annotated in an article stays so, unless differences or a patch (`annotated`) say that the new version has it: an
    item added there would claim that there are no others.

    Args:
        gold: the gold that the changes start from.
        changes: the changes; differences, whose changes of items are made and whose things are renamed; or a patch, the
            path of what `evalkit dataset diff --json` wrote.

    Raises:
        FormatError: the patch is none.
        InputError: an article is not there, or an item that a change starts from is not (any more); what a change
            says stands at its spans does not; or it adds to a layer that is not annotated. Names the article.
    """
    names: Mapping[str, Mapping[str, str]] = {}
    annotated: Mapping[str, Sequence[str]] = {}
    if isinstance(changes, str | Path):
        wanted, names, annotated = read_changes(changes), read_names(changes), read_annotated(changes)
    elif isinstance(changes, DatasetDiff):
        wanted, names, annotated = changes.changes, changes.renamed, changes.annotated
    else:
        wanted = tuple(changes)
    changed = [
        replace(example, gold=renamed_things(example.gold, names.get(example.article.id, {})))
        for example in changed_examples(gold.examples, wanted, annotated)
    ]
    made = gold_dataset(changed, name=gold.name, split=gold.split, inventory=gold.inventory)
    return replace(gold, examples=made.examples, fingerprint=made.fingerprint)


def changed_examples(
    examples: Sequence[Example], changes: Iterable[ItemChange], annotated: Mapping[str, Sequence[str]] | None = None
) -> tuple[Example, ...]:
    """The examples, in their order, with some changes made. Raises what `apply_changes` raises.

    Args:
        examples: the examples.
        changes: the changes.
        annotated: article id → layers that are annotated from now on, if they are not yet.
    """
    annotated = annotated or {}
    by_article: defaultdict[str, list[ItemChange]] = defaultdict(list)
    for change in changes:
        by_article[change.article_id].append(change)
    ids = {example.article.id for example in examples}
    if strange := sorted((by_article.keys() | annotated.keys()) - ids):
        near = near_match(strange[0], sorted(ids))
        hint = f"; did you mean {near!r}?" if near else ""
        raise InputError(f"a change is about article {strange[0]!r:.80}, which the gold does not have{hint}")
    return tuple(
        replace(example, gold=_changed(example, by_article[name], annotated.get(name, ())))
        if (name := example.article.id) in by_article or name in annotated
        else example
        for example in examples
    )


def _changed(example: Example, changes: Sequence[ItemChange], annotated: Sequence[str]) -> Annotations:
    annotations, names = example.gold, dict[str, dict[str, str]]()
    annotations = annotations.with_layers(**{name: () for name in annotated if annotations[name] is None})
    by_layer: defaultdict[str, list[ItemChange]] = defaultdict(list)
    for change in changes:
        by_layer[change.layer].append(change)
    # A layer after those that its items refer to, so that these have their ids.
    for name in sorted(by_layer, key=_depth):
        layer = load_layer(name)
        if annotations[name] is None and all(change.old is None for change in by_layer[name]):
            raise _not_annotated(example.article, layer)
        items, names[name] = _changed_items(example.article, layer, annotations[name] or (), by_layer[name], names)
        annotations = annotations.with_layers(**{name: items})
    return annotations


def _depth(name: str) -> tuple[int, str]:
    return 1 + max((_depth(other)[0] for other in load_layer(name).refers.values()), default=-1), name


def _changed_items(
    article: Article,
    layer: Layer[Any],
    items: Sequence[Any],
    changes: Sequence[ItemChange],
    names: Mapping[str, Mapping[str, str]],
) -> tuple[list[Any], dict[str, str]]:
    """The items of a layer with changes made, and the ids of added ones that had to be called otherwise."""
    kept: list[Any] = list(items)
    used: set[int] = set()
    for change in changes:
        _prove_texts(article, layer, change)
        if change.old is None:
            continue
        at = _place_of(layer, change.old, items, used)
        if at is None:
            raise _not_there(article, layer, change, items)
        used.add(at)
        new = None if change.new is None else replace(layer.renamed(change.new, names), id=items[at].id)
        kept[at] = new
    left = [item for item in kept if item is not None]
    taken, called = {item.id for item in left}, dict[str, str]()
    for change in changes:
        if change.old is None:
            name = free_id(layer, change.new.id, taken)
            taken.add(name)
            called |= {change.new.id: name} if name != change.new.id else {}
            left.append(replace(layer.renamed(change.new, names), id=name))
    return left, called


def _place_of(layer: Layer[Any], wanted: Any, items: Sequence[Any], used: set[int]) -> int | None:
    """Where an item is that says the same; the one of the same id if there are several."""
    content = replace(layer.ordered(wanted), id="")
    alike = [at for at, item in enumerate(items) if at not in used and replace(layer.ordered(item), id="") == content]
    return min(alike, key=lambda at: (items[at].id != wanted.id, at), default=None)


def _not_there(article: Article, layer: Layer[Any], change: ItemChange, items: Sequence[Any]) -> InputError:
    words, where = (
        layer.show(change.old, article.text),
        f"article {article.id!r:.80}: {layer.one} {change.old.id!r:.40}",
    )
    if _place_of(layer, change.old, items, set()) is not None:
        return InputError(f"{where} ({layer.label(change.old)} {words!r:.60}) is changed twice in this patch; keep one")
    same_id = next((item for item in items if item.id == change.old.id), None)
    now = "" if same_id is None else f"; of that id is {layer.label(same_id)} {layer.show(same_id, article.text)!r:.60}"
    return InputError(
        f"{where} ({layer.label(change.old)} {words!r:.60}), which is {change.kind}, is not in the gold as the change "
        f"says it was{now}; make the changes anew from the gold as it is"
    )


def _not_annotated(article: Article, layer: Layer[Any]) -> InputError:
    said = json.dumps({article.id: [layer.name]}, ensure_ascii=False)
    return InputError(
        f"article {article.id!r:.80}: {layer.name} are not annotated there, and one that is added would say that there "
        f'are no others; if that is so, let the patch say it: "annotated": {said:.200}'
    )


def _prove_texts(article: Article, layer: Layer[Any], change: ItemChange) -> None:
    """Refuses spans that are outside the text, or at which something else stands than the change says."""
    for item, claimed in ((change.old, change.old_text), (change.new, change.new_text)):
        if item is None:
            continue
        where = f"article {article.id!r:.80}: {layer.one} {item.id!r:.40}"
        for word, span in layer.parts(item):
            if article.text and not 0 <= span.start <= span.end <= len(article.text):
                raise InputError(f"{where}: {word} [{span.start}, {span.end}] is outside the text; mend the change")
        stands = surface(article.text, layer.spans(item))
        if article.text and claimed and claimed != stands:
            raise InputError(
                f"{where}: the change says that {claimed!r:.60} stands at its spans, but {stands!r:.60} does; is it of "
                "another version of the text?"
            )
