"""Predictions made elsewhere: from files of any format, or from a run folder, over the texts of the gold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.dataset.checking.check_spans import check_surfaces
from evalkit.dataset.checking.checks import check_spans
from evalkit.dataset.checking.offsets import PREDICTED, Evidence, converted_annotations, counting_of, moved_annotations
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import gold_of_batch, in_file, load_dataset, refuse_unknown_only
from evalkit.dataset.loading.sources import ALL, Place, check_settings, find_place, read_place
from evalkit.errors import FormatError, InputError, OffsetError
from evalkit.files import is_standard_input
from evalkit.formats.base import Batch, Claims
from evalkit.formats.collection import without_collection
from evalkit.formats.native.read_row import ReadRow
from evalkit.formats.native.rows import sha256_text
from evalkit.formats.native.stored import StoredRecords, is_large
from evalkit.formats.table import NATIVE
from evalkit.layers.table import all_layers
from evalkit.options import ReadOptions
from evalkit.predictions.admission import Refused, admit, plain_usage
from evalkit.predictions.run import Run, refuse_shard
from evalkit.predictions.store import RUN
from evalkit.predictions.stored import stored_predictions
from evalkit.records import Annotations, Article, Example, Prediction, Span
from evalkit.showing import number_of
from evalkit.text.counting import CODE_POINTS, Counting
from evalkit.text.difference import span_carrier, text_difference

__all__ = ["load_predictions", "load_sides"]

SHOWN = 3
"""So many kinds of differences are named in a note."""


@without_collection()
def load_predictions(path: Path, examples: Sequence[Example] = (), read: ReadOptions | None = None) -> Run:
    """The predictions of a file or a run folder, checked against the texts where the gold has them.

    A file may give the text that its predictions are about. If that differs from the gold's in white space only, as
    text that was rebuilt from tokens does, offsets are carried over to the gold's text, and a note counts it.

    Raises:
        InputError: the file cannot be read, holds no prediction, or is about another text.
        FormatError: a line is damaged or a field is wrong.
        OffsetError: a span lies outside its article, or does not hold the text that the file gives beside it; names
            the first and how many more there are.
    """
    if (path / RUN).is_file():
        if read is not None and read.offsets is not None:
            raise InputError(f"{path}: is a run, whose offsets are code points; leave out --offsets")
        run = Run.load(path, result=False)
        refuse_shard(run)
        if not run.predictions:
            raise InputError(f"{path}: holds no prediction")
        _check(str(path), run.predictions, (), _articles(examples), examples)
        return run
    read = read or ReadOptions()
    place = _place(path, read)
    check_settings(read, place)
    stored = _in_file(place, examples, read)
    return _loaded(place, read_place(place, read, predicted=True), examples, read) if stored is None else stored


def load_sides(
    gold: str | Path | None,
    predicted: Path | None,
    read: ReadOptions | None = None,
    later_maps: Sequence[str | Path] = (),
) -> tuple[GoldDataset, Run]:
    """Both sides of a scoring, each in a format of its own.

    If both are of one format that has tokens, the ones are laid on the others by what they say, and gold and
    predictions come from that; of two folders, file by file.

    Args:
        gold: what `load_dataset` takes.
        predicted: a file or folder of predictions, or a run folder; None if the gold file holds them too.
        read: how files are read, and which split of the gold; settings go to the side that knows them.
        later_maps: label maps that scoring will apply to the gold.

    Raises:
        EvalkitError: what `load_dataset` and `load_predictions` raise, or there are no predictions.
    """
    read = read or ReadOptions()
    # How offsets count is said of the predictions.
    of_gold = replace(read, offsets=None)
    if predicted is not None and (predicted / RUN).is_file():
        examined = load_dataset(gold, split=read.split, read=of_gold, later_maps=later_maps)
        return examined, load_predictions(predicted, examined.examples, read)
    if gold is not None and predicted is not None and is_standard_input(gold) and is_standard_input(predicted):
        raise InputError("gold and predictions are both '-', and standard input can be read once; give one as a file")
    gold_place = find_place(gold, read.gold_format or read.format, profile=read.profile, download=read.download)
    place = gold_place if predicted is None else _place(predicted, read)
    check_settings(read, gold_place, place)
    if predicted is not None and (stored := in_file(gold_place, of_gold, later_maps)) is not None:
        run = _in_file(place, stored.examples, read)
        batch = Batch() if run else read_place(place, read, predicted=True)
        return stored, run or _loaded(place, batch, stored.examples, read)
    files = [gold_place.path, place.path]
    alike = (
        predicted is not None
        and place.format is gold_place.format
        and (
            all(file.is_file() or is_standard_input(file) for file in files)
            or (place.format is not None and all(file.is_dir() for file in files))
        )
    )
    beside = files[0] if alike else None
    split = read.split if beside is not None and beside.is_dir() else ALL
    batch = read_place(place, read, split=split, predicted=predicted is not None, beside=beside)
    has_both = bool(batch.examples) and batch.predictions is not None
    if predicted is None and not has_both:
        for problem in batch.problems:
            raise problem
        raise InputError("no predictions: give --predicted, or --predicted-tag-column for a column of the gold")
    gold_batch = batch if has_both else read_place(gold_place, read, split=read.split)
    examined = gold_of_batch(gold_batch, gold_place, of_gold, later_maps=later_maps)
    # Of a text that the gold does not give it may give the hash.
    claimed = zip(gold_batch.examples, gold_batch.claims, strict=False)
    hashes = {own.article.id: claim.sha256 for own, claim in claimed if claim.sha256 and not own.article.text}
    if has_both:
        # What is to be said about the reading is said of the gold.
        batch = replace(batch, examples=(), claims=(), notes={})
    return examined, _loaded(place, batch, examined.examples, read, hashes)


def _in_file(place: Place, examples: Sequence[Example], read: ReadOptions) -> Run | None:
    """The predictions of a large file, which stay in it; None if they are to be read into memory."""
    if place.kind != NATIVE or place.unpacked or read.offsets or read.annotator or not is_large(place.path):
        return None
    articles = _articles(examples)

    def fits(row: ReadRow) -> bool:
        article, claims = articles.get(row.item.article_id), row.claims
        if article is None or not article.text:
            return True
        if claims.sha256 is not None and claims.sha256.lower() != sha256_text(article.text):
            return False
        if claims.text not in (None, article.text):
            return False
        return not _problems(article, row.item.annotations, claims.surfaces, examples)

    found = stored_predictions(place.path, fits=fits)
    if found is None:
        return None
    notes = Batch(predictions=(), notes=found.notes).sentences
    return Run(extractor=place.name, predictions=found.predictions, path=Path(place.location), notes=notes)


def _articles(examples: Sequence[Example]) -> Mapping[str, Article] | StoredRecords[Article]:
    """What gives the article of an id, with its text: of those in a file that file, as there may be too many."""
    if isinstance(examples, StoredRecords):
        from evalkit.formats.native.typed_records import article_at_a_glance

        return examples.glances(article_at_a_glance, lambda example: example.article, lambda article: article.id)
    return {example.article.id: example.article for example in examples}


def _place(path: Path, read: ReadOptions) -> Place:
    """Where predictions are: a file, or a folder of files in a format."""
    if not path.exists() and not is_standard_input(path):
        raise InputError(f"{path}: cannot be read: No such file or directory; check the path")
    place = find_place(path, read.predicted_format or read.format, profile=read.profile)
    if place.kind == "hub":
        raise InputError(
            f"{path}: is no run folder, and its files are in no format that tells itself; give the folder that evalkit "
            "run wrote, or name the format of the files with --format"
        )
    return place


def _loaded(
    place: Place,
    batch: Batch,
    examples: Sequence[Example],
    read: ReadOptions,
    hashes: Mapping[str, str] | None = None,
) -> Run:
    for problem in batch.problems:
        raise problem
    counting = counting_of(read, place)
    predictions, claims = batch.predictions, batch.claims
    if predictions is None:
        predictions, claims = _as_predicted(batch)
    refuse_unknown_only(batch, place, (one.annotations for one in predictions))
    if not predictions:
        raise InputError(
            f"{place.location}: holds no prediction; expected is at least one article, with items or without"
        )
    predictions = _admitted(place, predictions, claims)
    named = {prediction.article_id for prediction in predictions}
    found = _articles(examples)
    # Of gold in a file there may be too much for all of it to be held.
    gold = found if isinstance(found, Mapping) else {one.id: one for one in found if one.id in named}
    articles = {name: article for name, article in gold.items() if article.text}
    predictions = _in_code_points(place, predictions, claims, gold, counting)
    _refuse_other_hashes(predictions, claims, hashes or {})
    over_text, moved = _over_gold_text(predictions, claims, articles)
    _check(place.location, over_text, claims, gold, examples)
    number, kinds = moved.total(), ", or ".join(sorted(moved)[:SHOWN])
    sentence = (
        f"{number_of(number, 'predicted article')} whose text differs from the gold's in white space only "
        f"({kinds}), carried over to it"
    )
    return Run(
        extractor=place.name,
        predictions=over_text,
        path=Path(place.location),
        notes=(*batch.sentences, *([sentence] if number else [])),
    )


def _admitted(place: Place, predictions: Sequence[Prediction], claims: Sequence[Claims]) -> tuple[Prediction, ...]:
    """The predictions in plain values; where their spans are in a text is looked at when that is known.

    Raises:
        FormatError: one holds what cannot be scored, such as half of a character or an endless score.
    """
    done = []
    for number, prediction in enumerate(predictions):
        if claims and claims[number].proved:
            done.append(prediction)
            continue
        counted = plain_usage(prediction.usage) if prediction.usage else prediction.usage
        admitted = admit(replace(prediction, usage=counted), None, None)
        if isinstance(admitted, Refused):
            where = claims[number].where if claims else ""
            raise FormatError(f"{where or place.location}: {admitted.reason}; mend it")
        done.append(admitted)
    return tuple(done)


def _as_predicted(batch: Batch) -> tuple[tuple[Prediction, ...], tuple[Claims, ...]]:
    """Examples as predictions: what is annotated in them was predicted, about the text that they have."""
    examples = batch.examples
    claims = batch.claims or (Claims(),) * len(examples)
    return (
        tuple(Prediction(article_id=example.article.id, annotations=example.gold) for example in examples),
        tuple(
            replace(claim, text=example.article.text or None) for claim, example in zip(claims, examples, strict=True)
        ),
    )


def _in_code_points(
    place: Place,
    predictions: Sequence[Prediction],
    claims: Sequence[Claims],
    articles: Mapping[str, Article],
    counting: Counting,
) -> tuple[Prediction, ...]:
    """The predictions in code points of the text that they are about: their own, where a file gives it.

    Raises:
        OffsetError: an offset is none in its unit.
        InputError: a text is needed and not known.
    """
    if counting == CODE_POINTS:
        return tuple(predictions)
    done, problems = [], list[Problem]()
    for number, prediction in enumerate(predictions):
        name, own = prediction.article_id, claims[number].text if claims else None
        article = Article(id=name, text=own) if own else articles.get(name, Article(id=name, text=""))
        if not article.text and name not in articles:
            # No gold is about it: pairing sets it aside.
            done.append(prediction)
            continue
        annotations, wrong = converted_annotations(article, prediction.annotations, counting)
        given = prediction.given and converted_annotations(article, prediction.given, counting)[0]
        problems += wrong
        done.append(replace(prediction, annotations=annotations, given=given))
    _refuse(place.location, problems)
    return tuple(done)


def _over_gold_text(
    predictions: Sequence[Prediction], claims: Sequence[Claims], articles: Mapping[str, Article]
) -> tuple[tuple[Prediction, ...], Counter[str]]:
    """The predictions with offsets in the gold's texts, and what made it needful to carry how many over to them."""
    moved: Counter[str] = Counter()
    if not claims:
        return tuple(predictions), moved
    carried = []
    for prediction, claim in zip(predictions, claims, strict=True):
        article = articles.get(prediction.article_id)
        if article is None:
            carried.append(prediction)
            continue
        if claim.sha256 is not None and claim.sha256.lower() != sha256_text(claim.text or article.text):
            raise InputError(f"{claim.where}: text_sha256 is that of another text; predict on the gold's text")
        if claim.text in (None, article.text):
            carried.append(prediction)
            continue
        move = _carrier(claim, article, articles)
        given = prediction.given and moved_annotations(prediction.given, move)
        carried.append(replace(prediction, annotations=moved_annotations(prediction.annotations, move), given=given))
        moved[text_difference(claim.text or "", article.text)] += 1
    return tuple(carried), moved


def _refuse_other_hashes(
    predictions: Sequence[Prediction], claims: Sequence[Claims], hashes: Mapping[str, str]
) -> None:
    """Where the gold gives the hash of a text alone, that is compared."""
    if not hashes:
        return
    for prediction, claim in zip(predictions, claims, strict=False):
        wanted = hashes.get(prediction.article_id, "").lower()
        own = sha256_text(claim.text) if claim.text else (claim.sha256 or "").lower()
        if wanted and own and own != wanted:
            raise InputError(
                f"{claim.where}: article {prediction.article_id!r} was predicted on another text than the gold's, "
                "whose text_sha256 is another; predict on the gold's text"
            )


def _carrier(claim: Claims, article: Article, articles: Mapping[str, Article]) -> Callable[[Span], Span]:
    """Moves a span of the text that was predicted on to the same letters of the gold's.

    Raises:
        InputError: the texts differ in more than white space.
    """
    own = claim.text or ""
    carry = span_carrier(own, article.text)
    if carry is None:
        about = next((name for name, other in articles.items() if other.text == own and name != article.id), None)
        what = f"it is the text of article {about!r}" if about else text_difference(own, article.text)
        raise InputError(
            f"{claim.where}: article {article.id!r} was predicted on another text than the gold's: {what}; predict on "
            "the gold's text"
        )
    return carry


def _check(
    place: str,
    predictions: Sequence[Prediction],
    claims: Sequence[Claims],
    articles: Mapping[str, Article] | StoredRecords[Article],
    examples: Sequence[Example],
) -> None:
    nothing = Claims()
    _refuse(
        place,
        [
            problem
            for number, prediction in enumerate(predictions)
            if (article := articles.get(prediction.article_id)) is not None and article.text
            for problem in _problems(
                article, prediction.annotations, (claims[number] if claims else nothing).surfaces, examples
            )
        ],
    )


def _refuse(place: str, problems: Sequence[Problem]) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise OffsetError(f"{place}: {problems[0]}{more}; offsets are code points of the gold's text")


def _problems(
    article: Article,
    predicted: Annotations,
    surfaces: Mapping[tuple[str, int], str],
    examples: Sequence[Example],
) -> list[Problem]:
    evidence = Evidence(surfaces, PREDICTED)
    if problems := check_spans(article, predicted, evidence):
        # Now it is worth while to look where the gold is.
        return check_spans(article, predicted, replace(evidence, places=_places(examples, article.id)))
    return list(check_surfaces(article, predicted, evidence)) or problems


def _places(examples: Sequence[Example], article_id: str) -> frozenset[Span]:
    """Where the gold items of an article are."""
    if isinstance(examples, StoredRecords):
        gold = examples.get(article_id).gold
    else:
        gold = next(one.gold for one in reversed(examples) if one.article.id == article_id)
    return frozenset(span for layer in all_layers() for item in layer.of(gold) or () for span in layer.spans(item))
