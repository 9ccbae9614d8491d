"""What a gate demands: rules, from a TOML file or by default.

::

    cluster = "story"            # optional: draw whole clusters, named by a metadata field, instead of articles

    [[rule]]
    task = "entities"            # the only field that must be there
    convention = "exact"         # default: the main convention of the task
    label = "PER"                # default: all labels pooled ("micro"); "macro" is the mean over labels
    slice = { source = "Wire" }  # only articles with this metadata
    score = "f1"                 # precision, recall, f1, or a derived score such as favg
    floor = 0.80                 # below this it fails, whatever the baseline has
    max_drop = 0.01              # how far it may fall below the baseline
    min_effect = 0.005           # a smaller drop does not matter
    alpha = 0.05                 # how sure a larger drop must be to fail

Words and limits are checked when the file is read; whether a run has such a label or slice, when it is judged.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.analysis.figures import PRF_SCORES
from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.registry import near_match
from evalkit.scoring.tasks.table import choose_conventions, derived_scores, load_task, task_names

__all__ = ["POOLED", "Rule", "RuleSet", "default_rules", "read_rules"]

POOLED = ("micro", "macro")
NUMBERS = {"floor": (0.0, 1.0), "max_drop": (0.0, 1.0), "min_effect": (0.0, 1.0), "alpha": (0.0, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One demand; the fields are those of the file.

    `label` is a label, "micro" or "macro".
    """

    name: str
    task: str
    convention: str
    label: str = "micro"
    slice: Mapping[str, str] = field(default_factory=dict)
    score: str = "f1"
    floor: float | None = None
    max_drop: float = 0.0
    min_effect: float = 0.0
    alpha: float = 0.05

    @property
    def allowed(self) -> float:
        """The largest drop that passes without a test."""
        return max(self.max_drop, self.min_effect)

    @property
    def figure(self) -> tuple[str, str, str]:
        """Scope, label and score of the figure that is judged."""
        if self.score not in PRF_SCORES:
            return "derived", "", self.score
        return (self.label, "", self.score) if self.label in POOLED else ("label", self.label, self.score)


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """The rules of one gate.

    Attributes:
        cluster: the metadata field whose values are drawn as wholes, or None for articles.
    """

    rules: tuple[Rule, ...]
    cluster: str | None = None


def default_rules(tasks: Iterable[str]) -> RuleSet:
    """One rule a task: micro F1 under its main convention may not drop."""
    rules = [_named({"task": task, "convention": load_task(task).main}) for task in tasks]
    return RuleSet(rules=tuple(rules))


def read_rules(path: Path) -> RuleSet:
    """The rules of a file.

    Raises:
        InputError: the file cannot be read, or a field or value is unknown; names the line and what was meant.
        FormatError: it is no TOML.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; give a TOML file of rules") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{path}: not valid TOML ({error}); mend it") from error
    return _rule_set(data, _Places(path, text))


@dataclass(frozen=True)
class _Places:
    """Where fields stand; the TOML reader does not say, so lines are looked up."""

    path: Path
    text: str

    def of(self, key: str, number: int | None = None) -> str:
        """`file:line` of a field of the rule with this number (from 0), or outside of any rule."""
        lines = self.text.splitlines()
        headers = [at for at, line in enumerate(lines, 1) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        first = 1 if number is None or number >= len(headers) else headers[number]
        for at, line in enumerate(lines[first - 1 :], first):
            if re.match(rf"""\s*\[*\s*["']?{re.escape(key)}\b""", line):
                return f"{self.path}:{at}"
        return f"{self.path}:{first}"


def _rule_set(data: Mapping[str, Any], places: _Places) -> RuleSet:
    for key in data:
        if key not in ("rule", "cluster"):
            raise _unknown(places.of(key), "field", key, ("cluster", "rule"))
    rows = data.get("rule")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{places.path}: holds no rule; write at least one [[rule]]")
    cluster = data.get("cluster")
    if cluster is not None and (not isinstance(cluster, str) or not cluster):
        raise InputError(f"{places.of('cluster')}: cluster must name a metadata field, found {cluster!r}")
    rules = [_rule(row, number, places) for number, row in enumerate(rows)]
    names = [rule.name for rule in rules]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InputError(f"{places.of('name', number)}: rule {name!r} is there twice; give each a name of its own")
    return RuleSet(rules=tuple(rules), cluster=cluster)


FIELDS = ("name", "task", "convention", "label", "slice", "score", *NUMBERS)


def _rule(row: Mapping[str, Any], number: int, places: _Places) -> Rule:
    for key in row:
        if key not in FIELDS:
            raise _unknown(places.of(key, number), "field", key, FIELDS)
    if "task" not in row:
        raise InputError(
            f"{places.of('rule', number)}: the rule names no task; write task = {task_names()[0]!r} or another"
        )
    for key in ("name", "task", "convention", "label", "score"):
        if key in row and (not isinstance(row[key], str) or not row[key]):
            raise InputError(f"{places.of(key, number)}: {key} must be a word in quotes, found {row[key]!r}")
    if row["task"] not in task_names():
        raise _unknown(places.of("task", number), "task", row["task"], task_names())
    convention = _convention(row, number, places)
    for key, limits in NUMBERS.items():
        if key in row:
            _check_number(key, row[key], limits, places.of(key, number))
    _check_score(row, convention, number, places)
    _check_slice(row.get("slice", {}), places.of("slice", number))
    return _named({**row, "convention": convention})


def _convention(row: Mapping[str, Any], number: int, places: _Places) -> str:
    name: str = row.get("convention", load_task(row["task"]).main)
    try:
        known = choose_conventions(row["task"], (name,))
    except EvalkitError as error:
        raise InputError(f"{places.of('convention', number)}: {error}") from error
    if len(known) != 1:
        every = choose_conventions(row["task"], ("all",))
        raise _unknown(places.of("convention", number), f"convention of {row['task']}", name, every)
    return known[0]


def _check_number(key: str, value: object, limits: tuple[float, float], place: str) -> None:
    low, high = limits
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low <= float(str(value)) <= high or (key == "alpha" and value in (0, 1)):
        between = "between 0 and 1" if key == "alpha" else "from 0 to 1"
        raise InputError(f"{place}: {key} must be a number {between}, found {value!r}")


def _check_score(row: Mapping[str, Any], convention: str, number: int, places: _Places) -> None:
    score = row.get("score", "f1")
    if score in PRF_SCORES:
        return
    derived = derived_scores(row["task"], convention)
    if score not in derived:
        known = (*PRF_SCORES, *derived)
        raise _unknown(places.of("score", number), f"score of {row['task']} under {convention}", score, known)
    if "label" in row:
        raise InputError(f"{places.of('label', number)}: {score} is over all labels; take the label out")


def _check_slice(value: object, place: str) -> None:
    fields = isinstance(value, dict) and all(isinstance(own, str) for own in value.values())
    if not fields:
        raise InputError(f'{place}: slice must be {{ FIELD = "VALUE" }} in metadata of articles, found {value!r}')


def _named(row: Mapping[str, Any]) -> Rule:
    score, label = row.get("score", "f1"), row.get("label", "micro")
    where = " ".join(f"{key}={value}" for key, value in row.get("slice", {}).items())
    parts = [row["task"], row["convention"], "" if score not in PRF_SCORES else label, score, where]
    return Rule(**{"name": " ".join(filter(None, parts)), **row})


def _unknown(place: str, what: str, name: object, known: Iterable[str]) -> InputError:
    names = list(known)
    near = near_match(str(name), names)
    hint = f"; did you mean {near!r}?" if near else "."
    return InputError(f"{place}: unknown {what} {name!r}{hint} Known: {', '.join(names)}")
