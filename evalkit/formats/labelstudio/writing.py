"""Documents as tasks that Label Studio imports, and the configuration of the project to import them into.

What a region cannot hold as such stands in its `meta`, and comes back with an export. The pieces of a discontinuous
mark are regions with the relation `continued`; a mark without a place is an answer about the whole text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.files import json_bytes, write_file
from evalkit.formats.labelstudio.configuration import configuration_path, written_configuration
from evalkit.formats.labelstudio.documents import ARTICLE_ID, DECLARED
from evalkit.formats.labelstudio.results import CONTINUED, PLACELESS, RELATION
from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.options import ReadOptions

__all__ = ["write_documents"]

_TEXT = "text"
_NATIVE = ("zones", "scope")


def write_documents(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes a file of tasks, and the configuration beside it, by the same name."""
    project = _Project(documents)
    by_id: dict[str, list[Document]] = {}
    for document in documents:
        by_id.setdefault(document.id, []).append(document)
    write_file(target, json_bytes([project.task(own) for own in by_id.values()]))
    write_file(configuration_path(target), project.configuration)


@dataclass
class _Project:
    """The project that a file of tasks is for.

    Attributes:
        documents: all that is to be written.
        questions: the questions about whole texts, with all answers that were given.
        control: the name of the control that gives labels.
        place: the name of the text in the configuration.
    """

    documents: Sequence[Document]
    questions: dict[str, list[str]] = field(default_factory=dict)
    control: str = "label"
    place: str = _TEXT

    def __post_init__(self) -> None:
        for document in self.documents:
            for question, answers in document.labels.items():
                self.questions.setdefault(question, []).extend(answers)
        self.questions = {name: sorted(set(answers)) for name, answers in sorted(self.questions.items())}
        # A configuration must not use one name twice.
        while self.control in self.questions:
            self.control += "_"
        while self.place in {*self.questions, self.control}:
            self.place += "_"

    @property
    def configuration(self) -> str:
        """What is to be given to Label Studio as the labelling interface."""
        marks = [mark for document in self.documents for mark in document.marks]
        relations = {link.type for document in self.documents for link in document.links} - {RELATION}
        if any(len(mark.spans) > 1 for mark in marks):
            relations.add(CONTINUED)
        declared = {name for document in self.documents for name in document.declared} - {"*"}
        labels = {mark.type for mark in marks if mark.spans} | (declared - relations - self.questions.keys())
        placeless = PLACELESS if any(not mark.spans for mark in marks) else ""
        return written_configuration(
            sorted(labels),
            sorted(relations),
            self.questions,
            control=self.control,
            text=self.place,
            placeless=placeless,
        )

    def task(self, documents: Sequence[Document]) -> dict[str, Any]:
        """One article with all that was said of it."""
        first = documents[0]
        data: dict[str, Any] = {_TEXT: first.text, ARTICLE_ID: first.id}
        meta: dict[str, Any] = {}
        for key, value in first.article.items():
            (meta if key in data or key in _NATIVE else data)[key] = value
        if first.split is not None:
            meta["split"] = first.split
        if declared := sorted({name for document in documents for name in document.declared}):
            meta[DECLARED] = declared
        task: dict[str, Any] = {"data": data}
        if meta:
            task["meta"] = meta
        annotated = [document for document in documents if document.annotated]
        task["annotations"] = [self._annotation(one) for one in annotated if not one.suggested]
        if suggested := [self._prediction(one) for one in annotated if one.suggested]:
            task["predictions"] = suggested
        return task

    def _annotation(self, document: Document) -> dict[str, Any]:
        # Who annotated is no user of the project, so that `completed_by` would be refused.
        who = {"created_username": document.annotator} if document.annotator else {}
        return {
            "result": self._results(document),
            "was_cancelled": False,
            "ground_truth": document.ground_truth,
            **who,
        }

    def _prediction(self, document: Document) -> dict[str, Any]:
        scores = [mark.score for mark in document.marks if mark.score is not None and 0 <= mark.score <= 1]
        score = {"score": round(sum(scores) / len(scores), 6)} if scores else {}
        who = document.annotator or document.system or "evalkit"
        return {"model_version": who, **score, "result": self._results(document)}

    def _results(self, document: Document) -> list[dict[str, Any]]:
        results, relations = [], []
        taken = {mark.id for mark in document.marks}
        for mark in document.marks:
            if not mark.spans:
                results.append(self._placeless(mark))
                continue
            previous = ""
            for number, span in enumerate(mark.spans, 1):
                name = mark.id if number == 1 else _free_name(f"{mark.id}.{number}", taken)
                held = document.text[span.start : span.end].replace("\n", "\\n")
                value = {"start": span.start, "end": span.end, "text": held, "labels": [mark.type]}
                result: dict[str, Any] = {"id": name, "from_name": self.control, "to_name": self.place}
                result |= {"type": "labels", "value": value}
                if number == 1:
                    result |= _rest(mark)
                else:
                    relations.append(_relation(Link(CONTINUED, previous, name)))
                results.append(result)
                previous = name
        relations += map(_relation, document.links)
        answers = [self._answer(name, given, taken) for name, given in document.labels.items() if given]
        return [*results, *relations, *answers]

    def _placeless(self, mark: Mark) -> dict[str, Any]:
        result = {"id": mark.id, "from_name": PLACELESS, "to_name": self.place, "type": "textarea"}
        return {**result, "value": {"text": [mark.type]}, **_rest(mark)}

    def _answer(self, question: str, answers: Sequence[str], taken: set[str]) -> dict[str, Any]:
        result = {"id": _free_name(f"about-{question}", taken), "from_name": question, "to_name": self.place}
        return {**result, "type": "choices", "value": {"choices": list(answers)}}


def _rest(mark: Mark) -> dict[str, Any]:
    """What a mark has besides its place and its label."""
    rest: dict[str, Any] = {}
    if mark.features:
        rest["meta"] = _meta(mark.features)
    if mark.score is not None:
        rest["score"] = mark.score
    return rest


def _meta(features: Mapping[str, str | tuple[str, ...]]) -> dict[str, Any]:
    """Features as Label Studio keeps what it does not know; a note is what it calls the text of the meta."""
    meta: dict[str, Any] = {}
    for name, value in features.items():
        if name == "note":
            meta["text"] = [value] if isinstance(value, str) else list(value)
        else:
            meta[name] = value if isinstance(value, str) else list(value)
    return meta


def _relation(link: Link) -> dict[str, Any]:
    features = dict(link.features)
    direction, note = features.pop("direction", "right"), features.pop("note", "")
    relation: dict[str, Any] = {"from_id": link.source, "to_id": link.target, "type": RELATION}
    relation |= {"direction": direction, "labels": [link.type] if link.type != RELATION else []}
    if note:
        relation["notes"] = note
    return relation | ({"meta": _meta(features)} if features else {})


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    taken.add(name)
    return name
