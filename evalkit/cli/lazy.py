"""A group of commands that are imported when they are called: a table says where each is."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from evalkit.errors import EvalkitError
from evalkit.report.forms.console import results_apart

__all__ = ["LazyGroup", "commands_of"]

CommandTable = Mapping[str, tuple[str, str]]
"""Name → `module:attribute` of the command, and its line in the help; the order of the help."""


_HELPS = ("-h", "--help", "--help-all")
_ASKED = "evalkit.asks_for_help"
_UNSETTLED = ("doctor", "completion")
"""Commands that say what is wrong with settings, or need none."""


class _Context(click.Context):
    """Of a command: what is printed in it, but for its results, goes to standard error.

    Its options have defaults from the project and the environment (`evalkit.cli.settings`).
    """

    def __init__(self, command: click.Command, **rest: Any) -> None:
        super().__init__(command, **rest)
        words = self.command_path.partition(" ")[2]
        # Help is there whatever the settings are.
        if words and not (self.resilient_parsing or self.meta.get(_ASKED) or words in _UNSETTLED):
            from evalkit.cli.settings import settle

            settle(self, words, lambda: commands_of(self.find_root()))

    def invoke(self, callback: Any, /, *args: Any, **kwargs: Any) -> Any:
        """What the command gives."""
        from evalkit.cli.outputs import refuse_overlap
        from evalkit.cli.settings import given_way, place_named

        for name in given_way(self):
            value = kwargs.get(name)
            kwargs[name] = False if isinstance(value, bool) else () if isinstance(value, tuple) else None
        try:
            if callback is self.command.callback:
                refuse_overlap(self.command, kwargs)
            with results_apart():
                return super().invoke(callback, *args, **kwargs)
        except EvalkitError as error:
            # The line is the same but for where it came from that nobody typed.
            error.args = (place_named(self, str(error)),)
            raise
        except click.UsageError as error:
            vars(error)["message"] = place_named(self, error.message)
            raise

    def get_help(self) -> str:
        """What the command does, examples, and its options in groups."""
        from evalkit.cli.help import help_of

        return help_of(self.command, self)


class LazyGroup(click.Group):
    """Knows the names and help lines of its commands without importing them."""

    def __init__(self, *args: Any, table: CommandTable, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, imported now; None if there is none of this name."""
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        from evalkit.cli.help import add_help_all

        command.context_class = _Context
        add_help_all(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words name; an unknown name is refused with the near match."""
        # Behind -- stands no option.
        words = args[: args.index("--")] if "--" in args else args
        ctx.meta[_ASKED] = any(word in _HELPS for word in words)
        if args and not args[0].startswith("-") and args[0] not in self.table:
            from evalkit.registry import unknown_name

            raise unknown_name("command", args[0], self.table)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """What the commands are for, examples, and their names with a line each."""
        from evalkit.cli.help import help_of

        return help_of(self, ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the names with their lines."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])


def commands_of(context: click.Context) -> dict[str, click.Command]:
    """All commands below that of a context by their words, as `dataset validate`; each is imported for that."""
    commands: dict[str, click.Command] = {}
    group = context.command
    if not isinstance(group, click.Group):
        return {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            inner = click.Context(command, info_name=name, parent=context)
            commands |= {f"{name} {words}": one for words, one in commands_of(inner).items()}
        elif command is not None:
            commands[name] = command
    return commands
