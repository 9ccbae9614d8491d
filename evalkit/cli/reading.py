"""Options that say how files are read: the format, and the settings of every format, as they are registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from evalkit.cli.options import FormatSetting, ListedOption, Option, with_record
from evalkit.formats.table import FORMATS, load_format, loadable_formats
from evalkit.options import ReadOptions

__all__ = [
    "read_options",
    "rename_option",
    "side_options",
    "suggestion_option",
    "target_option",
    "tool_option",
    "write_options",
]


def _formats() -> str:
    listed = "; ".join(f"{name} ({form.about})" for name, form in loadable_formats().items())
    return f"The format of the files, found by looking into them by default: {listed}."


def _format_names() -> str:
    return f"The format of the files, found by looking into them by default: {', '.join(loadable_formats())}."


def _profiles(what: str) -> str:
    from evalkit.formats.standoff.profile_files import profile_names

    return f"{what}: a TOML file (evalkit dataset profile drafts one), or {', '.join(profile_names())}."


def _short_forms() -> dict[str, str]:
    """The settings of the formats of evalkit with their help; those of other packages would take long to collect."""
    settings: dict[str, str] = {}
    for name in FORMATS.table:
        for setting, text in load_format(name).options.items():
            settings.setdefault(setting, f"{name}: {text}")
    return settings


def _other_settings() -> str:
    short = _short_forms()
    others = [
        f"{setting} ({name}: {text.rstrip('.')})"
        for name, form in loadable_formats().items()
        for setting, text in form.options.items()
        if setting not in short
    ]
    listed = f": {'; '.join(others)}" if others else ""
    return f"A setting of the format, also one that has no option of its own; repeatable{listed}."


def _read(read: tuple[str, ...], **values: str | None) -> ReadOptions:
    """What the options say.

    Raises:
        click.BadParameter: a setting is no NAME=VALUE, or is given twice.
    """
    named: dict[str, Any] = {
        name: values.pop(name, None) for name in (*_FORMAT, *_SIDES, "profile", "annotator", "offsets")
    }
    named["download"] = values.pop("download", None) or None
    given = {name: value for name, value in values.items() if value is not None}
    return ReadOptions(**named, values=_settings(read, "--read", given))


def _settings(pairs: Iterable[str], option: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Settings by name, from NAME=VALUE.

    Raises:
        click.BadParameter: one is no NAME=VALUE, or is given twice.
    """
    settings = dict(given or {})
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint=option)
        if settings.get(name, value) != value:
            raise click.BadParameter(f"{name} is given twice; keep one", param_hint=option)
        settings[name] = value
    return settings


_SIDES = {
    "gold_format": click.option("--gold-format", metavar="NAME", help="That of the gold, if it is another."),
    "predicted_format": click.option("--predicted-format", metavar="NAME", help="That of the predictions, if another."),
}
_READ: dict[str, Option] = {
    "profile": click.option(
        "--profile",
        metavar="FILE|NAME",
        cls=ListedOption,
        listing=lambda: _profiles("How the types, links and features of a tool's file map to layers"),
    ),
    "annotator": click.option(
        "--annotator", metavar="NAME", help="Whose annotations are the gold, where a file has those of several people."
    ),
    **{
        name: click.option(f"--{name.replace('_', '-')}", name, cls=FormatSetting, metavar="VALUE", help=text)
        for name, text in _short_forms().items()
    },
    "download": click.option(
        "--download", is_flag=True, help="Fetch a public corpus that is named and not here yet, also off a terminal."
    ),
    "read": click.option("--read", multiple=True, metavar="NAME=VALUE", cls=ListedOption, listing=_other_settings),
}
_COUNTED = "codepoint (the usual), utf-16 or utf-8, inclusive and one-based, with commas as utf-16,inclusive."


def _offsets(side: str) -> dict[str, Option]:
    text = f"How the files of the {side} count offsets: {_COUNTED}"
    return {"offsets": click.option("--offsets", metavar="UNIT", help=text)}


_FORMAT = {"format": click.option("--format", metavar="NAME", cls=ListedOption, listing=_formats, brief=_format_names)}

read_options = with_record("read", _read, _FORMAT | _offsets("gold") | _READ)
"""How files are read, as `read`."""

side_options = with_record("read", _read, _FORMAT | _SIDES | _offsets("predictions (not of the gold)") | _READ)
"""How gold and predictions are read, each in a format of its own, as `read`."""


def _write(to_profile: str | None, write: tuple[str, ...]) -> ReadOptions:
    return ReadOptions(profile=to_profile, values=_settings(write, "--write"))


write_options = with_record(
    "target",
    _write,
    {
        "to_profile": click.option(
            "--to-profile",
            metavar="FILE|NAME",
            cls=ListedOption,
            listing=lambda: _profiles("How layers are said by the types, links and features of the tool"),
        ),
        "write": click.option(
            "--write", multiple=True, metavar="NAME=VALUE", help="A setting of the format that is written; repeatable."
        ),
    },
)
"""How what is written is written, as `target`."""


def _renames(context: click.Context, parameter: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """The new names of readers by the old ones, which may have equals signs."""
    names: dict[str, str] = {}
    for pair in pairs:
        old, equals, new = (part.strip() for part in pair.rpartition("="))
        if not equals or not old or not new:
            raise click.BadParameter(f"{pair!r} is not OLD=NEW", context, parameter)
        if names.setdefault(old, new) != new:
            raise click.BadParameter(f"{old} is given two names; keep one", context, parameter)
    return names


rename_option = click.option(
    "--rename-annotator",
    "rename_annotators",
    multiple=True,
    metavar="OLD=NEW",
    callback=_renames,
    help="Call a reader otherwise, as where a tool knows people by their e-mail addresses; repeatable.",
)
"""Other names for readers, as `rename_annotators`."""


def _written() -> str:
    return ", ".join(name for name, form in loadable_formats().items() if form.write is not None)


def _targets() -> str:
    return f"{_written()}, or hf (a dataset folder)."


def tool_option(what: str, default: str = "") -> Option:
    """The option `--tool`: the format of a file for people, which `what` names; with its default in words."""

    def listing() -> str:
        usual = f"; {default} by default" if default else ""
        return f"What {what} is written as: {_written()}{usual}."

    return click.option("--tool", metavar="NAME", cls=ListedOption, listing=listing)


def _suggestions() -> str:
    return f"Write what is found as suggestions for people to correct, with --out: {_written()}."


suggestion_option = click.option("--to", metavar="NAME", cls=ListedOption, listing=_suggestions)
"""What suggestions are written as."""

target_option = click.option("--to", required=True, metavar="NAME", cls=ListedOption, listing=_targets)
"""What is written."""
