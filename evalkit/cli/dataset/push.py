"""`evalkit dataset push`: puts a dataset folder on the hub."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.dataset.asides import say_count
from evalkit.cli.options import PATH
from evalkit.cli.show import Shown, form_options, show

__all__ = ["push_command"]


@click.command("push")
@click.argument("folder", type=PATH)
@click.argument("hub_id")
@click.option("--revision", metavar="BRANCH", default="main", show_default=True, help="The branch; made if not there.")
@click.option("--tag", metavar="TAG", default="", help="A tag for the commit, as v1.2; one that is there never moves.")
@click.option("--message", default="", help="Of the commit; by default how many articles there are.")
@click.option("--create", is_flag=True, help="Make the repository if there is none.")
@click.option("--private", is_flag=True, help="A repository that is made is private.")
@click.option("--dry-run", is_flag=True, help="Check everything and list the files; ask and send nothing.")
@form_options
def push_command(
    folder: Path,
    hub_id: str,
    revision: str,
    tag: str,
    message: str,
    create: bool,
    private: bool,
    dry_run: bool,
    form: Shown,
) -> None:
    """Put a dataset folder on the Hugging Face hub, as HUB_ID (organisation/name), in one commit.

    The folder is validated first, and its card and croissant.json have to be those of the gold as it is. Only what
    a dataset folder holds is sent; the rest is named. Articles that the folder has no more go away there, other files
    stay. The token is HF_TOKEN of the environment, or the one
    that the hub's own client keeps.
    """
    from evalkit.dataset.making.build import DatasetProblemsError
    from evalkit.dataset.publishing.push import push_dataset

    try:
        result = push_dataset(
            folder,
            hub_id,
            revision=revision,
            tag=tag,
            message=message,
            create=create,
            private=private,
            dry_run=dry_run,
        )
    except DatasetProblemsError as error:
        show(error.problems, heading=False)
        say_count(error.problems)
        raise click.exceptions.Exit(2) from error
    show(result, form)
