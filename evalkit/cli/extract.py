"""`evalkit extract`: what an extractor finds in a raw article, without gold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from evalkit.cli.options import PATH, extractor_options, parse_settings
from evalkit.cli.progress import shown_progress
from evalkit.cli.reading import read_options, suggestion_option, write_options
from evalkit.cli.show import TERMINAL, Shown, beside_option, show, show_logs, status_of, warn, write, write_beside
from evalkit.harmless import json_text
from evalkit.options import ReadOptions, Running

__all__ = ["extract_command"]


@click.command("extract")
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@extractor_options
@click.option("--json", "as_json", is_flag=True, help="One JSON line an article on standard output, nothing else.")
@suggestion_option
@click.option("--out", type=PATH, help="The new file or folder for --to.")
@beside_option
@write_options
@read_options
def extract_command(
    files: tuple[str, ...],
    model: str,
    settings: tuple[str, ...],
    article_timeout: float | None,
    max_cost: float | None,
    max_tokens: int | None,
    as_json: bool,
    to: str | None,
    out: Path | None,
    beside: Shown,
    target: ReadOptions,
    read: ReadOptions,
) -> int:
    """Run an extractor over raw articles (plain text, UTF-8; - is standard input) and show what it finds.

    With -o what is shown is written to files, too. With --to and --out what it finds is written for an annotation tool
    instead, as suggestions to correct; what its files cannot hold is left out and counted.

    The zones of the page (headline, lead, byline, caption, body, boilerplate) are found first; shipped extractors
    take nothing from boilerplate. Files in a format and folders of them are read as such; what is annotated in them is
    left aside. Of another folder the files in .txt are articles. Articles that fail are named; exit status 1 if all of
    them do.
    """
    from evalkit.formats.native.rows import dump_line
    from evalkit.predictions.suggestions import check_destination
    from evalkit.workflows.running.extract import extract_articles
    from evalkit.workflows.running.suggest import write_suggestions

    if to is None and target != ReadOptions():
        raise click.UsageError("--to-profile and --write say how --to is written; add it")
    if (to is None) != (out is None):
        raise click.UsageError("--to NAME and --out PATH go together: the format, and the new file or folder")
    show_logs()
    if to is not None and out is not None:
        # Before anything is paid for.
        check_destination(out, to, target)
    with shown_progress(model) as watched:
        limits = Running(article_timeout=article_timeout, max_cost=max_cost, max_tokens=max_tokens)
        running = replace(limits, isolated=True, progress=watched.progress, standing=watched.standing, announce=warn)
        extraction = extract_articles(model, files, settings=parse_settings(settings), read=read, running=running)
    write_beside(extraction, beside)
    left = len(extraction.failed) < len(extraction.articles)
    if to is not None and out is not None:
        if left and not extraction.shortfall:
            written = write_suggestions(extraction, out, to=to, profile=target.profile, settings=target.values)
            # Notes and failures are said beside it, as they are without a tool.
            show(replace(written, notes=(), failed={}), "json" if as_json else TERMINAL, heading=False)
    elif as_json:
        for row in extraction.rows():
            write(json_text(dump_line(row)))
    elif left:
        show(extraction, heading=False)
    for note in extraction.notes:
        warn(note)
    shortfall = extraction.shortfall
    # The error names the first.
    for name, error in list(extraction.failed.items())[bool(shortfall) :]:
        warn(f"{name} failed: {error}")
    return status_of(shortfall)
