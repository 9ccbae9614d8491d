"""Shards that are killed, starved, late or done twice, and the run that is merged of them: the same bytes each time.

    python experiments/faults/shards.py [--shards 1 2 7 16] [--batches 1 5 auto] [--ways one processes …] [--kills 200]
    python experiments/faults/shards.py --ways ray --shards 2 --batches 5 --kills 5

With Ray each process starts a cluster of its own, which takes seconds, so it is no part of the whole matrix. For each
way of running, batch size and number of shards a run is made in parts by processes of their own and merged. On the
way, chosen from a seed:

* processes are killed (`kill -9`) at random moments, in the middle of a shard and of a merge, and started again;
* one shard meets a full disk: nothing more can be written from some change of the disk on, or no file may grow beyond
  some bytes;
* one shard is a straggler: it is stopped while all others finish, a merge without it is refused and names it, one with
  `--partial` says what share it is, and then it goes on;
* a merge is killed at random moments, and what lies there then is the whole run, or is told to be none;
* what is kept for other runs is bounded to less than they make, in some processes and not in others, so files of the
  cache go while others read them, and while a straggler is stopped;
* one shard is done twice: at once in one folder, where the second is refused, and in a folder of its own, which a merge
  refuses by name.

In the end all files of the merged run are compared with those of a run that was never divided: `predictions.jsonl` and
`result.json` as they are, `run.json` without `shards`, in which alone it says what each shard was made by.

Prints Markdown; ends with status 1 if any byte differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalkit.cli.main import main as evalkit
from evalkit.predictions.shards.assignment import shard_number
from tests.faults import failing

ARTICLES = 40
SCORED = ("--resamples", "20", "--task", "entities")
EXTRACTORS = '''
import re
import time

from evalkit.records import Annotations, Entity, Span

NAMES = re.compile("Ida Moen|Åse Ek|Oslo|Bergen")


def find(article):
    """Finds names, slowly."""
    time.sleep(0.002)
    return [(*found.span(), "PER") for found in NAMES.finditer(article.text)]


class Waits:
    """Finds names, and may be asked by several threads."""

    name = "waits"
    layers = ("entities",)
    thread_safe = True

    def fingerprint(self):
        return "waits-1"

    def extract(self, articles):
        return [
            Annotations(entities=tuple(Entity(id=f"e{n}", spans=(Span(s, e),), label=label)
                                       for n, (s, e, label) in enumerate(find(article), 1)))
            for article in articles
        ]
'''
WAYS = {
    "one": ("rules",),
    "processes": ("rules", "--workers", "2"),
    "own process": ("finder:find",),
    "threads": ("finder:Waits", "--workers", "2"),
    "ray": ("rules", "--workers", "2", "--executor", "ray"),
}
"""How a run may be made → the model, and options that change no byte of it."""


def write_gold(path: Path) -> None:
    """A little gold: people, places and a quote."""
    rows = []
    for number in range(ARTICLES):
        person, place = ("Ida Moen", "Oslo") if number % 3 else ("Åse Ek", "Bergen")
        text = f"{person} left {place} on Monday.\n\n“No more of number {number},” said {person} to Ida Moen.\n"
        at = text.index("“")
        quote = {"kind": "direct", "content": [[at, text.index("”") + 1]]}
        spans = [(0, len(person), "PER"), (text.index(place), text.index(place) + len(place), "GPE")]
        entities = [{"spans": [[start, end]], "label": label} for start, end, label in spans]
        rows.append({"id": f"article-{number:03}", "text": text, "entities": entities, "quotes": [quote]})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@dataclass
class Child:
    """A process that runs one command of evalkit."""

    pid: int
    log: Path
    status: int | None = None

    def wait(self) -> int:
        """Its exit status; minus the signal that ended it."""
        while self.status is None:
            self.poll(block=True)
        return self.status

    def poll(self, *, block: bool = False) -> bool:
        """Whether it has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, 0 if block else os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    @property
    def said(self) -> str:
        """All that it wrote, in one line."""
        return " ".join(self.log.read_text(encoding="utf-8", errors="replace").split())


@dataclass
class Cell:
    """One way of running, one batch size, one number of shards.

    Attributes:
        folder: where everything of it lies.
        options: of all its runs.
        of: how many shards.
        kills: how many times a process is to be killed.
    """

    folder: Path
    options: tuple[str, ...]
    of: int
    kills: int
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.2

    def start(self, *words: str, around: Callable[[Callable[[], int]], int] | None = None) -> Child:
        """Runs a command in a process of its own."""
        log = self.folder / f"{len(list(self.folder.glob('*.log')))}.log"
        log.touch()
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return Child(pid, log)
        status = 70
        try:
            out = os.open(log, os.O_WRONLY)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.environ["EVALKIT_CACHE"] = str(self.folder / "cache")
            status = evalkit(words) if around is None else around(lambda: evalkit(words))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def run(self, number: int, out: str, **how: Callable[[Callable[[], int]], int]) -> Child:
        """Starts a shard."""
        place = str(self.folder / out)
        kept = "--cache-size", self.chance.choice(("5GB", "2KB"))
        return self.start("run", *self.options, *kept, "--shard", f"{number}/{self.of}", "--out", place, **how)

    def merge(self, *more: str, out: str = "merged") -> Child:
        """Starts a merge of all that lies there."""
        return self.start("merge", str(self.folder / "shards"), "--out", str(self.folder / out), *more)

    def done(self, begin: Callable[[], Child], kills: int = 0) -> Child:
        """What a command says that was killed so often and each time begun again."""
        for _ in range(kills):
            child = begin()
            time.sleep(self.chance.uniform(0, self.seconds))
            if child.poll():
                break
            os.kill(child.pid, signal.SIGKILL)
            self.counts["kills"] += child.wait() == -signal.SIGKILL
        begun = time.monotonic()
        child = begin()
        check(child.wait() == 0, child.said)
        self.seconds = max(0.05, (self.seconds + time.monotonic() - begun) / 2)
        return child

    def straggle(self, number: int) -> None:
        """One shard is stopped in its middle while the others finish."""
        child = self.run(number, f"shards/{number}")
        facts = self.folder / f"shards/{number}/run.json"
        while not (facts.exists() or child.poll()):
            time.sleep(0.001)
        late = not child.poll()
        if late:
            os.kill(child.pid, signal.SIGSTOP)
            late = b'"complete": true' not in facts.read_bytes()
            self.counts["stragglers"] += late
        for other in range(1, self.of + 1):
            if other != number:
                own = max(0, round(self.kills * self.chance.uniform(0, 2) / self.of))
                self.done(lambda other=other: self.run(other, f"shards/{other}"), own)
        if late:
            refused = self.merge()
            check(refused.wait() == 2 and f"shard {number} of {self.of} is not finished" in refused.said, refused.said)
            part = self.merge("--partial", out="partial")
            if self.of > 1:
                check(part.wait() == 0 and f"partial: {self.of - 1} of {self.of} shards" in part.said, part.said)
            else:
                check(part.wait() == 2, part.said)
        if not child.poll():
            os.kill(child.pid, signal.SIGCONT)
        check(child.wait() == 0, child.said)

    def twice(self, number: int) -> None:
        """One shard is done in one folder by two at once, and again in another folder."""
        shutil.rmtree(self.folder / f"shards/{number}")
        first, second = (self.run(number, f"shards/{number}") for _ in range(2))
        ends = sorted([first.wait(), second.wait()])
        check(ends in ([0, 0], [0, 2]), f"{first.said} {second.said}")
        self.counts["kept out"] += ends == [0, 2]
        self.done(lambda: self.run(number, "shards/again"))
        refused = self.merge()
        check(refused.wait() == 2 and f"are each shard {number} of {self.of}" in refused.said, refused.said)
        shutil.rmtree(self.folder / "shards/again")
        self.counts["doubled"] += 1

    def merge_killed(self, whole: dict[str, bytes]) -> None:
        """A merge is killed at some moment: there is nothing that is taken for a run then, or all of it."""
        shutil.rmtree(self.folder / "merged", ignore_errors=True)
        child = self.merge()
        time.sleep(self.chance.uniform(0, self.seconds))
        if not child.poll():
            os.kill(child.pid, signal.SIGKILL)
        killed = child.wait() == -signal.SIGKILL
        self.counts["kills"] += killed
        place = self.folder / "merged"
        facts = place / "run.json"
        if not facts.exists() or json.loads(facts.read_bytes()).get("complete") is not True:
            shown = self.start("report", str(place))
            check(shown.wait() == 2, shown.said)
            self.counts["merges that left no run"] += killed
            return
        check((place / "predictions.jsonl").read_bytes() == whole["predictions.jsonl"], "a merge left another run")
        result = place / "result.json"
        check(not result.exists() or result.read_bytes() == whole["result.json"], "a merge left another result")
        self.counts["merges that left the whole run"] += killed

    def starve(self, number: int) -> None:
        """The disk is full for one shard, from some change on or beyond some bytes, and then for the merge."""
        for begin in (lambda how: self.run(number, f"shards/{number}", around=how), self._merge_around):
            for how in (self._full, self._short):
                shutil.rmtree(self.folder / "merged", ignore_errors=True)
                if begin != self._merge_around:
                    shutil.rmtree(self.folder / f"shards/{number}", ignore_errors=True)
                child = begin(how)
                check(child.wait() in (0, 2), child.said)
                self.counts["full disks"] += child.status == 2
                if begin != self._merge_around:
                    self.done(lambda: self.run(number, f"shards/{number}"))

    def _merge_around(self, how: Callable[[Callable[[], int]], int]) -> Child:
        words = "merge", str(self.folder / "shards"), "--out", str(self.folder / "merged")
        return self.start(*words, around=how)

    def _full(self, work: Callable[[], int]) -> int:
        with failing(self.chance.randrange(1, 30), "full"):
            return work()

    def _short(self, work: Callable[[], int]) -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size := self.chance.choice((100, 700, 2_000, 5_000)), size))
        return work()


def evalkit_quietly(*words: str) -> int:
    """The exit status of a command in this process."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        return evalkit(words)


def check(holds: bool, said: str) -> None:
    """Ends everything where something else happened than is promised."""
    if not holds:
        raise SystemExit(f"not as promised: {said[-1500:]}")


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a run that have to be the same."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in ("speed.json", ".lock")}
    facts = json.loads(files.pop("run.json"))
    facts.pop("shards", None)
    return files | {"run.json": json.dumps(facts).encode()}


def measure(cell: Cell, whole: dict[str, bytes]) -> bool:
    """Makes and merges all shards of a cell, with all that may happen; whether the bytes are the same."""
    chosen = [number for number in range(1, cell.of + 1) if cell.of < 3 or has_article(number, cell.of)]
    cell.straggle(cell.chance.choice(chosen))
    cell.twice(cell.chance.choice(chosen))
    cell.starve(cell.chance.choice(chosen))
    while cell.counts["kills"] < cell.kills:
        number, before = cell.chance.choice(chosen), cell.counts["kills"]
        if cell.chance.random() < 0.2:
            cell.merge_killed(whole)
            cell.done(cell.merge)
        else:
            shutil.rmtree(cell.folder / f"shards/{number}", ignore_errors=True)
            cell.done(lambda number=number: cell.run(number, f"shards/{number}"), 1)
        cell.seconds *= 0.8 if cell.counts["kills"] == before else 1
    cell.done(cell.merge)
    return contents(cell.folder / "merged") == whole


def has_article(number: int, of: int) -> bool:
    """Whether a shard of the gold has one."""
    return any(shard_number(f"article-{one:03}", of) == number for one in range(ARTICLES))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the matrix; gives 1 if any byte differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, nargs="+", default=[1, 2, 7, 16])
    parser.add_argument("--batches", nargs="+", default=["1", "5", "auto"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS)[:-1], choices=list(WAYS))
    parser.add_argument("--kills", type=int, default=200, help="of all cells together, at least")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    chance, total, same = random.Random(asked.seed), Counter[str](), True
    cells = len(asked.ways) * len(asked.batches) * len(asked.shards)
    kills = -(-asked.kills // cells)
    print(f"| way | batch | {' | '.join(f'{of} shards' for of in asked.shards)} |")
    print("|---|---|" + "---|" * len(asked.shards))
    with tempfile.TemporaryDirectory(prefix="evalkit-faults-") as place:
        os.chdir(place)
        Path("finder.py").write_text(EXTRACTORS, encoding="utf-8")
        write_gold(Path("gold.jsonl"))
        os.environ["PYTHONPATH"] = os.pathsep.join([place, sys.path[0], os.environ.get("PYTHONPATH", "")])
        sys.path.insert(1, place)
        for way in asked.ways:
            model, *how = WAYS[way]
            options = "--model", model, "--dataset", "gold.jsonl", "--split", "all", *SCORED
            alone = Cell(Path(place, way.replace(" ", "-")), options, 1, 0, chance)
            alone.folder.mkdir()
            # Here, so that each process that is forked from now on has imported everything: it is killed at its work.
            check(evalkit_quietly("run", *options, "--out", str(alone.folder / "whole")) == 0, way)
            whole = contents(alone.folder / "whole")
            for batch in asked.batches:
                row = []
                for of in asked.shards:
                    folder = alone.folder / f"{batch}-{of}"
                    folder.mkdir()
                    cell = Cell(folder, (*options, *how, "--batch-size", batch), of, kills, chance)
                    equal = measure(cell, whole)
                    same, total = same and equal, total + cell.counts
                    row.append(f"{'=' if equal else 'DIFFERS'} ({cell.counts['kills']} kills)")
                    shutil.rmtree(folder)
                print(f"| {way} | {batch} | {' | '.join(row)} |", flush=True)
    print()
    print(", ".join(f"{number} {name}" for name, number in sorted(total.items())))
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
