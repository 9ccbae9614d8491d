"""`evalkit extract`: what an extractor finds in a raw article, without gold."""

from __future__ import annotations

from dataclasses import replace

import click

from evalkit.cli.options import extractor_options, parse_settings
from evalkit.cli.progress import shown_progress
from evalkit.cli.reading import read_options
from evalkit.cli.show import show, show_logs, status_of, warn, write
from evalkit.harmless import json_text
from evalkit.options import ReadOptions, Running

__all__ = ["extract_command"]


@click.command("extract")
@click.argument("files", nargs=-1, required=True, metavar="FILE|-...")
@extractor_options
@click.option("--json", "as_json", is_flag=True, help="One JSON line an article on standard output, nothing else.")
@read_options
def extract_command(
    files: tuple[str, ...],
    model: str,
    settings: tuple[str, ...],
    article_timeout: float | None,
    max_cost: float | None,
    max_tokens: int | None,
    as_json: bool,
    read: ReadOptions,
) -> int:
    """Run an extractor over raw articles (plain text, UTF-8; - is standard input) and show what it finds.

    The zones of the page (headline, lead, byline, caption, body, boilerplate) are found first; shipped extractors
    take nothing from boilerplate. Files in .jsonl and .json hold articles in native form, those of other formats take
    --format; what is annotated in them is left aside. Articles that fail are named; exit status 1 if all of them do.
    """
    from evalkit.formats.native.rows import dump_line
    from evalkit.workflows.extract import extract_articles, read_articles

    show_logs()
    # Before the model is loaded, which takes longer than to see that a file is not there.
    articles = [article for name in files for article in read_articles(name, read)]
    with shown_progress(model) as progress:
        limits = Running(article_timeout=article_timeout, max_cost=max_cost, max_tokens=max_tokens)
        running = replace(limits, isolated=True, progress=progress, announce=warn)
        extraction = extract_articles(model, articles, settings=parse_settings(settings), running=running)
    if as_json:
        for row in extraction.rows():
            write(json_text(dump_line(row)))
    elif len(extraction.failed) < len(extraction.articles):
        show(extraction, heading=False)
    for note in extraction.notes:
        warn(note)
    shortfall = extraction.shortfall
    # The error names the first.
    for name, error in list(extraction.failed.items())[bool(shortfall) :]:
        warn(f"{name} failed: {error}")
    return status_of(shortfall)
