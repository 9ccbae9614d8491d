"""The folders of shards: which there are, and everything that is wrong with them, said at once."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError, InputError
from evalkit.files import parse_json, part_inside, read_inside
from evalkit.options import Shard
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.run import Run
from evalkit.predictions.shards.facts import WholeRun, ranges
from evalkit.predictions.store import PREDICTIONS, RUN, RUN_ANEW, check_version, sha256_inside
from evalkit.showing import number_of

__all__ = ["ShardFolder", "found_shards", "shards_of"]

_AT_ONCE = 1 << 20
_SHOWN = 5
"""So many folders of which the like is wrong are named."""


@dataclass(frozen=True)
class ShardFolder:
    """A shard in its folder.

    Attributes:
        path: the folder.
        run: what its `run.json` says; without predictions.
        gold: which gold the whole run is about, with the articles of this shard alone.
        shard: which shard it is.
        whole: the run that it is a part of.
    """

    path: Path
    run: Run
    gold: GoldReference
    shard: Shard
    whole: WholeRun

    @property
    def predictions(self) -> Path:
        """The file of its predictions."""
        return self.path / PREDICTIONS

    @property
    def sha256(self) -> str:
        """What `run.json` says of that file."""
        return self.run.sha256


def found_shards(given: Iterable[Path], but: Path | None = None) -> list[Path]:
    """The run folders that are meant: each as it is given, or all below a folder, in the order of their paths.

    Args:
        given: run folders, or folders in which such lie at any depth; one that is named twice counts once.
        but: the folder that will be written, which may lie among them.

    Raises:
        InputError: there is no such folder, or none in it.
    """
    paths: dict[Path, Path] = {}
    for path in given:
        below = [path] if (path / RUN).exists() else sorted(_runs_below(path))
        if not below:
            what = "holds no run" if path.is_dir() else "is no folder"
            raise InputError(
                f"{path}: {what}; give the folders that `evalkit run --shard` wrote, or one that holds them"
            )
        paths |= {one.resolve(): one for one in below if one.resolve() not in paths}
    return [path for real, path in paths.items() if but is None or real != but.resolve()]


def _runs_below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if RUN in files:
            yield Path(place)


def shards_of(paths: Sequence[Path], *, partial: bool = False) -> list[ShardFolder]:
    """The finished shards of one run, in their order.

    Args:
        paths: their folders.
        partial: whether some may be missing or not be finished, which are left out then.

    Raises:
        InputError: one is missing, there twice, not finished, was changed, or is none of the same run; says all there
            is to say.
    """
    read, problems = list[ShardFolder](), list[str]()
    for path in paths:
        try:
            read.append(_read(path))
        except (EvalkitError, OSError) as error:
            problems.append(str(error))
    same, foreign = _of_one_run(read)
    finished = [one for one in same if one.run.complete]
    if not partial:
        problems += _missing(same)
        problems += _first(_unfinished(one, finished) for one in same if not one.run.complete)
    problems += _first(foreign) + _first(filter(None, map(_changed, finished))) + _first(_doubled(finished))
    if problems:
        count = f"{number_of(len(problems), 'reason')}: " if len(problems) > 1 else ""
        raise InputError(f"the shards cannot be merged: {count}{'; '.join(problems)}")
    if not finished:
        raise InputError("the shards cannot be merged: none is finished; the command that started one continues it")
    return sorted(finished, key=lambda one: one.shard)


def _read(path: Path) -> ShardFolder:
    """What lies in the folder of a shard.

    Raises:
        EvalkitError: it cannot be read, or is of no shard.
        OSError: it is not there.
    """
    facts = parse_json(read_inside(path / RUN), path / RUN, damaged=RUN_ANEW)
    if not isinstance(facts, dict):
        raise InputError(f"{path / RUN}: not an evalkit run; give the folder that evalkit run wrote")
    check_version(facts, path / RUN)
    run = Run.from_facts(facts, (), where=str(path / RUN))
    gold, shard, whole = run.gold, run.shard, run.whole
    if gold is None or shard is None or whole is None:
        raise InputError(f"{path}: is a whole run and no shard; leave it out")
    return ShardFolder(path, replace(run, path=path, sha256=str(facts.get("sha256", ""))), gold, shard, whole)


def _changed(one: ShardFolder) -> str:
    """What is wrong with the predictions of a finished shard; empty if nothing is."""
    try:
        if sha256_inside(one.predictions) == one.sha256:
            return ""
        why = "its predictions are not what the run recorded (another SHA-256)"
    except InputError as error:
        why = str(error)
    return f"{one.path}: {why}; run {one.shard.words} again"


def _first(problems: Iterable[str]) -> list[str]:
    """The first problems of a kind, and how many more there are."""
    listed = list(problems)
    more = len(listed) - _SHOWN
    return listed[:_SHOWN] + ([f"and {number_of(more, 'more folder')} of which the like holds"] if more > 0 else [])


def _unfinished(one: ShardFolder, finished: Sequence[ShardFolder]) -> str:
    elsewhere = next((other.path for other in finished if other.shard == one.shard), None)
    if elsewhere is not None:
        return f"{one.path}: {one.shard.words} is not finished there, and is in {elsewhere}; leave it out"
    of = number_of(one.gold.articles, "article")
    left = f"{one.gold.articles - _lines(one.predictions)} of {of} are missing"
    return f"{one.path}: {one.shard.words} is not finished, {left}; the command that started it continues it"


def _lines(path: Path) -> int:
    """How many whole lines a file has that may still be written."""
    lines, start = 0, 0
    while path.exists() and (piece := part_inside(path, start, _AT_ONCE)):
        lines += piece.count(b"\n")
        start += len(piece)
    return lines


def _doubled(shards: Sequence[ShardFolder]) -> list[str]:
    by_shard: dict[Shard, list[str]] = {}
    for one in shards:
        by_shard.setdefault(one.shard, []).append(str(one.path))
    return [
        f"{' and '.join(paths)} are each {shard.words}; leave out all but one"
        for shard, paths in sorted(by_shard.items())
        if len(paths) > 1
    ]


def _missing(shards: Sequence[ShardFolder]) -> list[str]:
    if not shards:
        return []
    of, there = shards[0].shard.of, {one.shard.number for one in shards}
    missing = [number for number in range(1, of + 1) if number not in there]
    are = "shard" if len(missing) == 1 else "shards"
    verb = "is" if len(missing) == 1 else "are"
    merged = "--partial merges what is there"
    return [f"{are} {ranges(missing)} of {of} {verb} missing ({merged})"] if missing else []


def _identity(one: ShardFolder) -> dict[str, Any]:
    """What all shards of a run have in common, by what it is called."""
    run, whole = one.run, one.whole
    made = run.made_by
    own: dict[str, Any] = {
        "shards": one.shard.of,
        "model": made.spelling or run.extractor,
        "gold": str(one.gold),
        "how the gold was read": one.gold.reading,
        "articles": [whole.articles, whole.limit, list(whole.chosen)],
        "settings": dict(made.settings),
        "code or files of the model": made.fingerprint,
        "variables of the environment": made.environment,
        "layers": list(run.layers or ()),
        "label map": run.default_label_map,
        "what is scored": run.stated_scoring,
        "how it is scored": whole.to_json()["scored"],
    }
    return own | {f"version of {name}": number for name, number in made.versions.items()}


def _of_one_run(shards: Sequence[ShardFolder]) -> tuple[list[ShardFolder], list[str]]:
    """The shards of the run that most of them are of, and what tells each other from these."""
    if not shards:
        return [], []
    identities = list(map(_identity, shards))
    keys = [json.dumps(one, sort_keys=True) for one in identities]
    usual = Counter(keys).most_common(1)[0][0]
    reference = identities[keys.index(usual)]
    others = [
        f"{one.path}: is a shard of another run ({_difference(own, reference)})"
        for one, own, key in zip(shards, identities, keys, strict=True)
        if key != usual
    ]
    return [one for one, key in zip(shards, keys, strict=True) if key == usual], others


def _difference(own: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    names = [name for name in {**reference, **own} if own.get(name) != reference.get(name)]
    return ", ".join(f"{name}: {_shown(own.get(name))}, not {_shown(reference.get(name))}" for name in names[:3])


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"{text or 'none':.80}"
