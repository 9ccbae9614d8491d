"""Agreement: how far readers of the same articles say the same of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from evalkit.analysis.agreement.coefficient import Coefficient, coefficient_of
from evalkit.analysis.agreement.disagreements import Disagreement, disagreements_of
from evalkit.analysis.agreement.kappa import Matched, kappa_sums, matched_by_kind, matched_items
from evalkit.analysis.agreement.measured import Agreement, Compared, PairAgreement
from evalkit.analysis.agreement.pairwise import compared_items, mean_result
from evalkit.analysis.agreement.unitised import alpha_sums
from evalkit.analysis.agreement.units import layer_lengths
from evalkit.analysis.intervals import Bootstrap
from evalkit.dataset.checking.offsets import moved_annotations
from evalkit.dataset.gold import GoldDataset, gold_dataset, settled_splits
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import as_read, is_undecided
from evalkit.dataset.loading.sources import ALL
from evalkit.dataset.making.store import BUNDLED_NAME
from evalkit.dataset.publishing.measured import GOLD, READINGS, folder_to_record_in, record_measurement
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.layers.table import load_layer
from evalkit.options import Intervals, Options, OptionWords, ReadOptions, Scoring, options_of
from evalkit.records import Annotations, Example
from evalkit.registry import check_names
from evalkit.scoring.stories import cluster_notes
from evalkit.scoring.tasks.evaluable import not_evaluated
from evalkit.scoring.tasks.table import ScoredTable, load_task
from evalkit.showing import number_of
from evalkit.text.difference import span_carrier, text_difference
from evalkit.version import __version__
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.scoring.pairing import check_words, takes_label_maps
from evalkit.workflows.scoring.readers import ReaderPair, Readers, Tables, readers_of
from evalkit.workflows.scoring.score import bootstrap_of

__all__ = ["measure_agreement"]

Alphas = Mapping[str, Mapping[str, Coefficient]]
"""Layer → part → alpha."""
Source = GoldDataset | Iterable[Example] | str | Path | None


def measure_agreement(
    dataset: Source,
    *,
    others: Mapping[str, Source] | None = None,
    gold_as: str | None = None,
    examples: int = 3,
    record: bool = False,
    needed: Sequence[str] = (),
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> Agreement:
    """How far the readers of a dataset agree, two by two and all together.

    Args:
        dataset: a loaded dataset with readings, examples, or where to load it from; None for the bundled gold.
        others: further readers by name, each with a dataset of its own over the same articles, whose gold is what they
            say.
        gold_as: a name under which the gold of the dataset counts as a reading too. Where it keeps no readings and
            there are others, its gold is that of a reader `gold`.
        examples: how many examples of each kind of disagreement.
        record: keep the main figures in the dataset folder, for its card (see `Agreement.headline`); they are about
            the whole dataset.
        needed: names of figures that must be there; one that is not is refused before anything is recorded.
        scoring: tasks, conventions, label maps, labels and scope, as for a score.
        intervals: how intervals are made.
        read: how files are read, and which split; all splits where neither this nor a word says.
        words: fields of these records, such as `tasks=["entities"]` or `resamples=200`.

    Raises:
        EvalkitError: something cannot be read, or an option is not known.
        InputError: no article has two readings, a reader's text is another one, or there is no folder to record in.
    """
    read = read or ReadOptions(split=ALL)
    options = options_of(words, takes=("scoring", "intervals", "read"), scoring=scoring, intervals=intervals, read=read)
    check_words(options.scoring)
    if options.scoring.without:
        raise InputError("agreement is that over all articles with several readings; leave --without out")
    if options.read.annotator is not None:
        raise InputError(
            "agreement is between all readers; --annotator, which says whose reading is the gold, has no use"
        )
    if options.scoring.predicted_label_map or options.scoring.min_score:
        raise InputError(
            "readings are no predictions: map their labels with a label map or gold label map, and leave out thresholds"
        )
    if examples < 0:
        raise InputError(f"examples must be 0 or more, found {examples}")
    scored = options.scoring
    folder = folder_to_record_in(dataset, scoring=scored, read=options.read, **{"with": others}) if record else None
    with without_collection():
        splits = _splits(dataset, options.read)
        gold = _together(splits).subset(limit=options.read.limit, articles=options.read.articles)
        for name, other in (others or {}).items():
            gold = _with_reader(gold, name, _together(_splits(other, options.read)))
        gold_as = gold_as or ("gold" if others and _unread(dataset, gold, others) else None)
        if gold_as is not None:
            gold = _with_gold_as(gold, gold_as)
        agreement = _measured(gold, options, examples)
    check_names("figure", needed, agreement.figures())
    if folder is not None:
        of = (READINGS,) if gold_as is None else (READINGS, GOLD)
        record_measurement(folder, "agreement", agreement.headline(), settled_splits(splits), of=of)
    return agreement


def _splits(source: Source, read: ReadOptions) -> tuple[GoldDataset, ...]:
    """The splits of a dataset with their readings, of which none need be the gold."""
    if isinstance(source, GoldDataset) or not (source is None or isinstance(source, (str, Path))):
        return (gold_from(source, replace(read, limit=None, articles=())),)
    name = None if str(source) == BUNDLED_NAME else source
    return load_splits(name, split=read.split, read=read, decide=as_read)


def _together(splits: Sequence[GoldDataset]) -> GoldDataset:
    """Several splits as one dataset."""
    first = splits[0]
    if len(splits) == 1:
        return first
    examples = [example for own in splits for example in own]
    whole = gold_dataset(examples, name=first.name, split=ALL, inventory=first.inventory, origin=first.origin)
    return replace(whole, reading=first.reading, notes=first.notes, readers=first.readers)


def _unread(dataset: Source, gold: GoldDataset, others: Mapping[str, Any]) -> bool:
    """Whether nobody but the others has a reading."""
    return not any(name not in others for example in gold for name in example.readings)


def _with_reader(gold: GoldDataset, name: str, other: GoldDataset) -> GoldDataset:
    """The dataset with what another one says of its articles as one more reading.

    Raises:
        InputError: there is such a reader already, no article is in both, or a text is another one.
    """
    if any(name in example.readings for example in gold):
        raise InputError(f"there is a reader {name!r} in {gold.name} already; give the other one another name")
    theirs = {example.article.id: example for example in other}
    examples, carried = [], 0
    for example in gold:
        one = theirs.get(example.article.id)
        if one is not None and is_undecided(one):
            raise InputError(
                f"{name}: {other.name} keeps several readings of article {one.article.id!r:.80} and no gold; name a "
                "file of one reader"
            )
        if one is not None and one.settled.layers:
            reading = _over_text(one, example, f"{name}: article {example.article.id!r:.80} of {other.name}")
            carried += reading is not one.settled
            example = replace(example, readings=dict(sorted({**example.readings, name: reading}.items())))
        examples.append(example)
    if not any(name in example.readings for example in examples):
        raise InputError(
            f"{name}: no article of {other.name} is one of {gold.name} and annotated there; are they of one corpus?"
        )
    left = len(theirs.keys() - {example.article.id for example in gold})
    notes = [f"{number_of(left, 'article')} of {name} not in {gold.name}, set aside"] if left else []
    if carried:
        texts = number_of(carried, "text differs", "texts differ")
        notes.append(f"{texts} of {name} from {gold.name} in white space alone: carried over to the same letters")
    return replace(gold, examples=tuple(examples), notes=(*gold.notes, *notes))


def _over_text(one: Example, example: Example, where: str) -> Annotations:
    """What one example says, in offsets of the text of another.

    Raises:
        InputError: the texts differ in more than white space.
    """
    text, ours = one.article.text, example.article.text
    if not text or not ours or text == ours:
        return one.settled
    carry = span_carrier(text, ours)
    if carry is None:
        what = text_difference(text, ours)
        raise InputError(f"{where} is another text: {what}; readers are compared over one text")
    return moved_annotations(one.settled, carry)


def _with_gold_as(gold: GoldDataset, name: str) -> GoldDataset:
    """The dataset with its gold as one more reading.

    Raises:
        InputError: there is such a reader already, or there is no gold.
    """
    if any(name in example.readings for example in gold):
        raise InputError(f"there is a reader {name!r} in {gold.name} already; give the gold another name")
    examples = tuple(
        replace(one, readings=dict(sorted({**one.readings, name: one.gold}.items()))) if one.gold.layers else one
        for one in gold
    )
    if not any(name in example.readings for example in examples):
        raise InputError(f"{gold.name} has no gold beside its readings; leave out the name for it")
    return replace(gold, examples=examples)


def _measured(gold: GoldDataset, options: Options, examples: int) -> Agreement:

    scoring = options.scoring
    bootstrap = bootstrap_of(options.intervals, [example.article for example in gold])
    readers = readers_of(gold, scoring)
    if not readers.pairs:
        raise InputError(
            f"{gold.name}: no article has two readings; name files of others with --with NAME=PATH, or take "
            "the gold for one with --gold-as NAME"
        )
    tables = [pair.tables(scoring) for pair in readers.pairs]
    articles = tuple(example.article.id for example in readers.plain)
    matched = _matched(readers, tables, scoring)

    def kappas(numbers: Sequence[int], names: tuple[str, ...]) -> dict[str, Coefficient]:
        found = {}
        for task, by_pair in matched.items():
            if own := [by_pair[number] for number in numbers if number in by_pair]:
                found[task] = coefficient_of(kappa_sums(names, own), bootstrap)
        return found

    every = range(len(tables))
    pairs = [
        PairAgreement(
            readers=pair.names,
            articles=len(pair.articles),
            layers=_compared([tables[number]], bootstrap),
            kappa=kappas([number], pair.articles),
        )
        for number, pair in enumerate(readers.pairs)
    ]
    alone = pairs[0] if len(pairs) == 1 else None
    sums = alone.layers if alone else _compared(tables, bootstrap)
    alphas, codings = _alphas(readers, list(sums), bootstrap)
    return Agreement(
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=len(articles),
        of_articles=len(gold),
        readers=readers.names,
        declared={name: gold.readers[name] for name in readers.names if name in gold.readers},
        layers=sums,
        kappa=alone.kappa if alone else kappas(every, articles),
        alpha=alphas,
        coding_alpha=codings,
        pairs=tuple(pairs),
        disagreements=_disagreements(readers, tables, examples),
        not_evaluated=_not_evaluated(readers, scoring, sums),
        notes=tuple(_notes(gold, readers, bootstrap)),
        signature=_signature(gold, scoring, bootstrap),
    )


def _compared(tables: Sequence[tuple[Tables, Tables]], bootstrap: Bootstrap | None) -> dict[str, dict[str, Compared]]:
    """The mean over some pairs of readers: task → convention → scores."""
    compared: dict[str, dict[str, Compared]] = {}
    names = dict.fromkeys((task, name) for there, _ in tables for task, own in there.items() for name in own)
    for task, name in names:
        ways = [(there[task][name], back[task][name]) for there, back in tables if name in there.get(task, {})]
        scores = mean_result(task, name, ways, signature="", bootstrap=bootstrap)
        compared.setdefault(task, {})[name] = Compared(scores=scores, items=compared_items(ways))
    return compared


def _matched(
    readers: Readers, tables: Sequence[tuple[Tables, Tables]], scoring: Scoring
) -> dict[str, dict[int, Matched]]:
    """Task → number of the pair → the items that are matched whatever their labels."""
    matched: dict[str, dict[int, Matched]] = {}
    for number, (pair, (there, _)) in enumerate(zip(readers.pairs, tables, strict=True)):
        for task, by_convention in there.items():
            if (own := _matched_of(task, pair, by_convention, scoring)) is not None:
                matched.setdefault(task, {})[number] = own
    return matched


def _matched_of(
    task: str, pair: ReaderPair, by_convention: Mapping[str, ScoredTable], scoring: Scoring
) -> Matched | None:
    name = load_task(task).matched
    if not name:
        items = next(iter(by_convention.values())).items
        return None if items is None else matched_by_kind(task, items.columns)
    own = by_convention.get(name)
    if own is None:
        wanted = replace(scoring, tasks=(task,), conventions=(name,))
        own = pair.ways[0].tables(wanted).get(task, {}).get(name)
    return None if own is None or own.items is None else matched_items(own.items)


def _alphas(readers: Readers, tasks: Sequence[str], bootstrap: Bootstrap | None) -> tuple[Alphas, Alphas]:
    """Alpha of all readers, and coding alpha, for the layers whose items the tasks count."""
    alphas: dict[str, dict[str, Coefficient]] = {}
    codings: dict[str, dict[str, Coefficient]] = {}
    for task in tasks:
        layer = load_layer(load_task(task).layer)
        if layer.name in alphas or len(load_task(task).layers) > 1:
            continue
        examples = readers.mapped if takes_label_maps(task) else readers.plain
        for part, lengths, coding in layer_lengths(layer, examples):
            if lengths and any(own.units for own in lengths.values()):
                own = coefficient_of(alpha_sums(lengths, shared=part.shared), bootstrap)
                alphas.setdefault(layer.name, {})[part.name] = own
                if coding is not None:
                    own = coefficient_of(alpha_sums(coding, shared=part.shared), bootstrap)
                    codings.setdefault(layer.name, {})[part.name] = own
    return alphas, codings


def _disagreements(
    readers: Readers, tables: Sequence[tuple[Tables, Tables]], examples: int
) -> tuple[Disagreement, ...]:

    found: list[Disagreement] = []
    for task in dict.fromkeys(task for there, _ in tables for task in there):
        sides = []
        for pair, (there, _) in zip(readers.pairs, tables, strict=True):
            items = next((own.items for own in there.get(task, {}).values() if own.items is not None), None)
            if items is not None:
                sides.append((pair.names, items.columns))
        found += disagreements_of(task, sides, examples)
    return tuple(found)


def _not_evaluated(readers: Readers, scoring: Scoring, layers: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What no pair of readers can be compared in, and why: where pairs differ in that, which of them for what."""
    by_pair = []
    for pair in readers.pairs:
        # Some conventions ask for what only gold has, so each way may lack something.
        there, back = (not_evaluated(way.plain, scoring.tasks, scoring.conventions) for way in pair.ways)
        by_pair.append((" + ".join(pair.names), back | there))
    reasons: dict[str, dict[str, list[str]]] = {}
    for names, own in by_pair:
        for name, why in own.items():
            task, _, convention = name.partition(" ")
            evaluated = convention in layers.get(task, {}) if convention else task in layers
            # What some pair does not lack is only not asked for.
            if not evaluated and all(name in other or task in other or "," in task for _, other in by_pair):
                reasons.setdefault(name, {}).setdefault(_of_readers(why), []).append(names)
    return {name: _reason(own) for name, own in reasons.items()}


def _reason(pairs: Mapping[str, Sequence[str]]) -> str:
    """One reason of all, or each with the pairs of readers that it is about."""
    # That no pair annotated it is not so where another pair lacks something else.
    told = {why: names for why, names in pairs.items() if not why.endswith(_NOBODY)} or pairs
    if len(told) == 1:
        return next(iter(told))
    return "; ".join(f"{', '.join(names)}: {why}" for why, names in told.items())


_NOBODY = "no two readers of an article annotated it"


def _of_readers(why: str) -> str:
    """A reason in the words of readers: neither of two is the gold."""
    words = {
        "the gold does not annotate it": _NOBODY,
        "the predictions do not have it": _NOBODY,
        "no gold ": "no reader's ",
        "the scope of the gold": "the scope",
        "of the gold": "that both read",
        "gold items": "items",
    }
    for old, new in words.items():
        why = why.replace(old, new)
    return why


def _notes(gold: GoldDataset, readers: Readers, bootstrap: Bootstrap | None) -> list[str]:
    notes = [*gold.notes]
    if bootstrap is not None:
        articles = [example.article for example in readers.plain]
        field = None if bootstrap.clusters is None else bootstrap.clustered_by
        notes += cluster_notes(articles, field, clusters=bootstrap.clusters)
    return notes


def _signature(gold: GoldDataset, scoring: Scoring, bootstrap: Bootstrap | None) -> str:
    maps = "+".join(Path(str(name)).stem for name in scoring.gold_maps) or "own"
    parts = ["agreement", f"labels:{maps}" + (f"[{'+'.join(scoring.labels)}]" if scoring.labels else "")]
    parts += [f"scope:{text}" for text in sorted(scoring.scope)]
    parts += [gold.signature, f"split:{gold.split}", *([gold.reading] if gold.reading else [])]
    parts.append("ci:none" if bootstrap is None else f"ci:{bootstrap.describe()}")
    return "|".join([*parts, f"evalkit:{__version__}"])
