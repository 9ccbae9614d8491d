"""Runs: one extractor over one split, stored so that it can be continued, scored again and compared."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.load import load_dataset
from evalkit.errors import InputError
from evalkit.extractors.base import Extractor
from evalkit.predictions.cache import PredictionCache
from evalkit.predictions.jobs import Job, jobs_of, run_jobs
from evalkit.predictions.store import RunFolder
from evalkit.records import LAYERS, Example, Prediction
from evalkit.version import __version__

__all__ = ["Progress", "Run", "baseline_predictions", "lacks_text", "run_extractor"]

BASELINE = "trivial"

Progress = Callable[[int, int], None]
"""Called with the number of finished articles and of all articles."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What an extractor predicted for a split.

    Attributes:
        extractor: its name.
        layers: the layers that it claims.
        gold: the articles with their gold.
        predictions: one for each article, by article id.
        predicted_map: the label map that the extractor needs for this gold, if any.
        seconds: time spent extracting, cached and kept articles aside.
        fresh: how many articles were extracted in this run; the others were cached or kept.
        folder: where the run was written, if it was.
        facts: what identifies the run.
    """

    extractor: str
    layers: tuple[str, ...]
    gold: GoldDataset
    predictions: tuple[Prediction, ...]
    predicted_map: str | None = None
    seconds: float = 0.0
    fresh: int = 0
    folder: Path | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def articles_per_second(self) -> float | None:
        """Articles extracted in a second, or None when nothing had to be extracted."""
        return self.fresh / self.seconds if self.fresh and self.seconds else None


def run_extractor(
    extractor: str | Extractor | Callable[..., Any],
    dataset: str | Path | GoldDataset | None = None,
    *,
    split: str = "test",
    limit: int | None = None,
    batch_size: int | None = None,
    workers: int = 1,
    cache: bool = True,
    out: str | Path | None = None,
    options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Runs an extractor over the articles of a split.

    Args:
        extractor: a name as on the command line, an extractor object, or a function of one article.
        dataset: gold to run over, or where to load it from; the bundled gold by default.
        split: the split to load.
        limit: only the first articles by id.
        batch_size: articles handed over at once.
        workers: batches at once, for extractors that allow it.
        cache: reuse predictions that the same extractor made for the same article.
        out: a folder to write the run to, or to continue it in; nothing is written by default.
        options: settings of the extractor, such as `device`.
        progress: told after each batch how far the run is.

    Raises:
        EvalkitError: the extractor is unknown or unusable, the dataset cannot be used, or `out` not written.
    """
    system = resolve(extractor, options)
    gold = dataset if isinstance(dataset, GoldDataset) else load_dataset(dataset, split=split)
    gold = gold.subset(limit=limit)
    _refuse_without_text(gold)
    facts = run_facts(system, gold)
    key = run_key(facts)
    jobs = jobs_of(gold.examples, system)
    folder = None if out is None else RunFolder(Path(out))
    kept = [] if folder is None else _kept(folder, key, facts, jobs, fresh=not cache)
    begun = time.perf_counter()
    store = PredictionCache(str(facts["fingerprint"])) if cache else None
    made, fresh = _collect(system, jobs[len(kept) :], len(kept), folder, batch_size, workers, store, progress)
    seconds = time.perf_counter() - begun
    done = Run(
        extractor=system.name,
        layers=tuple(facts["layers"]),
        gold=gold,
        predictions=(*kept, *made),
        predicted_map=getattr(system, "default_label_map", None),
        seconds=seconds,
        fresh=fresh,
        folder=None if folder is None else folder.path,
        facts=facts,
    )
    if folder is not None:
        said = getattr(system, "facts", None)
        own = {"extractor_facts": dict(said())} if callable(said) else {}
        folder.write_facts(key, {**facts, **own, "complete": True})
        if fresh:
            folder.write_speed(seconds, fresh)
    return done


def lacks_text(example: Example) -> bool:
    """Whether something is annotated in an article whose text is not known."""
    return not example.article.text and any(getattr(example.gold, layer) for layer in LAYERS)


def _refuse_without_text(gold: GoldDataset) -> None:
    """Scoring needs no text, extracting does: without one everything in the article would count as missed."""
    for example in gold:
        if lacks_text(example):
            raise InputError(
                f"article {example.article.id!r} has annotations and no text to extract from; add its text, or score "
                "predictions made elsewhere with `evalkit score`"
            )


def _kept(
    folder: RunFolder, key: str, facts: Mapping[str, Any], jobs: Sequence[Job], *, fresh: bool
) -> list[Prediction]:
    """What the folder holds of this run already; a folder with other articles is begun anew."""
    kept = folder.open(key, facts, fresh=fresh)
    if [p.article_id for p in kept] == [job.article.id for job in jobs[: len(kept)]]:
        return kept
    return folder.open(key, facts, fresh=True)


def _collect(
    system: Extractor,
    jobs: Sequence[Job],
    before: int,
    folder: RunFolder | None,
    batch_size: int | None,
    workers: int,
    cache: PredictionCache | None,
    progress: Progress | None,
) -> tuple[list[Prediction], int]:
    done = fresh = 0

    def report(batch: Sequence[Prediction], cached: int) -> None:
        nonlocal done, fresh
        done, fresh = done + len(batch), fresh + len(batch) - cached
        if progress is not None:
            progress(before + done, before + len(jobs))

    if folder is None:
        made = run_jobs(system, jobs, batch_size=batch_size, workers=workers, cache=cache, on_done=report)
        return made, fresh
    with folder.appending() as append:

        def store(batch: Sequence[Prediction], cached: int) -> None:
            append(batch)
            report(batch, cached)

        made = run_jobs(system, jobs, batch_size=batch_size, workers=workers, cache=cache, on_done=store)
    return made, fresh


def resolve(extractor: str | Extractor | Callable[..., Any], options: Mapping[str, str] | None = None) -> Extractor:
    """The extractor behind a name, an object or a function."""
    if isinstance(extractor, str):
        from evalkit.extractors.table import load_extractor

        return load_extractor(extractor, options=options)
    if isinstance(extractor, Extractor) and not isinstance(extractor, type):
        return extractor
    from evalkit.extractors.callable import as_extractor

    return as_extractor(extractor, getattr(extractor, "__name__", type(extractor).__name__), options)


def run_facts(extractor: Extractor, gold: GoldDataset) -> dict[str, Any]:
    """What identifies a run: who was run over what, with which versions. Nothing that differs between two such runs."""
    return {
        "extractor": extractor.name,
        "fingerprint": extractor.fingerprint(),
        "layers": list(extractor.layers),
        "predicted_map": getattr(extractor, "default_label_map", None),
        "gold": gold.signature.removeprefix("gold:"),
        "gold_fingerprint": gold.fingerprint,
        "split": gold.split,
        "origin": dict(gold.origin),
        "articles": len(gold),
        "versions": {"evalkit": __version__, "python": platform.python_version(), **_versions()},
    }


def run_key(facts: Mapping[str, Any]) -> str:
    """A hash of what decides the predictions of a run."""
    parts = [facts[name] for name in ("extractor", "fingerprint", "gold", "gold_fingerprint", "split")]
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for name in ("numpy", "onnxruntime", "tokenizers"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def baseline_predictions(gold: GoldDataset) -> list[Prediction]:
    """What the trivial baseline predicts, for the floor in every table."""
    system = resolve(BASELINE)
    return run_jobs(system, jobs_of(gold.examples, system))
