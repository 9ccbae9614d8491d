"""Help of a command: what it does, examples, and its options in groups, those of single formats folded away."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

import click
from click.formatting import wrap_text

from evalkit.cli.options import EXPLAINED, RECORDS, FormatSetting
from evalkit.cli.show import write

__all__ = ["EXAMPLES", "HELP_ALL", "add_help_all", "grouped", "help_of", "write_examples"]

EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "": [
        ("run --model ner-base", "how good it is, over the bundled gold"),
        ("run --model hf:ORG/MODEL --dataset gold/", "your model, your gold"),
        ("compare runs/a runs/b", "which of two is better, and how sure that is"),
        ("gate runs/new --baseline runs/old", "exit status 1 if it got worse"),
    ],
    "run": [
        ("run --model ner-base", "over the bundled gold"),
        (
            "run --model hf:ORG/MODEL --dataset gold/ --split dev --limit 50",
            "a checkpoint, the first articles of yours",
        ),
        ("run --model mine:find --task entities --convention all", "your function, every way to count"),
        ("run --model llm:MODEL --dry-run", "what it would ask for, before it costs anything"),
        ("run --model mine:find --shard 3/16 --out shards/3", "a part of it, on one of many machines"),
        ("run --model rules --executor ray --address auto --workers 64", "on the machines of a Ray cluster"),
        ("run --suite suite.toml", "many models over many datasets, gone on with where it stopped"),
        ("run --model ner-base --json -o result.html -o table.tex", "for a script, and to look at"),
    ],
    "extract": [
        ("extract --model news-base article.txt", "what is in it, in its text"),
        ("extract --model ner-base texts/ --json", "one JSON line an article"),
        ("extract --model ner-base texts/ --to labelstudio --out tasks.json", "suggestions for people to correct"),
    ],
    "merge": [
        ("merge shards --out runs/whole", "all shards in a folder"),
        ("merge --template slurm", "a job array that runs them"),
        ("merge shards --partial --out runs/so-far", "those that are finished, and what share that is"),
    ],
    "score": [
        ("score --gold gold.conll --predicted predicted.conll", "two files of tag columns"),
        ("score --gold gold/ --predicted theirs.jsonl --label-map conll4", "under labels that both have"),
        ("score --gold news-gold --predicted runs/mine --convention all", "a run, again"),
    ],
    "compare": [
        ("compare runs/old runs/new", "differences, with how sure they are"),
        ("compare runs/old runs/new --task entities --convention all", "does the order depend on how one counts?"),
        ("compare runs/s1 runs/s2 runs/s3 --seeds", "one system, several seeds"),
    ],
    "explain": [
        ("explain runs/mine", "what is wrong with it, and what that costs"),
        ("explain runs/mine a-strike", "one article: each item, right or wrong"),
        ("explain runs/mine --where 'missed > 3'", "the articles of which that holds"),
    ],
    "view": [
        ("view runs/mine", "one file to look into, explorer.html"),
        ("view runs/old runs/new -o look.html", "two runs on the same articles"),
        ("view runs/new --baseline base.json -o look.html", "what broke since, among the filters"),
    ],
    "report": [
        ("report runs/mine --to markdown", "for a page"),
        ("report runs/mine -o result.html -o table.csv", "in files, each in the form of its ending"),
        ("report runs/mine --items errors.csv", "one row an item"),
    ],
    "runs": [
        ("runs", "what has been run, and how to go on"),
        ("runs experiments --failed --sort date", "at any depth, with failed articles, the oldest first"),
    ],
    "leaderboard": [
        ("leaderboard", "all runs in runs/, ranked"),
        ("leaderboard experiments --task entities -o board.html", "one task, as a page"),
    ],
    "gate": [
        ("gate runs/new --baseline runs/old", "exit status 0 as good, 1 worse, 3 cannot tell"),
        ("gate runs/new --baseline base.json --comment-file c.md", "and the comment for a pull request"),
    ],
    "init": [
        ("init --model ner-base", "settings, a workflow of GitHub, a first baseline"),
        ("init --model mine:find --dataset gold/ --build gitlab", "your function, your gold, GitLab"),
    ],
    "comment": [("comment c.md", "in a build: posts it, or writes it anew in its place")],
    "doctor": [("doctor", "what to install, which settings count"), ("doctor --json", "for a report of a fault")],
    "completion": [("completion bash", "the script; where it goes stands above it")],
    "cache": [("cache info", "what is kept, and how large it is"), ("cache clear --older-than 30d", "make room")],
    "cache clear": [
        ("cache clear --model rules", "of one extractor"),
        ("cache clear --older-than 30d", "what nobody has used for a month"),
    ],
    "models": [("models", "what can be run here, and what is missing for the rest")],
    "selftest": [("selftest --convention exact", "the laws of scoring, for one convention")],
    "dataset": [
        ("dataset validate gold/", "every problem, with where it is"),
        ("dataset build export.json --out gold --splits train=.8,test=.2", "a dataset folder of a tool's file"),
        ("dataset agreement gold/", "how far its readers agree"),
    ],
    "dataset list": [("dataset list", "public corpora that can be named in place of a path")],
    "dataset split": [
        ("dataset split gold/ --shares train=.7,test=.3 --by story", "articles of one story stay together"),
        ("dataset split gold/ --check", "whether the splits that there are do so"),
    ],
    "dataset diff": [
        ("dataset diff old/ new/", "what became of each item"),
        ("dataset diff HEAD~1:gold gold --to markdown", "for a pull request"),
    ],
    "dataset leakage": [("dataset leakage gold/ --against train.jsonl", "what the training corpus has seen")],
    "dataset agreement": [("dataset agreement gold/ --task quotes", "two readers against each other")],
    "dataset perturb": [("dataset perturb gold/ --measure ner-base", "what breaks a model")],
    "dataset validate": [("dataset validate gold/", "every problem, with where it is")],
    "dataset build": [("dataset build gold/", "the dataset folder, its card and the corpus")],
    "dataset convert": [
        ("dataset convert export.json gold/ --to hf", "a dataset folder of a tool's file"),
        ("dataset convert gold/ out.conll --to conll --drop nested,quotes", "left out on purpose, and counted"),
        ("dataset convert gold/ out.conll --to conll --lossy", "what tag columns can hold; the rest is counted"),
    ],
    "dataset describe": [("dataset describe gold/", "counts by split")],
    "dataset review": [("dataset review gold/ --rev origin/main", "what is wrong, what leaks since, what changed")],
    "dataset suspects": [("dataset suspects gold/ runs/mine", "what a run makes doubtful")],
}
"""The words of a command → examples with what they are for; a test parses each."""

_GROUPS: Mapping[str, Sequence[str]] = {
    "What": [
        *("model", "settings", "suite", "runs", "gold", "predicted", "dataset", "split", "articles", "limit", "shard"),
        *("baseline", "rules"),
    ],
    "How it is run": [
        *("workers", "executor", "address", "batch_size", "no_cache", "cache_size", "restart", "keep_failed"),
        *("max_failures", "article_timeout", "max_cost", "max_tokens", "dry_run", "no_floor", "speed"),
    ],
    "How it is scored": [],
    "How sure the figures are": [],
    "How files are read": [],
    "How files are written": [],
    "Where to": ["out", "form", "to", "as_json", "files", "mlflow"],
}
"""The groups in their order, with the options that belong there whatever record they are part of."""

_RECORDS = {
    "scoring": "How it is scored",
    "intervals": "How sure the figures are",
    "read": "How files are read",
    "target": "How files are written",
    "form": "Where to",
}
"""Of options that make up a record (`with_record`) → their group."""

_UNBROKEN = "\N{NON-BREAKING HYPHEN}"
_OWN, _REST = "Options", "The rest"
HELP_ALL = "--help-all"


def add_help_all(command: click.Command) -> None:
    """Gives a command the option that explains everything, if something of it is folded away."""
    if any(map(_is_setting, command.params)) and not any(HELP_ALL in one.opts for one in command.params):
        text = "Show this message with all about formats, and exit."
        option = click.Option(
            [HELP_ALL], is_flag=True, is_eager=True, expose_value=False, callback=_show_all, help=text
        )
        command.params.append(option)


def _show_all(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        context.meta[EXPLAINED] = True
        write(context.get_help() + "\n")
        context.exit()


def help_of(command: click.Command, context: click.Context) -> str:
    """The help of a command as text: usage, what it does, examples, the rest of what it does, its options in groups."""
    formatter = context.make_formatter()
    command.format_usage(context, formatter)
    first, _, rest = inspect.cleandoc(command.help or "").replace("\\b\n", "\b\n").partition("\n\n")
    _write_paragraphs(first, formatter)
    write_examples(context.command_path.partition(" ")[2], formatter)
    _write_paragraphs(rest, formatter)
    if isinstance(command, click.Group):
        command.format_options(context, formatter)
    else:
        _write_options(command, context, formatter)
    return formatter.getvalue().rstrip("\n").replace(_UNBROKEN, "-")


def _whole(text: str) -> str:
    """The text with names that are not broken at their hyphens: whoever searches for one finds it."""
    return text.replace("-", _UNBROKEN)


def write_examples(words: str, formatter: click.HelpFormatter) -> None:
    """Writes the examples of a command, each on one line, to be pasted."""
    if examples := EXAMPLES.get(words):
        with formatter.section("Examples"):
            for line, what in examples:
                formatter.write(f"  # {what}\n  evalkit {line}\n")


def _write_paragraphs(text: str, formatter: click.HelpFormatter) -> None:
    if text:
        formatter.write_paragraph()
        wrapped = wrap_text(_whole(text), formatter.width, "  ", "  ", preserve_paragraphs=True)
        formatter.write(f"{wrapped}\n")


def _write_options(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    everything = EXPLAINED in context.meta
    folded = []
    groups: dict[str, list[tuple[str, str]]] = {}
    for parameter, group in grouped(command, context):
        if not everything and _is_setting(parameter):
            folded.append(parameter.opts[-1])
        elif record := parameter.get_help_record(context):
            groups.setdefault(group, []).append((record[0], _whole(record[1])))
    for title, records in groups.items():
        with formatter.section(title):
            formatter.write_dl(records)
            if folded and title == _RECORDS["read"]:
                names = ", ".join(folded)
                told = f"Formats have settings, each an option: {names}. {context.command_path} {HELP_ALL} says more."
                _write_paragraphs(told, formatter)


def grouped(command: click.Command, context: click.Context) -> list[tuple[click.Parameter, str]]:
    """The options in the order in which they are explained, each with its group."""
    records: Mapping[str, str] = getattr(command.callback, RECORDS, {})
    named = {name: title for title, names in _GROUPS.items() for name in names}
    ours = [one for one in command.get_params(context) if one.param_type_name == "option"]
    whole = any(one.name in ("model", "gold", "predicted") for one in ours)
    # Of a command about gold its own options come first; of one with a system under test they are what is left.
    other = _REST if whole else _OWN
    titles = [*_GROUPS, other] if whole else [other, *_GROUPS]
    placed = []
    for one in ours:
        name = str(one.name)
        record = _RECORDS.get(records.get(name, ""))
        title = record or named.get(name, other) if whole else record or other
        placed.append((one, named[name] if whole and name in named else title))
    order = [name for names in _GROUPS.values() for name in names]
    # Within a group as the table says; what it does not name, as declared.
    placed.sort(key=lambda pair: (titles.index(pair[1]), order.index(name) if (name := pair[0].name) in order else 99))
    return placed


def _is_setting(parameter: click.Parameter) -> bool:
    """Whether an option is the setting of a format, which only who has such a file needs."""
    return isinstance(parameter, FormatSetting)
