"""Counts by article beside a result: small, the same bytes every time, read late, and refused where they are others."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.analysis.intervals import task_result
from evalkit.analysis.runs import scored_table_of
from evalkit.errors import FormatError
from evalkit.predictions.store import RunFolder, current_result, read_result, result_files
from evalkit.results import EvalResult
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable
from evalkit.tables import COUNTS, add_up, counts_bytes, read_counts

TABLE = CountTable.of_cells(
    ("a\u2028", "b", "ø"), ("", "X"), [0, 1, 2], [1, 0, 1], [[1, 2, 0.1, 1], [3, 0, 0, 0], [300, 1, 1, 1]]
)
GROUPED = CountTable.of_dense(("a", "b"), ("X",), np.arange(16.0), ("s", "t"))


def result(**tables: CountTable) -> EvalResult:
    scored = {
        name: task_result("entities", name, ScoredTable(table), signature="", bootstrap=None)
        for name, table in tables.items()
    }
    return EvalResult(extractor="own", gold="gold", split="all", articles=3, tasks={"entities": scored})


@pytest.mark.parametrize("table", [TABLE, GROUPED, replace(TABLE, apart=True), TABLE.select([])], ids=str)
def test_tables_are_what_they_were(table: CountTable) -> None:
    content = counts_bytes({"entities": {"exact": table.columns(), "type": table.columns()}})
    back = read_counts(content, "counts.npz")
    assert list(back) == [("entities", "exact"), ("entities", "type")]
    assert CountTable.from_json(back["entities", "type"]).to_json() == table.to_json()
    assert counts_bytes({"entities": {"exact": table.to_json(), "type": table.to_json()}}) == content


TOTALS = {"gold": 304, "predicted": 3, "gold_credit": 1.1, "predicted_credit": 2.0}


def test_columns_of_a_table_are_known_for_such() -> None:
    for table in (TABLE, GROUPED, replace(TABLE, apart=True)):
        columns = read_counts(counts_bytes({"t": {"c": table.columns()}}), "")["t", "c"]
        sums = dict(zip(TOTALS, table.totals().sum(axis=0).tolist(), strict=True))
        assert add_up(columns, sums)


@pytest.mark.parametrize(
    "change",
    [
        {"gold": np.array([1, 3, 299], dtype="u2")},
        {"gold": np.array([1.0, 3.0, 300.0])},
        {"gold_credit": np.array([0.1, -1.0, 2.0])},
        {"gold_credit": np.array([0.1, np.nan, 1.0])},
        {"article": np.array([0, 1, 3], dtype="u1")},
        {"article": np.array([0, 1], dtype="u1")},
        {"article": np.array(0, dtype="u1")},
        {"label": np.array([2, 0, 1], dtype="u1")},
        {"labels": ("X", "X")},
        {"labels": ()},
        {"articles": ("a", "b", "\ud800")},
        {"group": np.array([0, 0, 0], dtype="u1")},
        {"groups": ("g",)},
        {"apart": 1},
    ],
    ids=str,
)
def test_columns_that_may_be_of_no_table_are_known_for_such(change: dict[str, object]) -> None:
    columns = read_counts(counts_bytes({"t": {"c": TABLE.columns()}}), "")["t", "c"]
    assert add_up(columns, TOTALS)
    assert not add_up({**columns, **change}, TOTALS)


def test_what_conventions_share_is_stored_once() -> None:
    one, two = (counts_bytes({"entities": dict.fromkeys(names, TABLE.columns())}) for names in ("a", "ab"))
    assert len(zipfile.ZipFile(io.BytesIO(one)).namelist()) == len(zipfile.ZipFile(io.BytesIO(two)).namelist())
    assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in zipfile.ZipFile(io.BytesIO(one)).infolist())


def test_a_result_does_not_grow_with_its_articles(tmp_path: Path) -> None:
    lengths = []
    for articles in (10, 1000):
        names = tuple(f"article-{at:04}" for at in range(articles))
        table = CountTable.of_cells(names, ("X",), range(articles), [0] * articles, [[1, 1, 1, 1]] * articles)
        files = result_files(result(exact=table))
        lengths.append(len(files["result.json"]))
        assert len(files[COUNTS]) < 3000 + 30 * articles
    assert lengths[1] - lengths[0] < 20


def test_counts_are_read_when_somebody_looks(tmp_path: Path) -> None:
    before = result(exact=TABLE, type=TABLE)
    RunFolder(tmp_path / "run").write_result(before)
    assert "table" not in json.loads((tmp_path / "run" / "result.json").read_bytes())["tasks"]["entities"]["exact"]
    after = read_result(tmp_path / "run")
    assert after.to_json() == before.to_json()
    assert scored_table_of(after.tasks["entities"]["type"]).table.to_json() == TABLE.to_json()
    # Figures need none of it.
    (tmp_path / "run" / COUNTS).unlink()
    without = current_result(tmp_path / "run")
    assert without.tasks["entities"]["exact"].micro == before.tasks["entities"]["exact"].micro
    assert without.tasks["entities"]["exact"].table is None


def _other(content: bytes) -> bytes:
    return counts_bytes({"entities": {"exact": GROUPED.columns()}})


def _compressed(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.getvalue()


def _pickled(content: bytes) -> bytes:
    out = io.BytesIO()
    np.savez(out, index=np.array([print], dtype=object))
    return out.getvalue()


def _with_index(index: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out := io.BytesIO(), "w") as new:
            for name in old.namelist():
                changed = io.BytesIO()
                np.save(changed, np.frombuffer(index, dtype=np.uint8))
                new.writestr(name, changed.getvalue() if name.startswith("index") else old.read(name))
        return out.getvalue()

    return change


def _encrypted(content: bytes) -> bytes:
    place = content.index(b"PK\x01\x02") + 8
    return content[:place] + b"\x01" + content[place + 1 :]


@pytest.mark.parametrize("change", [_other, lambda content: content[:-1], lambda content: b""])
def test_counts_of_another_result_are_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    RunFolder(tmp_path).write_result(result(exact=TABLE))
    (tmp_path / COUNTS).write_bytes(change((tmp_path / COUNTS).read_bytes()))
    table = read_result(tmp_path).tasks["entities"]["exact"].table
    assert table is not None
    with pytest.raises(FormatError, match=r"counts\.npz: is not what the result beside it was written with; score"):
        table["gold"]


@pytest.mark.parametrize(
    "change",
    [
        _compressed,
        _pickled,
        lambda content: content[:200],
        lambda content: b"",
        lambda content: content[:-200] + b"0" * 200,
        _encrypted,
        _with_index(b"[" * 100_000),
        _with_index(b'[{"task": "entities", "convention": "exact", "articles": {"names": []}}]'),
    ],
    ids=["compressed", "pickle", "cut", "empty", "end", "encrypted", "deep", "nameless"],
)
def test_a_damaged_file_is_one_line(change: Callable[[bytes], bytes]) -> None:
    content = counts_bytes({"entities": {"exact": TABLE.columns()}})
    with pytest.raises(
        FormatError, match=r"counts\.npz: damaged counts by article \(.*\); score the run again"
    ) as caught:
        read_counts(change(content), "counts.npz")
    assert "\n" not in str(caught.value)


def test_counts_that_do_not_add_up_to_the_figures_are_refused(tmp_path: Path) -> None:
    RunFolder(tmp_path).write_result(result(exact=TABLE))
    file = tmp_path / "result.json"
    data = json.loads(file.read_bytes())
    for row in (data["tasks"]["entities"]["exact"]["micro"],):
        row |= {
            "gold": 1,
            "gold_credit": 1.0,
            "recall": 1.0,
            "predicted": 1,
            "predicted_credit": 1.0,
            "precision": 1.0,
            "f1": 1.0,
        }
    file.write_text(json.dumps(data))
    table = read_result(tmp_path).tasks["entities"]["exact"].table
    assert table is not None
    with pytest.raises(
        FormatError, match=r"entities under exact: damaged: .* a table whose gold adds up to that of micro"
    ):
        table["gold"]
