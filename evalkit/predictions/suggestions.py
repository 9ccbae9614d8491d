"""What a system predicted as files of an annotation tool: suggestions, for people to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.loading.sources import check_target
from evalkit.dataset.making.convert import losses_by_layer, write_batch
from evalkit.errors import InputError, OutputError
from evalkit.folders import beside_staged, staged
from evalkit.formats.base import Batch, Format, Losses
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Example, Prediction
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Suggestions", "check_destination", "suggested"]


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    """What was written.

    Attributes:
        path: the new file or folder.
        beside: the files that belong to it and lie beside it, by name, such as the configuration of a tool.
        format: the name of its format.
        extractor: whose suggestions they are.
        articles: how many articles were written.
        losses: what the format could not hold.
        failed: the articles that are not in it, as the extractor failed at them, and why.
        notes: what is to be said besides.
    """

    path: Path
    format: str
    extractor: str
    articles: int
    losses: Losses
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What was written and lost, by layer, as JSON values."""
        return {
            "format": "evalkit.suggestions",
            "version": 1,
            "path": str(self.path),
            "beside": list(self.beside),
            "written_as": self.format,
            "extractor": self.extractor,
            "articles": self.articles,
            "layers": losses_by_layer(self.losses),
            "left_out": dict(self.losses.left_out),
            "failed": dict(self.failed),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a layer: items predicted, written and lost."""
        import pandas as pd

        rows = [
            {"layer": layer, "predicted": row["read"], "written": row["written"], "lost": sum(row["lost"].values())}
            for layer, row in losses_by_layer(self.losses).items()
        ]
        return pd.DataFrame(rows, columns=["layer", "predicted", "written", "lost"])

    _repr_html_ = shown_html


def check_destination(destination: Path, to: str, write: ReadOptions) -> Format:
    """The format that suggestions will be written in, if they can be written there, with this profile and settings.

    Raises:
        UnknownNameError: there is no such format.
        InputError: it is only read, has no such setting, or nothing that a profile could map.
        OutputError: the destination exists.
    """
    form = load_format(to)
    if form.write is None:
        raise InputError(f"format {to!r} is only read, not written; choose another")
    if destination.exists() and (destination.is_file() or any(destination.iterdir())):
        raise OutputError(f"{destination}: exists already; name a new file or folder")
    check_target(form, write, f"{destination}: is written as {to}")
    return form


def suggested(
    articles: Sequence[Article],
    predictions: Sequence[Prediction],
    destination: Path,
    *,
    to: str,
    extractor: str,
    write: ReadOptions,
    notes: Sequence[str] = (),
    remarks: Mapping[tuple[str, str], Mapping[tuple[str, int], str]] | None = None,
) -> Suggestions:
    """Writes predictions over articles to a new file or folder.

    A tool that knows suggestions gets them as such, any other format what people would have annotated. What the format
    cannot hold is left out and counted; articles that failed are left out and named.

    Args:
        articles: the articles.
        predictions: those of each, in any order.
        destination: the new file or folder.
        to: the name of the format.
        extractor: whose predictions they are.
        write: the profile and the settings with which the format is written.
        notes: what is to be said besides.
        remarks: what a tool that knows notes shows at items, as `Batch` has it.

    Raises:
        UnknownNameError: there is no such format.
        InputError: it is only read, or there is nothing to write.
        OutputError: the destination exists, or cannot be written.
    """
    form = check_destination(destination, to, write)
    failed = {one.article_id: one.error for one in predictions if one.error is not None}
    made = {one.article_id: one for one in predictions if one.error is None}
    kept = [article for article in articles if article.id in made]
    if not kept:
        raise InputError(f"{destination}: nothing to write, as there is no prediction for any article")
    if textless := [article.id for article in kept if not article.text]:
        raise InputError(f"{destination}: article {textless[0]!r} has no text to suggest anything in; give its text")
    batch = Batch(
        examples=tuple(Example(article=article, gold=Annotations()) for article in kept),
        predictions=tuple(made[article.id] for article in kept),
        system=extractor,
        remarks=remarks or {},
    )
    if form.documents is None:
        examples = (replace(example, gold=made[example.article.id].annotations) for example in batch.examples)
        batch = Batch(examples=tuple(examples))
    with staged(destination) as target:
        losses = write_batch(form, batch, target, write)
        beside = beside_staged(target)
    return Suggestions(
        path=destination,
        format=form.name,
        extractor=extractor,
        articles=len(kept),
        losses=losses,
        failed=failed,
        notes=tuple(notes),
        beside=beside,
    )
