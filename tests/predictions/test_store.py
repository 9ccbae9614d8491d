"""Run folders: written whole, continued after a crash, read with a message when damaged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.errors import EvalkitError, FormatError, InputError, OutputError
from evalkit.formats.native.rows import prediction_line
from evalkit.predictions.lines import checked_line
from evalkit.predictions.store import RunFolder, current_result, read_result, read_run
from evalkit.records import Annotations, Article, Entity, Prediction, Span
from evalkit.results import EvalResult

FACTS = {"extractor": "x", "layers": ["entities"]}
ARTICLES = {f"å{n}": Article(id=f"å{n}", text="Ida Moen") for n in range(3)}
MADE = [
    Prediction(
        article_id=name,
        annotations=Annotations(entities=(Entity(id="e1", spans=(Span(0, n + 1),), label="PER"),)),
    )
    for n, name in enumerate(ARTICLES)
]
FAILED = Prediction(article_id="å1", annotations=Annotations(), error="TimeoutError")


def opened(folder: RunFolder, key: str = "key", **how: bool) -> list[Prediction]:
    """What is kept of a run, in the order of its articles."""
    kept = folder.open(key, ARTICLES, ("entities",), **how).predictions
    return [kept[name] for name in ARTICLES if name in kept]


def filled(path: Path, made: Sequence[Prediction] = MADE, *, finished: bool = False) -> RunFolder:
    folder = RunFolder(path)
    with folder.held():
        folder.open("key", ARTICLES, ("entities",))
        folder.write_facts("key", FACTS)
        with folder.appending() as append:
            append(made)
        if finished:
            sha256 = folder.finish(one.article_id for one in made)
            folder.write_facts("key", FACTS | {"complete": True, "sha256": sha256})
    return folder


def names(path: Path) -> set[str]:
    return {path.name for path in path.iterdir()}


NAMES = [
    pytest.param("ner-base", "runs/ner-base-01234567", id="shipped"),
    pytest.param("my_module:find", "runs/my_module-find-01234567", id="module"),
    pytest.param("cmd:../../bin/x --y", "runs/cmd-..-..-bin-x---y-01234567", id="path"),
    pytest.param("..", "runs/extractor-01234567", id="dots"),
    pytest.param("x" * 500, f"runs/{'x' * 60}-01234567", id="long"),
]


class TestFolder:
    @pytest.mark.parametrize("finished", [False, True])
    def test_what_was_appended_is_kept(self, tmp_path: Path, finished: bool):
        filled(tmp_path / "r", finished=finished)
        assert opened(RunFolder(tmp_path / "r")) == MADE

    def test_an_interrupted_run_is_continued_also_when_one_is_wanted_anew(self, tmp_path: Path):
        filled(tmp_path / "r", MADE[:2])
        assert opened(RunFolder(tmp_path / "r"), anew=True) == MADE[:2]

    def test_restart_keeps_nothing(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        assert opened(folder, restart=True) == []
        assert names(tmp_path / "r") == {"run.json"}

    @pytest.mark.parametrize("how", ["anew", "restart"])
    def test_a_finished_run_stays_until_another_takes_its_place(self, tmp_path: Path, how: str):
        folder = filled(tmp_path / "r", finished=True)
        before = read_run(tmp_path / "r")
        other = [replace(one, annotations=Annotations(entities=())) for one in MADE]
        assert opened(folder, **{how: True}) == []
        with folder.appending() as append:
            append(other[:2])
        assert read_run(tmp_path / "r") == before
        # Interrupted here: it is continued.
        again = RunFolder(tmp_path / "r")
        assert opened(again, anew=True) == other[:2]
        with again.appending() as append:
            append(other[2:])
        again.finish(ARTICLES)
        assert read_run(tmp_path / "r")[1] == other
        assert names(tmp_path / "r") == {"run.json", "predictions.jsonl"}

    def test_what_was_begun_anew_is_dropped_once_the_finished_run_has_been_used(self, tmp_path: Path):
        folder = filled(tmp_path / "r", finished=True)
        opened(folder, anew=True)
        with folder.appending() as append:
            append(MADE[:2])
        assert opened(RunFolder(tmp_path / "r")) == MADE
        assert opened(RunFolder(tmp_path / "r"), anew=True) == []

    @pytest.mark.parametrize("finished", [False, True])
    def test_failed_articles_are_tried_again(self, tmp_path: Path, finished: bool):
        made = [MADE[0], FAILED, MADE[2]]
        folder = filled(tmp_path / "r", made, finished=finished)
        assert opened(folder, keep_failed=True) == made
        assert opened(folder) == [MADE[0], MADE[2]]
        with folder.appending() as append:
            append([MADE[1]])
        folder.finish(ARTICLES)
        assert read_run(tmp_path / "r")[1] == MADE
        assert (tmp_path / "r" / "predictions.jsonl").read_bytes() == b"".join(map(checked_line, MADE))

    def test_another_key_is_refused(self, tmp_path: Path):
        filled(tmp_path / "r")
        for how in ({}, {"anew": True}, {"restart": True}):
            with pytest.raises(OutputError, match="holds another run"):
                opened(RunFolder(tmp_path / "r"), "other", **how)
        assert read_run(tmp_path / "r")[1] == MADE

    @pytest.mark.parametrize(
        ("facts", "what"),
        [
            (None, "missing"),
            *(
                (one, "damaged")
                for one in ("{", "[]", '{"key": 5}', '{"format": "evalkit.run", "version": 1, "key": 5}')
            ),
            (
                '{"format": "evalkit.run", "version": 1, "key": "key", "extractor": "x", "versions": {"numpy": 2}}',
                "damaged",
            ),
        ],
    )
    def test_a_run_whose_facts_are_gone_has_a_way_out(self, tmp_path: Path, facts: str | None, what: str):
        filled(tmp_path / "r")
        (tmp_path / "r" / "run.json").unlink()
        if facts is not None:
            (tmp_path / "r" / "run.json").write_text(facts)
        with pytest.raises(OutputError, match=rf"its run\.json, .* is {what}; --restart begins anew .* or delete"):
            opened(RunFolder(tmp_path / "r"))
        assert opened(RunFolder(tmp_path / "r"), restart=True) == []
        aside = {"predictions.damaged.jsonl", *([] if facts is None else ["run.damaged.json"])}
        assert names(tmp_path / "r") == aside
        assert (tmp_path / "r" / "predictions.damaged.jsonl").read_bytes() == b"".join(map(checked_line, MADE))

    def test_restart_is_the_way_out_also_where_there_are_figures(self, tmp_path: Path):
        folder = filled(tmp_path / "r", finished=True)
        folder.write_result(empty_result(folder))
        (tmp_path / "r" / "speed.json").write_text("{}")
        (tmp_path / "r" / "run.json").unlink()
        with pytest.raises(OutputError, match="--restart begins anew"):
            opened(RunFolder(tmp_path / "r"))
        for _ in range(2):
            assert opened(RunFolder(tmp_path / "r"), restart=True) == []
            filled(tmp_path / "r", finished=True)
        assert {"predictions.damaged.jsonl", "result.damaged.json"} < names(tmp_path / "r")

    ABOUT: ClassVar = {**FACTS, "spelling": "mine:find", "gold_fingerprint": "12", "fingerprint": "new"}

    @pytest.mark.parametrize(
        ("other", "said", "dropped"),
        [
            ({"fingerprint": "old"}, "of the same model, whose code or files have changed since", True),
            ({"settings": {"device": "cpu"}}, "with device=cpu, not ", True),
            ({"gold": "x@1", "gold_fingerprint": "13"}, "of the gold x@1, not x@2", False),
            ({"spelling": "mine:other"}, "of the model mine:other, not mine:find", False),
        ],
    )
    def test_another_run_is_told_and_dropped_where_it_is_of_the_same_extractor(
        self, tmp_path: Path, other: dict[str, object], said: str, dropped: bool
    ):
        folder = filled(tmp_path / "r", finished=True)
        about = {**self.ABOUT, "gold": "x@2"}
        folder.write_facts("key", {**about, **other})
        for how in ({}, {"anew": True}, {"again": True}, {"restart": True}):
            if how == {"restart": True} and dropped:
                assert RunFolder(tmp_path / "r").open("k", ARTICLES, None, about=about, **how).predictions == {}
                assert names(tmp_path / "r") == set()
                return
            with pytest.raises(OutputError, match=f"holds another run [(]{said}[)]") as refused:
                RunFolder(tmp_path / "r").open("k", ARTICLES, None, about=about, **how)
            assert ("begin anew with --restart" in str(refused.value)) is dropped
        assert read_run(tmp_path / "r")[1] == MADE

    @pytest.mark.parametrize(
        "make", [os.mkdir, getattr(os, "mkfifo", os.mkdir), lambda path: path.symlink_to("run.json")]
    )
    @pytest.mark.parametrize("name", ["run.json", "predictions.jsonl", "result.json", "speed.json"])
    def test_what_is_no_file_is_refused_before_anything_is_extracted(
        self, tmp_path: Path, name: str, make: Callable[[Path], object]
    ):
        folder = filled(tmp_path / "r", finished=True)
        folder.write_result(empty_result(folder))
        (tmp_path / "r" / name).unlink(missing_ok=True)
        make(tmp_path / "r" / name)
        with (
            pytest.raises(OutputError, match=rf"{name}: is a (link|folder or device), .* delete it, or"),
            folder.held(),
        ):
            pass
        if name == "result.json":
            for path in (tmp_path / "r", tmp_path / "r" / name):
                with pytest.raises(EvalkitError, match=r"result\.json"):
                    current_result(path)

    def test_things_of_others_are_left_alone(self, tmp_path: Path):
        (tmp_path / "notes.txt").write_text("mine")
        for write in (
            lambda: filled(tmp_path),
            lambda: RunFolder(tmp_path).write_result(
                EvalResult(extractor="x", gold="g@1", split="test", articles=0, tasks={})
            ),
        ):
            with pytest.raises(OutputError, match="is there already and is no run"):
                write()
        assert names(tmp_path) == {"notes.txt"}

    def test_a_run_with_notes_of_its_owner_is_a_run(self, tmp_path: Path):
        filled(tmp_path / "r")
        (tmp_path / "r" / "notes.txt").write_text("mine")
        with RunFolder(tmp_path / "r").held():
            pass
        assert "notes.txt" in names(tmp_path / "r")

    @given(cut=st.integers(min_value=0, max_value=sum(len(checked_line(p)) for p in MADE)))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
    def test_cut_anywhere_it_continues_to_the_same_bytes(self, tmp_path_factory: pytest.TempPathFactory, cut: int):
        path = tmp_path_factory.mktemp("cut") / "r"
        filled(path)
        whole = (path / "predictions.jsonl").read_bytes()
        (path / "predictions.jsonl").write_bytes(whole[:cut])
        folder = RunFolder(path)
        kept = opened(folder)
        assert kept == MADE[: len(kept)]
        with folder.appending() as append:
            append(MADE[len(kept) :])
        folder.finish(ARTICLES)
        assert (path / "predictions.jsonl").read_bytes() == whole
        assert names(path) == {"run.json", "predictions.jsonl"}

    ODD = (
        pytest.param(b"\0\0\0", id="zeroes"),
        pytest.param(b"[]", id="no-object"),
        pytest.param(checked_line(MADE[1]).replace(b"[0,2]", b"[0,3]").rstrip(), id="changed"),
        pytest.param(prediction_line(MADE[1]).rstrip(), id="without-its-check"),
        pytest.param(checked_line(replace(MADE[1], article_id="other")).rstrip(), id="foreign"),
        pytest.param(
            checked_line(replace(MADE[1], annotations=Annotations(quotes=()))).rstrip(), id="layer-not-claimed"
        ),
    )

    @pytest.mark.parametrize("line", ODD)
    def test_an_odd_line_drops_itself_alone_and_its_file_is_set_aside(self, tmp_path: Path, line: bytes):
        filled(tmp_path / "r")
        odd = checked_line(MADE[0]) + line + b"\n" + checked_line(MADE[2])
        (tmp_path / "r" / "predictions.jsonl").write_bytes(odd)
        folder = RunFolder(tmp_path / "r")
        kept = folder.open("key", ARTICLES, ("entities",))
        assert list(kept.predictions.values()) == [MADE[0], MADE[2]]
        assert kept.notes == (
            "1 line of predictions.jsonl was damaged, or not of this run: made again; the file as it was is kept as "
            "predictions.damaged.jsonl",
        )
        assert (tmp_path / "r" / "predictions.damaged.jsonl").read_bytes() == odd
        # Never over an earlier one.
        (tmp_path / "r" / "predictions.jsonl").write_bytes(b"{}\n")
        assert "kept as predictions.damaged-2.jsonl" in folder.open("key", ARTICLES, ("entities",)).notes[0]
        assert (tmp_path / "r" / "predictions.damaged.jsonl").read_bytes() == odd

    def test_lines_of_earlier_versions_are_kept(self, tmp_path: Path):
        filled(tmp_path / "r")
        (tmp_path / "r" / "predictions.jsonl").write_bytes(b"".join(map(prediction_line, MADE[:2])))
        assert opened(RunFolder(tmp_path / "r")) == MADE[:2]
        # And are given a check, so that others can stand beside them.
        assert (tmp_path / "r" / "predictions.jsonl").read_bytes() == b"".join(map(checked_line, MADE[:2]))

    def test_what_is_not_read_back_as_it_was_written_is_not_called_whole(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        with patch.object(RunFolder, "_put"):
            (tmp_path / "r" / "predictions.jsonl").write_bytes(checked_line(MADE[0]))
            with pytest.raises(OutputError, match="what is read back is not what was written"):
                folder.finish(ARTICLES)

    @pytest.mark.parametrize("link", [os.symlink, os.link], ids=["soft", "hard"])
    @pytest.mark.parametrize(
        "name", ["run.json", "predictions.jsonl", "predictions.next.jsonl", ".lock", "result.json"]
    )
    def test_no_link_leads_out_of_the_folder(self, tmp_path: Path, name: str, link: Callable[[Path, Path], None]):
        outside = tmp_path / "precious"
        for finished in (False, True):
            folder = filled(tmp_path / f"r{finished}", finished=finished)
            outside.write_text("keep me\n")
            (folder.path / name).unlink(missing_ok=True)
            link(outside, folder.path / name)
            with suppress(EvalkitError), folder.held():
                opened(folder, anew=True)
                folder.write_facts("key", FACTS)
                with folder.appending() as append:
                    append(MADE)
                folder.finish(ARTICLES)
                folder.write_result(empty_result(folder))
            assert outside.read_text() == "keep me\n"

    def test_two_processes_are_kept_apart(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        result = empty_result(folder)
        with folder.held("evalkit run --model x"):
            for work in (lambda: filled(tmp_path / "r"), lambda: RunFolder(tmp_path / "r").write_result(result)):
                with pytest.raises(OutputError, match=rf"process {os.getpid()} on .* \(evalkit run --model x\) is at"):
                    work()
            folder.write_result(result)
        assert RunFolder(tmp_path / "r").sha256() == folder.sha256()

    def test_what_a_killed_process_left_is_removed(self, tmp_path: Path):
        filled(tmp_path / "r")
        (tmp_path / "r" / ".run.json.4711-0123456789abcdef.tmp").write_text("{")
        (tmp_path / "r" / ".lock").write_text("process 4711")
        with RunFolder(tmp_path / "r").held():
            pass
        assert names(tmp_path / "r") == {"run.json", "predictions.jsonl"}

    @pytest.mark.parametrize(("name", "path"), NAMES)
    def test_default_place_stays_below_runs(self, name: str, path: str):
        folder = RunFolder.default(name, "0123456789abcdef")
        assert folder.path.as_posix() == path
        assert folder.path.parent.name == "runs"


def empty_result(folder: RunFolder) -> EvalResult:
    """A result without figures, of the predictions that lie there."""
    return EvalResult(extractor="x", gold="g@1", split="test", articles=0, tasks={}, run={"sha256": folder.sha256()})


class TestReading:
    def test_facts_and_predictions(self, tmp_path: Path):
        filled(tmp_path / "r")
        facts, predictions, sha256 = read_run(tmp_path / "r")
        assert facts == {"format": "evalkit.run", "version": 1, "key": "key", **FACTS}
        assert predictions == MADE
        assert sha256 == hashlib.sha256((tmp_path / "r" / "predictions.jsonl").read_bytes()).hexdigest()

    def test_no_run(self, tmp_path: Path):
        with pytest.raises(InputError, match=r"is no run folder \(No such file or directory\)"):
            read_run(tmp_path)

    def test_damaged_line_is_named(self, tmp_path: Path):
        filled(tmp_path / "r")
        path = tmp_path / "r" / "predictions.jsonl"
        path.write_bytes(path.read_bytes()[:-5])
        with pytest.raises(FormatError, match=r"predictions\.jsonl:3: damaged .*run the same command again"):
            read_run(tmp_path / "r")

    def test_damaged_facts_are_named(self, tmp_path: Path):
        filled(tmp_path / "r")
        (tmp_path / "r" / "run.json").write_text("{")
        with pytest.raises(FormatError, match=r"run\.json: not valid JSON .*run again"):
            read_run(tmp_path / "r")

    def test_result_round_trip(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        folder.write_result(empty_result(folder))
        assert read_result(tmp_path / "r") == empty_result(folder)
        assert read_result(tmp_path / "r" / "result.json") == empty_result(folder)

    def test_a_result_of_other_predictions_is_not_put_beside_these(self, tmp_path: Path):
        folder = filled(tmp_path / "r")
        result = empty_result(folder)
        folder.write_predictions(MADE[:1])
        with pytest.raises(OutputError, match="holds a run of other predictions than those scored"):
            folder.write_result(result)
        assert not (tmp_path / "r" / "result.json").exists()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param("[]", "not an evalkit result", id="list"),
            pytest.param("{}", "not an evalkit result", id="other"),
            pytest.param("{", "not valid JSON", id="cut"),
        ],
    )
    def test_other_files(self, tmp_path: Path, content: str, message: str):
        (tmp_path / "result.json").write_text(content)
        with pytest.raises(FormatError, match=message):
            read_result(tmp_path)


def test_lines_leave_times_out():
    assert prediction_line(Prediction(article_id="a", annotations=Annotations(), seconds=1.5)) == (
        b'{"id":"a","entities":null,"quotes":null,"stances":null}\n'
    )
