"""Damaged files and answers by the hundred thousand: each is read, or refused in one line, and soon.

    python experiments/fuzz/fuzz.py 1000000 [--minutes 60] [--seed 7] [--only gold] [--keep FOLDER]
    python experiments/fuzz/fuzz.py 1000000 --engine atheris

What is damaged, and what reads it, are the readers of `tests/mutations.py`, of which the tests try a few each: gold in
every format that evalkit writes, what lies beside gold, predictions, run folders, results, baselines, caches, rules,
answers of models, services and programs, options. What the extractors make of damaged articles is admitted as that of
any system is. Two laws are tried besides, over gold in every format:

* counts add up: what was read is written again, and as many items are read as written and lost, for each layer;
* nothing is written beside the place that was named.

With atheris (`pip install atheris==3.0.0`, Linux and macOS) libFuzzer chooses what to change by the lines of evalkit
that a change has reached; without it changes are drawn from the seed, the same for the same seed. Readers then take
turns of a second, in a process that is renewed where one of them ends it or does not end; each has an equal share of
the number, as far as the minutes go. Exit status 1 if anything ended badly; with `--keep` one file of each kind stays.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib.util
import math
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from tests.mutations import Reader

sys.path.insert(0, str(Path(__file__).parents[2]))

SEEDED, ATHERIS = "seeded", "atheris"
LONGEST = 1 << 16
"""Bytes that libFuzzer may make of a file."""
LONGEST_PAGE = 1000
"""Characters of an article that is extracted from: networks take a second for some thousand."""
ENDLESS = 300
"""Seconds after which a file is taken for one that does not end, on a machine that does other things too."""
TURNS = 3000
"""After so many turns the process is renewed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int)
    parser.add_argument("--minutes", type=float, default=0.0, help="at most so long; without end by default")
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
        _guided(given)
        return
    with tempfile.TemporaryDirectory() as folder:
        names = [reader.name for reader in _readers(Path(folder)) if given.only in reader.name]
    if not names:
        parser.error(f"no reader has {given.only!r} in its name")
    begun = time.perf_counter()
    tried, found = (_by_atheris if given.engine == ATHERIS else _by_turns)(given, names)
    for name in names:
        said = found.get(name, Counter())
        print(f"{name}: {tried[name]}, {said.total()} ended badly", *(f"\n  {n} {what}" for what, n in said.items()))
    badly = sum(said.total() for said in found.values())
    print(f"{tried.total()} over {len(names)} readers in {time.perf_counter() - begun:.0f} s, {badly} ended badly")
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
    return [*whole, *laws, *_extractors()]


def _extractors() -> list[Reader]:
    """What extractors that need nothing but evalkit make of an article."""
    from evalkit.extractors.table import load_extractor
    from evalkit.predictions.jobs import jobs_of, run_jobs
    from evalkit.records import Annotations, Article, Example
    from tests.mutations import INLINE, TEXTS, Reader

    def extracted(name: str, content: bytes) -> object:
        article = Article(id="a", text=content.decode("utf-8", "replace")[:LONGEST_PAGE])
        (made,) = run_jobs(systems[name], jobs_of([Example(article=article, gold=Annotations())], systems[name]))
        if made.error:
            raise AssertionError(made.error)
        return made

    names = ("trivial", "rules", "ner-base", "quote-base", "stance-base", "news-base")
    systems = {name: load_extractor(name) for name in names}
    page = "\n\n".join((INLINE.split("---")[1], *TEXTS.values())).encode()
    for name in names:
        # What is loaded once is not the first article's time.
        extracted(name, page)
    return [Reader(f"extracted by {name}", None, page, partial(extracted, name)) for name in names]


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


Tried: TypeAlias = tuple[Counter[str], dict[str, Counter[str]]]
"""How many each reader tried, and what ended badly there."""


def _by_atheris(given: argparse.Namespace, names: list[str]) -> Tried:
    tried, found = Counter[str](), dict[str, Counter[str]]()
    for name in names:
        share = -(-given.number // len(names))
        command = [sys.executable, __file__, str(share), "--seed", str(given.seed), "--only", name, "--one"]
        command += ["--keep", str(given.keep)] if given.keep else []
        command += ["--minutes", str(given.minutes / len(names))] if given.minutes else []
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        found[name] = Counter(line[2:] for line in ended.stdout.splitlines() if line.startswith("! "))
        done = re.search(r"Done (\d+) runs", ended.stderr)
        tried[name] = int(done[1]) if done else 0
        if ended.returncode:
            found[name][f"exit {ended.returncode}: {ended.stderr.strip()[-200:]}"] += 1
    return tried, found


def _by_turns(given: argparse.Namespace, names: list[str]) -> Tried:
    """Each reader in turns, in a process that is watched."""
    share = -(-given.number // len(names))
    tried, found = Counter[str](dict.fromkeys(names, 0)), {name: Counter[str]() for name in names}
    end = time.monotonic() + 60 * given.minutes if given.minutes else math.inf
    worker = None
    while (waiting := [name for name in names if tried[name] < share]) and time.monotonic() < end:
        for name in waiting:
            if worker is None or worker.turns == TURNS:
                worker = worker and worker.end()
                worker = _Worker(given.seed, given.keep)
            done, said = worker.turn(name, tried[name], share)
            tried[name] += done
            found[name].update(said)
            if not worker.alive:
                worker = None
        _tell(f"{tried.total()} tried, {sum(said.total() for said in found.values())} ended badly")
    if worker is not None:
        worker.end()
    return tried, found


class _Worker:
    """A process that tries readers, and is killed where one does not end."""

    def __init__(self, seed: int, keep: Path | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._at = context.Value("q", 0, lock=False)
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_work, args=(there, self._at, seed, keep), daemon=True)
        self._process.start()
        there.close()
        self.alive = True
        self.turns = 0

    def turn(self, name: str, number: int, share: int) -> tuple[int, Counter[str]]:
        """How many a reader tried from a number on, and what ended badly."""
        self.turns += 1
        self._at.value = number
        self._pipe.send((name, number, share))
        seen, since = number, time.monotonic()
        try:
            while not self._pipe.poll(1):
                if self._at.value != seen:
                    seen, since = self._at.value, time.monotonic()
                elif time.monotonic() - since > ENDLESS:
                    # It says where it is before it dies.
                    os.kill(self._process.pid or 0, signal.SIGABRT)
            done, said = self._pipe.recv()
        except EOFError:
            self._process.join()
            self.alive = False
            what = f"ended its process ({self._process.exitcode})"
            return self._at.value + 1 - number, Counter({f"number {self._at.value} {what}": 1})
        return done, said

    def end(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join()


def _work(pipe: Connection, at: Any, seed: int, keep: Path | None) -> None:
    """Tries what is asked for, a second a turn."""
    faulthandler.enable()
    from tests.mutations import faults_of

    with tempfile.TemporaryDirectory() as folder:
        readers = {reader.name: reader for reader in _readers(Path(folder))}
        while True:
            try:
                name, first, share = pipe.recv()
            except EOFError:
                return
            said: Counter[str] = Counter()
            begun = time.process_time()
            for number in range(first, share):
                at.value = number
                for fault in faults_of(readers[name], [number], seed=seed):
                    said[fault.said] += 1
                    _keep(keep, fault.reader, fault.said, fault.content)
                if time.process_time() - begun > 1:
                    break
            pipe.send((at.value + 1 - first, said))


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _guided(given: argparse.Namespace) -> None:
    """One reader under libFuzzer, in a process of its own, since that ends the process."""
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["evalkit"]), tempfile.TemporaryDirectory() as folder:
        from tests.mutations import fault_of, mutated

        (reader,) = (one for one in _readers(Path(folder, "files")) if one.name == given.only)
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        (seeds / "whole").write_bytes(reader.content)
        told: set[str] = set()

        def attempt(content: bytes) -> None:
            said = fault_of(reader, content)
            if said and said not in told:
                told.add(said)
                print(f"! {said}", flush=True)
                _keep(given.keep, reader.name, said, content)

        def changed(content: bytes, most: int, drawn: int) -> bytes:
            pick = random.Random(drawn)
            if pick.random() < 0.5:
                return bytes(atheris.Mutate(content, most))
            return mutated(content or reader.content, pick)[:most]

        arguments = [f"-runs={given.number}", f"-seed={given.seed + 1}", f"-max_len={LONGEST}"]
        arguments += [f"-timeout={ENDLESS}", "-rss_limit_mb=0"]
        arguments += [f"-max_total_time={max(1, round(60 * given.minutes))}"] if given.minutes else []
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
