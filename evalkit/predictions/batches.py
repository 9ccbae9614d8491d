"""One batch of articles and an extractor: what it answers, checked and made into predictions.

Whatever a system under test raises is its failure: a batch that fails is taken apart, and the articles that fail alone
are predictions with an error. Only `ExtractorError` says that the extractor cannot be used at all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.errors import EvalkitError, ExtractorError, describe_error, one_line
from evalkit.extractors.base import (
    ArticleFailure,
    Extracted,
    Extractor,
    PairLabeler,
    PairLabels,
    PairsError,
    SpendingError,
    StancePair,
    traits_of,
)
from evalkit.extractors.given_pairs import LABELLED, labelled_pairs
from evalkit.extractors.threads import finished_before, leave_finished, spread
from evalkit.extractors.underway import as_they_come, under_way
from evalkit.predictions.admission import admit, plain_usage
from evalkit.records import Annotations, Article, Prediction
from evalkit.secrets import redacted
from evalkit.showing import number_of
from evalkit.text.zones import zoned

__all__ = ["Job", "failed", "made_before", "predict_batch"]


@dataclass(frozen=True, slots=True)
class Job:
    """One article to extract from, with the stance pairs to label if the extractor can do that.

    This is where zones are found for every extractor and every command: an article that declares some keeps them, any
    other gets those of the rules, so that the same text gives the same annotations wherever it comes from.
    """

    article: Article
    pairs: tuple[StancePair, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "article", zoned(self.article))


def predict_batch(extractor: Extractor, layers: Sequence[str], jobs: Sequence[Job]) -> list[Prediction]:
    """The prediction for each job, in their order.

    Args:
        extractor: the system under test.
        layers: what it claimed before the first batch: a claim that grew with its answers would make the prediction
            for an article depend on those before it.
        jobs: the batch.

    Raises:
        ExtractorError: the extractor cannot be used.
        SpendingError: no more may be spent; has the predictions that were made.

    These, and whoever interrupts, leave what was made by then: see `made_before`.
    """
    if not jobs:
        return []
    spent = ""
    begun = time.perf_counter()
    traits = traits_of(extractor)
    too_long = [_too_long(job.article, traits.longest_article) for job in jobs]
    articles = [job.article for job, refused in zip(jobs, too_long, strict=True) if refused is None]
    labels_pairs = isinstance(extractor, PairLabeler)
    try:
        with under_way(articles):
            answers = list(as_they_come(extractor.extract(articles))) if articles else []
    except SpendingError as error:
        spent, answers = str(error), list(error.made)
    except (ExtractorError, KeyboardInterrupt) as stop:
        answered = {article.id: answer for article, answer in finished_before(stop) if isinstance(article, Article)}
        whole = [job.article for job in jobs if job.article.id in answered and not (labels_pairs and job.pairs)]
        made = [_prediction(article, answered[article.id], layers, labels_pairs=labels_pairs) for article in whole]
        leave_finished(stop, [(one, one) for one in made])
        raise
    except BaseException as error:
        # Whatever it is: one that asks to exit would end the run without a result.
        if len(jobs) > 1:
            return _one_by_one(extractor, layers, jobs)
        return [failed(jobs[0].article.id, _message(error))]
    if len(answers) != len(articles):
        raise ExtractorError(
            f"extractor {extractor.name!r} gave {number_of(len(answers), 'result')} for "
            f"{number_of(len(articles), 'article')}; extract() must return one result for each article, in their order"
        )
    given = iter(answers)
    answers = [next(given) if refused is None else refused for refused in too_long]
    seconds = (time.perf_counter() - begun) / len(jobs)

    def predict(answered: tuple[Job, object]) -> Prediction | None:
        nonlocal spent
        job, answer = answered
        if answer is None and spent:
            return None
        try:
            prediction = _prediction(job.article, answer, layers, labels_pairs=labels_pairs)
            if prediction.error is None and job.pairs is not None and isinstance(extractor, PairLabeler):
                prediction = _let_in(_with_given(extractor, job, prediction), job.article, layers)
        except SpendingError as error:
            spent = spent or str(error)
            return None
        except (ExtractorError, KeyboardInterrupt):
            raise
        except BaseException as error:
            # An answer of other people's classes may do anything when it is looked at.
            prediction = failed(job.article.id, _message(error))
        return prediction if prediction.error is not None else replace(prediction, seconds=seconds)

    # Given pairs are asked about from as many threads as the extractor reads articles from.
    threads = traits.threads if isinstance(extractor, PairLabeler) and traits.thread_safe else 1
    predictions = spread(predict, list(zip(jobs, answers, strict=True)), threads)
    if spent:
        raise SpendingError(spent, predictions)
    return [prediction for prediction in predictions if prediction is not None]


def made_before(error: BaseException) -> list[Prediction]:
    """The predictions of a batch that were made before something ended it."""
    made = error.made if isinstance(error, SpendingError) else [made for _, made in finished_before(error)]
    return [one for one in made if isinstance(one, Prediction)]


def _one_by_one(extractor: Extractor, layers: Sequence[str], jobs: Sequence[Job]) -> list[Prediction]:
    made: list[Prediction] = []
    try:
        with under_way([job.article for job in jobs]):
            for job in jobs:
                made += predict_batch(extractor, layers, [job])
    except SpendingError as stop:
        raise SpendingError(str(stop), [*made, *made_before(stop)]) from stop
    except (ExtractorError, KeyboardInterrupt) as stop:
        leave_finished(stop, [(one, one) for one in [*made, *made_before(stop)]])
        raise
    return made


def _too_long(article: Article, longest: int | None) -> ArticleFailure | None:
    if not isinstance(longest, int) or len(article.text) <= longest:
        return None
    much = number_of(len(article.text), "character")
    return ArticleFailure(f"has {much}, and at most {longest} are read; cut it into several")


def _prediction(article: Article, answer: object, layers: Sequence[str], *, labels_pairs: bool) -> Prediction:
    """What an answer says, if it can be used."""
    if isinstance(answer, Extracted):
        claimed = [layer for layer in layers if not (labels_pairs and layer == LABELLED)]
        if missing := [layer for layer in answer.unanswered if layer in claimed]:
            prediction = failed(article.id, f"answered null for {' and '.join(missing)}; write [] for none")
        else:
            prediction = _prediction(article, answer.annotations, layers, labels_pairs=labels_pairs)
        return _with_usage(prediction, answer.usage)
    if isinstance(answer, ArticleFailure):
        return _with_usage(failed(article.id, answer.message), answer.usage)
    if not isinstance(answer, Annotations):
        return failed(article.id, f"the extractor returned {type(answer).__name__}, expected Annotations")
    prediction = _let_in(Prediction(article_id=article.id, annotations=answer), article, layers)
    if prediction.error is not None:
        return prediction
    # One that claims a layer and gives None for an article found nothing there. One that labels given pairs and gives
    # none of its own does not look for them, which is not that there are none.
    empty = [layer for layer in layers if answer[layer] is None and not (labels_pairs and layer == LABELLED)]
    return replace(prediction, annotations=prediction.annotations.with_layers(**dict.fromkeys(empty, ())))


def _let_in(prediction: Prediction, article: Article, layers: Sequence[str]) -> Prediction:
    """The prediction if it can be used, else one that failed; what was spent on it is kept."""
    admitted = admit(prediction, article, layers)
    if isinstance(admitted, Prediction):
        return admitted
    return replace(failed(article.id, admitted.reason), usage=prediction.usage)


def _with_given(extractor: PairLabeler, job: Job, prediction: Prediction) -> Prediction:
    """The prediction with the labels of the pairs that are given, or an error in its place, with all that was spent."""
    pairs = job.pairs or ()
    try:
        answer = extractor.label_pairs(job.article, pairs)
        labels = list(answer)
    except ExtractorError:
        raise
    except PairsError as error:
        return _without_answer(_with_usage(prediction, error.usage), str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return _without_answer(prediction, _message(error))
    if len(labels) != len(pairs):
        message = f"label_pairs gave {number_of(len(labels), 'label')} for {number_of(len(pairs), 'pair')}"
        return _without_answer(prediction, message)
    labelled = replace(prediction, given=labelled_pairs(pairs, labels))
    return _with_usage(labelled, answer.usage if isinstance(answer, PairLabels) else {})


def _with_usage(prediction: Prediction, usage: Mapping[str, float]) -> Prediction:
    """The prediction with what was counted added to what it has."""
    total = dict(prediction.usage)
    for name, value in plain_usage(usage).items():
        total[name] = round(total[name] + value, 9) if name in total else value
    return replace(prediction, usage=plain_usage(total))


def failed(article_id: str, message: str) -> Prediction:
    """The prediction for an article that failed, and why, without secrets."""
    return _without_answer(Prediction(article_id=article_id, annotations=Annotations()), message)


def _without_answer(prediction: Prediction, message: str) -> Prediction:
    """The prediction as one that failed: every message comes by here, so none of them holds a secret."""
    error = redacted(str(message)).encode("utf-8", "backslashreplace").decode("utf-8")
    return replace(prediction, annotations=Annotations(), error=error)


def _message(error: BaseException) -> str:
    return one_line(error) if isinstance(error, EvalkitError) else describe_error(error)
