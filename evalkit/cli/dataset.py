"""`evalkit dataset`: lay out, build, validate, describe and convert gold, and get public corpora."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.options import PATH, comma_names
from evalkit.cli.reading import read_options, target_option, write_options
from evalkit.cli.show import TERMINAL, form_options, say, show, show_logs, write
from evalkit.options import ReadOptions
from evalkit.showing import number_of

if TYPE_CHECKING:
    from evalkit.dataset.problems import Problem

__all__ = ["dataset_group"]


@click.group("dataset")
def dataset_group() -> None:
    """Keep gold: lay it out, build, validate, describe and convert it, and get public corpora."""


@dataset_group.command("init")
@click.argument("folder", type=PATH)
@click.option(
    "--layers",
    default="",
    callback=comma_names,
    help="What will be annotated, as entities,quotes; by default entities, quotes and stances.",
)
@click.option(
    "--labels",
    type=PATH,
    help="Your labels: a labels.toml, or a text file with a label a line, each with what it means after a colon.",
)
def init(folder: Path, layers: tuple[str, ...], labels: Path | None) -> None:
    """Lay out a dataset folder to start gold of your own: what you say of it, labels, guidelines and an example.

    Nothing is overwritten. The commands that are printed build the example, check it and score the floor on it.
    """
    from evalkit.dataset.init import init_dataset

    show(init_dataset(folder, layers=layers, labels=labels), heading=False)


@dataset_group.command("build")
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
@click.option("--keep", is_flag=True, help="Keep the articles of the dataset folder that no source names.")
@read_options
def build(
    sources: Sequence[Path],
    out: Path,
    corpus: Path | None,
    splits: str | None,
    seed: int,
    resplit: bool,
    keep: bool,
    read: ReadOptions,
) -> None:
    """Write the dataset folder, its card and the corpus from annotated articles.

    SOURCES are files of any format (see --format), or folders of them; without any, what the dataset folder holds is
    checked and written anew.

    Each article needs a split: from --splits, a field "split" of its row, the folder that its file lies in, or the
    dataset folder, if that has it already. Shares and days are for new articles: a hash of the id says where one goes,
    so shares are met about, and adding articles moves none.
    """
    from evalkit.dataset.build import DatasetProblemsError, build_dataset
    from evalkit.dataset.validate import corpus_beside

    corpus = corpus or corpus_beside(out)
    try:
        result = build_dataset(
            sources or (out,), out, corpus=corpus, splits=splits, seed=seed, resplit=resplit, keep=keep, read=read
        )
    except DatasetProblemsError as error:
        show(error.problems, heading=False)
        _count(error.problems)
        raise click.exceptions.Exit(2) from error
    for split in result.splits:
        say(f"{out / split.split}: {number_of(len(split), 'article')}, {split.signature}")
    say(f"{corpus}: {number_of(len(result.new_texts), 'new text')}")
    _say(result.notes)


@dataset_group.command("validate")
@click.argument("path", required=False)
@click.option(
    "--corpus",
    type=PATH,
    help="The folder of article texts; corpus beside the dataset folder, or NAME-corpus, by default.",
)
@form_options
@read_options
def validate(path: str | None, corpus: Path | None, form: str, read: ReadOptions) -> None:
    """Check everything and print every problem, one a line; exit 1 if there is any.

    PATH is a dataset folder, a file or folder of any format, or a hub id; without it the bundled gold is checked.
    """
    from evalkit.dataset.validate import validate_dataset

    result = validate_dataset(path, corpus=corpus, read=read)
    _say(result.notes)
    show(result, form, heading=False)
    if result.problems:
        _count(result.problems)
        raise click.exceptions.Exit(1)


@dataset_group.command("describe")
@click.argument("path", required=False)
@click.option("--split", default="all", show_default=True, help="One split; by default all side by side.")
@form_options
@read_options
def describe(path: str | None, split: str, form: str, read: ReadOptions) -> None:
    """Count what is in a gold dataset, by split.

    PATH is a dataset folder, a file or folder of any format, or a hub id; without it the bundled gold is described.
    """
    from evalkit.dataset.describe import describe_dataset
    from evalkit.dataset.load import load_splits
    from evalkit.dataset.readings import settled

    gold = load_splits(path, split=split, read=read, decide=settled)
    _say(gold[0].notes)
    show(describe_dataset(gold), form)


@dataset_group.command("convert")
@click.argument("source")
@click.argument("destination", type=PATH)
@target_option
@click.option("--split", default="all", show_default=True, help="The split to convert.")
@click.option("--lossy", is_flag=True, help="Write what the form can hold, and say what it cannot.")
@click.option("--json", "as_json", is_flag=True, help="What was written and lost as JSON, and nothing else.")
@write_options
@read_options
def convert(
    source: str,
    destination: Path,
    to: str,
    split: str,
    lossy: bool,
    as_json: bool,
    read: ReadOptions,
    target: ReadOptions,
) -> None:
    """Write gold in another form; what the form cannot hold is refused or, if you say so, counted and lost.

    For each layer the items read are those written and those lost, which are counted by kind.
    """
    from evalkit.dataset.convert import convert_dataset

    done = convert_dataset(source, destination, to=to, split=split, lossy=lossy, read=read, write=target)
    if as_json:
        show(done, "json")
        return
    say(f"{destination}: {number_of(done.articles, 'article')} as {to}")
    for line in done.lines():
        say(line)
    _say(done.notes)


@dataset_group.command("profile")
@click.argument("source")
@click.option("--out", type=PATH, help="A new file for the draft; standard output by default.")
@click.option("--json", "as_json", is_flag=True, help="What was found, and the draft, as JSON and nothing else.")
@read_options
def profile(source: str, out: Path | None, as_json: bool, read: ReadOptions) -> None:
    """Draft a profile: look at the files of an annotation tool, and guess which layer each type of mark is.

    Mend the draft, and read with --profile and its name. Reading with it works at once; what it leaves out is counted.
    """
    from evalkit.dataset.profiles import draft_profile
    from evalkit.errors import OutputError
    from evalkit.files import write_file

    if out is not None and out.exists():
        raise OutputError(f"{out}: exists already; name a new file")
    draft = draft_profile(source, read=read)
    if out is not None:
        write_file(out, draft.text)
    if as_json:
        show(draft, "json")
        return
    if out is None:
        write(draft.text)
    else:
        say(f"{out}: a draft for {number_of(draft.found.documents, 'text')}; mend it, then read with --profile {out}")
    _say(draft.notes)


@dataset_group.command("list")
@form_options
def list_(form: str) -> None:
    """List the public corpora that can be asked for by name, with their licences and how to cite them."""
    from evalkit.dataset.catalogue.listing import list_datasets

    show(list_datasets(), form, heading=False)


@dataset_group.command("get")
@click.argument("name")
@click.option("--out", type=PATH, help="The dataset folder; one that is called like the corpus by default.")
@click.option("--from", "copy", type=PATH, help="A folder that holds the files of the corpus; nothing is fetched then.")
@form_options
def get(name: str, out: Path | None, copy: Path | None, form: str) -> None:
    """Fetch a public corpus, check it, and write it as a dataset folder with its card, labels and splits.

    The files come from the address that evalkit dataset list names, at one commit, and are used only if their
    SHA-256 is right. What is there already stays as it is. Commands that take a dataset take the name, too.
    """
    from evalkit.dataset.catalogue.get import get_dataset

    show_logs()
    obtained = get_dataset(name, out, copy=copy)
    show(obtained, form, heading=form == TERMINAL)


def _say(notes: Iterable[str]) -> None:
    """What is to be said beside the result."""
    for note in notes:
        say(note, aside=True)


def _count(problems: Sequence[Problem]) -> None:
    from evalkit.report.of.table import document_of

    say(document_of(problems).title, aside=True)
