"""What an explorer shows before any article is opened, as JSON values: who ran over what, and lists to filter by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.analysis.exploration.facets import facets_of
from evalkit.analysis.exploration.judged_layer import kinds_task
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAME, NAMES, NUMBER, SPAN, SPANS, Field
from evalkit.layers.table import load_layer
from evalkit.scoring.tasks.table import find_convention, load_task, task_names

if TYPE_CHECKING:
    from evalkit.analysis.exploration.explored import Explored, ExploredRun

__all__ = ["ARTICLES_A_CHUNK", "FIELD_TYPES", "index_of"]

ARTICLES_A_CHUNK = 100

FIELD_TYPES = {SPANS: "spans", SPAN: "span", NAME: "name", NAMES: "names", NUMBER: "number"}
"""What the type of a field is called; any other is "text"."""

COST_DIGITS = 6


def index_of(explored: Explored) -> dict[str, Any]:
    """The index of an explorer; see docs/view.md."""
    articles = explored.articles
    baseline = explored.baseline
    return {
        "format": "evalkit.explorer",
        "version": 1,
        "title": explored.title,
        "gold": {
            "name": explored.gold.partition("@")[0],
            "split": explored.split,
            "fingerprint": explored.fingerprint,
            "signature": explored.gold,
        },
        "runs": [_run(explored, run) for run in explored.runs],
        "baseline": None
        if baseline is None
        else {"name": baseline.name, "articles": len(baseline.common), "notes": list(baseline.notes)},
        "notes": list(explored.notes),
        "layers": [_layer(explored, name) for name in explored.labels],
        "tasks": [_task(explored, task) for task in _tasks(explored)],
        "zones": list(explored.zones),
        "chunk_size": ARTICLES_A_CHUNK,
        "articles": {
            name: [getattr(article, name) for article in articles]
            for name in ("id", "title", "source", "published", "lang")
        },
        "cost": {task: _costs(explored, task) for task in _tasks(explored)},
        "facets": facets_of(explored),
    }


def _run(explored: Explored, run: ExploredRun) -> dict[str, Any]:
    failed = {
        str(at): run.failed[article.id] for at, article in enumerate(explored.articles) if article.id in run.failed
    }
    result = run.result
    return {
        "name": run.name,
        "extractor": run.extractor,
        "layers": list(run.layers),
        "failed": failed,
        "evaluated": {task: list(own) for task, own in run.costs.items()},
        "not_evaluated": dict(run.not_evaluated),
        "signatures": {}
        if result is None
        else {task: {name: own.signature for name, own in by.items()} for task, by in result.tasks.items()},
        "notes": list(run.notes),
    }


def _layer(explored: Explored, name: str) -> dict[str, Any]:
    layer, task = load_layer(name), kinds_task(name)
    judged = task is not None and any(run.judged[name].task is not None for run in explored.runs)
    return {
        "name": name,
        "one": layer.one,
        "labels": list(explored.labels[name]),
        "label_field": layer.label_field,
        "spans_field": layer.spans_field,
        "marked": layer.told is None,
        "fields": [_field(explored, layer, field) for field in layer.fields if field.name != layer.label_field],
        "task": task.name if judged and task else None,
        "kinds": list(task.kinds) if judged and task else [],
        "credits": [list(measure) for measure in explored.measures[name]],
    }


def _field(explored: Explored, layer: Layer[Any], field: Field) -> dict[str, str]:
    word = layer.names.get(field.name) or layer.span_names.get(field.name) or field.name.replace("_", " ")
    described = {"name": field.name, "type": FIELD_TYPES.get(field.type, "text"), "word": word}
    refers = layer.refers.get(field.name, "")
    return described | {"refers": refers} if refers in explored.labels else described


def _tasks(explored: Explored) -> list[str]:
    return [task for task in task_names() if any(task in run.costs for run in explored.runs)]


def _task(explored: Explored, name: str) -> dict[str, Any]:
    task = load_task(name)
    conventions = [own for of_task, own in explored.measures[task.layer] if of_task == name]
    return {
        "name": name,
        "about": task.about,
        "layer": task.layer,
        "kinds": list(task.kinds),
        "main": task.main if task.main in conventions else conventions[0],
        "conventions": [_convention(name, own) for own in conventions],
    }


def _convention(task: str, name: str) -> dict[str, Any]:
    known = find_convention(task, name)
    counts_items = known is not None and known.additive and "counts" not in known.excepted
    return {"name": name, "about": "" if known is None else known.about, "counts_items": counts_items}


def _costs(explored: Explored, task: str) -> dict[str, list[list[float] | None]]:
    conventions = [own for of_task, own in explored.measures[load_task(task).layer] if of_task == task]
    return {
        name: [None if (cost := run.costs.get(task, {}).get(name)) is None else _numbers(cost) for run in explored.runs]
        for name in conventions
    }


def _numbers(cost: Any) -> list[float]:
    # Most are whole numbers, which are shorter to write.
    return [int(one) if one == int(one) else one for one in np.round(cost, COST_DIGITS).tolist()]
