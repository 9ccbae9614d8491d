"""Prodigy's JSON lines (`prodigy db-out`) as documents.

* Accepted answers count; rejected, ignored and, beside others, unanswered tasks are left out and counted.
* Tasks of one text are one article: those of one session together, those of several sessions as readings. A session
  that is only called after the moment at which it began names nobody. What the review recipe made is the gold.
* The article is called as `id` or the like of the task or of its `meta` says, where that stands for one text each;
  else after the hash of its input, else by its number.
* Spans count characters; those without count tokens with inclusive ends. Relations name the last token of each side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.prodigy.spans import Marked, marked_spans, marks_of
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.proof import Proof, Prover
from evalkit.formats.standoff.values import article_of, listed_objects, whole
from evalkit.options import ReadOptions
from evalkit.text.counting import CODE_POINTS, parse_counting

__all__ = ["QUESTION", "read_prodigy"]

Row = Mapping[str, Any]

QUESTION = "category"
"""What the answers about a whole text are under."""

SUGGESTED = "suggested"
"""The key by which evalkit tells whether a system made a task, as long as nobody has answered it."""

_ANSWER = ("spans", "relations", "accept", "label")
"""What of a task says something of its text."""

_TASK_KEYS = frozenset(
    [
        "text",
        "tokens",
        "spans",
        "relations",
        "options",
        "accept",
        "label",
        "answer",
        "meta",
        "html",
        "image",
        "audio",
        "config",
        "versions",
        "sessions",
        "view_id",
        "style",
        "width",
        "height",
        "arcs",
        "default",
        "suggested",
    ]
)
"""The keys of a task that are no metadata; nor are those that begin with an underscore."""

_MEDIA = {"image": "images", "audio": "sound", "video": "films"}
"""What tasks are about that have no text."""

_ID_KEYS = ("id", "article_id", "doc_id", "document_id")
_MOMENT = re.compile(r"(.*-)?\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d")
"""What Prodigy calls a session that nobody named."""


class Task(NamedTuple):
    """A task that is read: its place, what it says, of which text, and what its answer is worth.

    Attributes:
        where: its place.
        row: what it says.
        text: of which text.
        annotator: who answered.
        is_gold: whether it is the gold beside readings.
        is_suggested: whether a system made it and nobody answered.
        is_annotated: whether anybody answered.
    """

    where: str
    row: Row
    text: str
    annotator: str = ""
    is_gold: bool = False
    is_suggested: bool = False
    is_annotated: bool = True


def read_prodigy(source: Source, options: ReadOptions) -> Documents:
    """The documents of a file.

    Raises:
        InputError: it cannot be read.
        FormatError: no task is about a text.
    """
    from evalkit.formats.native.json_rows import read_rows

    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    tasks = _answered(list(read_rows(source.path, on_error=problems.append)), notes)
    readings: dict[tuple[object, ...], list[Task]] = {}
    media = [told for told in notes if told.startswith("tasks about ")]
    if media and not tasks:
        raise FormatError(f"{source.path}: holds {media[0].removesuffix(', left out')}; annotations of texts are read")
    names = _names(tasks, source, notes)
    for name, task in zip(names, tasks, strict=True):
        readings.setdefault((name, *task[3:]), []).append(task)
    readings = {key: _last_answers(own, notes) for key, own in readings.items()}
    marked = [
        (task, marked_spans(task.row, task.text, task.where, notes, problems))
        for own in readings.values()
        for task in own
    ]
    counting = parse_counting(options.offsets) if options.offsets else CODE_POINTS
    prover = Prover(usual=counting, stated=options.offsets is not None)
    proofs = prover.prove_all((task.text, [one.claim for one in spans]) for task, spans in marked)
    proved = iter([(spans, own) for (_, spans), own in zip(marked, proofs, strict=True)])
    documents = [
        _document(str(name), [(task, *next(proved)) for task in own], notes, problems)
        for (name, *_), own in readings.items()
    ]
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))


def _answered(rows: Sequence[tuple[str, Row]], notes: Counter[str]) -> list[Task]:
    """The tasks whose answer counts."""
    any_answered = any(row.get("answer") is not None for _, row in rows)
    tasks: list[Task] = []
    for where, row in rows:
        text, answer = _text(row), row.get("answer")
        if answer is not None and answer != "accept":
            known = {"reject": "tasks rejected, left out", "ignore": "tasks ignored, left out"}
            notes[known.get(str(answer), "tasks with an answer that is none of Prodigy's, left out")] += 1
        elif text is None:
            medium = next((medium for medium in _MEDIA if medium in row), None)
            notes[f"tasks about {_MEDIA[medium]}, left out" if medium else "tasks without a text, left out"] += 1
        elif answer is None and row.get(SUGGESTED) is True:
            tasks.append(Task(where, row, text, _annotator(row), is_suggested=True))
        elif answer is None and (any_answered or row.get(SUGGESTED) is False):
            notes["tasks that nobody answered yet"] += 1
            tasks.append(Task(where, {key: row[key] for key in row if key not in _ANSWER}, text, is_annotated=False))
        else:
            if answer is None:
                notes["tasks without an answer, read as accepted"] += 1
            tasks.append(Task(where, row, text, _annotator(row), "versions" in row or row.get("_view_id") == "review"))
            tasks += _versions(where, row, text)
    return tasks


def _versions(where: str, row: Row, text: str) -> Iterator[Task]:
    """What the sessions said that a task of the review recipe lays side by side."""
    named = {key: row[key] for key in (*_ID_KEYS, "meta", "_input_hash") if key in row}
    for version in listed_objects(row.get("versions")):
        sessions = version.get("sessions")
        for session in sessions if isinstance(sessions, list) else ():
            if isinstance(session, str) and version.get("answer") in (None, "accept"):
                yield Task(where, {**named, **version, "_task_hash": None}, text, session)


def _text(row: Row) -> str | None:
    """The text of a task; out of its tokens where it has none."""
    if isinstance(row.get("text"), str):
        return str(row["text"])
    text = ""
    for token in listed_objects(row.get("tokens")):
        if not isinstance(token.get("text"), str) or whole(token.get("start")) not in (len(text), None):
            return None
        text += token["text"] + " " * (token.get("ws") is not False)
    return text or None


def _annotator(row: Row) -> str:
    sessions = (row.get(key) for key in ("_annotator_id", "_session_id"))
    return next((one for one in sessions if isinstance(one, str) and not _MOMENT.fullmatch(one)), "")


def _names(tasks: Sequence[Task], source: Source, notes: Counter[str]) -> list[str]:
    """The id of each task's article."""
    for kind, find in _KINDS:
        found = [find(task.row) for task in tasks]
        texts: dict[str | None, set[str]] = {}
        for name, task in zip(found, tasks, strict=True):
            texts.setdefault(name, set()).add(task.text)
        if tasks and None not in texts and all(len(own) == 1 for own in texts.values()):
            if kind.startswith("_"):
                notes[f"articles called after their {kind}"] += 0
            return [str(name) for name in found]
    digits = max(4, len(str(len(tasks))))
    if tasks:
        notes["articles without an id that stands for one text, numbered"] += len(tasks)
    return [f"{source.unnamed}{number:0{digits}d}" for number in range(1, len(tasks) + 1)]


def _key_of(where: str, key: str) -> Any:
    def find(row: Row) -> str | None:
        values = row if where == "task" else row.get("meta")
        value = values.get(key) if isinstance(values, Mapping) else None
        return value if isinstance(value, str) and value else None if whole(value) is None else str(value)

    return find


def _hash(row: Row) -> str | None:
    number = whole(row.get("_input_hash"))
    # Without a sign, as an id may become the name of a file.
    return None if number is None else f"{number & 0xFFFFFFFF:08x}"


_KINDS = (
    *((key, _key_of(where, key)) for where in ("task", "meta") for key in _ID_KEYS),
    ("_input_hash", _hash),
)
"""What an article may be called after, best first."""


def _document(
    name: str,
    tasks: Sequence[tuple[Task, Sequence[Marked], Sequence[Proof]]],
    notes: Counter[str],
    problems: list[FormatError],
) -> Document:
    """What one annotator said of one text."""
    if len(tasks) > 1:
        notes["tasks of a text that another task of its session is about too, taken together"] += len(tasks) - 1
    marks: list[Mark] = []
    links: list[Link] = []
    labels: dict[str, tuple[str, ...]] = {}
    article: dict[str, Any] = {}
    for task, spans, proofs in tasks:
        # What two tasks say alike is one mark, and one link.
        before, joined = {_sense(mark): mark.id for mark in marks}, {link[:3] for link in links}
        own_marks, own_links = marks_of(task.row, spans, proofs, notes, problems, used={mark.id for mark in marks})
        renamed = {mark.id: before.get(_sense(mark), mark.id) for mark in own_marks}
        marks += [mark for mark in own_marks if renamed[mark.id] == mark.id]
        own_links = [link._replace(source=renamed[link.source], target=renamed[link.target]) for link in own_links]
        links += [link for link in own_links if link[:3] not in joined]
        answers = _answers(task.row)
        if answers is not None:
            labels[QUESTION] = tuple(dict.fromkeys((*labels.get(QUESTION, ()), *answers)))
        article |= _article(task.row, name)
    first = tasks[0][0]
    return Document(
        id=name,
        text=first.text,
        marks=tuple(marks),
        links=tuple(links),
        labels=labels,
        annotator=first.annotator,
        ground_truth=first.is_gold,
        suggested=first.is_suggested,
        annotated=first.is_annotated,
        article=article,
        where=first.where,
    )


def _sense(mark: Mark) -> tuple[object, ...]:
    """What a mark says, but for its id."""
    return mark.type, mark.spans, tuple(sorted(mark.features.items()))


def _last_answers(tasks: Iterable[Task], notes: Counter[str]) -> list[Task]:
    """The tasks, of one that was answered several times the last answer."""
    last: dict[object, Task] = {}
    for number, task in enumerate(tasks):
        made = task.row.get("_task_hash")
        key = number if not isinstance(made, (int, str)) else str(made)
        if key in last:
            notes["answers that the same session gave again later, left out"] += 1
            if _moment(task.row) < _moment(last[key].row):
                continue
        last[key] = task
    return list(last.values())


def _moment(row: Row) -> float:
    moment = row.get("_timestamp")
    return moment if isinstance(moment, (int, float)) else 0


def _answers(row: Row) -> tuple[str, ...] | None:
    """What is said of the whole text; None where nothing was asked."""
    accepted, label = row.get("accept"), row.get("label")
    if isinstance(accepted, list):
        return tuple(str(one) for one in accepted if isinstance(one, (str, int, float)))
    return (label,) if isinstance(label, str) and label else None


def _article(row: Row, name: str) -> dict[str, Any]:
    meta = row.get("meta")
    known = article_of(row, but=_TASK_KEYS)
    known |= article_of(meta) if isinstance(meta, Mapping) else {}
    return {
        key: value
        for key, value in known.items()
        if not key.startswith("_") and not (key in _ID_KEYS and value == name)
    }
