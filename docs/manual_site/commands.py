"""The commands with their options, from the command line itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from inspect import cleandoc
from typing import NamedTuple

import click

from evalkit.cli.main import cli
from manual_site.markdown import code, plain, table, text_block

__all__ = ["commands_page", "every_command"]

_SHARED = 5
"""An option that so many commands have, with the same words, is explained once."""

_INTRO = """\
# Commands

`evalkit COMMAND --help` says the same. [Exit statuses](exit.md) are those of every command. What results can be
shown as is under [forms](forms.md).
"""

_COMMON = """
## Options of many commands

"""


class Told(NamedTuple):
    """An option as the help of its command has it."""

    name: str
    words: str
    about: str


def every_command() -> Iterator[tuple[str, click.Command, click.Context]]:
    """The commands by their whole name, in the order of the help; a group is none."""
    yield from _below("evalkit", cli, click.Context(cli, info_name="evalkit"))


def _below(name: str, group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    for own in group.list_commands(context):
        command = group.get_command(context, own)
        assert command is not None, own
        inner = click.Context(command, info_name=own, parent=context)
        if isinstance(command, click.Group):
            yield from _below(f"{name} {own}", command, inner)
        else:
            yield f"{name} {own}", command, inner


def _told(command: click.Command, context: click.Context) -> list[Told]:
    options = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            options.append(Told(parameter.name or "", record[0], record[1]))
    return options


def _names(words: str) -> str:
    return words.split(" ", 1)[0].rstrip(",")


def commands_page() -> str:
    """The page: each command with what it does and its options, and those that many have, once."""
    commands = [(name, command, context, _told(command, context)) for name, command, context in every_command()]
    times = Counter(option for *_, options in commands for option in options)
    shared = [option for option, number in times.items() if number >= _SHARED]
    parts = [_INTRO, _overview([name for name, *_ in commands])]
    for name, command, context, options in commands:
        pieces = command.collect_usage_pieces(context)
        parts.append(f"\n## {name}\n{_described(command)}{text_block(' '.join([name, *pieces]))}")
        own = [option for option in options if times[option] < _SHARED]
        common = [f"[`{_names(option.words)}`](#{_anchor(option)})" for option in options if times[option] >= _SHARED]
        parts.append(_options(own))
        if common:
            parts.append(f"\nAs of many commands: {', '.join(common)}.\n")
    rows = [(f'<span id="{_anchor(option)}"></span>{code(option.words)}', plain(option.about)) for option in shared]
    return "".join([*parts, _COMMON, table(("option", "what"), rows)])


def _overview(names: list[str]) -> str:
    lines = [(f"[`{name}`](#{name.replace(' ', '-')})", plain(_line(name.split()[1:]))) for name in names]
    return table(("command", "what"), lines)


def _line(words: list[str]) -> str:
    """The line of a command in the help above it."""
    group = cli
    for word in words[:-1]:
        found = group.get_command(click.Context(group), word)
        assert isinstance(found, click.Group)
        group = found
    command = group.get_command(click.Context(group), words[-1])
    listed = getattr(group, "table", {}).get(words[-1])
    return listed[1] if listed else ("" if command is None else command.get_short_help_str(200))


def _described(command: click.Command) -> str:
    """The help as paragraphs; those that are not to be filled stay as they are."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", cleandoc(command.help or "")):
        kept = paragraph.startswith("\b")
        parts.append(text_block(paragraph.removeprefix("\b")) if kept else f"\n{plain(paragraph)}\n")
    return "".join(parts)


def _options(options: list[Told]) -> str:
    return (
        table(("option", "what"), [(code(option.words), plain(option.about)) for option in options]) if options else ""
    )


def _anchor(option: Told) -> str:
    return f"option-{option.name.replace('_', '-')}"
