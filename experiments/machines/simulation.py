"""A thousand shards on many machines, some of them slow and some lost: how long, how much, and how much for nothing.

    python experiments/machines/simulation.py [--articles 10000000] [--machines 16 128] [--shards 1000] [--work .197]

A model, not a measurement: the rates are measured (`rates.py`), everything else is drawn from a seed.

* A shard takes `start`, then `read` for each article of the whole gold, which each shard reads, on one core, then
  `work` for each article of its own, divided by the cores (`--workers`), on a machine that takes one shard at a time.
* Machines differ: the speed of each has a log-normal factor (`--spread`), and of the shards one in `--stragglers` meets
  a neighbour that makes it take `--slower` times as long.
* Machines are lost, on average once in `--lives` hours, at random moments; another one takes their place after
  `--replace` seconds.

Three policies:

* `again`: a shard whose machine is lost begins anew (its folder was on the disk of the machine);
* `goes on`: its folder lies on a shared disk, and the same command goes on with what is kept: only starting, reading
  and the batch under way are lost;
* `goes on, copies`: besides, when nothing waits any more, a machine that is free does a shard that another one is at in
  a folder of its own; whichever is finished first is merged, the other one is stopped.

`wasted` is time of cores that made nothing that was merged: what was lost, done twice, or spent on reading the gold
beyond once, and on waiting for it.
Prints Markdown, the same each time.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

POLICIES = ("again", "goes on", "goes on, copies")
HOUR = 3600.0


@dataclass(frozen=True)
class Rates:
    """Seconds of CPU: to start, to read an article of the gold, to extract from one, to merge and score one.

    A machine has some cores: it starts and reads on one of them, and extracts on all.
    """

    start: float
    read: float
    work: float
    merge: float
    cores: int = 1
    batch: int = 32

    @property
    def pace(self) -> float:
        """Seconds that an article takes a machine."""
        return self.work / self.cores


@dataclass(frozen=True)
class World:
    """What happens to machines."""

    spread: float
    stragglers: float
    slower: float
    lives: float
    replace: float


@dataclass
class Try:
    """A machine at a shard."""

    shard: int
    machine: int
    begun: float
    ends: float
    lost: bool
    beyond: float
    """Seconds of the machine that reading takes before the first article."""


@dataclass
class Outcome:
    """What a run took.

    Attributes:
        hours: until the last shard is there.
        merge: hours of merging and scoring, on one machine.
        cpu: hours of all cores of machines at work.
        useful: of these, what made predictions that were merged, with one reading of the gold.
        lost: machines that were lost at work.
        copies: shards that a second machine did.
    """

    hours: float = 0.0
    merge: float = 0.0
    cpu: float = 0.0
    useful: float = 0.0
    lost: int = 0
    copies: int = 0

    @property
    def wasted(self) -> float:
        """The share of the CPU that made nothing."""
        return 1 - self.useful / self.cpu


def simulate(
    articles: int, shards: int, machines: int, rates: Rates, world: World, policy: str, seed: int = 0
) -> Outcome:
    """One run."""
    chance = random.Random(f"{seed} {articles} {shards} {machines} {policy}")
    sizes = _sizes(articles, shards, chance)
    speeds = [exp(chance.gauss(0, world.spread)) for _ in range(machines)]
    slow = [world.slower if chance.random() < world.stragglers else 1.0 for _ in range(shards)]
    left = [size * rates.pace for size in sizes]
    waiting, done = list(range(shards))[::-1], [False] * shards
    free = [(0.0, machine) for machine in range(machines)]
    heapq.heapify(free)
    events: list[tuple[float, int, Try]] = []
    running: dict[int, list[Try]] = {}
    out, number = Outcome(), 0
    before = rates.start + rates.read * articles

    def begin(now: float, machine: int, shard: int) -> None:
        nonlocal number
        # A copy is on another machine, which has no such neighbour.
        factor = speeds[machine] * (1.0 if running.get(shard) else slow[shard])
        seconds = (before + left[shard]) * factor
        life = chance.expovariate(1 / (world.lives * HOUR)) if world.lives else seconds + 1
        lost = life < seconds
        one = Try(shard, machine, now, now + min(life, seconds), lost, before * factor)
        running.setdefault(shard, []).append(one)
        number += 1
        heapq.heappush(events, (one.ends, number, one))

    def hand_out() -> None:
        while free and free[0][0] <= clock:
            if waiting:
                begin(clock, heapq.heappop(free)[1], waiting.pop())
                continue
            late = [one[0] for one in running.values() if len(one) == 1 and not done[one[0].shard]]
            if policy != POLICIES[2] or not late:
                return
            # The one that will take longest from now, as far as anybody can tell: it has been at work the longest.
            first = min(late, key=lambda one: one.begun)
            if clock - first.begun < before:
                return
            out.copies += 1
            begin(clock, heapq.heappop(free)[1], first.shard)

    clock = 0.0
    hand_out()
    while events:
        clock, _, one = heapq.heappop(events)
        if one not in running.get(one.shard, []):
            hand_out()
            continue
        running[one.shard].remove(one)
        spent = clock - one.begun
        out.cpu += spent
        if one.lost:
            out.lost += 1
            heapq.heappush(free, (clock + world.replace, one.machine))
            # So that somebody looks when it is back.
            number += 1
            heapq.heappush(events, (clock + world.replace, number, Try(-1, -1, 0, 0, False, 0)))
            if policy != POLICIES[0]:
                factor = one.beyond / before
                kept = max(0.0, (spent - one.beyond) / factor)
                batch = rates.batch * rates.pace
                left[one.shard] = max(0.0, left[one.shard] - kept // batch * batch)
            if not done[one.shard] and not running[one.shard]:
                waiting.append(one.shard)
        elif not done[one.shard]:
            done[one.shard] = True
            for other in running.pop(one.shard):
                out.cpu += clock - other.begun
                heapq.heappush(free, (clock, other.machine))
            heapq.heappush(free, (clock, one.machine))
            out.hours = max(out.hours, clock / HOUR)
        hand_out()
    assert all(done)
    mean = sum(speeds) / len(speeds)
    out.useful = (articles * rates.work * mean + before) / HOUR
    out.cpu *= rates.cores / HOUR
    out.merge = articles * rates.merge / HOUR
    return out


def _sizes(articles: int, shards: int, chance: random.Random) -> list[int]:
    """How many articles fall to each shard: a hash divides them as chance does."""
    mean = articles / shards
    sizes = [max(0, round(chance.gauss(mean, mean**0.5))) for _ in range(shards)]
    sizes[0] = max(0, sizes[0] + articles - sum(sizes))
    return sizes


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000_000)
    parser.add_argument("--shards", type=int, nargs="+", default=[64, 256, 1000])
    parser.add_argument("--machines", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--cores", type=int, default=16, help="of each machine")
    parser.add_argument("--start", type=float, default=1.4)
    parser.add_argument("--read", type=float, default=0.0011)
    parser.add_argument("--work", type=float, default=0.197)
    parser.add_argument("--merge", type=float, default=0.0041)
    parser.add_argument("--spread", type=float, default=0.15)
    parser.add_argument("--stragglers", type=float, default=0.02)
    parser.add_argument("--slower", type=float, default=5.0)
    parser.add_argument("--lives", type=float, default=48.0, help="hours that a machine lives on average; 0 for ever")
    parser.add_argument("--replace", type=float, default=120.0)
    parser.add_argument("--price", type=float, default=0.04, help="of an hour of one core")
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args(arguments)
    rates = Rates(asked.start, asked.read, asked.work, asked.merge, asked.cores)
    world = World(asked.spread, asked.stragglers, asked.slower, asked.lives, asked.replace)
    print("| shards | machines | policy | hours | merge, hours | core hours | wasted | lost | copies | price |")
    print("|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for shards in asked.shards:
        for machines in asked.machines:
            for policy in POLICIES:
                runs = [
                    simulate(asked.articles, shards, machines, rates, world, policy, seed)
                    for seed in range(asked.seeds)
                ]
                mean = {
                    name: sum(getattr(run, name) for run in runs) / len(runs)
                    for name in ("hours", "merge", "cpu", "wasted", "lost", "copies")
                }
                print(
                    f"| {shards} | {machines} | {policy} | {mean['hours']:.1f} | {mean['merge']:.1f} | "
                    f"{mean['cpu']:.0f} | {mean['wasted']:.0%} | {mean['lost']:.1f} | {mean['copies']:.1f} | "
                    f"{(mean['cpu'] + mean['merge']) * asked.price:.2f} |"
                )


if __name__ == "__main__":
    main()
