"""Categories: labels for a whole article, such as its section or its genre.

They are items without spans. Where a dataset has the label in the metadata of its articles, its `labels.toml` says so,
and every article whose file holds no categories has that one::

    [layers.categories]
    metadata = "section"

    [categories.politics]
    definition = "Governments, parties, elections."

With labels declared, a value that is none of them is a problem as in any other layer; without, any value will do.
"""

from __future__ import annotations

from evalkit.layers.base import Layer
from evalkit.records import Category

__all__ = ["CATEGORIES"]

CATEGORIES: Layer[Category] = Layer(
    name="categories",
    one="category",
    record=Category,
    prefix="c",
    spans_field=None,
    from_metadata=lambda value: Category(id="c1", label=value),
)
