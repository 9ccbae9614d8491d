"""How much memory is free, as the machine, its containers and limits say."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from evalkit import machine
from evalkit.machine import free_memory

GIB = 1 << 30


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(machine, "_GROUPS", tmp_path / "groups")
    write(tmp_path, {"proc/meminfo": f"MemTotal: 99999999 kB\nMemAvailable: {8 * GIB >> 10} kB\n"})
    return tmp_path


def write(root: Path, files: Mapping[str, object]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")


def group(place: str, most: object, used: int, files: int = 0) -> dict[str, object]:
    stat = f"anon {used - files}\ninactive_file {files}"
    return {f"{place}/memory.max": most, f"{place}/memory.current": used, f"{place}/memory.stat": stat}


def test_of_the_machine(system: Path):
    assert free_memory() == 8 * GIB


def test_a_container_may_have_less(system: Path):
    write(system, group("groups", 4 * GIB, GIB))
    assert free_memory() == 3 * GIB


def test_files_that_are_kept_in_memory_are_given_back(system: Path):
    write(system, group("groups", 4 * GIB, 4 * GIB - 1, 3 * GIB))
    assert free_memory() == 3 * GIB + 1


def test_no_limit_is_none(system: Path):
    write(system, group("groups", "max", GIB))
    assert free_memory() == 8 * GIB


def test_the_limit_of_any_group_above_holds(system: Path):
    write(system, {"proc/self/cgroup": "0::/jobs/7/step"})
    write(system, group("groups/jobs/7/step", "max", GIB) | group("groups/jobs/7", 2 * GIB, GIB))
    assert free_memory() == GIB


def test_the_older_groups(system: Path):
    write(system, {"proc/self/cgroup": "5:cpu:/x\n4:memory,hugetlb:/job"})
    job = "groups/memory/job/memory"
    write(system, {f"{job}.limit_in_bytes": 3 * GIB, f"{job}.usage_in_bytes": 2 * GIB})
    write(system, {f"{job}.stat": f"total_inactive_file {GIB}\nrss 7"})
    assert free_memory() == 2 * GIB


def test_where_nobody_says_there_is_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def unknown(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(machine, "_PROC", tmp_path)
    monkeypatch.setattr(machine, "_GROUPS", tmp_path)
    monkeypatch.setattr(os, "sysconf", unknown)
    assert free_memory() == sys.maxsize
