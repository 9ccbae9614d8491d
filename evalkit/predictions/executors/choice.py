"""The executor that a run is asked for."""

from __future__ import annotations

from evalkit.options import Running
from evalkit.predictions.executors.base import Executor
from evalkit.predictions.executors.local import LocalExecutor

__all__ = ["executor_of"]


def executor_of(running: Running) -> Executor:
    """Where the batches of a run are worked on, as its options say."""
    if running.executor == "local":
        return LocalExecutor(running.workers)
    from evalkit.predictions.executors.cluster import RayExecutor

    return RayExecutor(
        running.workers,
        running.address,
        article_timeout=running.article_timeout,
        lenient=running.max_failures is not None,
    )
