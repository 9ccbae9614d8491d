"""What a command writes for the people of a pull request: a job summary and a comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import OUTPUT, Option, given, with_record

__all__ = ["Posts", "post_options"]


@dataclass(frozen=True, slots=True)
class Posts:
    """Where they are written.

    Attributes:
        summary: a file that Markdown is added to.
        comment: a file that the comment is written to.
        name: which of several comments it is.
        links: what it links: name → address.
    """

    summary: Path | None = None
    comment: Path | None = None
    name: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    def write(self, result: object, **options: Any) -> None:
        """Writes what was asked for; a summary is added to what other steps wrote."""
        from evalkit.files import append_file, write_file
        from evalkit.report.comment import render_comment
        from evalkit.report.render import render_report

        # What is added to cannot be taken back, so it comes last.
        if self.comment is not None:
            write_file(self.comment, render_comment(result, name=self.name, links=self.links, **options))
        if self.summary is not None:
            append_file(self.summary, render_report(result, "markdown", **options))


def _posts(summary: Path | None, comment_file: Path | None, comment_name: str, links: tuple[str, ...]) -> Posts:
    """What was asked for, looked at before anything is computed.

    Raises:
        InputError: a name or a link is none.
        click.UsageError: something is said of a comment that is not asked for.
    """
    if comment_file is None:
        if odd := given("comment_name", "links"):
            raise click.UsageError(f"--{odd[0].replace('_', '-').removesuffix('s')} goes with --comment-file")
        return Posts(summary)
    from evalkit.report.comment import checked_links, checked_name

    pairs: dict[str, str] = {}
    for name, _, address in (link.partition("=") for link in links):
        if pairs.setdefault(name, address) != address:
            raise click.UsageError(f"--link {name} is given two addresses; keep one")
    return Posts(summary, comment_file, checked_name(comment_name), checked_links(pairs))


def post_options(name: str) -> Option:
    """Adds `--summary`, `--comment-file`, `--comment-name` and `--link`, handed to the command as `posts`.

    Args:
        name: the usual name of the comment.
    """
    return with_record(
        "posts",
        _posts,
        {
            "summary": click.option("--summary", type=OUTPUT, help="Add Markdown for a job summary to this file."),
            "comment_file": click.option(
                "--comment-file", type=OUTPUT, help="Write the comment for a pull request here (see evalkit comment)."
            ),
            "comment_name": click.option(
                "--comment-name", default=name, show_default=True, help="With --comment-file: which of several it is."
            ),
            "links": click.option(
                "--link", "links", multiple=True, metavar="NAME=ADDRESS", help="With --comment-file: link this there."
            ),
        },
    )
