"""`evalkit doctor`: what is installed here, what can be run, which settings count, and what is wrong."""

from __future__ import annotations

import click

from evalkit.cli.lazy import commands_of
from evalkit.cli.settings import faults_and_settings
from evalkit.cli.show import Shown, form_options, show, status_of

__all__ = ["doctor_command"]


@click.command("doctor")
@form_options
def doctor_command(form: Shown) -> int:
    """Show versions, extras, cache, processor, models and settings, with what is wrong and what to install.

    Settings are options from pyproject.toml and from EVALKIT_ variables, each with its place. Nothing is loaded or
    fetched. Exit status 1 if something is wrong.
    """
    from evalkit.extractors.installation import ActiveSetting
    from evalkit.secrets import redacted_command
    from evalkit.workflows.doctor import check_installation

    context = click.get_current_context().find_root()
    faults, settings = faults_and_settings(context, commands_of(context))
    shown: list[ActiveSetting] = []
    for command, one in settings:
        values = one.value if isinstance(one.value, tuple) else (one.value,)
        _, *words = redacted_command([f"--{one.option}", *map(str, values)])
        value = ", ".join(words).lower() if isinstance(one.value, bool) else ", ".join(words)
        shown.append(ActiveSetting(command=command, option=one.option, value=value, where=one.where))
    found = check_installation(shown, faults)
    show(found, form)
    return status_of(found.shortfall)
