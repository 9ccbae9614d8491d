from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import FormatError, InputError
from evalkit.gate.rules import Rule, default_rules, read_rules


def write(folder: Path, text: str) -> Path:
    path = folder / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_with_everything(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
cluster = "story"

[[rule]]
name = "people"
task = "entities"
convention = "iou:0.7"
label = "PER"
slice = { source = "Wire" }
score = "recall"
floor = 0.8
max_drop = 0.01
min_effect = 0.02
alpha = 0.1

[[rule]]
task = "stances"
convention = "given"
score = "favg"
""",
    )

    rules = read_rules(path)

    people, stance = rules.rules
    assert rules.cluster == "story"
    assert (people.name, people.convention, people.slice) == ("people", "iou:0.7", {"source": "Wire"})
    assert people.figure == ("label", "PER", "recall")
    assert people.allowed == 0.02  # the larger of max_drop and min_effect
    assert (stance.name, stance.figure) == ("stances given favg", ("derived", "", "favg"))
    assert (stance.floor, stance.max_drop, stance.alpha, stance.on_unclear) == (None, 0.02, 0.05, "unclear")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "holds no rule", id="empty"),
        pytest.param("rule = 3", "holds no rule", id="no-table"),
        pytest.param("[[rule]]\ntask=", "not valid TOML", id="no-toml"),
        pytest.param("[[rules]]\ntask='entities'", r":1: unknown field 'rules'; did you mean 'rule'", id="section"),
        pytest.param("[[rule]]\nfloor=0.1", ":1: the rule names no task", id="no-task"),
        pytest.param("[[rule]]\ntask='entitys'", ":2: unknown task 'entitys'; did you mean 'entities'", id="task"),
        pytest.param(
            "[[rule]]\ntask='entities'\nconvention='surface'",
            ":3: entities under surface counts over the whole split",
            id="no-sum",
        ),
        pytest.param("[[rule]]\ntask=3", ":2: task must be a word", id="task-type"),
        pytest.param(
            "[[rule]]\ntask='entities'\n\n[[rule]]\ntask='quotes'\nflor=0.5",
            ":6: unknown field 'flor'; did you mean 'floor'",
            id="field-of-the-second-rule",
        ),
        pytest.param(
            "[[rule]]\ntask='entities'\nconvention='exat'",
            ":3: unknown convention 'exat'; did you mean",
            id="convention",
        ),
        pytest.param(
            "[[rule]]\ntask='entities'\nconvention='joint'",
            ":3: unknown convention of entities 'joint'",
            id="not-its-own",
        ),
        pytest.param("[[rule]]\ntask='entities'\nconvention='all'", ":3: unknown convention", id="all"),
        pytest.param(
            "[[rule]]\ntask='entities'\nscore='f2'", ":3: unknown score .*'f2'; did you mean 'f1'", id="score"
        ),
        pytest.param("[[rule]]\ntask='entities'\nscore='favg'", ":3: unknown score", id="score-of-another-task"),
        pytest.param(
            "[[rule]]\ntask='stances'\nconvention='given'\nscore='favg'\nlabel='favor'",
            ":5: favg is over all labels",
            id="label-of-a-derived-score",
        ),
        pytest.param(
            "[[rule]]\ntask='entities'\nfloor=80", ":3: floor must be a number from 0 to 1, found 80", id="percent"
        ),
        pytest.param("[[rule]]\ntask='entities'\nmax_drop=-0.1", ":3: max_drop", id="negative"),
        pytest.param("[[rule]]\ntask='entities'\nmax_drop=nan", ":3: max_drop", id="nan"),
        pytest.param("[[rule]]\ntask='entities'\nfloor=true", ":3: floor", id="boolean"),
        pytest.param("[[rule]]\ntask='entities'\nalpha=0", ":3: alpha must be a number between", id="alpha"),
        pytest.param("[[rule]]\ntask='entities'\nslice='Wire'", ":3: slice must be", id="slice"),
        pytest.param("[[rule]]\ntask='entities'\nslice={year=2024}", ":3: slice must be", id="slice-value"),
        pytest.param("[[rule]]\ntask='entities'\nslice='label=PER'", ":3: a label is no slice", id="label-slice"),
        pytest.param("max_failures=-1", ":1: max_failures must be a whole", id="failures"),
        pytest.param("max_failures=1.5", ":1: max_failures must be a whole", id="part-of-an-article"),
        pytest.param("on_unclear='ignore'", ":1: unknown value of on_unclear 'ignore'", id="unclear"),
        pytest.param(
            "[[rule]]\ntask='entities'\non_unclear='fial'",
            ":3: unknown value .* did you mean 'fail'",
            id="unclear-of-a-rule",
        ),
        pytest.param(
            "[[rule]]\ntask='entities'\nmax_failures=1", ":3: max_failures is about the whole gate", id="in-a-rule"
        ),
        pytest.param("cluster=''\n[[rule]]\ntask='entities'", ":1: cluster must name", id="cluster"),
        pytest.param("[[rule]]\ntask='entities'\n[[rule]]\ntask='entities'", "is there twice", id="twice"),
    ],
)
def test_bad_files_are_refused_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_rules(write(tmp_path, text))

    assert "gate.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_rules(tmp_path / "nothing.toml")


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(b"# caf\xe9\n")

    with pytest.raises(FormatError, match="not UTF-8 at byte 5"):
        read_rules(path)


def test_by_default_each_task_has_one_rule() -> None:
    rules = default_rules({"entities": "exact", "stances": "given"}, "pass")

    assert [(rule.task, rule.convention, rule.figure, rule.allowed, rule.on_unclear) for rule in rules] == [
        ("entities", "exact", ("micro", "", "f1"), 0.01, "pass"),
        ("stances", "given", ("micro", "", "f1"), 0.01, "pass"),
    ]


@pytest.mark.parametrize(
    ("fields", "margin"),
    [
        pytest.param({}, 0.01, id="micro"),
        pytest.param({"score": "recall"}, 0.01, id="recall"),
        # What stands on fewer items moves more by chance.
        pytest.param({"label": "PER"}, 0.02, id="label"),
        pytest.param({"label": "macro"}, 0.02, id="macro"),
        pytest.param({"slice": {"zone": "headline"}}, 0.02, id="slice"),
        pytest.param({"label": "PER", "max_drop": 0.0}, 0.0, id="given"),
    ],
)
def test_the_margin_goes_with_what_a_rule_is_about(fields: dict[str, Any], margin: float) -> None:
    assert Rule(name="r", task="entities", convention="exact", **fields).allowed == margin


def test_settings_of_the_gate(tmp_path: Path) -> None:
    text = (
        'max_failures = 2\non_unclear = "pass"\n[[rule]]\ntask="entities"\n[[rule]]\ntask="quotes"\non_unclear="fail"'
    )

    rules = read_rules(write(tmp_path, text))

    assert (rules.max_failures, rules.on_unclear) == (2, "pass")
    assert [rule.on_unclear for rule in rules.rules] == ["pass", "fail"]


def test_settings_go_with_default_rules(tmp_path: Path) -> None:
    rules = read_rules(write(tmp_path, 'on_unclear = "pass"'))

    assert (rules.rules, rules.on_unclear, rules.max_failures) == ((), "pass", 0)


def test_a_slice_in_one_word(tmp_path: Path) -> None:
    (rule,) = read_rules(write(tmp_path, '[[rule]]\ntask="entities"\nslice="zone=headline"')).rules

    assert (rule.slice, rule.name) == ({"zone": "headline"}, "entities exact micro f1 zone=headline")


def test_a_name_of_its_own_does_not_hide_what_a_rule_is_about(tmp_path: Path) -> None:
    (rule,) = read_rules(write(tmp_path, '[[rule]]\nname="people"\ntask="entities"\nlabel="PER"')).rules

    assert (rule.name, rule.about) == ("people", "entities exact PER f1")
