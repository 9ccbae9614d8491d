"""A run: predictions with what made them, in one record, wherever they lie: a folder, a baseline, a shard, memory."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.errors import FormatError, InputError
from evalkit.files import path_of
from evalkit.formats.native.rows import prediction_line, prediction_to_row
from evalkit.formats.native.stored import StoredRecords
from evalkit.harmless import clean
from evalkit.options import Scoring, Shard
from evalkit.predictions.admission import Refused, admit
from evalkit.predictions.facts import GoldReference, MadeBy, checked_facts, stated
from evalkit.predictions.lines import checked_line, sha256_of
from evalkit.predictions.shards.facts import MergedShards, WholeRun, no_figures
from evalkit.predictions.store import FORMAT_VERSION, RESULT, RUN, RunFolder, current_result, read_run
from evalkit.records import Article, Example, Prediction
from evalkit.results import EvalResult, failures_beyond
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["GoldReference", "MadeBy", "Run", "refuse_shard"]

_ARTICLE = re.compile(rb'\{"id":"([^"]+)"')
"""What a line of predictions begins with."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Run:
    """What an extractor predicted for the articles of a split.

    Attributes:
        extractor: its name; for a file of predictions that of the file.
        predictions: at most one an article; those of a large file stay in it.
        layers: the layers that it claims; None if only the predictions tell.
        gold: the gold that it is about; None for predictions that do not say.
        made_by: what made it.
        default_label_map: the label map that the extractor needs for this gold, if any.
        scoring: how it was scored, where that is not the usual way: label maps and labels.
        result: its stored result, if there is one.
        shard: which part of how many, counted from 1; None for a whole run.
        whole: of a shard, the run that it is a part of.
        merged: of a run that was merged, its shards, and which of them are missing.
        complete: whether every article has been tried.
        sha256: of `predictions.jsonl`; empty for a run that lies nowhere.
        path: where it lies, if it lies somewhere.
        edited: that its predictions are not those that `run.json` records, a sentence; empty if they are.
        notes: what is to be said about how its predictions were read, each a sentence.
        asides: what is to be said about this time alone, such as that something kept was damaged; no file has it.
        dataset: the gold itself, if the run was made in this process.
        admitted: its predictions, if they were let in for this gold when they were made; others are looked at again.
        read: its predictions, if they were read from a run folder: of these only places in the text need another look.
        seconds: time spent extracting, cached and kept articles aside.
        fresh: how many articles were extracted; the others were cached or kept.
        max_failures: how many articles were allowed to fail; all but one if None.
    """

    extractor: str
    predictions: Sequence[Prediction]
    layers: tuple[str, ...] | None = None
    gold: GoldReference | None = None
    made_by: MadeBy = field(default_factory=MadeBy)
    default_label_map: str | None = None
    scoring: Scoring = field(default_factory=Scoring)
    result: EvalResult | None = field(default=None, compare=False)
    shard: Shard | None = None
    whole: WholeRun | None = None
    merged: MergedShards | None = None
    complete: bool = True
    sha256: str = field(default="", compare=False)
    path: Path | None = field(default=None, compare=False)
    edited: str = field(default="", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    asides: tuple[str, ...] = field(default=(), compare=False)
    dataset: GoldDataset | None = field(default=None, compare=False)
    admitted: Sequence[Prediction] = field(default=(), compare=False)
    read: Sequence[Prediction] = field(default=(), compare=False)
    seconds: float = field(default=0.0, compare=False)
    fresh: int = field(default=0, compare=False)
    max_failures: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        # A pair of numbers does as well.
        object.__setattr__(self, "shard", None if self.shard is None else Shard(*self.shard))

    @property
    def place(self) -> str:
        """Where it lies, else its name, for messages."""
        return self.extractor if self.path is None else str(self.path)

    @property
    def article_ids(self) -> tuple[str, ...]:
        """The ids of its articles, in their order; of predictions in a file that takes no look into it."""
        if isinstance(self.predictions, StoredRecords):
            return tuple(self.predictions.ids)
        return tuple([one.article_id for one in self.predictions])

    @property
    def failed(self) -> dict[str, str]:
        """Article id → error; of predictions in a file only lines that may have one are decoded."""
        predictions = self.predictions
        if not isinstance(predictions, StoredRecords):
            return {one.article_id: one.error for one in predictions if one.error is not None}
        errors = predictions.glances(_without_error, lambda one: (one.article_id, one.error), lambda one: one[0])
        return {name: error for name, error in errors if error is not None}

    @property
    def shortfall(self) -> str:
        """Why the run is not one to go by, in one line: too much failed, or nothing was evaluated; empty if it is."""
        said = failures_beyond(self.failed, len(self.predictions), self.max_failures)
        return said or ("" if self.result is None else self.result.shortfall)

    @property
    def articles_per_second(self) -> float | None:
        """Articles extracted in a second, or None when nothing had to be extracted."""
        return self.fresh / self.seconds if self.fresh and self.seconds else None

    @property
    def key(self) -> str:
        """A hash of what decides the predictions: who was run over what."""
        shard = () if self.shard is None else (self.shard.spelling,)
        return hashlib.sha256("\n".join((*self._who_over_what, *shard)).encode()).hexdigest()

    @property
    def key_of_whole(self) -> str:
        """The key of the run that a shard is a part of; of a whole run its own."""
        return hashlib.sha256("\n".join(self._who_over_what).encode()).hexdigest()

    @property
    def _who_over_what(self) -> tuple[str, ...]:
        gold = self.gold
        named = ("", "", "") if gold is None else (gold.short, gold.fingerprint, gold.split)
        return (self.extractor, self.made_by.fingerprint, *named)

    @property
    def partial(self) -> str:
        """What share of the articles of the whole it is, a sentence; empty if no shard is missing."""
        return "" if self.merged is None else self.merged.note(0 if self.gold is None else self.gold.articles)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What is to be said of it wherever its figures stand: that it is a part, that somebody edited it."""
        return tuple(filter(None, (self.partial, self.edited)))

    @property
    def facts(self) -> dict[str, Any]:
        """What identifies the run, as a result keeps it: nothing that differs between two such runs."""
        made, gold = self.made_by, self.gold
        facts: dict[str, Any] = {"extractor": self.extractor}
        if made.fingerprint:
            facts |= {"fingerprint": made.fingerprint}
        if self.layers is not None:
            facts |= {"layers": list(self.layers), "predicted_map": self.default_label_map}
        if gold is not None:
            facts |= {
                "gold": gold.short,
                "gold_fingerprint": gold.fingerprint,
                "split": gold.split,
                "origin": dict(gold.origin),
                **({"reading": gold.reading} if gold.reading else {}),
                "articles": gold.articles,
            }
        own = {"spelling": made.spelling, "settings": dict(made.settings), "versions": dict(made.versions)}
        partial = {} if self.merged is None else self.merged.facts
        return facts | {name: value for name, value in own.items() if value} | partial

    @property
    def stored_facts(self) -> dict[str, Any]:
        """What `run.json` says besides its format."""
        made = self.made_by
        more: dict[str, Any] = {
            "command": made.command,
            "scoring": stated(self.scoring),
            "extractor_facts": dict(made.facts),
            "shard": None if self.shard is None else list(self.shard),
            "whole": None if self.whole is None else self.whole.to_json(),
            "shards": None if self.merged is None else [dict(one) for one in self.merged.shards],
            "sha256": self.sha256,
            "complete": self.complete,
        }
        return self.facts | {name: value for name, value in more.items() if value}

    @property
    def stated_scoring(self) -> dict[str, Any]:
        """How it was scored, where that is not the usual way, with the label map that it needs."""
        scoring = replace(self.scoring, predicted_label_map=self.scoring.predicted_label_map or self.default_label_map)
        return stated(scoring, "" if self.gold is None else self.gold.reading)

    @property
    def measure(self) -> dict[str, Any]:
        """What two runs must share to be comparable.

        How each came to the gold's labels is its own affair, and so is how sure it had to be.
        """
        return {
            name: value for name, value in self.stated_scoring.items() if name not in ("predicted_map", "min_score")
        }

    def to_json(self) -> dict[str, Any]:
        """The run as JSON values: what `run.json` says, and the predictions."""
        head = {"format": "evalkit.run", "version": FORMAT_VERSION}
        return head | self.stored_facts | {"predictions": [prediction_to_row(one) for one in self.predictions]}

    def to_pandas(self, layer: str = "articles") -> DataFrame:
        """One row for each predicted item of a layer, as for gold; by default one row for each article.

        Raises:
            UnknownNameError: there is no such layer.
        """
        import pandas as pd

        if layer == "articles":
            return pd.DataFrame([_article_row(prediction) for prediction in self.predictions])
        known = {} if self.dataset is None else {example.article.id: example.article for example in self.dataset}
        examples = [
            Example(article=known.get(name := one.article_id, Article(id=name, text="")), gold=one.annotations)
            for one in self.predictions
        ]
        items = gold_dataset(examples, name=self.extractor, split="", inventory=load_inventory())
        return items.to_pandas(layer)

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        about = "" if self.gold is None else f" on {self.gold.short}, {self.gold.split}"
        return clean(f"<Run {self.extractor}{about}, {number_of(len(self.predictions), 'article')}>")

    def save(self, path: str | Path) -> Run:
        """Writes the run to a folder, and gives the run that lies there.

        Raises:
            InputError: a prediction is none that could be read back, or its result is one of other predictions.
            OutputError: the folder holds another run or something else, or cannot be written.
        """
        folder = RunFolder(path_of(path, "a run is saved to the path of a folder"))
        articles = {} if self.dataset is None else {one.article.id: one.article for one in self.dataset}
        predictions = []
        for prediction in self.predictions:
            admitted = admit(prediction, articles.get(prediction.article_id), self.layers)
            if isinstance(admitted, Refused):
                raise InputError(f"article {prediction.article_id!r}: {admitted.reason}; nothing was saved")
            predictions.append(admitted)
        whole = self.gold is None or len(predictions) == self.gold.articles
        made_of = "" if self.result is None else self.result.run.get("sha256")
        if made_of and made_of not in [sha256_of(predictions, line) for line in (checked_line, prediction_line)]:
            raise InputError(
                f"{self.place}: its result was made of other predictions than these; save it without "
                "(replace(run, result=None)) and score it again"
            )
        with folder.held("saving a run"):
            if not folder.claim(self.key, self.facts):
                folder.write_facts(self.key, replace(self, complete=False, sha256="").stored_facts)
            sha256 = folder.write_predictions(predictions)
            saved = replace(self, path=folder.path, sha256=sha256, complete=self.complete and whole)
            folder.write_facts(self.key, saved.stored_facts)
            folder.remove_old_result(saved.sha256)
            if self.result is None:
                return saved
            notes = tuple(note for note in self.result.notes if note not in self.asides)
            result = replace(self.result, run={**self.result.run, "sha256": saved.sha256}, notes=notes)
            folder.write_result(result)
            return replace(saved, result=result)

    @classmethod
    def load(cls, path: str | Path, *, result: bool = True, in_place: bool = False) -> Run:
        """The run in a folder, finished or not; without its stored result if that is not asked for.

        Predictions of a large run stay in their file; `in_place` those of others too, for who needs few of them.

        Raises:
            InputError: there is no run, or its result is one of other predictions than those beside it.
            FormatError: a file of it is damaged.
        """
        folder = path_of(path, "a run is loaded from the path of its folder")
        facts, predictions, sha256 = read_run(folder, in_place=in_place)
        run = cls.from_facts(facts, predictions, where=str(folder / RUN))
        run = replace(run, read=run.predictions)
        edited = run.complete and facts.get("sha256", sha256) != sha256
        articles = len(predictions) if run.gold is None else run.gold.articles
        if not edited and (len(predictions) > articles or (run.complete and len(predictions) < articles)):
            raise FormatError(
                f"{folder / RUN}: damaged: says {number_of(articles, 'article')}, and the predictions beside it are of "
                f"{len(predictions)}; run again"
            )
        run = replace(run, complete=run.complete and len(predictions) == articles, sha256=sha256, path=folder)
        if edited:
            run = replace(run, edited=f"the predictions in {folder} are not what the run recorded (another SHA-256)")
        if not result or not run.complete or not os.path.lexists(folder / RESULT):
            return run
        stored = current_result(folder)
        return replace(run.scored_as(stored.run.get("scoring")), result=stored)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], predictions: Iterable[Prediction], *, where: str) -> Run:
        """The run that `run.json`, or the head of a baseline, tells of.

        Raises:
            FormatError: a fact is not of its kind; names the place and the fact.
        """
        said = {name: value for name, value in checked_facts(facts, where).items() if value is not None}
        if not said.get("extractor"):
            raise FormatError(f"{where}: not an evalkit run; give the folder that evalkit run wrote")
        gold = None
        if "gold_fingerprint" in said:
            named = said.get("gold", "")
            gold = GoldReference(
                name=named.rpartition("@")[0] or named,
                fingerprint=said["gold_fingerprint"],
                split=said.get("split", ""),
                articles=said.get("articles", 0),
                origin=dict(said.get("origin", {})),
                reading=said.get("reading", ""),
            )
        shard, whole = said.get("shard"), said.get("whole")
        run = cls(
            extractor=said["extractor"],
            predictions=predictions if isinstance(predictions, StoredRecords) else tuple(predictions),
            layers=tuple(said["layers"]) if "layers" in said else None,
            gold=gold,
            made_by=MadeBy(
                fingerprint=said.get("fingerprint", ""),
                spelling=said.get("spelling", ""),
                settings=dict(said.get("settings", {})),
                versions=dict(said.get("versions", {})),
                command=said.get("command", ""),
                facts=dict(said.get("extractor_facts", {})),
            ),
            default_label_map=said.get("predicted_map") or None,
            shard=None if shard is None else Shard(*shard),
            whole=None if whole is None else WholeRun.from_json(whole),
            merged=MergedShards.of_facts(said),
            complete=said.get("complete", False),
        )
        return run.scored_as(said.get("scoring"))

    @classmethod
    def of_result(cls, result: EvalResult) -> Run:
        """The run that a result tells of, without its predictions.

        Raises:
            FormatError: the result has a fact that is not of its kind.
        """
        where = f"result of {result.extractor}"
        gold = {"gold": result.gold, "gold_fingerprint": result.gold.rpartition("@")[2], "split": result.split}
        facts = {**gold, "articles": result.articles, **result.run, "extractor": result.extractor, "complete": True}
        return replace(cls.from_facts(facts, (), where=where), result=result)

    def scored_as(self, scoring: Mapping[str, Any] | None) -> Run:
        """The run with what a result, a baseline or `run.json` says about how it was scored (see `stated`)."""
        said = scoring or {}
        gold = self.gold
        return replace(
            self,
            scoring=Scoring(
                label_map=said.get("label_map"),
                gold_label_map=said.get("gold_map"),
                predicted_label_map=said.get("predicted_map"),
                labels=tuple(said.get("labels") or ()),
                scope=tuple(said.get("scope") or ()),
                min_score=tuple(said.get("min_score") or ()),
                without=tuple(said.get("without") or ()),
            ),
            gold=gold and replace(gold, reading=said.get("reading") or gold.reading),
        )

    _repr_html_ = shown_html


def refuse_shard(run: Run) -> None:
    """Refuses a shard where a run is wanted that has figures: of a part they would be taken for those of the whole.

    Raises:
        InputError: it is one; says what to do.
    """
    if run.shard is not None:
        raise InputError(no_figures(run.place, run.shard))


def _without_error(line: bytes) -> tuple[str, str | None] | None:
    """The article of a line that surely has no error, or None; a key could be spelled with escapes."""
    article = None if b'"error"' in line or b"\\" in line else _ARTICLE.match(line)
    return None if article is None else (article[1].decode(), None)


def _article_row(prediction: Prediction) -> dict[str, Any]:
    return {
        "article_id": prediction.article_id,
        **{layer: len(items) for layer, items in prediction.annotations.layers.items()},
        "error": prediction.error,
        "seconds": prediction.seconds,
        **prediction.usage,
    }
