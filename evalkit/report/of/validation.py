"""What is wrong with a dataset: one problem a line, so that it can be searched and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.checking.validate import OF_READINGS, Validation
from evalkit.dataset.label_maps import listed
from evalkit.layers.table import layer_names, load_layer
from evalkit.report.document import Check, Document, Lines
from evalkit.results import FAIL, PASS
from evalkit.showing import number_of

__all__ = ["document", "problems_document"]


def document(validation: Validation) -> Document:
    """The problems; what was looked at if there is none."""
    if validation.problems:
        return replace(problems_document(validation.problems), data=validation.to_json())
    counted = ", ".join(
        # Of labels that nobody has listed a mistaken one shows by how rare it is.
        number_of(count, _one(name), name) + (f" ({listed(dict(sorted(found.items())))})" if found else "")
        for name, count in validation.counts.items()
        for found in (validation.labels.get(name),)
    )
    against = "".join(f"; {_AGREES.get(check, check)}" for check in validation.checks)
    return Document(
        what="validation",
        title="no problem",
        blocks=(Lines.of(f"ok: {counted}{against}", whole=True),),
        checks=tuple(Check(name=name, group="dataset", verdict=PASS) for name in validation.counts),
        rows=tuple({"what": name, "count": count} for name, count in validation.counts.items()),
        data=validation.to_json(),
    )


_AGREES = {
    "licences": "the licence of each article is the dataset's, or asks for no more",
    "corpus": "texts and metadata agree with the corpus",
}
"""What is said of a check besides the articles themselves that found nothing."""


def _one(name: str) -> str:
    """The word for one of what is counted under a name: a layer, in readings or not, or articles."""
    layer = name.removesuffix(OF_READINGS)
    return load_layer(layer).one + name[len(layer) :] if layer in layer_names() else name.removesuffix("s")


def problems_document(problems: Sequence[Problem]) -> Document:
    """Some problems."""
    articles = len({problem.article_id for problem in problems})
    return Document(
        what="validation",
        title=f"{number_of(len(problems), 'problem')} in {number_of(articles, 'article or file', 'articles or files')}",
        blocks=(Lines.of(*map(str, problems), whole=True),),
        checks=tuple(
            Check(
                name=f"{problem.article_id}: {problem.place}",
                group=problem.code,
                verdict=FAIL,
                reason=problem.message,
            )
            for problem in problems
        ),
        rows=tuple(asdict(problem) for problem in problems),
        data={"problems": [asdict(problem) for problem in problems]},
    )
