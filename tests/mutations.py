"""Damaged files and answers for every reader: bytes and values changed at random places, from a seed.

`python -m tests.mutations 100000` tries so many of them, a share for each reader, and names what ended in anything but
one line of an error, or took long; `python -m tests.mutations 5000 --only rules --seed 7` looks at one. The tests
try some of each (`test_mutations.py`).
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import runpy
import shutil
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

from evalkit.errors import EvalkitError

__all__ = ["Fault", "Reader", "fault_of", "faults_of", "mutated", "readers"]

SLOW = 1.0
"""Seconds of work that no damaged file of a few thousand bytes may take."""

ODD_TEXTS = (
    *("", " ", "x", "-1", "\x00", "a\rb", "\x1b[2J", "\u202e", "\ufeff", "é" * 300, "a/../../b", "0x10", "1e9", "²"),
    *("nan", "inf", "=", ",", "PER", "entities", "micro", "9" * 5000, "a" * 70_000),
)
ODD_JSON = (
    *("null", "true", "false", "0", "-1", "1", "2", "0.5", "-0.0", "1e308", "1e999", "NaN", "-Infinity", "[]", "{}"),
    *("[[]]", "[null]", '[""]', '{"a": {}}', "[1, 2]", "[0, 1]", str(2**53 + 1), str(2**63), str(2**70), "9" * 5000),
    *('"\\ud800"', '"\\u0000"', "[" * 300 + "]" * 300, '{"a":' * 2000 + "1" + "}" * 2000, "[" * 100_000),
    *map(json.dumps, ODD_TEXTS),
)
ODD_BYTES = (
    *(b"\x00", b"\r", b"\r\n", b"\n", b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\xff\xfe", b"\x1b]0;x\x07", b'"'),
    *(b"\t", b" ", b"\xc2\xa0", b"\xe2\x80\xae", b"[", b"]", b"{", b"}", b",", b":", b"=", b"#", b"'", b"\\", b"|"),
    *(b"[" * 3000, b"{" * 3000, b"9" * 5000, b"a." * 3000, b"\x1f\x8b", b"PK\x03\x04", b"\x80\x04\x95"),
)
_LITERAL = re.compile(rb'"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?|[A-Za-z_]\w*')


def mutated(content: bytes, pick: random.Random) -> bytes:
    """The content with one to three things changed."""
    ways = [_cut, _flipped, _spliced, _inserted, _other_literal, _other_literal]
    if content[:1] in b"{[":
        ways += [_other_value] * 4
    for _ in range(pick.choice((1, 1, 1, 2, 3))):
        content = pick.choice(ways)(content, pick)
    return content


def _cut(content: bytes, pick: random.Random) -> bytes:
    return content[: pick.randrange(len(content) + 1)]


def _flipped(content: bytes, pick: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(min(pick.choice((1, 1, 2, 8)), len(changed))):
        changed[pick.randrange(len(changed))] ^= 1 << pick.randrange(8)
    return bytes(changed)


def _spliced(content: bytes, pick: random.Random) -> bytes:
    """A stretch left out, doubled, or changed for another one; sometimes of whole lines."""
    if pick.random() < 0.5:
        lines = content.splitlines(keepends=True)
        return b"".join(_moved(lines, pick)) if lines else content
    return bytes(_moved(list(content), pick))


def _moved(parts: list[Any], pick: random.Random) -> list[Any]:
    one, two, three = sorted(pick.randrange(len(parts) + 1) for _ in range(3))
    if pick.random() < 0.5:
        two = min(one + pick.randrange(1, 9), two)
    before, first, second, after = parts[:one], parts[one:two], parts[two:three], parts[three:]
    return before + pick.choice((second, [*first, *first, *second], [*second, *first])) + after


def _inserted(content: bytes, pick: random.Random) -> bytes:
    place = pick.randrange(len(content) + 1)
    return content[:place] + pick.choice(ODD_BYTES) + content[place:]


def _other_literal(content: bytes, pick: random.Random) -> bytes:
    found = list(_LITERAL.finditer(content[:50_000]))
    if not found:
        return content
    odd = pick.choice(ODD_JSON if pick.random() < 0.7 else ODD_TEXTS).encode()
    literal = pick.choice(found)
    return content[: literal.start()] + odd + content[literal.end() :]


def _other_value(content: bytes, pick: random.Random) -> bytes:
    """JSON, or one of its lines, in which a value at any place is another one, is gone, or stands twice."""
    lines = [content]
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        lines = content.splitlines()
    chosen = pick.randrange(len(lines)) if lines else 0
    try:
        value = json.loads(lines[chosen])
    except (ValueError, RecursionError, IndexError):
        return _other_literal(content, pick)
    mark, odd = "@ODD@", pick.choice(ODD_JSON)
    parent = value
    while isinstance(parent, (dict, list)) and parent:
        key = pick.choice(list(parent)) if isinstance(parent, dict) else pick.randrange(len(parent))
        inner = parent[key]
        if isinstance(inner, (dict, list)) and inner and pick.random() < 0.85:
            parent = inner
            continue
        if pick.random() < 0.15:
            del parent[key]
        elif isinstance(parent, dict) and pick.random() < 0.2:
            parent[mark] = inner
            odd = json.dumps(key)
        else:
            parent[key] = pick.choice((inner, [inner], {"a": inner})) if pick.random() < 0.1 else mark
        break
    lines[chosen] = json.dumps(value).replace(json.dumps(mark), odd).encode()
    return b"\n".join(lines) + b"\n"


@dataclass(frozen=True)
class Reader:
    """What reads one kind of file or answer.

    Attributes:
        name: what it is called.
        path: the file that is damaged; None for an answer that lies in no file.
        content: what it holds when it is whole.
        read: reads it: from its place, or the bytes themselves where there is no file.
    """

    name: str
    path: Path | None
    content: bytes
    read: Callable[[Any], object]

    def try_(self, content: bytes) -> None:
        """Reads other content; raises what the reader raises."""
        if self.path is None:
            self.read(content)
            return
        self.path.write_bytes(content)
        self.read(self.path)


@dataclass(frozen=True)
class Fault:
    """A damaged content that was not read or refused in one line, and soon."""

    reader: str
    number: int
    content: bytes
    said: str


def faults_of(reader: Reader, numbers: Iterable[int], *, seed: int = 0) -> Iterator[Fault]:
    """What goes wrong with damaged contents of these numbers; the same for the same seed."""
    for number in numbers:
        content = mutated(reader.content, random.Random(f"{seed} {reader.name} {number}"))
        if said := fault_of(reader, content):
            yield Fault(reader.name, number, content, said)


def fault_of(reader: Reader, content: bytes) -> str:
    """What goes wrong with a damaged content; nothing if it is read or refused in one line, and soon."""
    begun = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reader.try_(content)
    except EvalkitError as error:
        message = str(error)
        if "\n" in message:
            return f"several lines: {message!r}"
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        inside = [frame for frame in frames if "/evalkit/" in frame.filename] or frames
        place = f"{Path(inside[-1].filename).name}:{inside[-1].lineno}"
        return f"{type(error).__name__} {str(error)[:100]} ({place})"
    seconds = time.process_time() - begun
    return f"{seconds:.1f} s" if seconds > SLOW else ""


# What is read.

TEXTS = {
    "a": "Ola Brun left Ruun on Monday. “We lost the harbour,” said Brun, and Mia Vo of Kell Shipping agreed.",
    "b": "Kell Shipping opposes the toll. “It is too high,” said Ida Moen.",
    "c": "Nothing happened in Kell.",
}


def _span(name: str, words: str) -> list[int]:
    """The last place of some words."""
    start = TEXTS[name].rindex(words)
    return [start, start + len(words)]


def rows() -> list[dict[str, Any]]:
    """Three articles with items of every layer."""

    def entity(name: str, words: str, label: str, number: int) -> dict[str, Any]:
        start, end = _span(name, words)
        named = words.lower().replace(" ", "-")
        return {"id": f"e{number}", "start": start, "end": end, "label": label, "entity_id": named, "score": 0.75}

    def quote(name: str, words: str, cue: str, speaker: str) -> dict[str, Any]:
        places = {"content": [_span(name, words)], "cue": [_span(name, cue)], "speaker": _span(name, speaker)}
        return {"id": "q1", "kind": "direct", **places, "score": 0.5}

    stance = {"id": "s1", "holder": "kell-shipping", "target": "topic:toll", "label": "against"}
    return [
        {
            "id": "a",
            "text": TEXTS["a"],
            "title": "Harbour",
            "published": "2031-02-03",
            "lang": "en",
            "metadata": {"story": "s1", "words": 17},
            "zones": [{"kind": "body", "start": 0, "end": 20}],
            "entities": [entity("a", "Ola Brun", "PER", 1), entity("a", "Ruun", "GPE", 2)],
            "quotes": [quote("a", "We lost the harbour", "said", "Brun")],
            "scope": {"layers": ["entities", "quotes"], "quotes": {"kinds": ["direct"]}},
        },
        {
            "id": "b",
            "text": TEXTS["b"],
            "metadata": {"story": "s1"},
            "entities": [entity("b", "Kell Shipping", "ORG", 1), entity("b", "Ida Moen", "PER", 2)],
            "quotes": [quote("b", "It is too high", "said", "Ida Moen")],
            "stances": [{**stance, "evidence": [_span("b", "opposes the toll")]}],
        },
        {"id": "c", "text": TEXTS["c"], "entities": [], "quotes": [], "stances": []},
    ]


def _lines(values: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


ITEM_ROWS = "article_id,start,end,label,text\na,0,8,PER,Ola Brun\na,14,18,GPE,Ruun\nb,0,13,ORG,Kell Shipping\nc,,,,\n"
TAGS = (
    "-DOCSTART- -X- O\n\nOla NNP B-PER\nBrun NNP I-PER\nleft VBD O\nRuun NNP B-LOC\n. . O\n\n"
    "# id = b\nKell NNP B-ORG\nShipping NNP I-ORG\nagreed VBD O\n"
)
HIPE = (
    "TOKEN\tNE-COARSE-LIT\tMISC\n# document_id = a\nOla\tB-pers\t_\nBrun\tI-pers\tNoSpaceAfter\n,\tO\t_\n\n"
    "# document_id = b\nKell\tB-org\t_\n"
)
COMMAS = 'TOKEN,NE\nOla,B-PER\nBrun,I-PER\n"left, then",O\n'
INLINE = """\
id: a
title: Harbour
lang: en
---
%% headline
[[GPE:ruun|Ruun]] harbour closes
%% body
[[Q:q1:direct|“We lost it,”]] [[CUE:q1|said]] [[SPK:q1:brun|[[PER:brun|Ola Brun]]]]. [[EV:s1|No more tolls]].
---
s1 brun -> topic:toll against q1
"""
RULES = """cluster = "story"
max_failures = 1
on_unclear = "pass"

[[rule]]
task = "entities"
convention = "exact"
label = "PER"
floor = 0.1
max_drop = 0.02

[[rule]]
name = "headlines"
task = "quotes"
slice = { zone = "body" }
alpha = 0.05
min_effect = 0.005
"""
LABELS = """[entities.PER]
definition = "People."

[entities.ORG]
[entities.GPE]

[maps.coarse]
GPE = "LOC"
PER = "PER"
ORG = false

[layers.categories]
metadata = "story"
"""
DECLARATION = """title = "Harbour"
licence = "cc0-1.0"
limits = ["Three articles."]

[scope.quotes]
kinds = ["direct"]
parts = ["speaker"]
"""
WEIGHTS = "[weights.GPE]\nLOC = 0.5\nORG = 0.25\n\n[weights.PER]\nORG = 0.1\n"
PROMPT = 'system = "Find $layers."\nuser = "Here: $text ($title)"\n\n[layers]\nentities = "names: $labels"\n'
ANSWER = {
    "entities": [{"text": "Ola Brun", "label": "PER", "id": "ola", "before": ""}, {"text": "Ruun", "label": "GPE"}],
    "quotes": [{"text": "We lost the harbour", "speaker": "Brun", "cue": "said", "kind": "direct"}],
    "stances": [{"holder": "Brun", "target": "harbour", "stance": "against", "evidence": "lost the harbour"}],
}
REPLY = {
    "model": "m",
    "choices": [{"message": {"role": "assistant", "content": json.dumps(ANSWER)}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19},
}
WIRE = [
    {"evalkit": 1, "layers": ["entities"]},
    {"id": "a", "entities": [{"start": 0, "end": 8, "label": "PER"}], "usage": {"tokens": 3}},
    {"id": "b", "error": "no"},
    {"id": "c", "entities": []},
]
CONFIG = {
    "model_type": "roberta",
    "architectures": ["RobertaForTokenClassification"],
    "id2label": {"0": "O", "1": "B-PER", "2": "I-PER"},
    "vocab_size": 100,
    "type_vocab_size": 1,
    "max_position_embeddings": 514,
    "pad_token_id": 1,
}
SETTINGS = {"set": "labels=PER,ORG", "scope": "quotes:kinds=direct,parts=speaker", "min_score": "PER=0.5"}


def readers(folder: Path) -> list[Reader]:
    """Every reader, with whole files of its own in a folder."""
    of_files = [*_files(folder / "files"), *_sides(folder / "sides"), *_of_runs(folder / "runs")]
    return [*of_files, *_answers(), *_words(), *_options(folder / "options")]


def _files(folder: Path) -> list[Reader]:
    """Gold, and what lies beside gold."""
    from evalkit.dataset.checking.validate import validate_dataset
    from evalkit.dataset.labels import load_inventory, load_label_map, unlisted_inventory
    from evalkit.dataset.loading.load import load_dataset
    from evalkit.dataset.making.convert import convert_dataset
    from evalkit.dataset.making.declaration import read_declaration
    from evalkit.extractors.checkpoints.label_names import tag_names
    from evalkit.extractors.checkpoints.source import find_checkpoint
    from evalkit.extractors.llm.prompt_file import load_prompt
    from evalkit.extractors.shipped.model_folder import ModelFolder
    from evalkit.files import read_text
    from evalkit.gate.rules import read_rules
    from evalkit.scoring.conventions.weighted import read_weights

    def gold(path: Path) -> object:
        return load_dataset(path, split="all")

    def checkpoint(path: Path) -> object:
        found = find_checkpoint(f"hf:{path.parent}", backend="onnx")
        return tag_names(found.labels, "", "hf:x"), found.architecture

    def weights(path: Path) -> object:
        return read_weights(read_text(path), str(path))

    made: list[Reader] = []

    def add(name: str, content: bytes, read: Callable[[Path], object]) -> None:
        place = folder / str(len(made)) / name.rpartition(" ")[2]
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        made.append(Reader(name, place, content, read))

    tokens = [
        {"id": "a", "tokens": ["Ola", "left", "Ruun"], "ner_tags": ["B-PER", "O", "B-LOC"]},
        {"id": "b", "tokens": [], "ner_tags": []},
    ]
    add("gold lines.jsonl", _lines(rows()), gold)
    add("gold list.json", json.dumps(rows(), indent=1).encode(), gold)
    add("gold items.csv", ITEM_ROWS.encode(), gold)
    cells = [{**row, "entities": json.dumps(row["entities"]).replace('"', '""')} for row in rows()]
    table = "id,text,entities\n" + "".join('{id},"{text}","{entities}"\n'.format_map(row) for row in cells)
    add("gold articles.csv", table.encode(), gold)
    add("gold tokens.jsonl", _lines(tokens), gold)
    add("validated gold.jsonl", _lines(rows()), validate_dataset)
    convert_dataset(made[0].path or folder, folder / "rows.parquet", to="parquet")
    add("gold rows.parquet", (folder / "rows.parquet").read_bytes(), gold)
    add("gold page.txt", INLINE.encode(), gold)
    for name, tags in (("gold tags.conll", TAGS), ("gold hipe.tsv", HIPE), ("gold commas.csv", COMMAS)):
        form = "csv" if name.endswith("csv") else ""
        add(name, tags.encode(), partial(_load_tags, gold) if form else gold)
    for form, path in _other_formats(made[0].path or folder, folder / "others"):
        # Where it was written, as what lies beside it may be needed.
        made.append(Reader(f"gold as {form}", path, path.read_bytes(), partial(_load_as, form)))
    saved = folder / "saved" / "test"
    saved.mkdir(parents=True)
    _save_arrow(saved / "rows.arrow")
    (saved / "dataset_info.json").write_bytes(b"{}")
    state = b'{"_data_files": [{"filename": "rows.arrow"}], "_fingerprint": "a"}'
    (saved / "state.json").write_bytes(state)
    splits = b'{"splits": ["test"]}'
    (saved.parent / "dataset_dict.json").write_bytes(splits)
    of_saved = lambda path: load_dataset(folder / "saved", split="test")  # noqa: E731
    for name, content in (("saved test/state.json", state), ("saved dataset_dict.json", splits)):
        place = folder / "saved" / name.partition(" ")[2]
        made.append(Reader(name, place, content, partial(_restored, content, of_saved)))
    add("saved features.arrow", (saved / "rows.arrow").read_bytes(), gold)
    add("rules gate.toml", RULES.encode(), read_rules)
    add("labels labels.toml", LABELS.encode(), lambda path: load_inventory(path.parent))
    add("declaration dataset.toml", DECLARATION.encode(), lambda path: read_declaration(path.parent))
    add("label map map.toml", b'PER = "PER"\nGPE = "LOC"\nORG = false\n', partial(_label_map, load_label_map))
    add("weights weights.toml", WEIGHTS.encode(), weights)
    add("weights weights.json", b'{"GPE": {"LOC": 0.5}, "PER": {"ORG": 0.1}}', weights)
    add("prompt prompt.toml", PROMPT.encode(), load_prompt)
    add("checkpoint config.json", json.dumps(CONFIG).encode(), checkpoint)
    add("model ner.json", b'{"labels": ["PER"], "size": 254, "overlap": 32}', lambda path: _model(ModelFolder, path))
    (made[-2].path or folder).with_name("model.onnx").write_bytes(b"")
    assert unlisted_inventory().maps
    return made


def _restored(content: bytes, read: Callable[[Path], object], path: Path) -> object:
    try:
        return read(path)
    finally:
        path.write_bytes(content)


def _save_arrow(path: Path) -> None:
    """Rows of tokens whose tags are numbers, as `datasets` saves them."""
    import pyarrow as pa

    names = {"feature": {"_type": "ClassLabel", "names": ["O", "B-PER"]}, "_type": "Sequence"}
    declared = {"info": {"features": {"id": {"dtype": "string", "_type": "Value"}, "ner_tags": names}}}
    table = pa.Table.from_pylist([{"id": "a", "tokens": ["Ola", "left"], "ner_tags": [1, 0]}])
    table = table.replace_schema_metadata({"huggingface": json.dumps(declared)})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def _model(kind: Any, path: Path) -> object:
    return kind(path.parent, (path.name,), ("labels", "size", "overlap"))


def _label_map(load: Any, path: Path) -> object:
    from evalkit.dataset.labels import unlisted_inventory

    return load(path, unlisted_inventory())


def _other_formats(gold: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Every format that can be written to one file, with such a file."""
    from evalkit.dataset.making.convert import convert_dataset
    from evalkit.formats.table import FORMATS, load_format

    folder.mkdir(parents=True)
    for name in FORMATS.names():
        form = load_format(name)
        if form.write is None or name in ("native", "parquet", "inline", "conll"):
            continue
        target = folder / name / f"a{form.suffixes[0]}"
        target.parent.mkdir()
        try:
            convert_dataset(gold, target, to=name, lossy=True)
        except EvalkitError:
            # One with a file for each article wants a folder.
            target = target.parent
            convert_dataset(gold, target, to=name, lossy=True)
        files = [target] if target.is_file() else sorted(path for path in target.rglob("*") if path.is_file())
        own = [path for path in files if path.suffix in form.suffixes]
        yield name, max(own or files, key=lambda path: path.stat().st_size)


def _load_as(name: str, path: Path) -> object:
    from evalkit.dataset.loading.load import load_dataset
    from evalkit.options import ReadOptions

    return load_dataset(path, split="all", read=ReadOptions(format=name))


def _load_tags(gold: Any, path: Path) -> object:
    from evalkit.dataset.loading.load import load_dataset
    from evalkit.options import ReadOptions

    return load_dataset(path, split="all", read=ReadOptions(format="conll", split="all"))


def _sides(folder: Path) -> list[Reader]:
    """Predictions over gold that is whole."""
    from evalkit.options import ReadOptions
    from evalkit.predictions.load import load_sides

    folder.mkdir()
    made = []
    predicted = [{key: row[key] for key in ("id", "text", "entities", "quotes") if key in row} for row in rows()]
    for name, gold, content in (
        ("predicted lines.jsonl", _lines(rows()), _lines(predicted)),
        ("predicted items.csv", _lines(rows()), ITEM_ROWS.encode()),
        ("predicted tags.conll", TAGS.encode(), TAGS.encode()),
        ("predicted hipe.tsv", HIPE.encode(), HIPE.encode()),
    ):
        file = name.rpartition(" ")[2]
        gold_path = folder / f"gold-{'lines.jsonl' if gold[:1] == b'{' else file}"
        gold_path.write_bytes(gold)
        read = partial(_both, load_sides, gold_path, ReadOptions(split="all"))
        made.append(Reader(name, folder / file, content, read))
    return made


def _both(load: Any, gold: Path, read: Any, path: Path) -> object:
    return load(gold, path, read)


FOUND = """
import re

WORDS = {"Ola Brun": "PER", "Kell": "GPE", "Mia Vo": "PER"}


def find(article):
    return [(found.start(), found.end(), WORDS[found[0]]) for found in re.finditer("|".join(WORDS), article.text)]


def another(article):
    return find(article)[:1]
"""


def _of_runs(folder: Path) -> list[Reader]:
    """What lies in a run folder, and a baseline; each is read by every verb that may meet it."""
    from evalkit.gate.rules import RuleSet
    from evalkit.options import Intervals
    from evalkit.predictions.run import Run
    from evalkit.predictions.store import current_result
    from evalkit.report.forms.table import FORMS
    from evalkit.report.render import render_report
    from evalkit.workflows.comparing.compare import compare_runs
    from evalkit.workflows.comparing.gate import check_gate, update_baseline
    from evalkit.workflows.looking.diagnose import diagnose
    from evalkit.workflows.looking.explain import explain_run
    from evalkit.workflows.running.run import run_extractor
    from evalkit.workflows.scoring.score import score_predictions

    folder.mkdir()
    gold = folder / "gold.jsonl"
    gold.write_bytes(_lines(rows()))
    few = Intervals(resamples=5)

    # Of a file that nobody changes meanwhile: its content is a part of what they are, and this one may be at work on.
    (folder / "found.py").write_text(FOUND, encoding="utf-8")
    own = runpy.run_path(str(folder / "found.py"))
    find, another = own["find"], own["another"]

    for name, function in (("one", find), ("two", another)):
        run = run_extractor(function, dataset=gold, split="all", cache=False)
        result = score_predictions(None, run, intervals=few, baseline=False)
        replace(run, result=result).save(folder / name)
    update_baseline(folder / "one", baseline=folder / "base.json")
    shutil.copytree(folder / "one", folder / "spare")
    shutil.copy(folder / "base.json", folder / "spare")
    forms = [name for name in FORMS.table if name not in ("junit", "png")]

    def restored(read: Callable[[Path], object]) -> Callable[[Path], object]:
        def reading(path: Path) -> object:
            try:
                return read(path)
            finally:
                shutil.copy(folder / "spare" / path.name, path)

        return reading

    def shown(path: Path) -> object:
        result = current_result(path.parent)
        return [render_report(result, form) for form in forms]

    whole = Run.load(folder / "one").predictions

    annotated = [(one.article_id, one.annotations) for one in whole]

    def loaded(path: Path) -> object:
        run = Run.load(path.parent)
        if run.complete and not run.edited and run.predictions != whole:
            raise AssertionError("other predictions, and nothing says so")
        return run

    def explained(path: Path) -> object:
        return diagnose(path.parent), explain_run(path.parent, "a")

    def compared(path: Path) -> object:
        return compare_runs([path.parent, folder / "two"], intervals=few)

    def gated(path: Path) -> object:
        run = folder / "one" if path.name == "base.json" else path.parent
        return check_gate(run, baseline=folder / "base.json", rules=RuleSet(rules=()), intervals=few)

    def continued(path: Path) -> object:
        run = run_extractor(find, dataset=gold, split="all", out=path.parent, cache=False)
        if (path.parent / "predictions.jsonl").read_bytes() != (folder / "one" / "predictions.jsonl").read_bytes():
            raise AssertionError("a run that was continued has other predictions")
        return run

    def cached(path: Path) -> object:
        with _environment(EVALKIT_CACHE=str(folder / "cache")):
            run = run_extractor(find, dataset=gold, split="all")
        if [(one.article_id, one.annotations) for one in run.predictions] != annotated:
            raise AssertionError("cached predictions are others")
        return run

    kept = folder / "kept"
    shutil.copytree(folder / "one", kept)
    (kept / "result.json").unlink()
    lines = (kept / "predictions.jsonl").read_bytes().splitlines(keepends=True)
    (kept / "predictions.jsonl").write_bytes(b"".join(lines[:2]))
    facts = json.loads((kept / "run.json").read_bytes())
    (kept / "run.json").write_text(
        json.dumps({name: facts[name] for name in facts if name not in ("sha256", "complete")})
    )
    with _environment(EVALKIT_CACHE=str(folder / "cache")):
        run_extractor(find, dataset=gold, split="all")
    cache = next((folder / "cache").rglob("*.jsonl"))
    made = [Reader("kept cache", cache, cache.read_bytes(), partial(_restored, cache.read_bytes(), cached))]
    for file in ("run.json", "predictions.jsonl"):
        before = {path.name: path.read_bytes() for path in kept.iterdir()}
        made.append(Reader(f"kept {file}", kept / file, before[file], partial(_in_folder, before, continued)))
    for file, reads in (
        ("run.json", {"explained": explained, "gated": gated, "compared": compared}),
        ("predictions.jsonl", {"explained": explained, "loaded": loaded}),
        ("result.json", {"shown": shown, "compared": compared, "loaded": loaded}),
    ):
        place = folder / "one" / file
        for name, read in reads.items():
            made.append(Reader(f"{file} {name}", place, place.read_bytes(), restored(read)))
    base = folder / "base.json"
    made.append(Reader("base.json gated", base, base.read_bytes(), restored(gated)))
    return made


def _in_folder(before: Mapping[str, bytes], read: Callable[[Path], object], path: Path) -> object:
    """Reads a file among others, and makes all as they were."""
    try:
        return read(path)
    finally:
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        for name, content in before.items():
            (path.parent / name).write_bytes(content)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    with patch.dict(os.environ, values):
        yield


def _answers() -> list[Reader]:
    """What models, services and programs answer."""
    from evalkit.extractors.http import Patience
    from evalkit.extractors.llm.annotations import ground_draft
    from evalkit.extractors.llm.client import Client
    from evalkit.extractors.llm.grounding import Page
    from evalkit.extractors.llm.pairs import read_pairs
    from evalkit.extractors.llm.schema import read_answer
    from evalkit.extractors.remote.wire import Inbox
    from evalkit.records import Article

    layers = ("entities", "quotes", "stances")
    articles = [Article(id=name, text=text) for name, text in TEXTS.items()]
    client = Client("http://localhost:1", key="", patience=Patience(timeout=1, retries=0, pause=0))

    def answered(content: bytes) -> object:
        draft = read_answer(content.decode("utf-8", "replace"), layers, ("PER", "ORG", "GPE"))
        return ground_draft(Page(TEXTS["a"]), draft, layers)

    def taken(content: bytes) -> object:
        inbox = Inbox(articles, "cmd:x")
        inbox.take_all(content)
        return inbox.layers

    written = "<think>They said “no”.</think>Sure:\n```json\n" + json.dumps(ANSWER, indent=1) + "\n```\nDone."
    pairs = json.dumps({"stances": [{"pair": 1, "label": "favor"}, {"pair": "2", "label": "against"}]})
    return [
        Reader("answer of a model", None, json.dumps(ANSWER).encode(), answered),
        Reader("answer of a model with talk", None, written.encode(), answered),
        Reader(
            "answer about pairs",
            None,
            pairs.encode(),
            lambda content: read_pairs(content.decode("utf-8", "replace"), [1, 2]),
        ),
        Reader("reply of an endpoint", None, json.dumps(REPLY).encode(), client._read),
        Reader("answer of a program", None, _lines(WIRE), taken),
    ]


def _words() -> list[Reader]:
    """Options that are small languages of their own."""
    from evalkit.extractors.options import Options, keywords
    from evalkit.formats.tags.settings import tag_settings
    from evalkit.layers.scopes import parse_scope
    from evalkit.scoring.tasks.table import choose_conventions, load_convention
    from evalkit.scoring.thresholds import Thresholds
    from evalkit.text.counting import parse_counting

    def option(word: bytes, read: Callable[[str], object]) -> tuple[bytes, Callable[[bytes], object]]:
        return word, lambda content: read(content.decode("utf-8", "surrogateescape"))

    def settings(word: str) -> object:
        given = dict(part.partition("=")[::2] for part in word.split(";"))
        options = Options("llm:m", given)
        return options.whole("size", 1), options.seconds("time", 1.0), options.layers(("entities", "quotes"))

    def of_function(word: str) -> object:
        def extractor(
            article: Any, size: int = 1, sure: float = 0.5, on: bool = False, folder: Path | None = None
        ) -> Any:
            return []

        return keywords(extractor, "x:y", dict(part.partition("=")[::2] for part in word.split(";")), skip=1)

    def convention(word: str) -> object:
        return [load_convention("entities", name) for name in choose_conventions("entities", (word,))]

    words = {
        "--scope": option(b"quotes:kinds=direct,parts=speaker", parse_scope),
        "--min-score": option(b"PER=0.5", lambda word: Thresholds.parse([word])),
        "--offsets": option(b"utf-16,inclusive", parse_counting),
        "--convention": option(b"partial", convention),
        "--set of evalkit": option(b"size=3;time=2.5;layers=entities,quotes", settings),
        "--set of a function": option(b"size=3;sure=0.5;on=yes;folder=x", of_function),
        "--read of tags": option(b"-1", lambda word: tag_settings({"tag_column": word})),
        "--read of a scheme": option(b"IOB2", lambda word: tag_settings({"scheme": word, "document": "blank"})),
    }
    return [Reader(name, None, word, read) for name, (word, read) in words.items()]


OPTIONS = {
    "--label-map": "coarse",
    "--labels": "PER,GPE",
    "--task": "entities",
    "--convention": "exact",
    "--scope": "quotes:kinds=direct",
    "--min-score": "0.1",
    "--offsets": "utf-16",
    "--split": "all",
    "--cluster": "story",
    "--read": "label_case=keep",
    "--annotator": "ida",
    "--resamples": "5",
    "--seed": "1",
    "--level": "0.9",
    "--gold": "gold.jsonl",
}
TAG_OPTIONS = {
    "--encoding": "utf-8",
    "--separator": "space",
    "--tag-column": "2",
    "--token-column": "0",
    "--document": "docstart",
    "--scheme": "IOB2",
    "--repair": "begin",
    "--comment": "#",
    "--detokenise": "space",
}


def _options(folder: Path) -> list[Reader]:
    """Options of the command line over whole files."""
    folder.mkdir()
    (folder / "gold.jsonl").write_bytes(_lines(rows()))
    (folder / "labels.toml").write_text(LABELS)
    (folder / "gold.conll").write_text(TAGS)
    made = []
    for options, file in ((OPTIONS, "gold.jsonl"), (TAG_OPTIONS, "gold.conll")):
        sides = ["--gold", str(folder / file), "--predicted", str(folder / file), "--resamples", "3", "--json"]
        for option, value in options.items():
            made.append(Reader(f"score {option}", None, value.encode(), partial(_scored, folder, sides, option)))
    return made


def _scored(folder: Path, sides: Sequence[str], option: str, value: bytes) -> object:
    """What `evalkit score` says with an option; anything but a result, or one line, is wrong.

    It is asked in the folder, so that the beginning of a path is never a folder of the machine.
    """
    from evalkit.cli.main import main

    # Of what nobody can type the shell makes halves of characters, and a zero byte ends a word.
    word = value.decode("utf-8", "surrogateescape").replace("\0", "")
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with chdir(folder), patch.multiple("sys", stdin=io.TextIOWrapper(io.BytesIO()), stdout=out, stderr=err):
        status = main(["score", *sides, f"{option}={word}"])
        said = err.detach().getvalue().decode("utf-8", "replace")
    if status not in (0, 1, 2) or (status == 2 and said.count("\n") > 1 and "Usage" not in said):
        raise AssertionError(f"exit {status}: {said[:200]!r}")
    return status


@click.command(help=__doc__)
@click.argument("number", type=int)
@click.option("--seed", type=int, default=0)
@click.option("--only", default="", help="Those with this in their name.")
@click.option("--keep", type=click.Path(path_type=Path), help="A folder for what ended badly.")
def _main(number: int, seed: int, only: str, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        chosen = [reader for reader in readers(Path(folder)) if only in reader.name]
        for reader in chosen:
            begun = time.perf_counter()
            found: Counter[str] = Counter()
            for fault in faults_of(reader, range(number // len(chosen)), seed=seed):
                found[fault.said] += 1
                if keep and found[fault.said] == 1:
                    keep.mkdir(exist_ok=True)
                    name = re.sub(r"\W+", "-", f"{reader.name}-{fault.said[:40]}")
                    (keep / name).write_bytes(fault.content)
            seconds = time.perf_counter() - begun
            print(f"{reader.name}: {number // len(chosen)} in {seconds:.1f} s, {sum(found.values())} ended badly")  # noqa: T201
            for said, number in found.most_common():
                print(f"  {number} {said}")  # noqa: T201


if __name__ == "__main__":
    _main()
