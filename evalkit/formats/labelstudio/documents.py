"""The documents of a file of Label Studio: one for each annotation of each task, and for each prediction if wanted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.errors import FormatError
from evalkit.files import json_bytes
from evalkit.formats.base import Source
from evalkit.formats.labelstudio.configuration import Configuration, configuration_beside
from evalkit.formats.labelstudio.results import CONTINUED, Results, links_of, plain_results
from evalkit.formats.labelstudio.tasks import Task, annotations_of, listed, read_tasks
from evalkit.formats.labelstudio.text_key import TEXT_KEY, TextChosen, choose_text
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.proof import (
    AS_IT_IS,
    COLLAPSED,
    LINE_FEEDS_ESCAPED,
    Claim,
    Proof,
    Prover,
    Spelling,
)
from evalkit.options import ReadOptions
from evalkit.showing import number_of
from evalkit.text.counting import parse_counting

__all__ = ["ARTICLE_ID", "DECLARED", "read_documents"]

ARTICLE_ID = "article_id"
"""The key of the data in which the id of the article travels: Label Studio gives each task a number of its own."""

DECLARED = "declared"
"""The key of a task's `meta` that names what could have been annotated, also where nothing was."""

_NATIVE = ("zones", "scope")
"""What of the article is no text."""

_NOTHING: dict[str, Any] = {}
_LONGEST_ADDRESS = 2000

_SHOWN = Spelling("as the page shows it, with blanks left out", lambda held: COLLAPSED.written(held).strip())
_BLANK = Spelling("", lambda held: held.replace("\xa0", " "))
_BLANK_ESCAPED = Spelling("", lambda held: LINE_FEEDS_ESCAPED.written(_BLANK.written(held)))
_LF = Spelling("with LF for CR LF", lambda held: held.replace("\r\n", "\n"))
_LF_ESCAPED = Spelling(_LF.words, lambda held: LINE_FEEDS_ESCAPED.written(_LF.written(held)))
_SPELLINGS = (AS_IT_IS, LINE_FEEDS_ESCAPED, _BLANK, _BLANK_ESCAPED, _LF, _LF_ESCAPED, _SHOWN)
_ADDRESS = re.compile(r"(https?|s3|gs|azure-blob|azure_spi)://\S+$|/data/(upload|local-files)\S*$")
_CANCELLED = "annotations that were cancelled (skipped), left out"
_PREDICTIONS = "predictions of models, which are no gold, left out"


@dataclass(slots=True)
class _Draft:
    """A document whose regions are not proved yet.

    Attributes:
        document: what is known.
        results: what its annotation says; None if its marks are in the document already.
    """

    document: Document
    results: Results | None = None


@dataclass
class _Reader:
    """Reads the tasks of one file."""

    source: Source
    options: ReadOptions
    configuration: Configuration
    problems: list[FormatError] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    drafts: list[_Draft] = field(default_factory=list)
    chosen: TextChosen = field(default_factory=lambda: TextChosen("text"))

    def read(self) -> Documents:
        tasks = read_tasks(self.source.path, self.problems, self.counts)
        self.chosen = choose_text(self.source.path, tasks, self.configuration, self.options)
        tasks.reverse()
        number = 0
        while tasks:
            number += 1
            self._read_task(*tasks.pop(), number)
        self._prove()
        return Documents(
            documents=tuple(draft.document for draft in self.drafts),
            problems=tuple(self.problems),
            notes=dict(self.counts),
        )

    def _read_task(self, where: str, task: Task, number: int) -> None:
        key = self.chosen.key
        text = task["data"].get(key)
        if type(text) is not str:
            own = self._key_of(where, task)
            if own is None:
                return
            key, text = own, task["data"][own]
        if len(text) < _LONGEST_ADDRESS and _ADDRESS.match(text):
            self.problems.append(
                FormatError(f"{where}: holds the address {text[:60]!r} in place of a text; put the text into the tasks")
            )
            return
        name, article, split, declared = self._article_of(task, number)
        others = self.chosen.others(task["data"], key)
        base = Document(id=name, text=text, article=article, split=split, declared=declared, where=where)
        if self.source.predicted:
            for prediction in listed(task, "predictions"):
                self._add(base, prediction, others, suggested=True)
        elif predictions := len(listed(task, "predictions")):
            self.counts[_PREDICTIONS] += predictions
        if drafts := len(listed(task, "drafts")):
            self.counts["drafts that were not submitted, left out"] += drafts
        annotations = self._kept(annotations_of(task))
        if not annotations:
            self.drafts.append(_Draft(replace(base, annotated=False)))
        for place, annotation in enumerate(annotations, 1):
            self._add(base, annotation, others, place=place if len(annotations) > 1 else 0)

    def _kept(self, annotations: Sequence[Any]) -> list[Mapping[str, Any]]:
        """The annotations that say something."""
        kept: list[Mapping[str, Any]] = []
        for annotation in annotations:
            if not isinstance(annotation, dict):
                self.counts["annotations of which the file has only the id, left out"] += 1
            elif annotation.get("was_cancelled") or annotation.get("skipped"):
                self.counts[_CANCELLED] += 1
            elif not isinstance(annotation.get("result"), list):
                self.counts["annotations without a result, left out"] += 1
            else:
                kept.append(annotation)
                if any(isinstance(one, dict) and one.get("accepted") is False for one in listed(annotation, "reviews")):
                    self.counts["annotations that a reviewer rejected, read all the same"] += 1
        return kept

    def _add(
        self,
        base: Document,
        annotation: Mapping[str, Any],
        others: frozenset[str],
        *,
        suggested: bool = False,
        place: int = 0,
    ) -> None:
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
            self.counts["predictions without a result, left out"] += 1
            return
        if suggested:
            annotator = str(annotation.get("model_version") or "")
        else:
            annotator = _annotator_of(annotation) or _number_of(annotation, place)
        marks: Sequence[Mark] = ()
        links: Sequence[Link] = ()
        results = None
        if (plain := None if self.options.offsets else plain_results(annotation["result"], base.text, others)) is None:
            results = Results(annotation["result"], self.counts, lambda result: self._apart(result, others))
        else:
            marks, relations = plain
            links = links_of(relations, {mark.id: mark.id for mark in marks}, self.counts) if relations else ()
        document = Document(
            id=base.id,
            text=base.text,
            marks=tuple(marks),
            links=tuple(links),
            annotator=annotator,
            ground_truth=not suggested and _is_truth(annotation),
            suggested=suggested,
            article=base.article,
            split=base.split,
            declared=base.declared,
            where=base.where,
        )
        self.drafts.append(_Draft(document, results))

    def _apart(self, result: Mapping[str, Any], others: frozenset[str]) -> str:
        """Why the region of a result is left out, if it lies in another text than the one that is read."""
        if (place := self.chosen.place_of(result)) not in others:
            return ""
        told = f"regions in {place[:40]!r}, left out, as {self.chosen.key!r} is read"
        return f"{told}: the other text is read with --text-key"

    def _prove(self) -> None:
        """Gives the regions of all drafts their places, and says which have none."""
        prover = Prover(spellings=_SPELLINGS)
        if self.options.offsets:
            prover = Prover(usual=parse_counting(self.options.offsets), spellings=_SPELLINGS, stated=True)
        unproved = [draft for draft in self.drafts if draft.results is not None]
        if any(not _holds(prover, draft) for draft in unproved):
            # Where one region does not stand where it says, others that seem to may not, either.
            unproved += [draft for draft in self.drafts if draft.results is None and draft.document.marks]
        proofs = prover.prove_all((draft.document.text, _claims(draft)) for draft in unproved)
        for draft, own in zip(unproved, proofs, strict=True):
            if draft.results is None:
                self._move(draft, own)
            else:
                self._settle(draft, draft.results, own)

    def _settle(self, draft: _Draft, results: Results, proofs: Sequence[Proof]) -> None:
        """Makes marks and links of the results of a draft."""
        document, marks = draft.document, list[Mark]()
        known = {mark.id: mark.id for mark in results.placeless}
        for kind, number in results.unread.items():
            self.problems.append(
                FormatError(
                    f"{document.where}: {number_of(number, 'region')} of {kind} cannot be placed in a text; "
                    "annotate the plain text with <Text> in Label Studio"
                )
            )
        for region, proof in zip(results.regions.values(), proofs, strict=True):
            if self._is_placed(document.where, region.name, proof):
                own = region.marks(proof.spans)
                known[region.name] = own[0].id
                marks += own
        marks, links = joined_pieces(marks, results.links(known))
        draft.document = replace(
            document, marks=(*marks, *results.placeless), links=tuple(links), labels=results.labels
        )

    def _move(self, draft: _Draft, proofs: Sequence[Proof]) -> None:
        """Gives the marks of a draft that seemed right the places that are proved."""
        document, marks = draft.document, []
        for mark, proof in zip(document.marks, proofs, strict=True):
            if proof.spans == mark.spans or self._is_placed(document.where, mark.id, proof):
                marks.append(mark._replace(spans=proof.spans))
        if tuple(marks) != document.marks:
            ids = {mark.id for mark in marks}
            links = tuple(link for link in document.links if link.source in ids and link.target in ids)
            draft.document = replace(document, marks=tuple(marks), links=links)

    def _is_placed(self, where: str, name: str, proof: Proof) -> bool:
        """Whether a region has a place; counts how it was counted, or says why it has none."""
        if proof.cause:
            self.counts[f"regions {proof.cause}, repaired as their text proves"] += 1
        if proof.note:
            self.counts[f"regions {proof.note}"] += 1
        if not proof.spans:
            self.problems.append(FormatError(f"{where}: {name!r}, {proof.refusal}"))
        return bool(proof.spans)

    def _key_of(self, where: str, task: Task) -> str | None:
        """The key of the text of a task that has none under the key of the file."""
        texts: list[str] = [key for key, value in task["data"].items() if isinstance(value, str)]
        if len(texts) == 1 and TEXT_KEY not in self.options.values and texts[0] not in self.chosen.shown.values():
            return texts[0]
        keys = ", ".join(map(repr, task["data"])) or "nothing"
        self.problems.append(
            FormatError(
                f"{where}: the data has no text under {self.chosen.key!r}, but {keys:.200}; name its key with "
                "--text-key"
            )
        )
        return None

    def _article_of(self, task: Task, number: int) -> tuple[str, dict[str, Any], str | None, frozenset[str]]:
        """The id of the article, what else is known of it, its split, and what could have been annotated."""
        data, meta = task["data"], task.get("meta")
        name = data.get(ARTICLE_ID)
        if not isinstance(name, str) or not name:
            name = str(task["id"]) if "id" in task else f"{self.source.unnamed}{number}"
        declared = self.configuration.declared
        if len(data) == 1 and not meta:
            return name, _NOTHING, None, declared
        article: dict[str, Any] = {}
        for place in (data, meta if isinstance(meta, dict) else {}):
            for key, value in place.items():
                if place is data and key in (self.chosen.key, ARTICLE_ID):
                    continue
                if isinstance(value, str) or key in _NATIVE:
                    article[key] = value
                elif isinstance(value, (int, float)):
                    article[key] = json_bytes(value).decode().strip()
                elif value is not None and key != DECLARED:
                    self.counts[f"{key[:40]!r} of tasks, which is no text, left out"] += 1
        split = article.pop("split", None)
        if isinstance(meta, dict) and isinstance(meta.get(DECLARED), list):
            declared |= frozenset(map(str, meta[DECLARED]))
        return name, article, split or None, declared


def joined_pieces(marks: Sequence[Mark], links: Sequence[Link]) -> tuple[list[Mark], list[Link]]:
    """The marks with the pieces of a discontinuous one made one again, and the other links."""
    following = {link.source: link.target for link in links if link.type == CONTINUED}
    if not following:
        return list(marks), list(links)
    by_id = {mark.id: mark for mark in marks}
    pieces: set[str] = set()
    made: dict[str, Mark] = {}
    for mark in marks:
        if mark.id in following and mark.id not in following.values():
            chain, name = [mark], following[mark.id]
            while name in by_id and by_id[name].type == mark.type and name not in pieces:
                chain.append(by_id[name])
                pieces.add(name)
                name = following.get(name, "")
            spans = tuple(span for piece in chain for span in piece.spans)
            made[mark.id] = mark._replace(spans=spans)
    kept = [made.get(mark.id, mark) for mark in marks if mark.id not in pieces]
    return kept, [link for link in links if link.type != CONTINUED or link.target not in pieces]


def _holds(prover: Prover, draft: _Draft) -> bool:
    regions = draft.results.regions.values() if draft.results is not None else ()
    return not prover.stated and prover.holds(
        draft.document.text, [(region.start, region.end, region.said) for region in regions if region.said]
    )


def _claims(draft: _Draft) -> list[Claim]:
    if draft.results is not None:
        return [region.claim for region in draft.results.regions.values()]
    text = draft.document.text
    return [Claim(mark.spans, text[mark.spans[0].start : mark.spans[0].end]) for mark in draft.document.marks]


def _annotator_of(annotation: Mapping[str, Any]) -> str:
    """Who made an annotation: an address, a name or a number."""
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        names = " ".join(str(who[key]) for key in ("first_name", "last_name") if who.get(key))
        who = who.get("email") or names or who.get("username") or who.get("id")
    if who is None or who == "":
        who = annotation.get("created_username")
    return "" if who is None else str(who).strip()


def _number_of(annotation: Mapping[str, Any], place: int) -> str:
    """What an annotation is called that does not say who made it, if it is one of several; gold needs no name."""
    known = annotation.get("id")
    if not place or (known is None and _is_truth(annotation)):
        return ""
    return f"annotation {place if known is None else known}"


def _is_truth(annotation: Mapping[str, Any]) -> bool:
    return bool(annotation.get("ground_truth") or annotation.get("honeypot"))


def read_documents(source: Source, options: ReadOptions) -> Documents:
    """The documents of a file.

    Raises:
        InputError: the file cannot be read.
        FormatError: nothing tells which of several texts was annotated, or the configuration beside it is damaged.
    """
    return _Reader(source, options, configuration_beside(source.path)).read()
