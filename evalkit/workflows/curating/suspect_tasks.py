"""Suspects out to people as tasks of an annotation tool, and their corrections back as a patch and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.analysis.differences.change import ItemChange
from evalkit.analysis.differences.matching import Version, changes_between
from evalkit.analysis.suspects.corrections import Corrections, corrections_between, decisions_of
from evalkit.analysis.suspects.ranking import Suspect
from evalkit.analysis.suspects.result import Suspects
from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.sources import ALL, find_place
from evalkit.dataset.making.convert import write_batch
from evalkit.errors import FormatError, InputError
from evalkit.files import path_of
from evalkit.folders import TemporaryFolder
from evalkit.formats.base import Batch, Format
from evalkit.formats.table import FORMATS, load_format
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions
from evalkit.predictions.load import load_predictions
from evalkit.predictions.suggestions import Suggestions, check_destination, suggested
from evalkit.records import Annotations, Article, Example, Prediction
from evalkit.showing import number_of
from evalkit.workflows.inputs import gold_from

__all__ = ["read_corrections", "write_suspects"]

TOLD = "suspects"
"""The key of an article's metadata that says what to look at."""
WRITTEN_FOR = "suspects_in"
"""The key that says for which gold of the article a task was written, and in which format."""


def write_suspects(
    suspects: Suspects,
    destination: str | Path,
    *,
    to: str,
    profile: str | Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Suggestions:
    """Writes the articles with suspects for people to look at in an annotation tool, the most suspicious first.

    The gold goes with them, as suggestions to correct where the tool knows such. What is suspected is said in the
    metadata of each article, under `suspects`, and in notes at items where the tool knows such; that something is
    missing stands at the item that is nearest.

    Args:
        suspects: what `find_suspects` gave.
        destination: a new file or folder; nothing is overwritten.
        to: the name of a format, such as `labelstudio` or `brat`.
        profile: how layers are said by the tool's types, relations and attributes; that of the format by default.
        settings: settings with which the format is written.

    Raises:
        UnknownNameError: there is no such format.
        InputError: the format is only read, or nothing is suspected.
        FormatError: the format does not keep texts as they are, so that corrections could not be taken back.
        OutputError: the destination exists, or cannot be written.
    """
    target = path_of(destination, "the destination must be the path of a new file or folder")
    by_article: dict[str, list[tuple[Suspect, str]]] = {}
    for position, suspect in enumerate(suspects.items, 1):
        words = _told(position, suspect, suspects.examples)
        by_article.setdefault(suspect.article_id, []).append((suspect, words))
    if not by_article:
        raise InputError(f"{target}: nothing is suspected, so there is nothing to write; lower --least")
    write = ReadOptions(profile=profile, values=settings or {})
    form = check_destination(target, to, write)
    examples = [suspects.examples[name] for name in by_article]
    if form.read is not None:
        back = _through(form, examples, write)
        if lost := [one.article.id for one in examples if one.article.id not in back]:
            raise FormatError(
                f"{target}: {to} does not keep article {lost[0]!r:.80} and its text as they are, so what people "
                "correct could not be taken back; nothing was written: choose another format"
            )
    articles = []
    for one in examples:
        told = {
            TOLD: "; ".join(words for _, words in by_article[one.article.id]),
            WRITTEN_FOR: f"{_version(one)} as {to}",
        }
        articles.append(replace(one.article, metadata={**one.article.metadata, **told}))
    gold = [Prediction(article_id=one.article.id, annotations=_bare(one.settled)) for one in examples]
    remarks = {(one.article.id, ""): _remarks(one, by_article[one.article.id]) for one in examples}
    return suggested(articles, gold, target, to=to, extractor="gold", write=write, remarks=remarks)


def _bare(annotations: Annotations) -> Annotations:
    return Annotations(annotations.layers)


def _version(example: Example) -> str:
    """What an article and its gold say, as a short word."""
    article = Article(id=example.article.id, text=example.article.text)
    return f"gold {fingerprint_of([Example(article=article, gold=_bare(example.settled))])}"


def _told(position: int, suspect: Suspect, examples: Mapping[str, Example]) -> str:
    """A suspect in words: `3 label LOC Oslo → GPE Oslo`."""
    layer, text = load_layer(suspect.layer), examples[suspect.article_id].article.text
    items = [
        "nothing" if item is None else f"{layer.label(item)} {layer.show(item, text)}"
        for item in (suspect.gold, suspect.proposed)
    ]
    return f"{position} {suspect.kind} {items[0]} → {items[1]}"


def _remarks(example: Example, told: Iterable[tuple[Suspect, str]]) -> dict[tuple[str, int], str]:
    """(Layer, index) → what is suspected there."""
    items = [
        (layer, number, item) for layer, own in example.settled.layers.items() for number, item in enumerate(own or ())
    ]
    remarks: dict[tuple[str, int], str] = {}
    for suspect, words in told:
        if suspect.gold is not None:
            place = next(
                ((name, at) for name, at, item in items if (name, item) == (suspect.layer, suspect.gold)), None
            )
        else:
            near = [
                (distance, name != suspect.layer, number, name)
                for number, (name, _, item) in enumerate(items)
                if (distance := _distance(suspect, load_layer(name).spans(item))) is not None
            ]
            place = items[min(near)[2] if near else 0][:2] if items else None
        if place is not None:
            remarks[place] = "; ".join(filter(None, (remarks.get(place), words)))
    return remarks


def _distance(suspect: Suspect, spans: Iterable[tuple[int, int]]) -> int | None:
    """How far apart they stand in the text; None if one of them has no place."""
    return min(
        (max(start - other_end, other - end, 0) for start, end in suspect.spans for other, other_end in spans),
        default=None,
    )


def read_corrections(
    dataset: GoldDataset | Iterable[Example] | str | Path | None,
    corrections: str | Path,
    suspects: Suspects,
    *,
    unchanged: bool = False,
    read: ReadOptions | None = None,
    corrected: ReadOptions | None = None,
) -> Corrections:
    """What people corrected of the gold, and what they decided about suspects.

    An article was decided if somebody submitted it, where a tool says so (Label Studio, Prodigy); otherwise if
    something in it is not as it was written.

    Args:
        dataset: the gold as it was when the tasks were written, as for `find_suspects`.
        corrections: what came back: articles of the gold in any format, all or some of them.
        suspects: what `find_suspects` gave for this gold, all of them.
        unchanged: take articles that came back as they were written for decided, too.
        read: how the gold is read.
        corrected: how what came back is read; its profile and settings also say how it was written.

    Raises:
        InputError: it cannot be read, holds no article of the gold, one with another text, or only tasks that were
            written for gold which has changed since.
    """
    gold = gold_from(dataset, replace(read or ReadOptions(), split=ALL) if read is None else read)
    options = corrected or ReadOptions()
    known = {example.article.id: example for example in gold}
    place = find_place(corrections, options.gold_format or options.format, profile=options.profile)
    form = place.format
    if form is not None:
        options = replace(options, values={name: v for name, v in options.values.items() if name in form.options})
    came_back = [one for split in load_splits(corrections, check=False, read=options) for one in split]
    for one in came_back:
        if one.article.id in known and one.article.text != known[one.article.id].article.text:
            raise InputError(
                f"{corrections}: article {one.article.id!r:.80} has another text than in {gold.name}; corrections must "
                "be about the text that was written"
            )
    here = [one for one in came_back if one.article.id in known]
    form = form or _told_form(here)
    stale = {one.article.id for one in here if _is_stale(one, known[one.article.id])}
    answers = _answers(Path(corrections), form, [one for one in here if one.article.id not in stale], options)
    if not answers and stale:
        first = min(stale)
        raise InputError(
            f"{corrections}: was written for gold that has changed since (article {first!r:.80}); write the tasks "
            "again, or name the gold as it was then"
        )
    if not answers:
        raise InputError(
            f"{corrections}: holds no annotated article of {gold.name}; is it what the tool exported? What is marked "
            "as suggested was not looked at"
        )
    given = _through(form, [known[name] for name in answers], options)
    submitted = form is not None and form.tells_answers
    changes: list[ItemChange] = []
    decided: list[str] = []
    for name, answer in sorted(answers.items()):
        was = given.get(name, known[name].settled)
        if unchanged or submitted or not _says_the_same(known[name].article, was, answer):
            decided.append(name)
            changes += corrections_between(known[name], was, answer)
    untouched = len(answers) - len(decided)
    untold = len(decided) if form is not None and form.documents and not _has_metadata(here) else 0
    waiting = len(here) - len(answers) - len(stale)
    changed = {change.article_id for change in changes}
    return Corrections(
        changes=tuple(changes),
        decisions=tuple(decisions_of(suspects.items, changes, decided)),
        articles=tuple(decided),
        sources={name: known[name].article for name in sorted(changed)},
        notes=tuple(
            f"{number_of(number, 'article')} of {corrections} {what}"
            for number, what in (
                (len(came_back) - len(here), "left aside, which the gold does not have"),
                (len(stale), "left aside, as the gold of it has changed since the tasks were written"),
                (waiting, "not annotated (yet), so nothing is decided"),
                (untold, "without a word on the gold that it was written for, which is taken to be this one"),
                (untouched, "as written, so nothing is decided; --unchanged takes that for decided"),
            )
            if number
        ),
    )


def _has_metadata(tasks: Sequence[Example]) -> bool:
    """Whether a tool kept what a task says besides its text."""
    return any(one.article.metadata for one in tasks)


def _is_stale(task: Example, gold: Example) -> bool:
    """Whether a task says that it was written for other gold; what people wrote themselves says nothing."""
    written_for = task.article.metadata.get(WRITTEN_FOR)
    return written_for is not None and str(written_for).partition(" as ")[0] != _version(gold)


def _told_form(tasks: Sequence[Example]) -> Format | None:
    """The format that tasks say they were written in, for rows that are read by their columns."""
    told = {str(one.article.metadata.get(WRITTEN_FOR, "")).partition(" as ")[2] for one in tasks} & set(FORMATS.table)
    return load_format(told.pop()) if len(told) == 1 else None


def _answers(
    corrections: Path, form: Format | None, came_back: Sequence[Example], options: ReadOptions
) -> dict[str, Annotations]:
    """What people may have said of articles, by article id.

    Where a tool does not tell answers from suggestions, these are suggestions still.
    """
    answers = {one.article.id: one.settled for one in came_back if one.settled.layers}
    open_ones = [one for one in came_back if not one.settled.layers]
    if open_ones and form is not None and form.documents is not None and not form.tells_answers:
        suggestions = load_predictions(corrections, open_ones, options)
        there = {one.article.id for one in open_ones}
        answers |= {one.article_id: one.annotations for one in suggestions.predictions if one.article_id in there}
    return answers


def _says_the_same(article: Article, given: Annotations, answer: Annotations) -> bool:
    layers = [name for name in given.layers if name in answer]
    start, end = (Annotations({name: one[name] for name in layers}) for one in (given, answer))
    return not changes_between([Version(article, start, end)])


def _through(form: Format | None, examples: Sequence[Example], options: ReadOptions) -> dict[str, Annotations]:
    """What is left of the gold of some articles after a way through a format and back; those that come back whole."""
    whole = {one.article.id: one.settled for one in examples}
    if form is None or form.write is None:
        return whole
    folder = TemporaryFolder("evalkit-suspects-")
    # Without an ending: those of one article a file make a folder of it.
    target = folder.path / "gold"
    bare = tuple(replace(one, gold=_bare(one.settled), readings={}) for one in examples)
    write_batch(form, Batch(examples=bare), target, options)
    read = replace(options, format=form.name)
    back = [one for split in load_splits(target, check=False, read=read) for one in split]
    texts = {one.article.id: one.article.text for one in examples}
    return {one.article.id: one.settled for one in back if texts.get(one.article.id) == one.article.text}
