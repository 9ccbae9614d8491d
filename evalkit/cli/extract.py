"""`evalkit extract`: what an extractor finds in a raw article, without gold."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evalkit.cli.options import parse_settings
from evalkit.errors import InputError
from evalkit.records import Article

__all__ = ["extract_command", "read_article"]


@click.command("extract")
@click.argument("files", nargs=-1, required=True, metavar="FILE|-...")
@click.option(
    "--model", required=True, help="The extractor: a name (see evalkit models), module:attr, cmd:…, http://…."
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the extractor; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line an article on standard output, nothing else.")
def extract_command(files: tuple[str, ...], model: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Run an extractor over raw articles (plain text, UTF-8; - is standard input) and show what it finds.

    The zones of the page (headline, lead, byline, caption, body, boilerplate) are found first; shipped extractors
    take nothing from boilerplate.
    """
    from evalkit.errors import ExtractorError
    from evalkit.formats.native.rows import annotations_to_row, article_to_row, dump_line
    from evalkit.predictions.jobs import Job, run_jobs
    from evalkit.workflows.runs import resolve

    articles = [read_article(name) for name in files]
    extractor = resolve(model, parse_settings(settings))
    failed = []
    predictions = run_jobs(extractor, [Job(article) for article in articles])
    for article, prediction in zip(articles, predictions, strict=True):
        if prediction.error is not None:
            failed.append(f"{article.id}: {prediction.error}")
        elif as_json:
            row = article_to_row(article) | annotations_to_row(prediction.annotations, article.text)
            click.echo(dump_line({**row, "extractor": extractor.name}), nl=False)
        else:
            from rich.console import Console

            from evalkit.report.article import print_article

            print_article(article, prediction.annotations, Console(highlight=False))
    if failed:
        more = f" (and {len(failed) - 1} more articles)" if len(failed) > 1 else ""
        raise ExtractorError(f"extractor {extractor.name!r} failed on {failed[0]}{more}")


def read_article(name: str) -> Article:
    """A raw article from a file or standard input, with its zones; the id is the file's name without its ending.

    Raises:
        InputError: it cannot be read, is not UTF-8, or is empty.
    """
    from evalkit.text.zones import zoned

    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}; give a text file or -") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: byte {error.start} is 0x{content[error.start]:02x}, which is not UTF-8; convert the file first"
        ) from error
    if not text.strip():
        raise InputError(f"{name}: holds no text")
    article = zoned(Article(id="stdin" if name == "-" else Path(name).stem, text=text))
    headline = next((zone for zone in article.zones if zone.kind == "headline"), None)
    title = "" if headline is None else text[headline.start : headline.end]
    return Article(id=article.id, text=text, title=title, zones=article.zones)
