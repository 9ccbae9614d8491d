"""The cache of predictions: shared by processes, bounded, and never believed without its checksum."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.predictions import cache as cache_module
from evalkit.predictions.batches import Job
from evalkit.predictions.cache import PredictionCache, cache_key, not_cached
from evalkit.predictions.cache_contents import UNNAMED, cache_contents, cleared_cache
from evalkit.predictions.cached_files import cached_files, shrink
from evalkit.records import Annotations, Article, Entity, Prediction, Span

LAYERS = ("entities",)
JOBS = [Job(Article(id=f"a{n}", text=f"Ida Moen {n} " + "x" * 200)) for n in range(40)]
KEYS = [cache_key(job, LAYERS) for job in JOBS]


def answer(job: Job) -> Prediction:
    moen = Entity(id="e1", spans=(Span(0, 8),), label=f"PER{job.article.id}")
    return Prediction(article_id=job.article.id, annotations=Annotations(entities=(moen,)))


def filled(folder: Path, jobs: Iterator[int] | range, *, name: str = "finder", size: int = 0) -> PredictionCache:
    """A cache, as of a process of its own, that has kept the answers for some jobs, one by one."""
    cache = PredictionCache(name, folder, system=name, size=size)
    for number in jobs:
        cache.put([(KEYS[number], answer(JOBS[number]))])
    return cache


def known(folder: Path, name: str = "finder") -> set[int]:
    """The jobs whose answers another process finds, each of which must be the right one."""
    cache = PredictionCache(name, folder)
    found = {n: cache.get(key, job, LAYERS) for n, (key, job) in enumerate(zip(KEYS, JOBS, strict=True))}
    assert all(one is None or one.annotations == answer(JOBS[n]).annotations for n, one in found.items())
    return {n for n, one in found.items() if one is not None}


class TestFiles:
    def test_each_process_has_its_own_and_all_read_all(self, tmp_path: Path) -> None:
        one, other = filled(tmp_path, range(5)), filled(tmp_path, range(3, 9))
        assert one.path != other.path
        assert len(cached_files(one.folder)) == 2
        assert known(tmp_path) == set(range(9))
        assert one.get(KEYS[4], JOBS[4], LAYERS) is not None
        assert known(tmp_path, "another") == set()

    def test_answers_of_earlier_versions_are_found(self, tmp_path: Path) -> None:
        cache = filled(tmp_path, range(4))
        # One file for each extractor, of lines alone.
        lines = cache.path.read_bytes().split(b"\n", 1)[1]
        shutil.rmtree(cache.folder)
        cache.folder.mkdir()
        (cache.folder / f"{cache.key}.checked.jsonl").write_bytes(b"\n" + lines)
        assert known(tmp_path) == set(range(4))
        filled(tmp_path, range(4, 6))
        assert known(tmp_path) == set(range(6))
        assert cache_contents(tmp_path).systems[0].predictions == 6

    def test_a_cut_or_damaged_line_is_passed_over_and_a_copy_of_it_serves(self, tmp_path: Path) -> None:
        cache = filled(tmp_path, range(3))
        content = cache.path.read_bytes()
        cache.path.write_bytes(content[:-20])
        cache = PredictionCache("finder", tmp_path)
        assert cache.get(KEYS[2], JOBS[2], LAYERS) is None
        assert cache.refused == 0
        cache.put([(KEYS[3], answer(JOBS[3]))])
        assert known(tmp_path) == {0, 1, 3}
        damaged = next(path for path in cache.folder.iterdir() if path != cache.path)
        damaged.write_bytes(damaged.read_bytes().replace(b"PERa1", b"PERa2"))
        again = PredictionCache("finder", tmp_path)
        assert again.get(KEYS[1], JOBS[1], LAYERS) is None
        assert again.refused == 1
        filled(tmp_path, range(1, 2))
        assert known(tmp_path) == {0, 1, 3}

    def test_a_line_that_begins_like_a_number_is_no_key(self, tmp_path: Path) -> None:
        cache = filled(tmp_path, range(2))
        with cache.path.open("ab") as file:
            for odd in (
                b"-123456789abcdef0123456789abcdef 1 x",
                b"0x12345678901234 0 0 x",
                b" 1234567 8 x",
                b"12_3456789abcde x",
            ):
                file.write(odd + b"\n")
        assert known(tmp_path) == {0, 1}

    def test_a_pipe_and_a_link_among_its_files_are_passed_over(self, tmp_path: Path) -> None:
        cache = filled(tmp_path, range(2))
        os.mkfifo(cache.folder / f"{cache.key}.pipe.jsonl")
        (cache.folder / f"{cache.key}.zero.jsonl").symlink_to("/dev/zero")
        assert known(tmp_path) == {0, 1}

    def test_many_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda first: filled(tmp_path, range(first, 40, 4), size=6_000), [0, 1, 2, 3] * 2))
        assert known(tmp_path) <= set(range(40))
        assert sum(file.bytes for file in cached_files(tmp_path / "predictions")) <= 2 * 6_000
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda first: filled(tmp_path, range(first, 40, 4)), [0, 1, 2, 3] * 2))
        assert known(tmp_path) == set(range(40))

    def test_a_folder_that_cannot_be_written_to_keeps_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "predictions").write_text("a file", encoding="utf-8")
        cache = filled(tmp_path, range(2))
        assert cache.get(KEYS[0], JOBS[0], LAYERS) is None
        assert len(not_cached("finder", JOBS[:2], LAYERS)) == 2

    def test_what_was_added_is_found_however_much_that_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache_module, "_MOST_ADDED", 3)
        monkeypatch.setattr(cache_module, "_MOST_OPEN", 2)
        monkeypatch.setattr(cache_module, "_LARGEST", 1_000)
        cache = filled(tmp_path, range(40))
        assert len(cached_files(cache.folder)) > 4
        assert all(cache.get(key, job, LAYERS) is not None for key, job in zip(KEYS, JOBS, strict=True))


class TestSize:
    def test_what_nobody_used_for_longest_goes_first(self, tmp_path: Path) -> None:
        caches = [filled(tmp_path, range(n, n + 5)) for n in (0, 5, 10)]
        for age, cache in zip((300, 200, 100), caches, strict=True):
            os.utime(cache.path, (1_700_000_000 - age,) * 2)
        # It is read, and so the last one to go.
        assert PredictionCache("finder", tmp_path).get(KEYS[0], JOBS[0], LAYERS) is not None
        size = caches[0].path.stat().st_size
        assert [file.path for file in shrink(caches[0].folder, 2 * size + 99)] == [caches[1].path]
        assert known(tmp_path) == {*range(5), *range(10, 15)}

    @pytest.mark.parametrize("size", [2_000, 5_000])
    def test_a_run_keeps_below_it(self, tmp_path: Path, size: int) -> None:
        cache = filled(tmp_path, range(40), size=size)
        assert size / 2 < sum(file.bytes for file in cached_files(cache.folder)) <= size * 1.2
        # The last ones are there.
        assert known(tmp_path) >= {38, 39}

    def test_who_reads_meanwhile_reads_right_or_nothing(self, tmp_path: Path) -> None:
        reader = filled(tmp_path, range(10))
        other = PredictionCache("finder", tmp_path)
        assert other.get(KEYS[0], JOBS[0], LAYERS) is not None
        assert len(shrink(reader.folder, 0)) == 1
        for cache in (reader, other):
            found = [cache.get(key, job, LAYERS) for key, job in zip(KEYS, JOBS, strict=True)]
            pairs = zip(found, JOBS, strict=True)
            assert all(one is None or one.annotations == answer(job).annotations for one, job in pairs)
            assert cache.refused == 0
        reader.put([(KEYS[20], answer(JOBS[20]))])
        assert known(tmp_path) == {20}

    def test_nothing_is_removed_from_a_folder_of_somebody_else(self, tmp_path: Path) -> None:
        cache = filled(tmp_path, range(3))
        (cache.folder / "notes.txt").write_text("mine", encoding="utf-8")
        assert shrink(cache.folder, 0) == []
        for look in (cache_contents, cleared_cache):
            with pytest.raises(InputError, match=r"holds 'notes\.txt', which is no file of the cache; move it away"):
                look(tmp_path)
        assert known(tmp_path) == {0, 1, 2}


class TestContents:
    def test_they_are_shown_by_extractor_and_removed_by_name_and_age(self, tmp_path: Path) -> None:
        old, new = filled(tmp_path, range(4), name="old"), filled(tmp_path, range(2), name="new")
        os.utime(old.path, (1_700_000_000,) * 2)
        (old.folder / f"{'0' * 32}.checked.jsonl").write_bytes(b"\n")
        told = [(one.extractor, one.predictions, one.files) for one in cache_contents(tmp_path).systems]
        assert sorted(told) == [(UNNAMED, 0, 1), ("new", 2, 1), ("old", 4, 1)]
        assert cache_contents(tmp_path).systems[0].used == "2023-11-14T22:13:20Z"
        size = old.path.stat().st_size
        gone = cleared_cache(tmp_path, older_than="1d")
        assert (gone.bytes, [one.extractor for one in gone.systems], gone.removed) == (size, ["old"], True)
        assert gone.left == new.path.stat().st_size + 1
        assert cleared_cache(tmp_path, model="old").systems == ()
        assert known(tmp_path, "new") == {0, 1}
        assert [one.extractor for one in cleared_cache(tmp_path, model="new").systems] == ["new"]
        assert cleared_cache(tmp_path).left == 0
        assert cache_contents(tmp_path / "absent").systems == ()

    @pytest.mark.parametrize("span", ["", "5", "d", "-1d", "5y", "1.5h"])
    def test_a_span_that_is_none(self, tmp_path: Path, span: str) -> None:
        with pytest.raises(InputError, match="is no span of time"):
            cleared_cache(tmp_path, older_than=span)
