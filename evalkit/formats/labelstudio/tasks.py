"""The tasks in a file of Label Studio, whichever of its exports it is.

There are tasks with annotations (JSON; `completions` in old versions), annotations that hold their task or name it by
its id (cloud storage), and rows that name results by their control, without ids and relations (JSON-MIN).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from evalkit.errors import FormatError
from evalkit.files import read_bytes, unlike_written
from evalkit.formats.native.json_rows import BYTE_ORDER_MARK, read_rows

__all__ = ["NO_RELATIONS", "Task", "annotations_of", "listed", "read_tasks"]

Task = dict[str, Any]

NO_RELATIONS = "the file is JSON-MIN, which has no relations between regions: export JSON if there are some"

_AROUND = ("tasks", "results")
_NAMES_OF_ANNOTATIONS = ("annotations", "completions")


def read_tasks(path: Path, problems: list[FormatError], counts: Counter[str]) -> list[tuple[str, Task]]:
    """The tasks of a file, each with its place for messages.

    Args:
        path: the file.
        problems: gets what is no task.
        counts: gets what is left out.

    Raises:
        InputError: the file cannot be read.
    """
    rows = _rows(path, problems)
    tasks: list[tuple[str, Task]] = []
    by_id: dict[str, Task] = {}
    loose: list[tuple[str, Task]] = []
    for where, row in rows:
        if isinstance(row.get("data"), dict):
            tasks.append((where, row))
            if "id" in row:
                by_id[str(row["id"])] = row
        elif "result" in row:
            loose.append((where, row))
        elif "annotation_id" in row and ("annotator" in row or "lead_time" in row):
            counts[NO_RELATIONS] = 0
            tasks.append((where, _task_of_row(row)))
        else:
            problems.append(_no_task(where, row))
    _join(loose, tasks, by_id, problems)
    return tasks


def _rows(path: Path, problems: list[FormatError]) -> Iterator[tuple[str, Task]]:
    """The objects of a file: one, a list of them, one a line, or the list inside one."""
    content = read_bytes(path).removeprefix(BYTE_ORDER_MARK)
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        yield from read_rows(path, on_error=problems.append)
        return
    if wrong := unlike_written(content, value):
        problems.append(FormatError(f"{path}: {wrong}; mend it"))
    del content
    if isinstance(value, dict):
        inside = next((value[key] for key in _AROUND if isinstance(value.get(key), list)), None)
        value = inside if inside is not None and "data" not in value else [value]
    if not isinstance(value, list):
        problems.append(_no_task(str(path), value))
        return
    for number, row in enumerate(value, 1):
        # What has been read is let go, so that a file does not lie in memory twice.
        value[number - 1] = None
        where = f"{path}, task {row['id'] if isinstance(row, dict) and 'id' in row else number}"
        if isinstance(row, dict):
            yield where, row
        else:
            problems.append(_no_task(where, row))


def _no_task(where: str, row: object) -> FormatError:
    keys = (
        ", ".join(map(repr, list(row)[:6])) if isinstance(row, Mapping) else f"{type(row).__name__} {str(row)[:40]!r}"
    )
    return FormatError(
        f"{where}: expected a task of Label Studio with 'data' and 'annotations', found {keys or 'an empty object'}; "
        "export as JSON or JSON-MIN"
    )


def annotations_of(task: Mapping[str, Any]) -> Sequence[Any]:
    """The annotations of a task; older versions call them completions."""
    for name in _NAMES_OF_ANNOTATIONS:
        if isinstance(task.get(name), list):
            found: list[Any] = task[name]
            return found
    return ()


def listed(row: Mapping[str, Any], key: str) -> Sequence[Any]:
    """The list under a key; empty if there is none."""
    value = row.get(key)
    return value if isinstance(value, list) else ()


def _join(
    loose: Sequence[tuple[str, Task]],
    tasks: list[tuple[str, Task]],
    by_id: dict[str, Task],
    problems: list[FormatError],
) -> None:
    """Gives annotations that stand alone to the task that they hold, or name by its id."""
    for where, annotation in loose:
        task = annotation.get("task")
        if isinstance(task, dict) and isinstance(task.get("data"), dict):
            name = str(task.get("id", where))
            if name not in by_id:
                by_id[name] = {key: value for key, value in task.items() if key not in _NAMES_OF_ANNOTATIONS}
                tasks.append((where, by_id[name]))
            task = by_id[name]
        else:
            task = by_id.get(str(task))
        if task is None:
            name = str(annotation.get("task"))[:40]
            problems.append(
                FormatError(
                    f"{where}: an annotation of task {name!r}, whose text is not in the file; export the tasks with "
                    "their annotations (JSON)"
                )
            )
            continue
        # Tasks name their annotations by id where these stand elsewhere.
        own = [one for one in annotations_of(task) if isinstance(one, dict) or one != annotation.get("id")]
        task["annotations"] = [*own, annotation]


def _task_of_row(row: Mapping[str, Any]) -> Task:
    """A row of JSON-MIN as a task with one annotation.

    Such a row has the data of the task, its id, then a value for each control, and who annotated it.
    """
    names = list(row)
    known = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"}
    ordered = "id" in row and "annotator" in row and names.index("id") < names.index("annotator")
    between = set(names[names.index("id") + 1 : names.index("annotator")]) if ordered else set()
    data, results = {}, []
    for name, value in row.items():
        if name in known:
            continue
        if _are_regions(value) or (name in between and not isinstance(value, dict)):
            results += _results_of(name, value)
        else:
            data[name] = value
    _name_regions(results)
    annotation = {"id": row["annotation_id"], "completed_by": row.get("annotator"), "result": results}
    return {"id": row.get("id", row["annotation_id"]), "data": data, "annotations": [annotation]}


def _are_regions(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "start" in one for one in value)


def _results_of(name: str, value: Any) -> list[dict[str, Any]]:
    """The values of one control as results of an annotation."""
    made = []
    for one in value if isinstance(value, list) else [value]:
        given = one if isinstance(one, dict) else {"choices": [one]}
        kinds = [key for key in given if key.endswith("labels") or key in ("choices", "taxonomy", "rating", "number")]
        kind = kinds[0] if kinds else "textarea" if isinstance(given.get("text"), list) else "labels"
        made.append({"from_name": name, "to_name": "", "type": kind, "value": given})
    return made


def _name_regions(results: Sequence[dict[str, Any]]) -> None:
    """Gives results about one place one id, as they had before, unless several regions have labels there."""
    names: dict[str, str] = {}
    for number, result in enumerate(results, 1):
        if "start" in result["value"] and "labels" in result["value"]:
            result["id"] = f"r{number}"
            names.setdefault(_place_in(result), result["id"])
    for number, result in enumerate(results, 1):
        if "id" not in result:
            result["id"] = names.get(_place_in(result), f"r{number}")


def _place_in(result: Mapping[str, Any]) -> str:
    """Where a result stands, whatever is given for it."""
    return f"{result['value'].get('start')} {result['value'].get('end')}"
