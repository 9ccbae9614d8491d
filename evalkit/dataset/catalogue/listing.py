"""The catalogue as people and programs see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.dataset.catalogue.entry import Entry
from evalkit.dataset.catalogue.table import corpus_names, find_entry
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Catalogue", "list_datasets"]


@dataclass(frozen=True, repr=False)
class Catalogue:
    """The public corpora that can be asked for by name.

    Attributes:
        entries: what is known of each, by name.
    """

    entries: tuple[Entry, ...]

    def __repr__(self) -> str:
        """The names."""
        return f"<Catalogue: {', '.join(entry.name for entry in self.entries)}>"

    def __len__(self) -> int:
        """The number of corpora."""
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries, by name."""
        return iter(self.entries)

    def to_json(self) -> list[dict[str, Any]]:
        """An object for each corpus."""
        return [_row(entry) for entry in self.entries]

    def to_pandas(self) -> DataFrame:
        """One row a corpus."""
        import pandas as pd

        return pd.DataFrame(self.to_json())

    _repr_html_ = shown_html


def list_datasets() -> Catalogue:
    """The public corpora of the catalogue; nothing is fetched to list them."""
    return Catalogue(tuple(find_entry(name) for name in corpus_names()))


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "layers": list(entry.layers),
        "language": entry.language,
        "articles": sum(entry.articles.values()),
        "splits": dict(entry.articles),
        "items": dict(entry.items),
        "licence": entry.licence.identifier,
        "licence_name": entry.licence.name,
        "forbids": list(entry.licence.forbids),
        "about": entry.about,
        "cite": str(entry.cite),
        "bibtex": entry.cite.bibtex,
        "address": entry.address,
        "files": len(entry.files),
        "size": entry.size,
    }
