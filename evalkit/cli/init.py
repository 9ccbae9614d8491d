"""`evalkit init`: settings, a workflow and a first baseline for a project."""

from __future__ import annotations

import click

from evalkit.cli.options import parse_settings
from evalkit.cli.progress import shown_progress
from evalkit.cli.show import Shown, form_options, show, show_logs, warn
from evalkit.options import Running

__all__ = ["init_command"]


@click.command("init")
@click.option("--model", required=True, metavar="NAME", help="The extractor that is gated (see evalkit models).")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the extractor; repeatable.")
@click.option("--dataset", help="The gold: a path in the project, or a name; the bundled gold by default.")
@click.option("--split", default="test", show_default=True, help="The split that is gated.")
@click.option(
    "--build",
    type=click.Choice(("github", "gitlab", "none")),
    default="github",
    show_default=True,
    help="The build server that gets a workflow.",
)
@click.option(
    "--install",
    metavar="REQUIREMENT",
    help="What pip installs there; by default the address that this evalkit was installed from.",
)
@form_options
def init_command(
    model: str,
    settings: tuple[str, ...],
    dataset: str | None,
    split: str,
    build: str,
    install: str | None,
    form: Shown,
) -> None:
    """Make a project ready: [tool.evalkit] in pyproject.toml, a workflow for pull requests, and a first baseline.

    Call it in the root of the repository. Nothing that is there is written over: what is kept is named. The extractor
    is run once for the baseline; if it fails, nothing is written.
    """
    from evalkit.integrations.project import init_project

    show_logs()
    given = parse_settings(settings)
    with shown_progress(model) as watched:
        running = Running(isolated=True, progress=watched.progress, standing=watched.standing, announce=warn)
        done = init_project(
            model=model, dataset=dataset, split=split, settings=given, build=build, install=install, running=running
        )
    show(done, form, heading=False)
