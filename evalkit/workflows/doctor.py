"""Looking at an installation: what is there, what can be run, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.extractors.catalog import list_models
from evalkit.extractors.installation import (
    ActiveSetting,
    Installation,
    look_at_cache,
    look_at_extras,
    look_at_processor,
    look_at_versions,
)
from evalkit.origin import install_command

__all__ = ["check_installation"]


def check_installation(settings: Sequence[ActiveSetting] = (), problems: Sequence[str] = ()) -> Installation:
    """What is installed here and what is wrong; nothing is loaded or fetched for it.

    Args:
        settings: what is taken from the project and the environment, where somebody knows that, as the command does.
        problems: what is known to be wrong besides.
    """
    versions, cache = look_at_versions(), look_at_cache()
    lacking = [name for name, number in versions.items() if not number]
    wrong = [*problems]
    if lacking:
        wrong.append(f"{', '.join(lacking)} not installed: {install_command(options='--force-reinstall')}")
    if cache.problem:
        wrong.append(f"nothing can be kept in the cache: {cache.problem}; set EVALKIT_CACHE to a folder of yours")
    return Installation(
        versions=versions,
        extras=look_at_extras(),
        cache=cache,
        processor=look_at_processor(),
        models={one.name: f"{one.missing}: {one.install}" if one.missing else "" for one in list_models()},
        settings=tuple(settings),
        problems=tuple(wrong),
    )
