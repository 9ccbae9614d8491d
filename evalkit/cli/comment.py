"""`evalkit comment`: a comment on a pull request, written anew in its place."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import PATH
from evalkit.cli.show import say, warn

__all__ = ["comment_command"]


@click.command("comment")
@click.argument("file", type=PATH)
@click.option(
    "--pull-request",
    type=click.IntRange(min=1),
    metavar="N",
    help="Its number, if not the one that the build is about.",
)
def comment_command(file: Path, pull_request: int | None) -> None:
    """Post FILE, a comment that `evalkit gate --comment-file` wrote, in place of the one that was posted before.

    For builds of GitHub (GITHUB_TOKEN, with the permission pull-requests: write) and of GitLab (GITLAB_TOKEN, an access
    token with the scope api). Which pull or merge request it is, their variables say. A pull request from a fork gets
    no comment, since its token may only read: that is said, and the exit status is 0.
    """
    import os

    from evalkit.integrations.forge import post_comment

    posted = post_comment(file, os.environ, number=pull_request)
    if posted.reason:
        warn(f"{posted.outcome}: {posted.reason}")
    else:
        say(f"{posted.outcome}{': ' if posted.address else ''}{posted.address}")
