"""Damaged files and answers by the hundred thousand: each is read, or refused in one line, and soon.

    python experiments/fuzz/fuzz.py 1000000 [--seed 7] [--only gold] [--keep FOLDER]
    python experiments/fuzz/fuzz.py 1000000 --engine atheris

What is damaged, and what reads it, are the readers of `tests/mutations.py`, of which the tests try a few each: gold in
every format that evalkit writes, what lies beside gold, predictions, run folders, results, baselines, caches, rules,
answers of models, services and programs, options. Two laws are tried besides, over gold in every format:

* counts add up: what was read is written again, and as many items are read as written and lost, for each layer;
* nothing is written beside the place that was named.

With atheris (`pip install atheris==3.0.0`, Linux and macOS) libFuzzer chooses what to change by the lines of evalkit
that a change has reached; without it changes are drawn from the seed, the same for the same seed. Exit status 1 if
anything ended badly; with `--keep` one file of each kind is kept.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mutations import Reader

sys.path.insert(0, str(Path(__file__).parents[2]))

SEEDED, ATHERIS = "seeded", "atheris"
LONGEST = 1 << 16
"""Bytes that libFuzzer may make of a file."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="readers with this in their name")
    parser.add_argument("--engine", choices=(SEEDED, ATHERIS), default=SEEDED)
    parser.add_argument("--keep", type=Path, help="a folder for what ended badly")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.engine == ATHERIS and importlib.util.find_spec("atheris") is None:
        print("atheris is not installed (pip install atheris==3.0.0): changes are drawn from the seed", flush=True)
        given.engine = SEEDED
    if given.one:
        _guided(given.number, given.seed, given.only, given.keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        names = [reader.name for reader in _readers(Path(folder)) if given.only in reader.name]
        if not names:
            parser.error(f"no reader has {given.only!r} in its name")
        tried = badly = 0
        begun = time.perf_counter()
        for name, number, found in _engine(given, names, Path(folder)):
            tried, badly = tried + number, badly + sum(found.values())
            print(f"{name}: {number}, {sum(found.values())} ended badly", *(f"\n  {n} {s}" for s, n in found.items()))
            sys.stdout.flush()
    print(f"{tried} tried over {len(names)} readers in {time.perf_counter() - begun:.0f} s, {badly} ended badly")
    sys.exit(bool(badly))


def _readers(folder: Path) -> list[Reader]:
    """The readers of the tests, and the laws over gold, whose files lie in a folder."""
    from tests.mutations import Reader, readers

    whole = readers(folder)
    laws = [
        Reader(f"accounted {reader.name}", reader.path, reader.content, partial(_accounted, reader.name))
        for reader in whole
        if reader.name.startswith("gold ")
    ]
    return [*whole, *laws]


def _accounted(name: str, path: Path) -> None:
    """Reads gold, writes it as two formats, and counts.

    Raises:
        AssertionError: a layer has lost items and nothing says so, or something stands beside the place that was named.
    """
    from evalkit.dataset.loading.load import load_dataset
    from evalkit.dataset.making.convert import convert_dataset
    from evalkit.options import ReadOptions

    form = name.removeprefix("gold as ") if name.startswith("gold as ") else "conll" if "commas" in name else None
    read = ReadOptions(format=form, split="all" if form == "conll" else None)
    gold = load_dataset(path, split="all", read=read)
    had: Counter[str] = Counter()
    for example in gold:
        had.update({layer: len(items) for layer, items in example.settled.layers.items()})
    before = set(path.parent.rglob("*"))
    with tempfile.TemporaryDirectory() as place:
        for to in ("native", "csv"):
            done = convert_dataset(path, Path(place, to), to=to, lossy=True, read=read)
            for layer, counts in done.layers.items():
                lost = sum(counts["lost"].values())
                if "not accounted for" in counts["lost"] or counts["written"] + lost != had[layer]:
                    raise AssertionError(f"{layer}: {had[layer]} read, as {to} {counts}")
        if sorted(entry.name for entry in Path(place).iterdir()) != ["csv", "native"]:
            raise AssertionError("something stands beside the place that was named")
    if set(path.parent.rglob("*")) != before:
        raise AssertionError("something was written beside what was read")


def _engine(given: argparse.Namespace, names: list[str], folder: Path) -> Iterator[tuple[str, int, Counter[str]]]:
    """What each reader tried, and what ended badly."""
    number = -(-given.number // len(names))
    if given.engine == ATHERIS:
        for name in names:
            command = [sys.executable, __file__, str(number), "--seed", str(given.seed), "--only", name, "--one"]
            keep = ["--keep", str(given.keep)] if given.keep else []
            ended = subprocess.run([*command, *keep], capture_output=True, text=True, errors="replace", check=False)
            found = Counter(line[2:] for line in ended.stdout.splitlines() if line.startswith("! "))
            if ended.returncode:
                found[f"exit {ended.returncode}: {ended.stderr.strip()[-200:]}"] += 1
            yield name, number, found
        return
    from tests.mutations import faults_of

    for reader in _readers(folder / "seeded"):
        if reader.name in names:
            said: Counter[str] = Counter()
            for fault in faults_of(reader, range(number), seed=given.seed):
                said[fault.said] += 1
                _keep(given.keep, fault.reader, fault.said, fault.content)
            yield reader.name, number, said


def _guided(number: int, seed: int, name: str, keep: Path | None) -> None:
    """One reader under libFuzzer, in a process of its own, since that ends the process."""
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["evalkit"]), tempfile.TemporaryDirectory() as folder:
        from tests.mutations import fault_of, mutated

        (reader,) = (one for one in _readers(Path(folder, "files")) if one.name == name)
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        (seeds / "whole").write_bytes(reader.content)
        told: set[str] = set()

        def attempt(content: bytes) -> None:
            said = fault_of(reader, content)
            if said and said not in told:
                told.add(said)
                print(f"! {said}", flush=True)
                _keep(keep, name, said, content)

        def changed(content: bytes, most: int, drawn: int) -> bytes:
            pick = random.Random(drawn)
            if pick.random() < 0.5:
                return bytes(atheris.Mutate(content, most))
            return mutated(content or reader.content, pick)[:most]

        arguments = [f"-runs={number}", f"-seed={seed + 1}", f"-max_len={LONGEST}", "-timeout=60", "-rss_limit_mb=0"]
        atheris.Setup([sys.argv[0], *arguments, str(seeds)], attempt, custom_mutator=changed)
        atheris.Fuzz()


def _keep(folder: Path | None, name: str, said: str, content: bytes) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / re.sub(r"\W+", "-", f"{name}-{said[:40]}")
    if not file.exists():
        file.write_bytes(content)


if __name__ == "__main__":
    main()
