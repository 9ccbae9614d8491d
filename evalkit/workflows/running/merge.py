"""Merging: the shards of a run become the run, to the byte what it would be had one machine made it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.dataset.gold import GoldDataset, article_ids
from evalkit.errors import InputError
from evalkit.files import path_of
from evalkit.options import listed
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.run import Run
from evalkit.predictions.shards.assignment import part_of_gold, shard_number
from evalkit.predictions.shards.facts import MergedShards
from evalkit.predictions.shards.folders import ShardFolder, found_shards, shards_of
from evalkit.predictions.shards.lines import merged_lines
from evalkit.predictions.store import RunFolder
from evalkit.showing import number_of
from evalkit.text.zones import zoned
from evalkit.version import __version__
from evalkit.workflows.inputs import gold_from, read_again
from evalkit.workflows.running.measure import scored_run
from evalkit.workflows.running.run import notes_of

__all__ = ["merge_runs"]


def merge_runs(
    shards: Run | str | Path | Iterable[Run | str | Path],
    *,
    out: str | Path | None = None,
    dataset: GoldDataset | str | Path | None = None,
    partial: bool = False,
) -> Run:
    """The run of which there are all shards, in its folder; scored as its shards say that it is.

    Predictions, figures, intervals, signatures and notes are those of a run that was never divided, byte for byte;
    `run.json` says besides what each shard was made by.

    Args:
        shards: the folders that `run_extractor(…, shard="I/N", out=…)` or `evalkit run --shard I/N` wrote, runs that
            lie in such, or a folder that holds them.
        out: the folder to write; `runs/NAME-KEY` if None. What a merge left there that was interrupted is finished.
        dataset: the gold, or where it is now, if not where the shards found it.
        partial: whether some shards may be missing or not finished. The run is then one over the articles of the
            others, and says so.

    Raises:
        InputError: shards are missing, there twice, not finished, or of other runs; says all at once.
        OutputError: `out` holds another run, or cannot be written.
    """
    given = [_folder(one) for one in listed(shards, Run, wanted=_WANTED)]
    if not given:
        raise InputError(f"there is no shard to merge; {_WANTED}")
    target = None if out is None else path_of(out, "out must be the path of a folder")
    parts = shards_of(found_shards(given, target), partial=partial)
    first = parts[0]
    _check_version(first)
    gold = _gold_of(first, dataset)
    _check_articles(parts, gold)
    merged = _merged(parts, gold)
    over = part_of_gold(gold, {one.shard.number for one in parts}, first.shard.of) if merged.missing else gold
    if not len(over) and merged.missing:
        raise InputError("the shards cannot be merged: those that are finished have no article; wait for others")
    run = _planned(parts, over, merged)
    folder = RunFolder(target or RunFolder.default(run.extractor, run.key).path)
    with folder.held("merging shards"):
        run = _with_predictions(run, parts, over, folder)
        whole = first.whole
        run = replace(run, notes=notes_of(run, over.examples, (zoned(one.article) for one in over), whole.languages))
        if whole.scored is None:
            return run
        uncached = str(run.made_by.facts.get("uncached") or whole.uncached)
        return scored_run(over, run, whole.scored, folder, prices=whole.prices, uncached=uncached)


_WANTED = "shards must be run folders, runs that lie in folders, or a folder that holds them"


def _folder(given: Run | str | Path) -> Path:
    if not isinstance(given, Run):
        return path_of(given, _WANTED)
    if given.path is None:
        raise InputError(
            f"{given.extractor}: {'no shard' if given.shard is None else given.shard.words} lies in no "
            "folder; run it with out=, or save it first"
        )
    return given.path


def _check_version(shard: ShardFolder) -> None:
    """Another version of evalkit may score otherwise: then the run would be none that anybody could make."""
    version = shard.run.made_by.versions.get("evalkit", "")
    if version != __version__:
        raise InputError(
            f"the shards cannot be merged: they were made by evalkit {version or 'of another version'}, this is "
            f"{__version__}; merge them with the one that made them, or run them again"
        )


def _gold_of(shard: ShardFolder, dataset: GoldDataset | str | Path | None) -> GoldDataset:
    """The gold of the whole run, as its shards read it.

    Raises:
        InputError: it cannot be found, or is not what it was.
    """
    wanted, whole = shard.gold, shard.whole
    found, read = read_again(wanted.origin, wanted.split)
    if dataset is None and found is None:
        raise InputError(f"{shard.path}: does not say where its gold is; give it with --dataset")
    read = replace(read, limit=whole.limit, articles=whole.chosen)
    gold = gold_from(found if dataset is None else dataset, read, shard.run.scoring.gold_maps)
    if gold.fingerprint != wanted.fingerprint:
        place = gold.name if isinstance(dataset, GoldDataset) else dataset or found
        raise InputError(
            f"{shard.path}: was made for gold {wanted.fingerprint}, but {place} is {gold.fingerprint} now; run the "
            "shards again, or name the old gold with --dataset"
        )
    # What it is called where it was run stands in signatures, wherever it lies now.
    return replace(gold, name=wanted.name, origin=wanted.origin)


def _check_articles(parts: Sequence[ShardFolder], gold: GoldDataset) -> None:
    """Refuses shards that hold more or fewer articles than fall to them."""
    of = parts[0].shard.of
    wanted = dict.fromkeys(range(1, of + 1), 0)
    for name in article_ids(gold.examples):
        wanted[shard_number(name, of)] += 1
    odd = [one for one in parts if one.gold.articles != wanted[one.shard.number]]
    if odd:
        said = "; ".join(
            f"{one.path}: has {number_of(one.gold.articles, 'article')}, {one.shard.words} has "
            f"{wanted[one.shard.number]}"
            for one in odd[:5]
        )
        raise InputError(f"the shards cannot be merged: {said}; run them again")


def _merged(parts: Sequence[ShardFolder], gold: GoldDataset) -> MergedShards:
    of, there = parts[0].shard.of, {one.shard.number for one in parts}
    return MergedShards(
        of=of,
        shards=tuple(
            {
                "shard": one.shard.number,
                "articles": one.gold.articles,
                "command": one.run.made_by.command,
                "versions": dict(one.run.made_by.versions),
                "sha256": one.sha256,
            }
            for one in parts
        ),
        missing=tuple([number for number in range(1, of + 1) if number not in there]),
        articles=len(gold),
        gold_fingerprint=gold.fingerprint,
    )


def _planned(parts: Sequence[ShardFolder], over: GoldDataset, merged: MergedShards) -> Run:
    """The merged run before its predictions are there."""
    run = parts[0].run
    made = replace(run.made_by, command=_without_shard(run.made_by.command), facts=_facts(parts))
    return replace(
        run,
        made_by=made,
        gold=GoldReference.of(over),
        dataset=over,
        shard=None,
        whole=None,
        merged=merged,
        complete=False,
        sha256="",
        path=None,
    )


def _facts(parts: Sequence[ShardFolder]) -> dict[str, Any]:
    """What the extractor said of itself, as far as shards agree; where they do not, all that was said.

    A shard without an article asked it nothing.
    """
    said: dict[str, list[Any]] = {}
    for one in [own for own in parts if own.gold.articles] or parts:
        for name, value in one.run.made_by.facts.items():
            values = said.setdefault(name, [])
            if value not in values:
                values.append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in said.items()}


def _without_shard(command: str) -> str:
    """The command line of the whole run."""
    words, kept = iter(shlex.split(command)), list[str]()
    for word in words:
        if word == "--shard":
            next(words, "")
        elif not word.startswith("--shard="):
            kept.append(word)
    return shlex.join(kept)


def _with_predictions(run: Run, parts: Sequence[ShardFolder], over: GoldDataset, folder: RunFolder) -> Run:
    """The merged run as it lies in its folder; what is there of it already is not written again."""
    facts = folder.claim(run.key, run.facts)
    if not _is_there(facts, run, folder):
        if not facts.get("complete"):
            folder.write_facts(run.key, run.stored_facts)
        sha256 = folder.write_lines(merged_lines(parts, article_ids(over.examples)))
        run = replace(run, sha256=sha256, complete=True)
        folder.write_facts(run.key, run.stored_facts)
        folder.remove_old_result(sha256)
    loaded = Run.load(folder.path, result=False)
    return replace(loaded, gold=run.gold, dataset=over)


def _is_there(facts: Mapping[str, Any], run: Run, folder: RunFolder) -> bool:
    """Whether a folder holds the whole run of these shards already, but for its result."""
    of_same = facts.get("complete") is True and facts.get("shards") == run.stored_facts.get("shards")
    return of_same and facts.get("sha256") == folder.sha256()
