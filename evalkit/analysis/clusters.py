"""Articles that stand or fall together, such as those about one story: drawn as one unit by the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.slices import article_properties
from evalkit.records import Article
from evalkit.registry import unknown_name

__all__ = ["clustered"]


def clustered(bootstrap: Bootstrap, articles: Sequence[Article], field: str | None) -> Bootstrap:
    """The bootstrap that draws the articles of one value of a field together; as it is if the field is None.

    Args:
        bootstrap: how intervals are made.
        articles: the articles that are scored.
        field: source, year, lang or a key of the metadata; an article without a value stands alone.

    Raises:
        UnknownNameError: no article has the field.
    """
    if field is None:
        return bootstrap
    properties = article_properties(articles)
    if field not in properties:
        raise unknown_name("cluster field", field, properties)
    return replace(bootstrap, clusters=properties[field], clustered_by=field)
