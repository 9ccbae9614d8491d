"""Options from the project and from the environment: for each one where its value comes from, in one order.

The command line comes first, then `EVALKIT_COMMAND_OPTION`, `EVALKIT_OPTION`, the table `[tool.evalkit.COMMAND]` and
the table `[tool.evalkit]` of the nearest pyproject.toml. What comes from elsewhere than the command line is handed to
click as defaults, and is the same to whoever takes the options: nothing of a result depends on where one was written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import comma_names
from evalkit.errors import InputError
from evalkit.registry import near_match

__all__ = [
    "CONFIG",
    "OTHER_VARIABLES",
    "Setting",
    "faults_and_settings",
    "given_way",
    "in_use",
    "place_named",
    "project_file",
    "settings_of",
    "settle",
    "words_of",
]

CONFIG = "EVALKIT_CONFIG"
"""The variable that names the file in place of the nearest pyproject.toml; empty for none."""

OTHER_VARIABLES: Mapping[str, str] = {
    "EVALKIT_CACHE": "the folder of the cache",
    "EVALKIT_SOURCES": "the folder of public corpora",
    "EVALKIT_LLM_API_KEY": "the key of the endpoint of llm:",
    "EVALKIT_LLM_BASE_URL": "the address of the endpoint of llm:",
    CONFIG: "the file that is read in place of the nearest pyproject.toml; empty for none",
    "EVALKIT_SHARED": "a folder of material that some tests of evalkit itself are about",
    "EVALKIT_EXAMPLES": "how the tests of evalkit itself look for examples",
}
"""Variables that are no options."""

_PREFIX = "EVALKIT_"
_SEVERAL = ";"
_PROJECT = "pyproject.toml"
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0", "")
_LIKE = 0.8
"""How alike a variable must be to one that is known to be taken for a slip of it."""
_NOT_SET = {"help", "help-all", "version"}


@dataclass(frozen=True, slots=True)
class Setting:
    """An option whose value does not come from the command line.

    Attributes:
        option: its long name, without dashes.
        parameter: the name of the parameter.
        value: as it is handed to the option.
        where: where it was found, for messages.
    """

    option: str
    parameter: str
    value: Any
    where: str


_SETTINGS = "evalkit.settings"
_GROUPS = ("cache", "dataset")
"""Commands that have commands."""

_GIVE_WAY: Mapping[str, tuple[str, ...]] = {"as_json": ("to",), "to": ("as_json",)}
"""Options of which one on the command line takes the place of a setting of the other."""
_GIVE_WAY_IN: Mapping[str, Mapping[str, tuple[str, ...]]] = {"report": {"to": ("files",), "files": ("to", "items")}}
"""More of them, of one command."""
_OWN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("report", "gate", "compare", "explain", "leaderboard"), ("dataset",)),
    "view": ("dataset", "output"),
    "runs": ("model", "split", "tasks"),
    "extract": ("to", "out"),
    "score": ("out",),
    "selftest": ("conventions", "seed"),
}
"""Parameters of a command that are called like an option of others and say something else, as where the gold of a run
is now: of them only its own table and variables speak."""
_OF_TASKS = dict.fromkeys(("tool", "to_profile", "write"), ("written", "corrections"))
_ONLY_WITH: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "report": {"dataset": ("items",)},
    "run": {"address": ("executor",)},
    "extract": {"to": ("out",), "out": ("to",), "to_profile": ("to",), "write": ("to",)},
    "dataset suspects": {
        **_OF_TASKS,
        "written": ("tool",),
        "patch": ("corrections",),
        "unchanged": ("corrections",),
        "k": ("runs",),
    },
    "dataset adjudicate": {"tool": ("disputed",)},
}
"""Parameters of a command that say nothing without one of others: a setting of such a one waits for that."""


def settle(context: click.Context, words: str, commands: Callable[[], Mapping[str, click.Command]]) -> None:
    """Gives a context the settings of its command as defaults.

    Args:
        context: the context, before the command line is read.
        words: what the command is called, as `run` or `dataset validate`.
        commands: gives all commands by their words.

    Raises:
        InputError: a key or a variable is no option, or a value none for it; names the place.
    """
    settings = settings_of(context.command, words, context)
    check_settings(words, context.command, commands)
    context.default_map = {one.parameter: one.value for one in settings}
    context.meta[_SETTINGS] = settings


def faults_and_settings(
    context: click.Context, commands: Mapping[str, click.Command]
) -> tuple[list[str], list[tuple[str, Setting]]]:
    """What is wrong with the settings of all commands, and each setting with the commands that take it, in words."""
    faults: dict[str, None] = {}
    taken: dict[tuple[str, str, str], tuple[list[str], Setting]] = {}
    for words, command in commands.items():
        inner = click.Context(command, info_name=words, parent=context, resilient_parsing=False)
        try:
            settings = settings_of(command, words, inner)
            check_settings(words, command, lambda: commands)
        except InputError as error:
            faults[str(error)] = None
            continue
        for one in settings:
            taken.setdefault((one.option, str(one.value), one.where), ([], one))[0].append(words)
    return list(faults), [(", ".join(names), one) for names, one in taken.values()]


def in_use(context: click.Context) -> list[Setting]:
    """The settings that count in a command: those of options that its command line does not have."""
    from_map = click.core.ParameterSource.DEFAULT_MAP
    named: list[Setting] = context.meta.get(_SETTINGS, [])
    return [
        one
        for one in named
        if context.get_parameter_source(one.parameter) is from_map and one.parameter not in given_way(context)
    ]


def given_way(context: click.Context) -> list[str]:
    """The parameters whose settings do not count here.

    An option that excludes them is on the command line, or nothing is there that they are about.
    """
    typed, from_map = click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.DEFAULT_MAP
    source, words = context.get_parameter_source, _words(context)
    way = [
        name
        for name, others in [*_GIVE_WAY.items(), *_GIVE_WAY_IN.get(words, {}).items()]
        if source(name) is from_map and any(source(other) is typed for other in others)
    ]
    for name, needed in _ONLY_WITH.get(words, {}).items():
        if source(name) is from_map and not any(context.params.get(one) for one in needed if one not in way):
            way.append(name)
    return list(dict.fromkeys(way))


def place_named(context: click.Context, message: str) -> str:
    """A message about an option or a value that nobody typed, with where it comes from."""
    known = [one for one in in_use(context) if not isinstance(one.value, bool)]
    told = [one for one in known if _is_named(one, message) and one.where not in message]
    if not told:
        return message
    return f"{message} ({'; '.join(f'{one.option} is set in {one.where}' for one in told)})"


def _is_named(setting: Setting, message: str) -> bool:
    values = setting.value if isinstance(setting.value, tuple) else (setting.value,)
    return bool(re.search(rf"--{re.escape(setting.option)}(?![\w-])", message)) or any(
        f"'{value}'" in message or message.startswith(f"{value}:") for value in map(str, values)
    )


def _words(context: click.Context) -> str:
    return context.command_path.partition(" ")[2]


def settings_of(command: click.Command, words: str, context: click.Context) -> list[Setting]:
    """The settings of a command, each option once, from where it counts most.

    Args:
        command: the command.
        words: what it is called.
        context: its context, in which values are tried.

    Raises:
        InputError: a value is none for its option; names the place.
    """
    options = _options(command)
    settings: dict[str, Setting] = {}
    for key, value, where in [*_of_project(words, options), *_of_environment(words, options)]:
        name = _option_of(key, options)
        if name is None:
            continue
        parameter = options[name]
        settings[name] = Setting(name, str(parameter.name), _converted(parameter, value, where, context), where)
    return list(settings.values())


def project_file() -> Path | None:
    """The file with the settings of the project: the nearest pyproject.toml that has a table for evalkit.

    Raises:
        InputError: the file that `EVALKIT_CONFIG` names cannot be read, or has no such table.
    """
    if (named := os.environ.get(CONFIG)) is not None:
        if named and _table(Path(named)) is None:
            raise InputError(f"{named}: has no table [tool.evalkit], though {CONFIG} names it; add it, or name another")
        return Path(named) if named else None
    from evalkit.files import read_bytes

    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / _PROJECT
        # One that is damaged and does not speak of evalkit is somebody else's matter.
        if path.is_file() and b"evalkit" in read_bytes(path) and _table(path) is not None:
            return path
    return None


def words_of(settings: Iterable[Setting]) -> list[str]:
    """The settings as words of a command line, so that it says all by itself."""
    words: list[str] = []
    for one in settings:
        if isinstance(one.value, bool):
            words += [f"--{one.option}"] if one.value else []
        else:
            for value in one.value if isinstance(one.value, tuple) else (one.value,):
                words += [f"--{one.option}", str(value)]
    return words


def check_settings(words: str, command: click.Command, commands: Callable[[], Mapping[str, click.Command]]) -> None:
    """Refuses a key that no command has, a table of a command that there is not, and a slip in a variable.

    Args:
        words: what the running command is called.
        command: the running command.
        commands: gives all commands by their words; only asked where this command does not know a key.

    Raises:
        InputError: there is one; names the place and the near match.
    """
    own = _options(command)
    path = project_file()
    for key, value in (_table(path) or {}).items() if path is not None else ():
        if _option_of(key, own) is not None and not isinstance(value, dict):
            continue
        sections = commands()
        if isinstance(value, dict) and _as_words(key) in sections:
            known = _options(sections[_as_words(key)])
            for inner in value:
                if _option_of(inner, known) is None:
                    raise _unknown(f"{path} [tool.evalkit.{key}]", inner, known)
        elif (name := _option_of(key, known := _every_option(sections))) is None:
            inner = [f"{key}-{one}" for one in value if f"{key} {one}" in sections] if isinstance(value, dict) else []
            if inner:
                raise InputError(f"{path} [tool.evalkit.{key}]: write [tool.evalkit.{inner[0]}] for that table")
            if _as_words(key) in sections:
                raise InputError(f"{path} [tool.evalkit]: {key} is a command; write a table [tool.evalkit.{key}]")
            raise _unknown(f"{path} [tool.evalkit]", key, [*known, *map(_as_key, sections)])
        elif isinstance(value, dict) and not _takes_pairs(known, name):
            inner = [f"{key}-{one}" for one in value if f"{key} {one}" in sections]
            remedy = f"write [tool.evalkit.{inner[0]}] for that command" if inner else f"write {key} = …"
            raise InputError(f"{path} [tool.evalkit.{key}]: {key} is an option and no table; {remedy}")
    known_variables = {_variable(name): name for name in own} | {_variable(name, words): name for name in own}
    for variable in _variables():
        if variable in known_variables or variable in OTHER_VARIABLES:
            continue
        near = _near(variable, [*known_variables, *OTHER_VARIABLES])
        if near is not None and variable not in _every_variable(commands()):
            raise InputError(f"unknown variable {variable}; did you mean {near}?")


def _unknown(where: str, key: str, known: Iterable[str]) -> InputError:
    near = near_match(key.replace("_", "-"), known)
    hint = f"did you mean {near!r}?" if near else "evalkit COMMAND --help lists the options"
    return InputError(f"{where}: no command has an option {key!r}; {hint}")


def _near(variable: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    # All begin alike, which makes nothing alike.
    found = get_close_matches(variable[len(_PREFIX) :], [name[len(_PREFIX) :] for name in known], 1, _LIKE)
    return _PREFIX + found[0] if found else None


def _variables() -> list[str]:
    return sorted(name for name in os.environ if name.startswith(_PREFIX))


def _variable(option: str, words: str = "") -> str:
    """The variable of an option, of a command alone where its words are given."""
    return _PREFIX + f"{words} {option}".strip().replace("-", "_").replace(" ", "_").upper()


def _every_option(commands: Mapping[str, click.Command]) -> dict[str, click.Option]:
    return {name: option for command in commands.values() for name, option in _options(command).items()}


def _every_variable(commands: Mapping[str, click.Command]) -> set[str]:
    known: set[str] = set()
    for words, command in commands.items():
        for name in _options(command):
            known |= {_variable(name), _variable(name, words)}
    return known


def _as_words(key: str) -> str:
    """The words of a command whose table has this key: `dataset-validate` is `dataset validate`."""
    group = key.partition("-")[0]
    return key.replace("-", " ", 1) if group in _GROUPS else key


def _as_key(words: str) -> str:
    return words.replace(" ", "-")


def _options(command: click.Command) -> dict[str, click.Option]:
    """The options that can be set, by their long names without dashes."""
    options = {}
    for one in command.params:
        if isinstance(one, click.Option):
            longest = max(one.opts, key=len).lstrip("-")
            if longest not in _NOT_SET:
                options[longest] = one
    return options


def _option_of(key: str, options: Mapping[str, click.Option]) -> str | None:
    """The option of a key: its name with dashes or underscores, or the name that it has in Python."""
    name = key.replace("_", "-")
    if name in options:
        return name
    return next((option for option, one in options.items() if one.name == key.replace("-", "_")), None)


def _table(path: Path) -> Mapping[str, Any] | None:
    """What stands in a file for evalkit; None if it has no table for it."""
    from evalkit.toml import read_toml

    tool = read_toml(path).get("tool")
    table = tool.get("evalkit") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise InputError(f"{path}: tool.evalkit must be a table, found {type(table).__name__}")
    return table


def _of_project(words: str, options: Mapping[str, click.Option]) -> Iterator[tuple[str, Any, str]]:
    """Key, value and place of what the project says of a command; what counts more comes later."""
    path = project_file()
    if path is None:
        return
    table = _table(path) or {}
    shown = os.path.relpath(path)
    if " " not in words:
        for key, value in table.items():
            name = _option_of(key, options)
            if name is None or str(options[name].name) in _OWN.get(words, ()):
                continue
            if not isinstance(value, dict) or _takes_pairs(options, key):
                yield key, _from_project(value, key, options, path), f"{shown} [tool.evalkit]"
    section = table.get(_as_key(words))
    for key, value in section.items() if isinstance(section, dict) else ():
        yield key, _from_project(value, key, options, path), f"{shown} [tool.evalkit.{_as_key(words)}]"


def _takes_pairs(options: Mapping[str, click.Option], key: str) -> bool:
    name = _option_of(key, options)
    return name is not None and options[name].multiple and options[name].metavar == "NAME=VALUE"


def _from_project(value: Any, key: str, options: Mapping[str, click.Option], path: Path) -> Any:
    """The value, with paths as they are for whoever reads them from another folder than that of the project."""
    name = _option_of(key, options)
    folder = path.parent.resolve()
    if name is None or folder == Path.cwd().resolve():
        return value
    if isinstance(value, list):
        return [_from_project(one, key, options, path) for one in value]
    if not isinstance(value, str) or not value or os.path.isabs(value):
        return value
    if isinstance(options[name].type, click.Path) or (folder / value).exists():
        return os.path.relpath(folder / value)
    return value


def _of_environment(words: str, options: Mapping[str, click.Option]) -> Iterator[tuple[str, Any, str]]:
    general = () if " " in words else ("",)
    for prefix in (*general, words):
        for name, option in options.items():
            if not prefix and str(option.name) in _OWN.get(words, ()):
                continue
            variable = _variable(name, prefix)
            if (value := os.environ.get(variable)) is not None and variable not in OTHER_VARIABLES:
                yield name, value, variable


def _converted(option: click.Option, value: Any, where: str, context: click.Context) -> Any:
    """The value as the option takes it.

    Raises:
        InputError: it is none for this option.
    """
    name = max(option.opts, key=len).lstrip("-")
    from_text = not where.endswith("]")
    if option.is_flag:
        told = value.strip().casefold() if isinstance(value, str) and from_text else value
        if from_text and told in (*_YES, *_NO):
            return told in _YES
        if not isinstance(told, bool):
            raise InputError(f"{where}: {name} is true or false, found {value!r:.80}")
        return told
    if isinstance(value, dict):
        value = [f"{key}={_text(one, f'{name}.{key}', where)}" for key, one in value.items()]
    if option.multiple:
        several = value.split(_SEVERAL) if from_text else value if isinstance(value, list) else [value]
        converted: Any = tuple(_text(one, name, where).strip() for one in several)
    elif isinstance(value, list) and option.callback is comma_names:
        converted = ",".join(_text(one, name, where) for one in value)
    else:
        converted = _text(value, name, where)
    try:
        option.process_value(context, converted)
    except click.UsageError as error:
        raise InputError(f"{where}: {name} = {converted!r:.120}: {' '.join(error.message.split())}") from error
    return converted


def _text(value: Any, name: str, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError(f"{where}: {name} must be text or a number, found {type(value).__name__} {value!r:.80}")
    return str(value)
