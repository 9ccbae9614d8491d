"""Which results there is a document of, by type; add a line to add one (or an entry point `evalkit.documents`).

A type is named by its module and name, so that none is imported before there is one to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.errors import EvalkitError, InputError, guarded
from evalkit.registry import Registry
from evalkit.report.document import Document

__all__ = ["DOCUMENTS", "document_of"]

DOCUMENTS = Registry(
    "result",
    {
        "evalkit.results:EvalResult": "evalkit.report.of.result:document",
        "evalkit.results:TaskResult": "evalkit.report.of.result:task_document",
        "evalkit.analysis.comparison:Comparison": "evalkit.report.of.comparison:document",
        "evalkit.analysis.seeds:RepeatedRuns": "evalkit.report.of.repeated:document",
        "evalkit.analysis.diagnosis:Diagnosis": "evalkit.report.of.diagnosis:document",
        "evalkit.analysis.adjudication.adjudication:Adjudication": "evalkit.report.of.adjudication:document",
        "evalkit.analysis.differences.dataset_diff:DatasetDiff": "evalkit.report.of.difference:document",
        "evalkit.analysis.exploration.exploration:Exploration": "evalkit.report.of.exploration:document",
        "evalkit.analysis.exploration.item_rows:ItemTable": "evalkit.report.of.exploration:items_document",
        "evalkit.analysis.review:DatasetReview": "evalkit.report.of.review:document",
        "evalkit.analysis.explain:Explanation": "evalkit.report.of.explanation:document",
        "evalkit.analysis.found_articles:FoundArticles": "evalkit.report.of.found_articles:document",
        "evalkit.analysis.thresholds:ThresholdFit": "evalkit.report.of.thresholds:document",
        "evalkit.analysis.agreement.measured:Agreement": "evalkit.report.of.agreement:document",
        "evalkit.analysis.suspects.result:Suspects": "evalkit.report.of.suspects:document",
        "evalkit.analysis.suspects.corrections:Corrections": "evalkit.report.of.suspects:corrections_document",
        "evalkit.analysis.suspects.replay:Replay": "evalkit.report.of.suspects:replay_document",
        "evalkit.analysis.suspects.unlabelled:Unlabelled": "evalkit.report.of.suspects:unlabelled_document",
        "evalkit.gate.outcome:GateReport": "evalkit.report.of.gate:document",
        "evalkit.gate.project:ProjectInit": "evalkit.report.of.description:project_document",
        "evalkit.gate.outcome:BaselineUpdate": "evalkit.report.of.gate:update_document",
        "evalkit.predictions.cache_contents:CacheContents": "evalkit.report.of.cache:document",
        "evalkit.predictions.listing:RunList": "evalkit.report.of.runs:document",
        "evalkit.predictions.speed:Speed": "evalkit.report.of.speed:document",
        "evalkit.predictions.suites.cells:SuiteResult": "evalkit.report.of.suite:document",
        "evalkit.predictions.run:Run": "evalkit.report.of.run:document",
        "evalkit.predictions.extraction:Extraction": "evalkit.report.of.article:extraction_document",
        "evalkit.predictions.suggestions:Suggestions": "evalkit.report.of.suggestions:document",
        "evalkit.predictions.plan:Plan": "evalkit.report.of.plan:document",
        "evalkit.records:Article": "evalkit.report.of.article:article_document",
        "evalkit.records:Example": "evalkit.report.of.article:document",
        "evalkit.dataset.gold:GoldDataset": "evalkit.report.of.description:gold_document",
        "evalkit.dataset.making.build:BuildResult": "evalkit.report.of.description:build_document",
        "evalkit.dataset.catalogue.listing:Catalogue": "evalkit.report.of.catalogue:document",
        "evalkit.dataset.catalogue.get:ObtainedDataset": "evalkit.report.of.catalogue:obtained_document",
        "evalkit.dataset.making.convert:Conversion": "evalkit.report.of.conversion:document",
        "evalkit.dataset.publishing.push:PushResult": "evalkit.report.of.push:document",
        "evalkit.dataset.perturbing.perturb:PerturbedDataset": "evalkit.report.of.perturbation:dataset_document",
        "evalkit.analysis.leaderboard.leaderboard:Leaderboard": "evalkit.report.of.leaderboard:document",
        "evalkit.analysis.robustness:Robustness": "evalkit.report.of.perturbation:robustness_document",
        "evalkit.dataset.splitting.checking:SplitCheck": "evalkit.report.of.splits:check_document",
        "evalkit.dataset.splitting.division:DatasetSplits": "evalkit.report.of.splits:document",
        "evalkit.dataset.profiles:ProfileDraft": "evalkit.report.of.conversion:draft_document",
        "evalkit.dataset.making.init:InitResult": "evalkit.report.of.description:init_document",
        "evalkit.extractors.installation:Installation": "evalkit.report.of.installation:document",
        "evalkit.dataset.describe:Description": "evalkit.report.of.description:document",
        "evalkit.dataset.leakage.found:Leakage": "evalkit.report.of.leakage:document",
        "evalkit.dataset.checking.validate:Validation": "evalkit.report.of.validation:document",
        "evalkit.dataset.checking.problems:Problem": "evalkit.report.of.validation:problems_document",
        "evalkit.extractors.catalog:ModelEntry": "evalkit.report.of.models:document",
        "evalkit.scoring.selftest:Check": "evalkit.report.of.selftest:document",
    },
    "evalkit.documents",
)
"""Type → a function from a result to its `Document`; of some types a list is shown, then it is named by its items."""


def document_of(result: object, **options: Any) -> Document:
    """A result as a document.

    Args:
        result: anything that a verb gives, or a list of them where a list is what the verb gives.
        options: what the kind of result knows, such as `limit` of a gate.

    Raises:
        InputError: there is no document of such things.
    """
    subject = result[0] if isinstance(result, Sequence) and not isinstance(result, str) and result else result
    names = [f"{kind.__module__}:{kind.__qualname__}" for kind in type(subject).__mro__]
    name = next((name for name in names if name in DOCUMENTS.table), None)
    if name is None:
        plugins = DOCUMENTS.entry_points()
        name = next((name for name in names if name in plugins), None)
    if name is None:
        known = ", ".join(sorted(name.partition(":")[2] for name in DOCUMENTS.names()))
        raise InputError(f"{type(result).__name__} cannot be shown; there are {known}")
    make = DOCUMENTS.load(name)
    if name in DOCUMENTS.table:
        made: Document = make(result, **options)
        return made
    with guarded(f"the document of {name} failed"):
        document = make(result, **options)
    if not isinstance(document, Document):
        raise EvalkitError(f"the document of {name} is {type(document).__name__}, not Document; mend its function")
    return document
