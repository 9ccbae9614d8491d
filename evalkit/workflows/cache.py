"""The cache as a whole: what is in it, and making room."""

from __future__ import annotations

from evalkit.predictions.cache_contents import CacheContents, cache_contents, cleared_cache

__all__ = ["clear_cache", "list_cache"]


def list_cache() -> CacheContents:
    """What is kept of which extractor, so that nobody is asked twice, and of large gold; corpora are not part of it.

    Raises:
        InputError: the folder of the cache cannot be read, or holds what is not evalkit's.
    """
    return cache_contents()


def clear_cache(*, model: str | None = None, older_than: str | None = None) -> CacheContents:
    """Removes what is kept of extractors and of large gold, and says what that was.

    A run that is at work goes on: what it does not find it asks for again.

    Args:
        model: only what is kept of this extractor, by its name in `list_cache`, and nothing of gold.
        older_than: only files that nobody added to or read from for so long, as `30d`, `12h`, `8w` or `90m`.

    Raises:
        InputError: the folder holds what is not evalkit's, when nothing is removed; or it is no span of time.
    """
    return cleared_cache(model=model, older_than=older_than)
