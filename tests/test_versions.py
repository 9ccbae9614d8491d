"""What earlier versions of evalkit wrote is read by this one (`tests/stored` has a file of each)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import FormatError
from evalkit.results import _STEPS, FORMAT_VERSION, EvalResult
from evalkit.scoring.tasks.table import stored_table
from evalkit.versions import brought_up

STORED = Path(__file__).parent / "stored"


def stored(version: int) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((STORED / f"result-{version}.json").read_text(encoding="utf-8"))
    return data


def renamed(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    return {"version": 1, "name": data["nmae"]}


def doubled(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    return {**data, "name": data["name"] * 2}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param({"version": 1, "nmae": "a"}, {"version": 3, "name": "aa"}, id="all steps"),
        pytest.param({"version": 2, "name": "a"}, {"version": 3, "name": "aa"}, id="those that are left"),
        pytest.param({"version": 3, "name": "a"}, {"version": 3, "name": "a"}, id="none"),
    ],
)
def test_steps_are_taken_from_the_version_on(data: dict[str, Any], expected: dict[str, Any]):
    before = dict(data)
    assert brought_up(data, what="thing", steps=(renamed, doubled), where="a.json", remedy="make it anew") == expected
    assert data == before


@pytest.mark.parametrize("version", [4, 0, -1, True, 1.0, "1", None], ids=repr)
def test_a_version_that_nobody_knows_is_refused(version: object):
    with pytest.raises(FormatError) as caught:
        brought_up({"version": version}, what="thing", steps=(renamed, doubled), where="a.json", remedy="make it anew")
    assert str(caught.value) == f"a.json: thing version {version!r}, this evalkit reads 1 to 3; make it anew"


def test_there_is_a_stored_result_of_each_version():
    assert len(_STEPS) + 1 == FORMAT_VERSION
    versions = range(1, FORMAT_VERSION + 1)
    assert sorted(path.name for path in STORED.glob("result-*.json")) == [
        f"result-{version}.json" for version in versions
    ]
    assert [stored(version)["version"] for version in versions] == list(versions)


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
def test_a_stored_result_is_read_with_its_figures(version: int):
    data = stored(version)
    row = data["tasks"]["stances"]["given"]
    result = EvalResult.from_json(data)
    given = result.tasks["stances"]["given"]
    assert given.table is not None
    table = stored_table("stances", "given", given.table, given.scores)
    # What was stored beside the table follows from it, group by group.
    assert table.derived_value("favg_by_target") == pytest.approx(row["scores"]["favg_by_target"]["value"])
    assert table.table.counts().f1 == pytest.approx(row["micro"]["f1"])
    again = EvalResult.from_json(json.loads(json.dumps(result.to_json())))
    assert (again.to_json(), again.to_json()["version"]) == (result.to_json(), FORMAT_VERSION)


def test_a_table_of_version_1_becomes_one_with_groups():
    data = stored(1)
    second = data["tasks"]["stances"]["given"]["table"]["by_target"]
    table = EvalResult.from_json(data).to_json()["tasks"]["stances"]["given"]["table"]
    rows = zip(table["group"], table["label"], strict=True)
    assert [f"{table['groups'][group]}\t{table['labels'][label]}" for group, label in rows] == [
        second["labels"][label] for label in second["label"]
    ]
    assert table["gold"] == second["gold"]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        pytest.param([], "found [], expected an object", id="list"),
        pytest.param({"labels": 5}, "expected a list", id="column"),
        pytest.param({"labels": ["port\tfavour"]}, "expected targets with labels that it has", id="label"),
    ],
)
def test_damage_in_an_older_version_is_named(second: Any, said: str):
    data = stored(1)
    table = data["tasks"]["stances"]["given"]["table"]
    empty = {key: [] for key in ("article", "label", "gold", "predicted", "gold_credit", "predicted_credit")}
    table["by_target"] = {"articles": [], **empty, **second} if isinstance(second, dict) else second
    with pytest.raises(FormatError, match=r"^run/result.json: damaged at tasks.stances.given.table") as caught:
        EvalResult.from_json(data, where="run/result.json")
    assert said in str(caught.value)
