"""evalkit beside nervaluate and seqeval: on the inputs of their own tests, and on generated ones.

    pip download --no-deps --no-binary=:all: --dest FOLDER nervaluate seqeval
    python experiments/differential/scorers.py --sources FOLDER --generated 2000

Their tests are run from the source distributions in FOLDER, and what these hand to the scorers is recorded; nothing of
them is copied. Without FOLDER only generated inputs are tried, and the table says so. Every input is scored by both; a
difference is counted under the first reason that applies to the input, from a list that says what the other does there.
Prints Markdown; exits 1 if a difference has no reason.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import io
import json
import os
import random
import sys
import tarfile
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import EvalkitError
from evalkit.formats.tags.schemes import decode_tags
from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Span
from evalkit.scoring.counts import micro
from evalkit.scoring.from_records import columns_of_items
from evalkit.scoring.tasks.table import load_convention

CLOSE = 1e-9
LABELS = ("LOC", "ORG", "PER")


class Item(NamedTuple):
    """An entity; `end` is one past its last position."""

    label: str
    start: int
    end: int


Documents = list[list[Item]]
Figures = tuple[float, float, float]


@dataclass(frozen=True)
class Case:
    """What both are given, and what the other one makes of it."""

    tool: str
    source: str
    gold: Documents
    predicted: Documents
    convention: str
    theirs: Figures
    tags: tuple[str, ...] = ()
    facts: frozenset[str] = frozenset()


@dataclass
class Tally:
    """How many inputs agree, and why the others do not."""

    tried: int = 0
    agreed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    unexplained: list[Case] = field(default_factory=list)


def ours(gold: Documents, predicted: Documents, convention: str) -> Figures:
    """Micro precision, recall and F1."""
    sides = [
        [
            [Entity(id="", spans=(Span(item.start, item.end),), label=item.label) for item in document]
            for document in side
        ]
        for side in (gold, predicted)
    ]
    names = [f"{number:06}" for number in range(len(gold))]
    columns = columns_of_items(names, sides[0], sides[1], layer=ENTITIES)
    found = micro(load_convention("entities", convention)(columns).table())
    return found.precision, found.recall, found.f1


# --- nervaluate -------------------------------------------------------------------------------------------------------

SCENARIOS = {"strict": "exact", "exact": "boundary", "partial": "partial", "ent_type": "type"}


def nervaluate_cases(source: str, gold: Any, predicted: Any, tags: Sequence[str], least: float) -> Iterator[Case]:
    """One case a scenario, from the entities that nervaluate has loaded; its ends are inclusive."""
    from nervaluate.evaluator import Evaluator

    sides = [
        [[{"label": e.label, "start": e.start, "end": e.end} for e in document] for document in side]
        for side in (gold, predicted)
    ]
    evaluator = Evaluator(sides[0], sides[1], tags=list(tags), loader="dict", min_overlap_percentage=least)
    results = evaluator.evaluate()["overall"]
    documents = [
        [[Item(e.label, e.start, e.end + 1) for e in document] for document in side] for side in (gold, predicted)
    ]
    share = "" if least <= 1 else f":{least / 100:g}"
    for scenario, convention in SCENARIOS.items():
        theirs = results[scenario]
        yield Case(
            tool=f"nervaluate {scenario}",
            source=source,
            gold=documents[0],
            predicted=documents[1],
            convention=convention + (share if convention in ("partial", "type") else ""),
            theirs=(theirs.precision, theirs.recall, theirs.f1),
            tags=tuple(tags),
        )


def recorded_nervaluate(folder: Path) -> list[Case]:
    """The cases of nervaluate's tests."""
    from nervaluate.evaluator import Evaluator

    seen: dict[str, tuple[Any, Any, tuple[str, ...], float]] = {}
    evaluate = Evaluator.evaluate

    def recording(self: Any) -> Any:
        key = json.dumps([[[vars(e) for e in d] for d in side] for side in (self.true, self.pred)] + [self.tags])
        seen[f"{key}{self.min_overlap_percentage}"] = (
            self.true,
            self.pred,
            tuple(self.tags),
            self.min_overlap_percentage,
        )
        return evaluate(self)

    Evaluator.evaluate = recording
    try:
        run_tests(folder)
    finally:
        Evaluator.evaluate = evaluate
    return [case for given in seen.values() for case in nervaluate_cases("its tests", *given)]


def generated_nervaluate(rng: random.Random, number: int) -> Iterator[Case]:
    """Flat documents, and documents in which anything may overlap."""
    for turn in range(number):
        flat = turn % 2 == 0
        sides: list[Documents] = [[], []]
        for _ in range(rng.randint(1, 3)):
            gold = _flat(rng) if flat else _any(rng)
            near = [item if rng.random() < 0.5 else item._replace(label=rng.choice(LABELS)) for item in gold]
            sides[0].append(gold)
            sides[1].append(near if rng.random() < 0.5 else _flat(rng) if flat else _any(rng))
        loaded = [
            [[_Loaded(*item._replace(end=item.end - 1)) for item in document] for document in side] for side in sides
        ]
        least = rng.choice((1.0, 1.0, 50.0, 100.0))
        yield from nervaluate_cases("flat" if flat else "overlapping", loaded[0], loaded[1], LABELS, least)


class _Loaded(NamedTuple):
    label: str
    start: int
    end: int


def _flat(rng: random.Random) -> list[Item]:
    cuts = sorted(rng.sample(range(30), 2 * rng.randint(0, 5)))
    return [Item(rng.choice(LABELS), a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]


def _any(rng: random.Random) -> list[Item]:
    starts = sorted(rng.randrange(15) for _ in range(rng.randint(0, 5)))
    return [Item(rng.choice(LABELS), start, start + rng.randint(1, 8)) for start in starts]


# --- seqeval ----------------------------------------------------------------------------------------------------------

SCHEMES = ("IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU")


class Tagged(NamedTuple):
    """Two sides of tag sequences, and how seqeval was told to read them; no scheme is its default mode."""

    gold: list[list[str]]
    predicted: list[list[str]]
    scheme: str = ""
    suffix: bool = False


def seqeval_case(source: str, tagged: Tagged) -> Case:
    """One case; its figures are those of `precision_recall_fscore_support`, pooled."""
    from seqeval import scheme as schemes
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
    from seqeval.metrics.v1 import precision_recall_fscore_support as strict

    facts: set[str] = {"suffix"} if tagged.suffix else set()
    sides = []
    for side in (tagged.gold, tagged.predicted):
        documents: Documents = []
        for tags in side:
            try:
                decoded = decode_tags(
                    tags, scheme=tagged.scheme or "IOB2", repair="discard" if tagged.scheme else "begin"
                )
            except EvalkitError:
                facts.add("refused")
                documents.append([])
                continue
            facts |= {kind for kind, count in decoded.repaired.items() if count}
            documents.append([Item(label, start, end) for start, end, label in decoded.spans])
        sides.append(documents)
    if any(_needless_mark(tags, tagged.scheme) for side in (tagged.gold, tagged.predicted) for tags in side):
        facts.add("needless mark")
    if tagged.scheme == "IOE1" and any(_lone_e(tags) for side in (tagged.gold, tagged.predicted) for tags in side):
        facts.add("lone E")
    if tagged.scheme:
        found = strict(
            tagged.gold, tagged.predicted, average="micro", scheme=getattr(schemes, tagged.scheme), zero_division=0
        )
    else:
        found = precision_recall_fscore_support(
            tagged.gold, tagged.predicted, average="micro", suffix=tagged.suffix, zero_division=0
        )
    theirs = float(found[0]), float(found[1]), float(found[2])
    tool = f"seqeval strict {tagged.scheme}" if tagged.scheme else "seqeval default"
    return Case(tool, source, sides[0], sides[1], "exact", theirs, facts=frozenset(facts))


def _needless_mark(tags: Sequence[str], scheme: str) -> bool:
    """Whether a B- of IOB1 follows, or an E- of IOE1 precedes, nothing of its label: there it has nothing to part."""
    if scheme not in ("IOB1", "IOE1"):
        return False
    letter, step = ("B", -1) if scheme == "IOB1" else ("E", 1)
    beside = dict(enumerate(tags))
    return any(
        tag.startswith(f"{letter}-") and beside.get(number + step, "O")[2:] != tag[2:]
        for number, tag in enumerate(tags)
    )


def _lone_e(tags: Sequence[str]) -> bool:
    """Whether an E- follows something that is not of its label."""
    return any(tag.startswith("E-") and before[2:] != tag[2:] for before, tag in zip(["O", *tags], tags, strict=False))


def recorded_seqeval(folder: Path) -> list[Case]:
    """The cases of seqeval's tests: what reaches its two functions that count."""
    from seqeval.metrics import sequence_labeling, v1

    seen: dict[str, Tagged] = {}

    def watching(function: Callable[..., Any], *, told: bool) -> Callable[..., Any]:
        def recording(y_true: Any, y_pred: Any, *rest: Any, **options: Any) -> Any:
            scheme = getattr(options.get("scheme"), "__name__", "") if told else ""
            with contextlib.suppress(TypeError):
                sides = [[list(map(str, tags)) for tags in side] for side in (y_true, y_pred)]
                tagged = Tagged(sides[0], sides[1], scheme, bool(options.get("suffix", False)))
                if [len(tags) for tags in sides[0]] == [len(tags) for tags in sides[1]]:
                    seen[json.dumps(tagged)] = tagged
            return function(y_true, y_pred, *rest, **options)

        return recording

    plain, strict = sequence_labeling.precision_recall_fscore_support, v1.precision_recall_fscore_support
    patched = (
        (sequence_labeling, "precision_recall_fscore_support", watching(plain, told=False)),
        (sequence_labeling, "precision_recall_fscore_support_v1", watching(strict, told=True)),
        (v1, "precision_recall_fscore_support", watching(strict, told=True)),
    )
    before = [getattr(module, name) for module, name, _ in patched]
    for module, name, recording in patched:
        setattr(module, name, recording)
    try:
        run_tests(folder)
    finally:
        for (module, name, _), function in zip(patched, before, strict=True):
            setattr(module, name, function)
    return [seqeval_case("its tests", tagged) for tagged in seen.values()]


def generated_seqeval(rng: random.Random, number: int) -> Iterator[Case]:
    """Random tags, mostly illegal, for the default mode and for each scheme."""
    letters = {"IOBES": "BIES", "BILOU": "BILU", "IOE1": "IE", "IOE2": "IE"}
    for turn in range(number):
        scheme = ("", *SCHEMES)[turn % (1 + len(SCHEMES))]
        prefixes = letters.get(scheme, "BI")
        sides: list[list[list[str]]] = [[], []]
        for _ in range(rng.randint(1, 3)):
            gold = _tags(rng, prefixes)
            sides[0].append(gold)
            sides[1].append([tag if rng.random() < 0.8 else rng.choice(gold) for tag in gold])
        yield seqeval_case("random tags", Tagged(sides[0], sides[1], scheme))


def _tags(rng: random.Random, prefixes: str) -> list[str]:
    return [
        "O" if rng.random() < 0.35 else f"{rng.choice(prefixes)}-{rng.choice(LABELS[:2])}"
        for _ in range(rng.randint(1, 9))
    ]


# --- what is told apart -----------------------------------------------------------------------------------------------


def _outside_tags(case: Case) -> bool:
    labels = {item.label for side in (case.gold, case.predicted) for document in side for item in document}
    return bool(case.tags) and not labels <= set(case.tags)


def _overlaps(first: Item, second: Item) -> bool:
    return first.start < second.end and second.start < first.end


def _nested(case: Case) -> bool:
    return any(
        _overlaps(a, b)
        for side in (case.gold, case.predicted)
        for document in side
        for number, a in enumerate(document)
        for b in document[:number]
    )


def _contested(case: Case) -> bool:
    for gold, predicted in zip(case.gold, case.predicted, strict=True):
        for one, other in ((gold, predicted), (predicted, gold)):
            if any(sum(_overlaps(item, theirs) for theirs in other) > 1 for item in one):
                return True
    return False


REASONS: tuple[tuple[str, str, Callable[[Case], bool]], ...] = (
    ("nervaluate", "leaves out items whose label is not among the tags that it is given", _outside_tags),
    ("nervaluate", "pairs overlapping items of one side in the order of the input, not for the most credit", _nested),
    ("nervaluate", "gives an item to the first that overlaps it, not for the most credit", _contested),
    ("seqeval", "reads labels before prefixes (suffix=True); evalkit reads tags with the prefix first",
     lambda case: "suffix" in case.facts),
    ("seqeval strict", "evalkit refuses tags that its scheme does not know, where seqeval stops or skips them",
     lambda case: bool({"refused", "unknown-prefix", "no-prefix", "prefix-outside-scheme"} & case.facts)),
    ("seqeval strict", "reads on beside a B- (IOB1) or an E- (IOE1) that parts nothing, which the scheme forbids",
     lambda case: "needless mark" in case.facts),
    ("seqeval strict", "knows no entity of one E- after anything but its own label (IOE1)",
     lambda case: "lone E" in case.facts),
    ("seqeval strict", "drops an entity that is not as the scheme wants it, and may find another in the rest of it",
     lambda case: bool({"discarded", "begins-with-inside", "never-closed"} & case.facts)),
)  # fmt: skip
"""Tool, what it does (or evalkit does), and on which inputs."""


def tally(cases: Iterable[Case]) -> dict[tuple[str, str], Tally]:
    """Tool and source → how the inputs came out."""
    tallies: dict[tuple[str, str], Tally] = {}
    for case in cases:
        own = tallies.setdefault((case.tool, case.source), Tally())
        own.tried += 1
        here = ours(case.gold, case.predicted, case.convention)
        if all(abs(a - b) <= CLOSE for a, b in zip(here, case.theirs, strict=True)):
            own.agreed += 1
            continue
        reason = next((why for tool, why, holds in REASONS if case.tool.startswith(tool) and holds(case)), None)
        if reason is None:
            own.unexplained.append(case)
        else:
            own.reasons[reason] += 1
    return tallies


def run_tests(folder: Path) -> None:
    """Runs the tests of another package; whether they pass is its own business."""
    import pytest

    # Each has a package called tests: imported by their files they do not meet.
    own = ("--import-mode=importlib", "--rootdir", str(folder), "-c", os.devnull, str(folder))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", "-W", "ignore", *own])


def tests_of(tool: str, sources: Path | None, unpacked: Path) -> Path | None:
    """The folder of the tests of a tool, unpacked from a source distribution if need be; None without one."""
    if sources is None:
        return None
    for archive in sorted(sources.glob(f"{tool}-*.tar.gz")):
        with tarfile.open(archive) as packed:
            packed.extractall(unpacked, filter="data")
    found = sorted({*sources.glob(f"{tool}-*/tests"), *unpacked.glob(f"{tool}-*/tests")})
    return found[0] if found else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0 if every difference has a reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, help="a folder of source distributions of nervaluate and seqeval")
    parser.add_argument("--generated", type=int, default=2000, help="inputs to generate for each of the two")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    cases: list[Case] = []
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as unpacked:
        # Theirs are about figures that are not defined.
        warnings.simplefilter("ignore")
        for tool, record in (("nervaluate", recorded_nervaluate), ("seqeval", recorded_seqeval)):
            folder = tests_of(tool, options.sources and options.sources.resolve(), Path(unpacked))
            if folder is None:
                print(f"{tool} {importlib.metadata.version(tool)}: its tests are not there, see --sources\n")
            else:
                # They write files to where they run.
                with contextlib.chdir(unpacked):
                    cases += record(folder)
        cases += generated_nervaluate(rng, options.generated)
        cases += generated_seqeval(rng, options.generated)
    tallies = tally(cases)
    print("| tool | inputs | tried | agree | differ, and why |\n|---|---|---|---|---|")
    for (tool, source), own in sorted(tallies.items()):
        why = [f"{count}: {reason}" for reason, count in own.reasons.most_common()]
        why += [f"{len(own.unexplained)}: **no reason**"] if own.unexplained else []
        print(f"| {tool} | {source} | {own.tried} | {own.agreed} | {'; '.join(why) or '–'} |")
    odd = [case for own in tallies.values() for case in own.unexplained]
    for case in odd[:5]:
        here = ours(case.gold, case.predicted, case.convention)
        print(f"\n{case.tool}, {case.source}: {case.theirs} there, {here} here\n{case}", file=sys.stderr)
    return 1 if odd else 0


if __name__ == "__main__":
    raise SystemExit(main())
