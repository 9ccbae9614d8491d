"""Gold, and predictions if there are any, from tag-column files (CoNLL and its relatives)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.dataset.sources import ALL
from evalkit.formats.tags.articles import to_examples
from evalkit.formats.tags.reading import TagCorpus, read_tag_columns
from evalkit.layers.entities import ENTITIES
from evalkit.records import Prediction

__all__ = ["TagColumns", "load_tag_columns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagColumns:
    """What a tag-column file holds.

    Attributes:
        gold: one article a document; its inventory is the labels of the gold column.
        predictions: from the predicted column, or None if there is none.
        reading: how tags were read, for the signature, such as `tags:IOB2/begin`.
        notes: how documents and text were made, and everything that was mended, with numbers.
    """

    gold: GoldDataset
    predictions: tuple[Prediction, ...] | None
    reading: str
    notes: tuple[str, ...]


def load_tag_columns(
    gold_path: Path, predicted_path: Path | None = None, *, detokenise: str = "auto", **options: Any
) -> TagColumns:
    """Gold and predictions over the gold tokens.

    Args:
        gold_path: the file with the gold tags.
        predicted_path: the file with the predicted tags.
        detokenise: how text is rebuilt from tokens: auto, space, simple or marked (see `to_examples`).
        options: those of `read_tag_columns`.

    Raises:
        EvalkitError: what `read_tag_columns` and `to_examples` raise.
    """
    corpus = read_tag_columns(gold_path, predicted_path, **options)
    made = to_examples(corpus, detokenise=detokenise)
    labels = {entity.label for example in made.examples for entity in example.gold.entities or ()}
    inventory = load_inventory().with_labels(ENTITIES.name, sorted(labels))
    return TagColumns(
        gold=gold_dataset(
            made.examples,
            name=gold_path.stem,
            split=ALL,
            inventory=inventory,
            origin={"dataset": str(gold_path), "format": "conll", "detokenise": detokenise, **options},
        ),
        predictions=made.predictions,
        reading=f"tags:{corpus.gold_scheme}/{corpus.repair}",
        notes=_notes(corpus, made.detokenisation),
    )


def _notes(corpus: TagCorpus, detokenisation: str) -> tuple[str, ...]:
    schemes = corpus.gold_scheme
    if corpus.predicted_scheme not in (None, corpus.gold_scheme):
        schemes += f" (predicted {corpus.predicted_scheme})"
    policy = (
        f"tags read as {schemes}, illegal sequences by the policy {corpus.repair!r}; "
        f"one article a document ({corpus.document}); text rebuilt from tokens: {detokenisation}"
    )
    return (policy, *(f"{number} {what}" for what, number in corpus.notes.items()))
