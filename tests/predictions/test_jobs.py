"""Running an extractor: one prediction an article, in order, whatever the extractor does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from evalkit.errors import ExtractorError
from evalkit.extractors.base import ArticleFailure, Extractor, StancePair
from evalkit.extractors.callable import as_extractor
from evalkit.extractors.threads import spread
from evalkit.predictions.batches import predict_batch
from evalkit.predictions.cache import PredictionCache, cache_key
from evalkit.predictions.executors.base import Done
from evalkit.predictions.executors.local import LocalExecutor
from evalkit.predictions.jobs import Job, jobs_of, run_jobs
from evalkit.records import Annotations, Article, Entity, Example, Span, Stance

JOBS = [Job(Article(id=f"a{n}", text=f"Ida Moen {n}")) for n in range(7)]


def person(article: Article) -> Annotations:
    return Annotations(entities=(Entity(id="e1", spans=(Span(0, 8),), label="PER"),))


@dataclass
class Double:
    """An extractor made of a function, which remembers the batches that it got."""

    answer: Callable[[Article], Annotations | ArticleFailure] = person
    name: str = "double"
    layers: tuple[str, ...] = ("entities",)
    thread_safe: bool = False
    batches: list[int] = field(default_factory=list)

    def fingerprint(self) -> str:
        return "double-1"

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure]:
        self.batches.append(len(articles))
        return [self.answer(article) for article in articles]


def raises_for(name: str, error: BaseException) -> Callable[[Article], Annotations]:
    def answer(article: Article) -> Annotations:
        if article.id == name:
            raise error
        return person(article)

    return answer


def test_batches_come_in_order_and_whole():
    double, seen = Double(), []
    made = run_jobs(double, JOBS, batch_size=3, on_done=lambda batch, cached: seen.append((len(batch), cached)))
    assert [p.article_id for p in made] == [job.article.id for job in JOBS]
    assert double.batches == [3, 3, 1]
    assert seen == [(3, 0), (3, 0), (1, 0)]


class Backwards:
    """An executor that hands out what is finished in the wrong order, as other machines may."""

    def map(self, extractor: Extractor, batches: Iterable[Sequence[Job]]) -> Iterator[Done]:
        layers = tuple(extractor.layers)
        done = [Done(number, predict_batch(extractor, layers, batch)) for number, batch in enumerate(batches)]
        yield from reversed(done)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("cached", [(), (0,), (3, 4), (6,), tuple(range(7))], ids=str)
def test_predictions_are_in_the_order_of_the_articles_whatever_comes_first(
    size: int, cached: tuple[int, ...], tmp_path: Path
):
    run_jobs(Double(), [JOBS[number] for number in cached], cache=PredictionCache("double-1", tmp_path))
    seen: list[tuple[list[str], int]] = []
    made = run_jobs(
        Double(),
        JOBS,
        batch_size=size,
        executor=Backwards(),
        cache=PredictionCache("double-1", tmp_path),
        on_done=lambda batch, from_cache: seen.append(([one.article_id for one in batch], from_cache)),
    )
    names = [job.article.id for job in JOBS]
    assert [prediction.article_id for prediction in made] == names
    assert [name for batch, _ in seen for name in batch] == names
    assert sum(from_cache for _, from_cache in seen) == len(cached)


def test_workers_give_the_same_in_the_same_order():
    one = run_jobs(Double(), JOBS, batch_size=1)
    many = run_jobs(Double(thread_safe=True), JOBS, batch_size=1, executor=LocalExecutor(4))
    assert [(p.article_id, p.annotations) for p in many] == [(p.article_id, p.annotations) for p in one]


def test_no_articles_is_no_call():
    double = Double()
    assert run_jobs(double, []) == []
    assert double.batches == []


def test_a_batch_that_raises_is_tried_one_by_one():
    double = Double(raises_for("a2", ValueError("no\n idea")))
    made = run_jobs(double, JOBS, batch_size=4)
    (failed,) = [p for p in made if p.error]
    assert failed.article_id == "a2"
    assert str(failed.error).startswith("ValueError: no idea (test_jobs.py:")
    assert made[2].annotations == Annotations()
    # The first batch of four fails and is taken apart; the second is fine.
    assert double.batches == [4, 1, 1, 1, 1, 3]


def test_an_error_without_words_is_named_by_its_kind():
    (made,) = run_jobs(Double(raises_for("a0", KeyError())), JOBS[:1])
    assert str(made.error).startswith("KeyError (test_jobs.py:")


@pytest.mark.parametrize("error", [ExtractorError("no weights"), KeyboardInterrupt()], ids=["extractor", "keyboard"])
def test_what_stops_the_whole_run(error: BaseException):
    with pytest.raises(type(error)):
        run_jobs(Double(raises_for("a2", error)), JOBS)


@pytest.mark.parametrize("size", [None, 100])
def test_a_function_that_is_interrupted_loses_nothing_that_was_finished(size: int | None, tmp_path: Path):
    def find(article: Article) -> list[tuple[int, int, str]]:
        if article.id == "a4":
            raise KeyboardInterrupt
        return [(0, 8, "PER")]

    kept: list[list[str]] = []
    cache = PredictionCache("f", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_jobs(
            as_extractor(find, "find"),
            JOBS,
            batch_size=size,
            cache=cache,
            on_done=lambda batch, _: kept.append([one.article_id for one in batch]),
        )
    # Each when it is done, unless somebody wants batches.
    assert kept == ([["a0"], ["a1"], ["a2"], ["a3"]] if size is None else [["a0", "a1", "a2", "a3"]])
    layers = ("entities",)
    assert [cache.get(cache_key(job, layers), job, layers) is not None for job in JOBS] == [*[True] * 4, *[False] * 3]


@pytest.mark.parametrize("error", [ExtractorError("no weights"), KeyboardInterrupt()], ids=["extractor", "keyboard"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_finished_of_a_batch_is_kept_whatever_ends_it(error: BaseException, threads: int, workers: int):
    class Spreading(Double):
        def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure]:
            return spread(self.answer, articles, threads)

    kept: list[str] = []
    system = Spreading(raises_for("a2", error), thread_safe=True)
    with pytest.raises(type(error)):
        run_jobs(
            system,
            JOBS[:3],
            batch_size=3,
            executor=LocalExecutor(workers),
            on_done=lambda batch, _: kept.extend(one.article_id for one in batch),
        )
    assert kept == ["a0", "a1"]


def test_what_was_finished_of_a_batch_that_is_taken_apart_is_kept():
    def answer(article: Article) -> Annotations:
        if article.id in ("a0", "a2"):
            raise ValueError if article.id == "a0" else KeyboardInterrupt
        return person(article)

    kept: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run_jobs(Double(answer), JOBS, on_done=lambda batch, _: kept.extend(one.article_id for one in batch))
    assert kept == ["a0", "a1"]


BAD_ANSWERS = [
    pytest.param(ArticleFailure("too long"), "too long", id="failure"),
    pytest.param([], "the extractor returned list, expected Annotations", id="list"),
    pytest.param(None, "the extractor returned NoneType, expected Annotations", id="none"),
    pytest.param(
        Annotations(entities=(Entity(id="e1", spans=(Span(0, 99),), label="PER"),)),
        "entities[0] (e1): span [0, 99] is outside the text of 10 code points; is it the text that was annotated?",
        id="outside",
    ),
    pytest.param(
        Annotations(entities=(Entity(id="e1", spans=(Span(4, 4),), label="PER"),)),
        "entities[0] (e1): span [4, 4] is empty; ends are exclusive: an inclusive end needs 1 added",
        id="empty",
    ),
    pytest.param(
        Annotations(entities=(Entity(id="e1", spans=(), label="PER"), Entity(id="e2", spans=(), label="PER"))),
        "entities[0] (e1): the entity has no span; add [start, end] (and 1 more)",
        id="no-span-twice",
    ),
    pytest.param(
        Annotations(entities=(), quotes=()),
        "the extractor returned the layer 'quotes', which it does not claim (entities); "
        "name all its layers in its attribute `layers`",
        id="not-claimed",
    ),
]


@pytest.mark.parametrize(("answer", "error"), BAD_ANSWERS)
def test_answers_that_cannot_be_used_fail_the_article(answer: object, error: str):
    (made,) = run_jobs(Double(lambda article: answer), JOBS[:1])  # type: ignore[arg-type, return-value]
    assert made.error == error
    assert made.annotations == Annotations()


def test_too_few_answers_is_an_unusable_extractor():
    double = Double()
    double.extract = lambda articles: []  # type: ignore[method-assign]
    with pytest.raises(ExtractorError, match=r"'double' gave 0 results for 7 articles"):
        run_jobs(double, JOBS)


def test_a_claimed_layer_that_is_none_is_empty():
    (made,) = run_jobs(Double(lambda article: Annotations(), layers=("entities", "quotes")), JOBS[:1])
    assert made.annotations == Annotations(entities=(), quotes=())


def test_what_is_claimed_is_asked_once():
    """A claim that grew with the answers would make a prediction depend on the articles before it."""

    class Growing(Double):
        def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure]:
            answers = super().extract(articles)
            self.layers = ("entities", "quotes")
            return answers

    made = run_jobs(Growing(), JOBS, batch_size=2)
    assert {p.annotations["quotes"] for p in made} == {None}


class TestCache:
    @pytest.fixture
    def cache(self, tmp_path: Path) -> PredictionCache:
        return PredictionCache("double-1", tmp_path)

    def test_articles_are_asked_for_once(self, cache: PredictionCache, tmp_path: Path):
        first = run_jobs(Double(), JOBS[:4], cache=cache)
        double, seen = Double(), []
        again = run_jobs(
            double, JOBS, cache=PredictionCache("double-1", tmp_path), on_done=lambda batch, cached: seen.append(cached)
        )
        assert [p.annotations for p in again[:4]] == [p.annotations for p in first]
        assert (double.batches, seen) == ([3], [4])

    def test_another_text_or_fingerprint_is_another_article(self, cache: PredictionCache, tmp_path: Path):
        run_jobs(Double(), JOBS[:1], cache=cache)
        changed, other = Double(), Double()
        run_jobs(changed, [Job(Article(id="a0", text="Ida Moen left"))], cache=cache)
        run_jobs(other, JOBS[:1], cache=PredictionCache("double-2", tmp_path))
        assert changed.batches == other.batches == [1]

    def test_other_pairs_or_layers_are_another_question(self):
        article = Article(id="a", text="Ida Moen met Ek.")
        ek = StancePair(holder="moen", target="ek", holder_mentions=("Moen",), target_mentions=("Ek",))
        jobs = [Job(article), Job(article, ()), Job(article, (ek,)), Job(article, (replace(ek, target="sand"),))]
        jobs += [Job(article, (replace(ek, holder_mentions=("Moen", "Ek"), target_mentions=()),))]
        keys = [cache_key(job, ("stances",)) for job in jobs] + [cache_key(jobs[0], ("entities",))]
        assert len(set(keys)) == len(keys)

    def test_a_labeler_is_asked_again_about_other_pairs(self, tmp_path: Path):
        labeler, article = Labeler(layers=("entities", "stances")), Article(id="a", text="Ida Moen met Ek.")
        ek = StancePair(holder="moen", target="ek", holder_mentions=("Moen",), target_mentions=("Ek",))
        given = []
        for pairs in ((ek,), (replace(ek, holder="sand"),)):
            (made,) = run_jobs(labeler, [Job(article, pairs)], cache=PredictionCache("double-1", tmp_path))
            given.append([(stance.holder, stance.label) for stance in made.given["stances"]])
        assert given == [[("moen", "favor")], [("sand", "neutral")]]

    def test_a_damaged_line_is_asked_for_again(self, cache: PredictionCache, tmp_path: Path):
        run_jobs(Double(), JOBS[:1], cache=cache)
        # Still JSON, and outside of the text.
        cache.path.write_bytes(cache.path.read_bytes().replace(b"8", b"80"))
        assert b"80" in cache.path.read_bytes()
        double = Double()
        (made,) = run_jobs(double, JOBS[:1], cache=PredictionCache("double-1", tmp_path))
        assert (double.batches, made.error, made.annotations["entities"][0].spans) == ([1], None, (Span(0, 8),))

    def test_a_failed_article_is_tried_again(self, cache: PredictionCache):
        run_jobs(Double(raises_for("a0", ValueError("busy"))), JOBS[:1], cache=cache)
        (made,) = run_jobs(Double(), JOBS[:1], cache=cache)
        assert made.error is None

    def test_a_line_that_was_cut_off_is_passed_over(self, cache: PredictionCache, tmp_path: Path):
        run_jobs(Double(), JOBS[:2], batch_size=1, cache=cache)
        cache.path.write_bytes(cache.path.read_bytes()[:-10])
        double = Double()
        run_jobs(double, JOBS[:2], cache=PredictionCache("double-1", tmp_path))
        assert double.batches == [1]

    def test_a_place_that_cannot_be_written_costs_only_time(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        made = run_jobs(Double(), JOBS, cache=PredictionCache("double-1", tmp_path / "file"))
        assert [p.error for p in made] == [None] * len(JOBS)

    def test_the_folder_can_be_chosen(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "mine"))
        assert PredictionCache("x").path.parent == tmp_path / "mine" / "predictions"
        monkeypatch.delenv("EVALKIT_CACHE")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert PredictionCache("x").path.parent == tmp_path / "xdg" / "evalkit" / "predictions"


class Labeler(Double):
    """Labels each pair with the number of its mentions."""

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        self.pairs = list(pairs)
        return ["favor" if pair.holder == "moen" else "neutral" for pair in pairs]


class TestGivenPairs:
    EXAMPLE = Example(
        article=Article(id="x", text="Ida Moen met Ek. Moen left."),
        gold=Annotations(
            entities=(
                Entity(id="e1", spans=(Span(0, 8),), label="PER", entity_id="moen"),
                Entity(id="e2", spans=(Span(13, 15),), label="PER", entity_id="ek"),
                Entity(id="e3", spans=(Span(17, 21),), label="PER", entity_id="moen"),
            ),
            stances=(
                Stance(id="s1", holder="moen", target="topic:port-plan", label="against"),
                Stance(id="s2", holder="ek", target="moen", label="favor"),
                Stance(id="s3", holder="ek", target="moen", label="neutral"),
            ),
        ),
    )

    def test_the_pairs_of_the_gold_without_its_labels(self):
        labeler = Labeler()
        (made,) = run_jobs(labeler, jobs_of([self.EXAMPLE], labeler))
        assert labeler.pairs == [
            StancePair(holder="ek", target="moen", holder_mentions=("Ek",), target_mentions=("Ida Moen", "Moen")),
            StancePair(
                holder="moen",
                target="topic:port-plan",
                holder_mentions=("Ida Moen", "Moen"),
                target_mentions=("port plan",),
            ),
        ]
        assert made.given is not None
        assert [(s.holder, s.target, s.label) for s in made.given["stances"]] == [
            ("ek", "moen", "neutral"),
            ("moen", "topic:port-plan", "favor"),
        ]

    def test_without_gold_stances_nothing_is_asked(self):
        labeler = Labeler()
        example = Example(article=self.EXAMPLE.article, gold=Annotations(entities=()))
        (made,) = run_jobs(labeler, jobs_of([example], labeler))
        assert made.given is None

    def test_too_few_labels_fail_the_article(self):
        labeler = Labeler()
        labeler.label_pairs = lambda article, pairs: ["favor"]  # type: ignore[method-assign]
        (made,) = run_jobs(labeler, jobs_of([self.EXAMPLE], labeler))
        assert made.error == "label_pairs gave 1 label for 2 pairs"

    def test_other_extractors_are_not_asked(self):
        assert list(jobs_of([self.EXAMPLE], Double())) == [Job(self.EXAMPLE.article)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"entities": None}, "answered null for entities; write [] for none"),
        ({"entities": [], "quotes": None}, None),
        ({"entities": []}, None),
    ],
)
def test_null_for_a_layer_that_is_claimed_fails_the_article(answer: object, error: str | None) -> None:
    (found,) = run_jobs(as_extractor(lambda article: answer), JOBS[:1])
    assert found.error == error
    assert found.annotations["entities"] == (None if error else ())


class TestStreaming:
    """Nothing is held of a run but what is in work."""

    def test_jobs_are_taken_and_predictions_handed_out_as_they_come(self) -> None:
        taken: list[str] = []
        seen: list[tuple[int, int]] = []

        def jobs() -> Iterator[Job]:
            for job in JOBS:
                taken.append(job.article.id)
                yield job

        kept = run_jobs(
            Double(),
            jobs(),
            batch_size=1,
            on_done=lambda batch, _: seen.append((len(taken), len(batch))),
            keep=False,
        )
        assert kept == []
        assert seen == [(number, 1) for number in range(1, len(JOBS) + 1)]

    def test_what_the_cache_has_whole_waits_for_nobody(self, tmp_path: Path) -> None:
        cache = PredictionCache("double-1", tmp_path)
        run_jobs(Double(), JOBS[1:], cache=cache)
        taken, handed_out = [], []

        def jobs() -> Iterator[Job]:
            for job in JOBS:
                taken.append(len(handed_out))
                yield job

        run_jobs(Double(), jobs(), batch_size=1, cache=cache, on_done=lambda batch, _: handed_out.extend(batch))
        # The first is asked about; each of the others was handed out before the next was taken.
        assert taken == list(range(len(JOBS)))

    def test_jobs_of_gold_are_made_when_they_are_asked_for(self) -> None:
        examples = [Example(article=job.article, gold=Annotations()) for job in JOBS]
        jobs = jobs_of(examples, Double())
        assert len(jobs) == len(JOBS)
        assert [jobs[-1], *jobs[1:3]] == [Job(examples[-1].article), Job(examples[1].article), Job(examples[2].article)]
