"""What a gate demands: rules, from a TOML file or by default.

::

    cluster = "story"            # optional: draw whole clusters, named by a metadata field, instead of articles
    max_failures = 0             # on how many articles the extractor may fail
    on_unclear = "unclear"       # what a drop that cannot be told from noise comes to: unclear (exit 3), pass or fail

    [[rule]]                     # without any, one for each task with all defaults
    task = "entities"            # the only field that must be there
    convention = "exact"         # default: the main convention of the task
    label = "PER"                # default: all labels pooled ("micro"); "macro" is the mean over labels
    slice = "zone=headline"      # a property that explain slices by; { zone = "…", source = "…" } for several
    score = "f1"                 # precision, recall, f1, or a derived score such as favg
    floor = 0.80                 # below this it fails, whatever the baseline has
    max_drop = 0.01              # how far it may fall below the baseline; by default 0.01 for micro scores, and 0.02
                                 # for a label, a slice, macro and derived scores
    min_effect = 0.005           # a smaller drop does not matter
    alpha = 0.05                 # how sure a larger drop must be to fail
    on_unclear = "pass"          # for this rule, in place of that of the file

    [[speed]]                    # optional: see `evalkit.gate.speed`
    max_slowdown = 1.2

Words and limits are checked when the file is read; whether a run has such a label or slice, when it is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.analysis.figures import PRF_SCORES
from evalkit.errors import EvalkitError, InputError
from evalkit.files import read_text
from evalkit.gate.speed import SpeedRule
from evalkit.registry import near_match
from evalkit.scoring.tasks.table import choose_conventions, derived_scores, is_additive, load_task, task_names
from evalkit.toml import TomlPlaces, parse_toml

__all__ = ["MARGIN", "MARGIN_OF_A_PART", "ON_UNCLEAR", "POOLED", "Rule", "RuleSet", "default_rules", "read_rules"]

POOLED = ("micro", "macro")
MARGIN, MARGIN_OF_A_PART = 0.01, 0.02
"""How far a figure may fall unless a rule says otherwise: a micro score over everything, and all others, which stand on
fewer items. Chosen by simulation: experiments/gate/README.md."""

ON_UNCLEAR = ("unclear", "pass", "fail")
OVER_ALL = "counts over the whole split, so no drop of it can be tested by article; choose another convention"
SETTINGS = ("cluster", "max_failures", "on_unclear")
NUMBERS = {"floor": (0.0, 1.0), "max_drop": (0.0, 1.0), "min_effect": (0.0, 1.0), "alpha": (0.0, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One demand; the fields are those of the file.

    `label` is a label, "micro" or "macro"; `slice` a property of items or articles by name, with the value wanted;
    `max_drop` a margin that goes with these if none is given.
    """

    name: str
    task: str
    convention: str
    label: str = "micro"
    slice: Mapping[str, str] = field(default_factory=dict)
    score: str = "f1"
    floor: float | None = None
    max_drop: float | None = None
    min_effect: float = 0.0
    alpha: float = 0.05
    on_unclear: str = ON_UNCLEAR[0]

    def __post_init__(self) -> None:
        """Fills in the margin that goes with what the rule is about."""
        if self.max_drop is None:
            whole = self.label == "micro" and not self.slice and self.score in PRF_SCORES
            object.__setattr__(self, "max_drop", MARGIN if whole else MARGIN_OF_A_PART)

    @property
    def allowed(self) -> float:
        """The largest drop that passes without a test."""
        return max(self.max_drop or 0.0, self.min_effect)

    @property
    def about(self) -> str:
        """What it is about, in words: task, convention, label, score and slice."""
        where = " ".join(f"{key}={value}" for key, value in self.slice.items())
        pooled = "" if self.score not in PRF_SCORES else self.label
        return " ".join(filter(None, (self.task, self.convention, pooled, self.score, where)))

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
        max_failures: on how many articles the extractor may fail.
        on_unclear: what a drop comes to that cannot be told from noise: "unclear" (exit status 3), "pass" or "fail";
            for default rules, others have it already.
        speeds: rules about how fast the run is.
    """

    rules: tuple[Rule, ...]
    cluster: str | None = None
    max_failures: int = 0
    on_unclear: str = ON_UNCLEAR[0]
    speeds: tuple[SpeedRule, ...] = ()


def default_rules(conventions: Mapping[str, str], on_unclear: str = ON_UNCLEAR[0]) -> tuple[Rule, ...]:
    """One rule a task: micro F1 under the convention that is given for it may drop by the default margin at most."""
    rows = [{"task": task, "convention": name, "on_unclear": on_unclear} for task, name in conventions.items()]
    return tuple(map(_named, rows))


def read_rules(path: Path) -> RuleSet:
    """The rules of a file.

    Raises:
        InputError: the file cannot be read, or a field or value is unknown; names the line and what was meant.
        FormatError: it is no TOML.
    """
    text = read_text(path, remedy="give a TOML file of rules")
    return _rule_set(parse_toml(text, path), TomlPlaces(path, text))


def _rule_set(data: Mapping[str, Any], places: TomlPlaces) -> RuleSet:
    for key in data:
        if key not in ("rule", "speed", *SETTINGS):
            raise _unknown(places.of(key), "field", key, (*SETTINGS, "rule", "speed"))
    rows = data.get("rule", [])
    listed = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not data or not listed or ("rule" in data and not rows):
        raise InputError(f"{places.path}: holds no rule; write at least one [[rule]]")
    settings = _settings(data, places)
    usual = {key: settings[key] for key in ("on_unclear",) if key in settings}
    rules = [_rule({**usual, **row}, number, places) for number, row in enumerate(rows)]
    names = [rule.name for rule in rules]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InputError(f"{places.of('name', number)}: rule {name!r} is there twice; give each a name of its own")
    return RuleSet(rules=tuple(rules), speeds=_speed_rules(data, usual, places), **settings)


SPEED_FIELDS = ("name", "max_slowdown", "against", "on_unclear")


def _speed_rules(data: Mapping[str, Any], usual: Mapping[str, Any], places: TomlPlaces) -> tuple[SpeedRule, ...]:
    rows = data.get("speed", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{places.of('speed', table='speed')}: speed must be written as [[speed]], one for each rule")
    rules = []
    for number, row in enumerate(rows):
        for key, value in row.items():
            place = places.of(key, number, "speed")
            if key not in SPEED_FIELDS:
                raise _unknown(place, "field", key, SPEED_FIELDS)
            if key in ("name", "against") and (not isinstance(value, str) or not value):
                raise InputError(f"{place}: {key} must be text in quotes, found {value!r:.60}")
        _check_unclear(row, places.of("on_unclear", number, "speed"))
        most = row.get("max_slowdown")
        if isinstance(most, bool) or not isinstance(most, (int, float)) or not 0 < most <= MOST_TIMES:
            place = places.of("max_slowdown" if "max_slowdown" in row else "speed", number, "speed")
            raise InputError(
                f"{place}: max_slowdown must be a number above 0, such as 1.2 for a fifth slower, found {most!r:.60}"
            )
        rules.append(SpeedRule(**{**usual, **row}))
    return tuple(rules)


MOST_TIMES = 1000


def _settings(data: Mapping[str, Any], places: TomlPlaces) -> dict[str, Any]:
    """What stands outside of rules, as it should be."""
    settings = {key: data[key] for key in SETTINGS if key in data}
    cluster, failures = settings.get("cluster", "any"), settings.get("max_failures", 0)
    if not isinstance(cluster, str) or not cluster:
        raise InputError(f"{places.of('cluster')}: cluster must name a metadata field, found {cluster!r}")
    if type(failures) is not int or failures < 0:
        raise InputError(f"{places.of('max_failures')}: max_failures must be a whole number from 0, found {failures!r}")
    _check_unclear(settings, places.of("on_unclear"))
    return settings


def _check_unclear(row: Mapping[str, Any], place: str) -> None:
    if row.get("on_unclear", ON_UNCLEAR[0]) not in ON_UNCLEAR:
        raise _unknown(place, "value of on_unclear", row["on_unclear"], ON_UNCLEAR)


FIELDS = ("name", "task", "convention", "label", "slice", "score", "on_unclear", *NUMBERS)


def _rule(row: Mapping[str, Any], number: int, places: TomlPlaces) -> Rule:
    for key in row:
        if key in SETTINGS and key not in FIELDS:
            raise InputError(
                f"{places.of(key, number)}: {key} is about the whole gate; write it above the first [[rule]]"
            )
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
    _check_unclear(row, places.of("on_unclear", number))
    given = {"slice": _slice(row["slice"], places.of("slice", number))} if "slice" in row else {}
    return _named({**row, **given, "convention": convention})


def _convention(row: Mapping[str, Any], number: int, places: TomlPlaces) -> str:
    name: str = row.get("convention", load_task(row["task"]).main)
    try:
        known = choose_conventions(row["task"], (name,))
    except EvalkitError as error:
        raise InputError(f"{places.of('convention', number)}: {error}") from error
    if len(known) != 1:
        every = choose_conventions(row["task"], ("all",))
        raise _unknown(places.of("convention", number), f"convention of {row['task']}", name, every)
    if not is_additive(row["task"], known[0]):
        place = places.of("convention" if "convention" in row else "task", number)
        raise InputError(f"{place}: {row['task']} under {known[0]} {OVER_ALL}")
    return known[0]


def _check_number(key: str, value: object, limits: tuple[float, float], place: str) -> None:
    low, high = limits
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low <= float(str(value)) <= high or (key == "alpha" and value in (0, 1)):
        between = "between 0 and 1" if key == "alpha" else "from 0 to 1"
        raise InputError(f"{place}: {key} must be a number {between}, found {value!r}")


def _check_score(row: Mapping[str, Any], convention: str, number: int, places: TomlPlaces) -> None:
    score = row.get("score", "f1")
    if score in PRF_SCORES:
        return
    derived = derived_scores(row["task"], convention)
    if score not in derived:
        known = (*PRF_SCORES, *derived)
        raise _unknown(places.of("score", number), f"score of {row['task']} under {convention}", score, known)
    if "label" in row:
        raise InputError(f"{places.of('label', number)}: {score} is over all labels; take the label out")


def _slice(value: object, place: str) -> dict[str, str]:
    """`"zone=headline"`, or a table of such, as name → value."""
    if isinstance(value, str):
        name, equals, wanted = value.partition("=")
        value = {name.strip(): wanted.strip()} if equals else None
    if not isinstance(value, dict) or not value or not all(isinstance(own, str) and own for own in value.values()):
        raise InputError(
            f'{place}: slice must be "NAME=VALUE" or {{ NAME = "VALUE" }}, a property of items or articles such as '
            f"zone=headline, found {value!r}"
        )
    if "label" in value:
        raise InputError(f"{place}: a label is no slice; write label = {value['label']!r}")
    return value


def _named(row: Mapping[str, Any]) -> Rule:
    rule = Rule(**{"name": "", **row})
    return rule if rule.name else replace(rule, name=rule.about)


def _unknown(place: str, what: str, name: object, known: Iterable[str]) -> InputError:
    names = list(known)
    near = near_match(str(name), names)
    hint = f"; did you mean {near!r}?" if near else "."
    return InputError(f"{place}: unknown {what} {name!r}{hint} Known: {', '.join(names)}")
