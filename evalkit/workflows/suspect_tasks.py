"""Suspects out to people as tasks of an annotation tool, and their corrections back as a patch and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from evalkit.analysis.suspects.corrections import Corrections, corrections_between, decisions_of
from evalkit.analysis.suspects.ranking import Suspect
from evalkit.analysis.suspects.result import Suspects
from evalkit.dataset.convert import write_batch
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.load import load_splits
from evalkit.dataset.sources import ALL, find_place
from evalkit.errors import InputError
from evalkit.files import path_of
from evalkit.folders import TemporaryFolder
from evalkit.formats.base import Batch, Format
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions
from evalkit.predictions.suggestions import Suggestions, suggested
from evalkit.records import Annotations, Example, Prediction
from evalkit.showing import number_of
from evalkit.workflows.inputs import gold_from

__all__ = ["read_corrections", "write_suspects"]

TOLD = "suspects"
"""The key of an article's metadata that says what to look at."""


def write_suspects(
    suspects: Suspects,
    destination: str | Path,
    *,
    to: str,
    profile: str | Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Suggestions:
    """Writes the articles with suspects for people to look at in an annotation tool, the most suspicious first.

    The gold goes with them, as suggestions to correct where the tool knows such; what is suspected is said in the
    metadata of each article, under `suspects`.

    Args:
        suspects: what `find_suspects` gave.
        destination: a new file or folder; nothing is overwritten.
        to: the name of a format, such as `labelstudio` or `brat`.
        profile: how layers are said by the tool's types, relations and attributes; that of the format by default.
        settings: settings with which the format is written.

    Raises:
        UnknownNameError: there is no such format.
        InputError: the format is only read, or nothing is suspected.
        OutputError: the destination exists, or cannot be written.
    """
    target = path_of(destination, "the destination must be the path of a new file or folder")
    by_article: dict[str, list[str]] = {}
    for position, suspect in enumerate(suspects.items, 1):
        by_article.setdefault(suspect.article_id, []).append(_told(position, suspect, suspects.examples))
    if not by_article:
        raise InputError(f"{target}: nothing is suspected, so there is nothing to write; lower --least")
    examples = [suspects.examples[name] for name in by_article]
    articles = [
        replace(one.article, metadata={**one.article.metadata, TOLD: "; ".join(by_article[one.article.id])})
        for one in examples
    ]
    gold = [Prediction(article_id=one.article.id, annotations=_bare(one.settled)) for one in examples]
    write = ReadOptions(profile=profile, values=settings or {})
    return suggested(articles, gold, target, to=to, extractor="gold", write=write)


def _bare(annotations: Annotations) -> Annotations:
    return Annotations(annotations.layers)


def _told(position: int, suspect: Suspect, examples: Mapping[str, Example]) -> str:
    """A suspect in words: `3 label LOC Oslo → GPE Oslo`."""
    layer, text = load_layer(suspect.layer), examples[suspect.article_id].article.text
    items = [
        "nothing" if item is None else f"{layer.label(item)} {layer.show(item, text)}"
        for item in (suspect.gold, suspect.proposed)
    ]
    return f"{position} {suspect.kind} {items[0]} → {items[1]}"


def read_corrections(
    dataset: GoldDataset | Iterable[Example] | str | Path | None,
    corrections: str | Path,
    suspects: Suspects,
    *,
    read: ReadOptions | None = None,
    corrected: ReadOptions | None = None,
) -> Corrections:
    """What people corrected of the gold, and what they decided about suspects.

    Args:
        dataset: the gold as it was when the tasks were written, as for `find_suspects`.
        corrections: what came back: articles of the gold in any format, all or some of them.
        suspects: what `find_suspects` gave for this gold.
        read: how the gold is read.
        corrected: how what came back is read; its profile also says how it was written.

    Raises:
        InputError: it cannot be read, holds no article of the gold, or one with another text.
    """
    gold = gold_from(dataset, replace(read or ReadOptions(), split=ALL) if read is None else read)
    options = corrected or ReadOptions()
    came_back = [one for split in load_splits(corrections, check=False, read=options) for one in split]
    known = {example.article.id: example for example in gold}
    looked_at = [one for one in came_back if one.article.id in known and one.settled.layers]
    for one in looked_at:
        if one.article.text != known[one.article.id].article.text:
            raise InputError(
                f"{corrections}: article {one.article.id!r:.80} has another text than in {gold.name}; corrections must "
                "be about the text that was written"
            )
    if not looked_at:
        raise InputError(
            f"{corrections}: holds no annotated article of {gold.name}; is it what the tool exported? What is marked "
            "as suggested was not looked at"
        )
    place = find_place(corrections, options.gold_format or options.format, profile=options.profile)
    given = _through(place.format, [known[one.article.id] for one in looked_at], options)
    looked_at.sort(key=lambda one: one.article.id)
    changes = [
        change
        for one in looked_at
        for change in corrections_between(known[one.article.id], given[one.article.id], one.settled)
    ]
    ids = tuple(one.article.id for one in looked_at)
    notes = []
    if strange := sum(one.article.id not in known for one in came_back):
        notes.append(f"{number_of(strange, 'article')} of {corrections} left aside, which the gold does not have")
    if untouched := sum(not one.settled.layers for one in came_back):
        notes.append(f"{number_of(untouched, 'article')} of {corrections} not annotated (yet), so nothing is decided")
    changed = {change.article_id for change in changes}
    return Corrections(
        changes=tuple(changes),
        decisions=tuple(decisions_of(suspects.items, changes, ids)),
        articles=ids,
        sources={name: known[name].article for name in sorted(changed)},
        notes=tuple(notes),
    )


def _through(form: Format | None, examples: list[Example], options: ReadOptions) -> dict[str, Annotations]:
    """What is left of the gold of some articles after a way through a format and back."""
    whole = {one.article.id: one.settled for one in examples}
    if form is None or form.write is None:
        return whole
    folder = TemporaryFolder("evalkit-suspects-")
    target = folder.path / f"gold{form.suffixes[0] if form.suffixes else ''}"
    bare = tuple(replace(one, gold=one.settled, readings={}) for one in examples)
    write_batch(form, Batch(examples=bare), target, ReadOptions(profile=options.profile))
    read = ReadOptions(format=form.name, profile=options.profile)
    back = {one.article.id: one.settled for split in load_splits(target, check=False, read=read) for one in split}
    return {name: back.get(name, annotations) for name, annotations in whole.items()}
