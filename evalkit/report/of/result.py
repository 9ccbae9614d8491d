"""A scored run: for each task its labels under the main convention, then the other conventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evalkit.report.document import Block, Chart, Column, Document, Series, Table, figure_columns
from evalkit.report.of.cells import interval, interval_heading, number, percent
from evalkit.report.of.charts import bounded, forest
from evalkit.results import MACRO, MICRO, PRF, EvalResult, TaskResult, floor_label
from evalkit.scoring.tasks.table import load_task, main_convention
from evalkit.showing import number_of

__all__ = ["document", "not_evaluated_lines", "task_document"]

Shares = Mapping[tuple[str, str], float]
"""Scope and label → how much of the ceiling was reached."""

SHOWN_FAILURES = 10
ROOMY = 64
"""Columns of a page from which a table of labels has room for everything."""


def document(result: EvalResult) -> Document:
    """The tables of each task, and what was not evaluated, set aside or failed."""
    return Document(
        what="run",
        title=f"{result.extractor} on {result.gold}, {result.split}: {number_of(result.articles, 'article')}",
        blocks=tuple(_tables(result)),
        notes=tuple(_notes(result)),
        rows=tuple(_rows(result)),
        data=result.to_json(tables=False),
    )


def task_document(result: TaskResult) -> Document:
    """The labels of one task under one convention, and its derived scores."""
    blocks: list[Block] = [_label_table(result, None, None, {}, {}, "")]
    if result.scores:
        blocks.append(_score_table(result.task, [result], {}, {}))
    return Document(
        what="task",
        title=f"{result.task} under {result.convention}",
        blocks=tuple(blocks),
        rows=tuple(
            {"task": result.task, "convention": result.convention, "scope": scope, "label": label}
            | {"precision": prf.precision, "recall": prf.recall, "f1": prf.f1}
            for (scope, label), prf in result.figures()
        ),
    )


def _tables(result: EvalResult) -> Iterator[Block]:
    for task, conventions in result.tasks.items():
        floors, ceilings = result.floor.get(task, {}), result.ceiling.get(task, {})
        results = list(conventions.values())
        main = conventions[main_convention(task, tuple(conventions))]
        colours = result.run.get("colours", {}).get(load_task(task).layer, {})
        ceiling = ceilings.get(main.convention)
        shares = {name: result.ceiling_shares(task, name) for name in conventions}
        above = "" if ceiling is None else _ceiling_caption(result, ceiling, shares[main.convention])
        yield _label_table(main, floors.get(main.convention), ceiling, colours, shares[main.convention], above)
        others = [other for other in results if other is not main]
        if others:
            yield _convention_table(task, others, floors, ceilings, shares)
        if any(own.scores for own in results):
            yield _score_table(task, results, floors, ceilings)


def _label_table(
    result: TaskResult,
    floor: TaskResult | None,
    ceiling: TaskResult | None,
    colours: Mapping[str, str],
    shares: Shares,
    above: str,
) -> Chart:
    floors, ceilings = ({} if own is None else dict(own.figures()) for own in (floor, ceiling))
    said = {MACRO: "macro" if result.macro.labels is None else f"macro of {result.macro.labels}"}
    said |= {MICRO: "micro" if result.micro.labels is None else f"mean of {result.micro.labels}"}
    pooled = len(result.labels)
    # Results of earlier versions do not say in how many articles a label is.
    counted = any(prf.articles is not None for prf in result.labels.values())
    table = Table(
        title=f"{result.task} · {result.convention}",
        columns=(
            *figure_columns("label", "P", "R", "F1", interval_heading(result.signature), "gold", "pred"),
            *[Column("art.", from_width=ROOMY)] * counted,
            *[Column("floor F1")] * (floor is not None),
            *_CEILING * (ceiling is not None),
        ),
        rows=tuple(
            (
                *_cells(said.get(name, name[1]), prf),
                *(["" if prf.articles is None else str(prf.articles)] if counted else []),
                *([_f1(floors.get(name))] if floor is not None else []),
                *((_f1(ceilings.get(name)), percent(shares.get(name))) if ceiling is not None else ()),
            )
            for name, prf in result.figures()
        ),
        rules=(pooled,),
        strong=(pooled, pooled + 1),
        colours=tuple((number, colours[name]) for number, name in enumerate(result.labels) if name in colours),
        caption="; ".join(
            filter(None, (_without_interval(result), "" if floor is None else _floor_caption(floor), above))
        ),
        signature=result.signature,
    )
    figures = list(result.figures())
    heading = interval_heading(result.signature)
    beside = [("floor", floors)] * (floor is not None) + [("ceiling", ceilings)] * (ceiling is not None)
    return forest(
        table,
        [said.get(name, name[1]) for name, _ in figures],
        bounded("F1", [prf.f1 for _, prf in figures], [prf.ci.get("f1") for _, prf in figures], heading),
        *(
            Series(called, tuple(others[name].f1 if name in others else None for name, _ in figures), reference=True)
            for called, others in beside
        ),
        strong=(pooled, pooled + 1),
    )


_CEILING = (Column("ceiling F1"), Column("of it", from_width=ROOMY))
"""What readers reach against each other, and how much of that was reached."""


def _ceiling_caption(result: EvalResult, ceiling: TaskResult, shares: Shares) -> str:
    """What it is, over how many of the articles, and how much of it was reached there."""
    read, every = ceiling.micro.articles, number_of(result.articles, "article")
    over = every if read in (None, result.articles) else f"{read} of {every}"
    bounds = f" ({interval(ceiling.micro.ci['f1'])})" if "f1" in ceiling.micro.ci else ""
    told = f"ceiling: readers {ceiling.micro.f1:.3f}{bounds} against each other over {over}"
    reached = result.reached.get(ceiling.task, {}).get(ceiling.convention)
    if reached is None or MICRO not in shares:
        return told
    both = [label for label in ceiling.labels if label in reached.labels]
    there = " there" if read not in (None, result.articles) else ""
    of_it = f"{told}; micro F1{there} {reached.micro.f1:.3f}, {percent(shares[MICRO])} of it"
    notes = ["F1 there"] if there else []
    if both and not len(both) == len(ceiling.labels) == len(reached.labels):
        notes.append(f"macro over the {number_of(len(both), 'label')} of both")
    return f"{of_it} (of it: {', '.join(notes)})" if notes else of_it


def _floor_caption(floor: TaskResult) -> str:
    label = floor_label(floor)
    usual = f"a trivial baseline that calls all it finds {label}, the most frequent label"
    return f"floor: {usual}; in a label's row, that one" if label else ""


def _without_interval(result: TaskResult) -> str:
    """Why labels have a dash for an interval, where some have."""
    if not result.micro.ci or all("f1" in prf.ci for prf in result.labels.values()):
        return ""
    return "no interval where gold has a label in 3 articles or fewer (art.), or where nothing varies"


def _convention_table(
    task: str,
    others: Sequence[TaskResult],
    floors: Mapping[str, TaskResult],
    ceilings: Mapping[str, TaskResult],
    shares: Mapping[str, Shares],
) -> Table:
    rows = []
    for other in others:
        floor = floors.get(other.convention)
        below = [_f1(floor.micro if floor else None)] if floors else []
        ceiling = ceilings.get(other.convention)
        told = _f1(ceiling.micro if ceiling else None), percent(shares[other.convention].get(MICRO))
        above = told if ceilings else ()
        rows.append((*_cells(other.convention, other.micro), *below, *above))
    return Table(
        title=f"{task} · other conventions, micro",
        columns=(
            *figure_columns(
                *("convention", "P", "R", "F1", interval_heading(*(one.signature for one in others)), "gold", "pred"),
                *["floor F1"] * bool(floors),
            ),
            *_CEILING * bool(ceilings),
        ),
        rows=tuple(rows),
        caption=_told_caption(others),
    )


def _told_caption(results: Sequence[TaskResult]) -> str:
    """What signatures say of conventions besides their names, such as the lists of words that one used."""
    named = {result.convention: result.signature.split("|")[1:2] for result in results}
    told = [stated[0] for name, stated in named.items() if stated and stated[0].startswith(f"{name}[")]
    return f"used: {', '.join(told)}" if told else ""


def _score_table(
    task: str,
    results: Sequence[TaskResult],
    floors: Mapping[str, TaskResult],
    ceilings: Mapping[str, TaskResult],
) -> Table:
    rows = []
    for result in results:
        beside = [others.get(result.convention) for others in (floors, ceilings) if others]
        for name, score in result.scores.items():
            told = [number(one.scores[name].value) if one and name in one.scores else "–" for one in beside]
            rows.append((f"{result.convention}: {name}", number(score.value), interval(score.ci), *told))
    return Table(
        title=f"{task} · derived scores",
        columns=figure_columns(
            *("score", "value", interval_heading(*(result.signature for result in results))),
            *["floor"] * bool(floors),
            *["ceiling"] * bool(ceilings),
        ),
        rows=tuple(rows),
    )


def _cells(name: str, prf: PRF) -> tuple[str, ...]:
    sizes = ("", "") if prf.counts is None else (str(prf.counts.gold), str(prf.counts.predicted))
    return name, number(prf.precision), number(prf.recall), number(prf.f1), interval(prf.ci.get("f1")), *sizes


def _f1(prf: PRF | None) -> str:
    return "–" if prf is None else number(prf.f1)


def _notes(result: EvalResult) -> Iterator[str]:
    yield from not_evaluated_lines(result.not_evaluated)
    yield from result.notes
    failed = [f"failed, counted as missed: {name}: {error}" for name, error in result.failed.items()]
    yield from failed[:SHOWN_FAILURES]
    if len(failed) > SHOWN_FAILURES:
        yield f"… and {number_of(len(failed) - SHOWN_FAILURES, 'more failed article')}, all in result.json"


def not_evaluated_lines(reasons: Mapping[str, str]) -> Iterator[str]:
    """A line for each reason: conventions of a task that share one, as `quotes cue-exact`, stand in one line."""
    together: dict[tuple[str, str], list[str]] = {}
    for name, reason in reasons.items():
        task, _, convention = name.partition(" ")
        together.setdefault((task if convention else name, reason), []).append(convention)
    for (task, reason), conventions in together.items():
        yield f"{' '.join([task, ', '.join(conventions)]).strip()}: not evaluated, {reason}"


def _rows(result: EvalResult) -> Iterator[dict[str, object]]:
    """The rows of the result with the name of the gold beside its items, derived scores, what is not evaluated."""
    for row in result.rows():
        items = {"gold_items": row.pop("gold"), "predicted_items": row.pop("predicted")}
        last = ["gold_credit", "predicted_credit", "labels", "floor_f1"]
        last += ["ceiling_f1", "ceiling_low", "ceiling_high", "ceiling_articles", "ceiling_share"]
        credit = {name: row.pop(name) for name in last if name in row}
        about = {"extractor": row.pop("extractor"), "gold": result.gold, "split": result.split}
        yield about | row | items | credit
    for task, conventions in result.tasks.items():
        for convention, own in conventions.items():
            for name, score in own.scores.items():
                low, high = score.ci or (None, None)
                about = {"extractor": result.extractor, "gold": result.gold, "split": result.split}
                about |= {"task": task, "convention": convention, "label": name}
                yield about | {"score": score.value, "score_low": low, "score_high": high}
    for name, reason in result.not_evaluated.items():
        task, _, convention = name.partition(" ")
        about = {"extractor": result.extractor, "gold": result.gold, "split": result.split}
        yield about | {"task": task, "convention": convention, "not_evaluated": reason}
