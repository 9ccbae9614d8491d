"""`evalkit dataset build`: writes a dataset folder from annotated articles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from evalkit.cli.dataset.asides import say_asides, say_count
from evalkit.cli.options import PATH
from evalkit.cli.reading import read_options, rename_option
from evalkit.cli.show import Shown, beside_option, say, show, write_beside
from evalkit.options import ReadOptions
from evalkit.showing import number_of

__all__ = ["build_command"]


@click.command("build")
@click.argument("sources", nargs=-1, type=PATH)
@click.option("--out", type=PATH, default=Path("annotations"), show_default=True, help="The dataset folder.")
@click.option(
    "--corpus",
    type=PATH,
    help="The folder of article texts; corpus beside the dataset folder, or NAME-corpus, by default.",
)
@click.option(
    "--splits",
    metavar="FILE|SHARES|DAYS",
    help='Which article is in which split: a list ({"test": [ids], …} in JSON or TOML, or lines ID,SPLIT); shares, as '
    "train=.8,dev=.1,test=.1; or days, as date:2024-06-01,2024-09-01.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of shares: another gives other articles to each.")
@click.option("--resplit", is_flag=True, help="Lay out by share or day also what has a split in the dataset folder.")
@click.option("--keep", is_flag=True, help="Keep what the dataset folder has and no source: articles, and gold.")
@rename_option
@beside_option
@read_options
def build_command(
    sources: Sequence[Path],
    out: Path,
    corpus: Path | None,
    splits: str | None,
    seed: int,
    resplit: bool,
    keep: bool,
    rename_annotators: dict[str, str],
    beside: Shown,
    read: ReadOptions,
) -> None:
    """Write the dataset folder, its card and the corpus from annotated articles.

    SOURCES are files of any format (see --format), or folders of them; without any, what the dataset folder holds is
    checked and written anew.

    Each article needs a split: from --splits, a field "split" of its row, the folder that its file lies in, or the
    dataset folder, if that has it already. Shares and days are for new articles: a hash of the id says where one goes,
    so shares are met about, and adding articles moves none.
    """
    from evalkit.dataset.checking.validate import corpus_beside
    from evalkit.dataset.making.build import DatasetProblemsError, build_dataset

    corpus = corpus or corpus_beside(out)
    try:
        result = build_dataset(
            sources or (out,),
            out,
            corpus=corpus,
            splits=splits,
            seed=seed,
            resplit=resplit,
            keep=keep,
            rename_annotators=rename_annotators,
            read=read,
        )
    except DatasetProblemsError as error:
        show(error.problems, heading=False)
        say_count(error.problems)
        raise click.exceptions.Exit(2) from error
    write_beside(result, beside)
    for split in result.splits:
        say(f"{out / split.split}: {number_of(len(split), 'article')}, {split.signature}")
    say(f"{corpus}: {number_of(len(result.new_texts), 'new text')}")
    say_asides(result.notes)
