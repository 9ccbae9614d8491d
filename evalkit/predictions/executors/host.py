"""An extractor on a worker elsewhere: made from its spec, compared with the one that is asked for, asked in batches.

Nothing but bytes of JSON goes in and out, and nothing is raised: what is wrong is told.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from typing import Any

from evalkit.errors import ExtractorError
from evalkit.extractors.base import Extractor, spec_of, traits_of
from evalkit.extractors.table import is_elsewhere, is_foreign, load_extractor
from evalkit.extractors.worker.extractor import WorkerExtractor
from evalkit.extractors.worker.process import hindrance
from evalkit.extractors.worker.wire import answer_line, error_to_row
from evalkit.predictions.batches import predict_batch
from evalkit.predictions.executors.wire import Answer, answer_to_bytes, batches_from_bytes
from evalkit.version import __version__

__all__ = ["Host", "hello_for"]


def hello_for(extractor: Extractor, article_timeout: float | None, *, lenient: bool) -> bytes:
    """What a worker has to know to make the same extractor, and to see that it is the same.

    Args:
        extractor: the extractor as it is here.
        article_timeout: seconds after which an article fails; no limit if None.
        lenient: whether an article fails, and no more, at which its process ends by itself.

    Raises:
        ExtractorError: it was made from an object and not from a name.
    """
    spec = spec_of(extractor)
    hello = {
        "evalkit": __version__,
        "spelling": spec.spelling,
        "settings": dict(spec.settings),
        "layers": list(extractor.layers),
        "fingerprint": extractor.fingerprint(),
        "article_timeout": article_timeout,
        "lenient": lenient,
        "path": list(map(str, sys.path)),
        "folder": os.getcwd(),
    }
    traits = traits_of(extractor)
    return answer_line({**hello, "uncached": bool(traits.uncached), "variables": traits.variables})


class Host:
    """Has an extractor and predicts with it."""

    def __init__(self, hello: bytes) -> None:
        """An extractor that is made at once; that it cannot be made is said by `ready`."""
        self._refusal: dict[str, Any] = {}
        self._layers: tuple[str, ...] = ()
        try:
            asked = json.loads(hello)
            self._layers = tuple(asked["layers"])
            self._extractor = _made(asked)
        except BaseException as error:
            self._refusal = error_to_row(error)

    def ready(self) -> bytes:
        """A row of JSON: empty, or the error for which it cannot be used."""
        return answer_line(self._refusal)

    def work(self, batches: bytes) -> bytes:
        """The predictions for batches, as `answer_from_bytes` reads them."""
        made = []
        stop: BaseException | None = None
        begun = time.perf_counter()
        try:
            for batch in batches_from_bytes(batches):
                made.append(predict_batch(self._extractor, self._layers, batch))
        except BaseException as error:
            stop = error
        return answer_to_bytes(Answer(batches=made, stop=stop, busy=time.perf_counter() - begun))


def _made(asked: Mapping[str, Any]) -> Extractor:
    """The extractor that is asked for.

    Raises:
        EvalkitError: it cannot be made, or it is not the same.
    """
    place = platform.node() or "another machine"
    if asked["evalkit"] != __version__:
        raise ExtractorError(
            f"{place} has evalkit {__version__}, and here is {asked['evalkit']}; install the same there"
        )
    sys.path += [path for path in asked["path"] if path not in sys.path]
    with contextlib.suppress(OSError):
        # Settings may name files: where folders are shared, they are those that they are for whoever asks.
        os.chdir(asked["folder"])
    spelling, settings, limit = asked["spelling"], asked["settings"], asked["article_timeout"]
    elsewhere = is_elsewhere(spelling)
    extractor: Extractor
    if (is_foreign(spelling) or (limit is not None and not elsewhere)) and not hindrance():
        extractor = WorkerExtractor.named(spelling, settings, limit, lenient=asked["lenient"])
    else:
        extractor = load_extractor(spelling, options=settings)
        if limit is not None:
            limit_time = traits_of(extractor).limit_time
            if limit_time is None:
                raise ExtractorError(f"extractor {extractor.name!r} cannot be stopped after {limit:g} s on {place}")
            limit_time(limit)
    fingerprint = extractor.fingerprint()
    traits = traits_of(extractor)
    if not asked["uncached"] and not traits.uncached and fingerprint != asked["fingerprint"]:
        raise ExtractorError(
            f"extractor {extractor.name!r} is another one on {place}: its code, files or packages are not those that "
            "are here; install the same there"
        )
    if traits.variables != asked["variables"]:
        raise ExtractorError(
            f"extractor {extractor.name!r} asks for variables of the environment that have other values on {place} "
            "than here; set the same there"
        )
    return extractor
