"""The commands with their options, from the command line itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from inspect import cleandoc
from typing import NamedTuple

import click

from evalkit.cli.help import EXAMPLES, HELP_ALL, grouped
from evalkit.cli.main import cli
from evalkit.cli.options import FormatSetting
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
    group: str


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
    """The options in their groups, as in the help; settings of single formats stand on the page of formats."""
    options = []
    for parameter, group in grouped(command, context):
        record = None if isinstance(parameter, FormatSetting) else parameter.get_help_record(context)
        if record is not None and not {"--help", HELP_ALL} & set(parameter.opts):
            options.append(Told(parameter.name or "", record[0], record[1], group))
    return options


def _names(words: str) -> str:
    return words.split(" ", 1)[0].rstrip(",")


def commands_page() -> str:
    """The page: each command with what it does and its options, and those that many have, once."""
    commands = [(name, command, context, _told(command, context)) for name, command, context in every_command()]
    times = Counter(option[:3] for *_, options in commands for option in options)
    shared = {option for option, number in times.items() if number >= _SHARED}
    parts = [_INTRO, _overview([name for name, *_ in commands])]
    for name, command, context, options in commands:
        pieces = command.collect_usage_pieces(context)
        first, _, rest = cleandoc(command.help or "").partition("\n\n")
        parts += [f"\n## {name}\n", _paragraphs(first), text_block(" ".join([name, *pieces]))]
        parts += [_examples(name.removeprefix("evalkit ")), _paragraphs(rest)]
        for group in dict.fromkeys(option.group for option in options):
            own = [option for option in options if option.group == group]
            parts.append(_options(group, own, shared))
    rows = [
        (f'<span id="{_anchor(option[0])}"></span>{code(option[1])}', plain(option[2]))
        for option in times
        if option in shared
    ]
    return "".join([*parts, _COMMON, table(("option", "what"), rows)])


def _examples(words: str) -> str:
    lines = [f"# {what}\nevalkit {line}" for line, what in EXAMPLES.get(words, ())]
    return "\n```bash\n{}\n```\n".format("\n".join(lines)) if lines else ""


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


def _paragraphs(text: str) -> str:
    """The help as paragraphs; those that are not to be filled stay as they are."""
    parts = []
    for paragraph in filter(None, re.split(r"\n\s*\n", text)):
        kept = paragraph.startswith("\b")
        parts.append(text_block(paragraph.removeprefix("\b")) if kept else f"\n{plain(paragraph)}\n")
    return "".join(parts)


def _options(group: str, options: list[Told], shared: Collection[tuple[str, ...]]) -> str:
    """A table of a group; of options that many commands have there are only links."""
    own = [(code(option.words), plain(option.about)) for option in options if option[:3] not in shared]
    common = [f"[`{_names(option.words)}`](#{_anchor(option.name)})" for option in options if option[:3] in shared]
    listed = f"\n{' '.join(common)}\n" if common else ""
    return f"\n**{plain(group)}**\n{listed}" + (table(("option", "what"), own) if own else "")


def _anchor(name: str) -> str:
    return f"option-{name.replace('_', '-')}"
