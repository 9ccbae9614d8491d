"""Which shard an article is in, and lines of shards in the order of the whole run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.options import Running, Shard, options_of
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.run import Run
from evalkit.predictions.shards import lines
from evalkit.predictions.shards.assignment import shard_number
from evalkit.predictions.shards.facts import MergedShards, WholeRun, ranges
from evalkit.predictions.shards.folders import ShardFolder
from evalkit.predictions.shards.lines import merged_lines


@pytest.mark.parametrize("value", ["2/3", " 2/3 ", (2, 3), [2, 3], Shard(2, 3)])
def test_a_shard_is_given_in_many_ways(value: object):
    shard = Shard.parse(value)
    assert (shard.number, shard.of, shard.spelling, shard.words) == (2, 3, "2/3", "shard 2 of 3")


@pytest.mark.parametrize(
    "value", ["0/3", "4/3", "1/0", "1", "a/b", "1/2/3", "-1/3", (1.0, 3), (True, 3), 5, "1/9999999"]
)
def test_what_is_no_shard_is_refused(value: object):
    with pytest.raises(InputError, match="shard"):
        Shard.parse(value)


def test_a_verb_without_shards_refuses_one():
    assert options_of({"shard": "1/2"}, takes=("running", "shard")).running.part == (1, 2)
    with pytest.raises(InputError, match="'shard'"):
        options_of({"shard": "1/2"}, takes=("running",))
    with pytest.raises(InputError, match="'shard'"):
        options_of({}, takes=("running",), running=Running(shard="1/2"))


def test_the_shard_of_an_article_never_changes():
    # The first eight bytes of the SHA-256 of the id, modulo N, counted from 1: what lies on disks depends on it.
    digest = hashlib.sha256("å-strike".encode()).hexdigest()
    assert shard_number("å-strike", 16) == int(digest[:16], 16) % 16 + 1
    assert [shard_number(f"a{number}", 7) for number in range(8)] == [4, 1, 4, 2, 1, 7, 7, 2]


@pytest.mark.parametrize(("numbers", "shown"), [([1], "1"), ([1, 2, 3, 7], "1-3, 7"), (list(range(1, 41, 2)), None)])
def test_numbers_in_ranges(numbers: list[int], shown: str | None):
    assert ranges(numbers) == (shown or ", ".join(map(str, range(1, 25, 2))) + " and 8 more ranges")


def test_a_part_of_a_whole_says_its_share():
    merged = MergedShards(of=4, missing=(2, 3), articles=200, gold_fingerprint="f")
    assert merged.note(101) == (
        "partial: 2 of 4 shards, 101 of 200 articles (50.5%): shards 2-3 are missing; these are not the figures of the "
        "whole"
    )
    assert MergedShards.of_facts(merged.facts) == merged
    assert MergedShards(of=4, articles=200).note(200) == ""


class TestLines:
    IDS = sorted(f"article-{number}" for number in range(40))

    @pytest.fixture
    def shards(self, tmp_path: Path) -> list[ShardFolder]:
        made = []
        for number in (1, 2, 3):
            path = tmp_path / str(number)
            path.mkdir()
            own = [one for one in self.IDS if shard_number(one, 3) == number]
            content = "".join(json.dumps({"id": one, "entities": []}) + "\n" for one in own).encode()
            (path / "predictions.jsonl").write_bytes(content)
            run = Run(extractor="x", predictions=(), sha256=hashlib.sha256(content).hexdigest())
            gold = GoldReference(name="g", fingerprint="f", split="all", articles=len(own))
            made.append(ShardFolder(path, run, gold, Shard(number, 3), WholeRun(articles=40)))
        return made

    @pytest.mark.parametrize("room", [1, 33, 1 << 20])
    def test_they_are_in_order(self, shards: list[ShardFolder], room: int, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(lines, "_LEAST", room)
        monkeypatch.setattr(lines, "_ROOM", room)
        monkeypatch.setattr(lines, "_PIECE", room)
        written = b"".join(merged_lines(shards, self.IDS))
        assert [json.loads(line)["id"] for line in written.splitlines()] == self.IDS

    def test_a_shard_without_an_article(self, shards: list[ShardFolder]):
        mine = [one for one in self.IDS if shard_number(one, 3) != 2]
        (shards[1].predictions).write_bytes(b"")
        empty = ShardFolder(
            shards[1].path, Run(extractor="x", predictions=(), sha256=hashlib.sha256().hexdigest()), *_rest(shards[1])
        )
        written = b"".join(merged_lines([shards[0], empty, shards[2]], mine))
        assert [json.loads(line)["id"] for line in written.splitlines()] == mine

    def test_an_article_that_is_not_there(self, shards: list[ShardFolder]):
        with pytest.raises(InputError, match=r"predictions.jsonl: has a prediction for .* where one for 'article-00'"):
            list(merged_lines(shards, ["article-00", *self.IDS]))

    def test_a_prediction_too_few(self, shards: list[ShardFolder]):
        with pytest.raises(InputError, match="has no prediction for 'zzz'"):
            list(merged_lines(shards, [*self.IDS, "zzz"]))

    def test_a_prediction_too_many(self, shards: list[ShardFolder]):
        with pytest.raises(InputError, match="has more predictions than articles"):
            list(merged_lines(shards, self.IDS[:-1]))

    def test_a_file_that_changes_meanwhile(self, shards: list[ShardFolder]):
        path = shards[0].predictions
        path.write_bytes(path.read_bytes().replace(b"[]", b"[ ]", 1))
        with pytest.raises(InputError, match="was changed while it was read; run shard 1 of 3 again"):
            list(merged_lines(shards, self.IDS))


def _rest(shard: ShardFolder) -> tuple[GoldReference, Shard, WholeRun]:
    return shard.gold, shard.shard, shard.whole
