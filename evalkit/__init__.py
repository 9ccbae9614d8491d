"""Measures how well extractors find entities, quotes and stance in news articles.

Everything for Python is here; a name is imported when it is first used, so that `import evalkit` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.analysis.adjudication.adjudication import Adjudication as Adjudication
    from evalkit.analysis.agreement.coefficient import Coefficient as Coefficient
    from evalkit.analysis.agreement.disagreements import Disagreement as Disagreement
    from evalkit.analysis.agreement.disagreements import DisputedItem as DisputedItem
    from evalkit.analysis.agreement.disagreements import Marked as Marked
    from evalkit.analysis.agreement.measured import Agreement as Agreement
    from evalkit.analysis.agreement.measured import Compared as Compared
    from evalkit.analysis.agreement.measured import PairAgreement as PairAgreement
    from evalkit.analysis.comparison import ComparedRow as ComparedRow
    from evalkit.analysis.comparison import Comparison as Comparison
    from evalkit.analysis.diagnosis import Diagnosis as Diagnosis
    from evalkit.analysis.differences.apply import apply_changes as apply_changes
    from evalkit.analysis.differences.change import ItemChange as ItemChange
    from evalkit.analysis.differences.dataset_diff import DatasetDiff as DatasetDiff
    from evalkit.analysis.explain import Explanation as Explanation
    from evalkit.analysis.exploration.exploration import Exploration as Exploration
    from evalkit.analysis.exploration.item_rows import ItemTable as ItemTable
    from evalkit.analysis.found_articles import FoundArticle as FoundArticle
    from evalkit.analysis.found_articles import FoundArticles as FoundArticles
    from evalkit.analysis.leaderboard.leaderboard import Board as Board
    from evalkit.analysis.leaderboard.leaderboard import Leaderboard as Leaderboard
    from evalkit.analysis.leaderboard.leaderboard import Standing as Standing
    from evalkit.analysis.review import DatasetReview as DatasetReview
    from evalkit.analysis.review import ReviewFinding as ReviewFinding
    from evalkit.analysis.robustness import Robustness as Robustness
    from evalkit.analysis.seeds import RepeatedRuns as RepeatedRuns
    from evalkit.analysis.suspects.bounds import ScoreBounds as ScoreBounds
    from evalkit.analysis.suspects.corrections import Corrections as Corrections
    from evalkit.analysis.suspects.ranking import Suspect as Suspect
    from evalkit.analysis.suspects.replay import Replay as Replay
    from evalkit.analysis.suspects.result import Suspects as Suspects
    from evalkit.analysis.suspects.settled import Decision as Decision
    from evalkit.analysis.suspects.unlabelled import Unlabelled as Unlabelled
    from evalkit.analysis.thresholds import ThresholdFit as ThresholdFit
    from evalkit.dataset.catalogue.get import ObtainedDataset as ObtainedDataset
    from evalkit.dataset.catalogue.get import get_dataset as get_dataset
    from evalkit.dataset.catalogue.listing import Catalogue as Catalogue
    from evalkit.dataset.catalogue.listing import list_datasets as list_datasets
    from evalkit.dataset.checking.problems import Problem as Problem
    from evalkit.dataset.checking.validate import Validation as Validation
    from evalkit.dataset.checking.validate import validate_dataset as validate_dataset
    from evalkit.dataset.describe import Description as Description
    from evalkit.dataset.describe import describe_dataset as describe_dataset
    from evalkit.dataset.gold import GoldDataset as GoldDataset
    from evalkit.dataset.label_maps import LabelMap as LabelMap
    from evalkit.dataset.leakage.found import Known as Known
    from evalkit.dataset.leakage.found import Leak as Leak
    from evalkit.dataset.leakage.found import Leakage as Leakage
    from evalkit.dataset.leakage.found import LeakSide as LeakSide
    from evalkit.dataset.loading.load import load_dataset as load_dataset
    from evalkit.dataset.making.build import BuildResult as BuildResult
    from evalkit.dataset.making.build import build_dataset as build_dataset
    from evalkit.dataset.making.convert import Conversion as Conversion
    from evalkit.dataset.making.convert import convert_dataset as convert_dataset
    from evalkit.dataset.making.init import InitResult as InitResult
    from evalkit.dataset.making.init import init_dataset as init_dataset
    from evalkit.dataset.perturbing.perturb import PerturbedDataset as PerturbedDataset
    from evalkit.dataset.perturbing.perturb import perturb_dataset as perturb_dataset
    from evalkit.dataset.profiles import ProfileDraft as ProfileDraft
    from evalkit.dataset.profiles import draft_profile as draft_profile
    from evalkit.dataset.publishing.push import PushResult as PushResult
    from evalkit.dataset.publishing.push import push_dataset as push_dataset
    from evalkit.dataset.splitting.checking import SplitCheck as SplitCheck
    from evalkit.dataset.splitting.checking import check_split as check_split
    from evalkit.dataset.splitting.division import DatasetSplits as DatasetSplits
    from evalkit.dataset.splitting.division import split_dataset as split_dataset
    from evalkit.errors import EvalkitError as EvalkitError
    from evalkit.errors import ExtractorError as ExtractorError
    from evalkit.errors import FormatError as FormatError
    from evalkit.errors import InputError as InputError
    from evalkit.errors import LabelError as LabelError
    from evalkit.errors import MissingExtraError as MissingExtraError
    from evalkit.errors import OffsetError as OffsetError
    from evalkit.errors import OutputError as OutputError
    from evalkit.errors import UnknownNameError as UnknownNameError
    from evalkit.extractors.base import ArticleFailure as ArticleFailure
    from evalkit.extractors.base import Extractor as Extractor
    from evalkit.extractors.installation import ActiveSetting as ActiveSetting
    from evalkit.extractors.installation import Cache as Cache
    from evalkit.extractors.installation import Extra as Extra
    from evalkit.extractors.installation import Installation as Installation
    from evalkit.gate.outcome import BaselineUpdate as BaselineUpdate
    from evalkit.gate.outcome import GateReport as GateReport
    from evalkit.gate.project import ProjectInit as ProjectInit
    from evalkit.gate.rules import RuleSet as RuleSet
    from evalkit.integrations.mlflow import MlflowTracker as MlflowTracker
    from evalkit.integrations.project import init_project as init_project
    from evalkit.options import Intervals as Intervals
    from evalkit.options import OptionWords as OptionWords
    from evalkit.options import ReadOptions as ReadOptions
    from evalkit.options import Running as Running
    from evalkit.options import Scoring as Scoring
    from evalkit.options import Shard as Shard
    from evalkit.predictions.cache_contents import CacheContents as CacheContents
    from evalkit.predictions.cache_contents import CachedIndexes as CachedIndexes
    from evalkit.predictions.cache_contents import CachedSystem as CachedSystem
    from evalkit.predictions.events import RunCallback as RunCallback
    from evalkit.predictions.events import RunEvent as RunEvent
    from evalkit.predictions.extraction import Extraction as Extraction
    from evalkit.predictions.facts import GoldReference as GoldReference
    from evalkit.predictions.facts import MadeBy as MadeBy
    from evalkit.predictions.listing import ListedRun as ListedRun
    from evalkit.predictions.listing import RunFigure as RunFigure
    from evalkit.predictions.listing import RunList as RunList
    from evalkit.predictions.run import Run as Run
    from evalkit.predictions.speed import Speed as Speed
    from evalkit.predictions.suggestions import Suggestions as Suggestions
    from evalkit.predictions.suites.cells import SuiteResult as SuiteResult
    from evalkit.predictions.suites.cells import SuiteRun as SuiteRun
    from evalkit.records import Annotations as Annotations
    from evalkit.records import Article as Article
    from evalkit.records import Category as Category
    from evalkit.records import Entity as Entity
    from evalkit.records import Example as Example
    from evalkit.records import LayerScope as LayerScope
    from evalkit.records import Prediction as Prediction
    from evalkit.records import Quote as Quote
    from evalkit.records import Scope as Scope
    from evalkit.records import Span as Span
    from evalkit.records import Stance as Stance
    from evalkit.records import Zone as Zone
    from evalkit.report.comment import render_comment as render_comment
    from evalkit.report.render import render_report as render_report
    from evalkit.report.render import write_report as write_report
    from evalkit.results import PRF as PRF
    from evalkit.results import Counts as Counts
    from evalkit.results import EvalResult as EvalResult
    from evalkit.results import Score as Score
    from evalkit.results import TaskResult as TaskResult
    from evalkit.version import __version__ as __version__
    from evalkit.workflows.cache import clear_cache as clear_cache
    from evalkit.workflows.cache import list_cache as list_cache
    from evalkit.workflows.comparing.compare import compare_repeated_runs as compare_repeated_runs
    from evalkit.workflows.comparing.compare import compare_runs as compare_runs
    from evalkit.workflows.comparing.gate import check_gate as check_gate
    from evalkit.workflows.comparing.gate import update_baseline as update_baseline
    from evalkit.workflows.comparing.leaderboard import rank_runs as rank_runs
    from evalkit.workflows.comparing.replay import replay_runs as replay_runs
    from evalkit.workflows.comparing.robustness import measure_robustness as measure_robustness
    from evalkit.workflows.comparing.runs import list_runs as list_runs
    from evalkit.workflows.comparing.runs import runs_to_pandas as runs_to_pandas
    from evalkit.workflows.curating.adjudicate import adjudicate_dataset as adjudicate_dataset
    from evalkit.workflows.curating.agreement import measure_agreement as measure_agreement
    from evalkit.workflows.curating.diff import diff_datasets as diff_datasets
    from evalkit.workflows.curating.leakage import find_leakage as find_leakage
    from evalkit.workflows.curating.patch import patch_dataset as patch_dataset
    from evalkit.workflows.curating.review import review_dataset as review_dataset
    from evalkit.workflows.curating.suspect_tasks import read_corrections as read_corrections
    from evalkit.workflows.curating.suspect_tasks import write_suspects as write_suspects
    from evalkit.workflows.curating.suspects import find_suspects as find_suspects
    from evalkit.workflows.curating.suspects import rank_unlabelled as rank_unlabelled
    from evalkit.workflows.doctor import check_installation as check_installation
    from evalkit.workflows.looking.diagnose import diagnose as diagnose
    from evalkit.workflows.looking.explain import explain_run as explain_run
    from evalkit.workflows.looking.found_articles import find_articles as find_articles
    from evalkit.workflows.looking.thresholds import fit_thresholds as fit_thresholds
    from evalkit.workflows.looking.view import list_items as list_items
    from evalkit.workflows.looking.view import view_runs as view_runs
    from evalkit.workflows.looking.write_view import write_view as write_view
    from evalkit.workflows.running.extract import extract_articles as extract_articles
    from evalkit.workflows.running.merge import merge_runs as merge_runs
    from evalkit.workflows.running.run import run_extractor as run_extractor
    from evalkit.workflows.running.speed import measure_speed as measure_speed
    from evalkit.workflows.running.suggest import write_suggestions as write_suggestions
    from evalkit.workflows.running.suite import run_suite as run_suite
    from evalkit.workflows.scoring.score import score_predictions as score_predictions

_HOMES = {
    "evalkit.analysis.agreement.coefficient": ("Coefficient",),
    "evalkit.analysis.agreement.disagreements": ("Disagreement", "DisputedItem", "Marked"),
    "evalkit.analysis.agreement.measured": ("Agreement", "Compared", "PairAgreement"),
    "evalkit.analysis.adjudication.adjudication": ("Adjudication",),
    "evalkit.analysis.exploration.exploration": ("Exploration",),
    "evalkit.analysis.exploration.item_rows": ("ItemTable",),
    "evalkit.analysis.comparison": ("ComparedRow", "Comparison"),
    "evalkit.analysis.diagnosis": ("Diagnosis",),
    "evalkit.analysis.differences.apply": ("apply_changes",),
    "evalkit.analysis.differences.change": ("ItemChange",),
    "evalkit.analysis.differences.dataset_diff": ("DatasetDiff",),
    "evalkit.analysis.explain": ("Explanation",),
    "evalkit.analysis.found_articles": ("FoundArticle", "FoundArticles"),
    "evalkit.analysis.leaderboard.leaderboard": ("Board", "Leaderboard", "Standing"),
    "evalkit.analysis.review": ("DatasetReview", "ReviewFinding"),
    "evalkit.analysis.robustness": ("Robustness",),
    "evalkit.analysis.seeds": ("RepeatedRuns",),
    "evalkit.analysis.suspects.bounds": ("ScoreBounds",),
    "evalkit.analysis.suspects.corrections": ("Corrections",),
    "evalkit.analysis.suspects.ranking": ("Suspect",),
    "evalkit.analysis.suspects.replay": ("Replay",),
    "evalkit.analysis.suspects.result": ("Suspects",),
    "evalkit.analysis.suspects.settled": ("Decision",),
    "evalkit.analysis.suspects.unlabelled": ("Unlabelled",),
    "evalkit.analysis.thresholds": ("ThresholdFit",),
    "evalkit.dataset.making.build": ("BuildResult", "build_dataset"),
    "evalkit.dataset.catalogue.get": ("ObtainedDataset", "get_dataset"),
    "evalkit.dataset.catalogue.listing": ("Catalogue", "list_datasets"),
    "evalkit.dataset.making.convert": ("Conversion", "convert_dataset"),
    "evalkit.dataset.describe": ("Description", "describe_dataset"),
    "evalkit.dataset.making.init": ("InitResult", "init_dataset"),
    "evalkit.dataset.label_maps": ("LabelMap",),
    "evalkit.dataset.perturbing.perturb": ("PerturbedDataset", "perturb_dataset"),
    "evalkit.dataset.checking.problems": ("Problem",),
    "evalkit.dataset.profiles": ("ProfileDraft", "draft_profile"),
    "evalkit.dataset.publishing.push": ("PushResult", "push_dataset"),
    "evalkit.dataset.splitting.checking": ("SplitCheck", "check_split"),
    "evalkit.dataset.splitting.division": ("DatasetSplits", "split_dataset"),
    "evalkit.dataset.checking.validate": ("Validation", "validate_dataset"),
    "evalkit.dataset.gold": ("GoldDataset",),
    "evalkit.dataset.leakage.found": ("Known", "Leak", "LeakSide", "Leakage"),
    "evalkit.dataset.loading.load": ("load_dataset",),
    "evalkit.errors": (
        *("EvalkitError", "ExtractorError", "FormatError", "InputError", "LabelError"),
        *("MissingExtraError", "OffsetError", "OutputError", "UnknownNameError"),
    ),
    "evalkit.extractors.base": ("ArticleFailure", "Extractor"),
    "evalkit.extractors.installation": ("ActiveSetting", "Cache", "Extra", "Installation"),
    "evalkit.gate.rules": ("RuleSet",),
    "evalkit.gate.project": ("ProjectInit",),
    "evalkit.integrations.project": ("init_project",),
    "evalkit.gate.outcome": ("BaselineUpdate", "GateReport"),
    "evalkit.options": ("Intervals", "OptionWords", "ReadOptions", "Running", "Scoring", "Shard"),
    "evalkit.integrations.mlflow": ("MlflowTracker",),
    "evalkit.predictions.cache_contents": ("CacheContents", "CachedIndexes", "CachedSystem"),
    "evalkit.predictions.events": ("RunCallback", "RunEvent"),
    "evalkit.predictions.facts": ("GoldReference", "MadeBy"),
    "evalkit.predictions.extraction": ("Extraction",),
    "evalkit.predictions.listing": ("ListedRun", "RunFigure", "RunList"),
    "evalkit.predictions.run": ("Run",),
    "evalkit.predictions.speed": ("Speed",),
    "evalkit.predictions.suggestions": ("Suggestions",),
    "evalkit.predictions.suites.cells": ("SuiteResult", "SuiteRun"),
    "evalkit.records": (
        *("Annotations", "Article", "Category", "Entity", "Example"),
        *("LayerScope", "Prediction", "Quote", "Scope", "Span", "Stance", "Zone"),
    ),
    "evalkit.report.comment": ("render_comment",),
    "evalkit.report.render": ("render_report", "write_report"),
    "evalkit.results": ("PRF", "Counts", "EvalResult", "Score", "TaskResult"),
    "evalkit.version": ("__version__",),
    "evalkit.workflows.curating.agreement": ("measure_agreement",),
    "evalkit.workflows.curating.adjudicate": ("adjudicate_dataset",),
    "evalkit.workflows.comparing.compare": ("compare_repeated_runs", "compare_runs"),
    "evalkit.workflows.looking.diagnose": ("diagnose",),
    "evalkit.workflows.curating.diff": ("diff_datasets",),
    "evalkit.workflows.cache": ("clear_cache", "list_cache"),
    "evalkit.workflows.doctor": ("check_installation",),
    "evalkit.workflows.looking.explain": ("explain_run",),
    "evalkit.workflows.looking.found_articles": ("find_articles",),
    "evalkit.workflows.running.extract": ("extract_articles",),
    "evalkit.workflows.comparing.gate": ("check_gate", "update_baseline"),
    "evalkit.workflows.comparing.leaderboard": ("rank_runs",),
    "evalkit.workflows.curating.leakage": ("find_leakage",),
    "evalkit.workflows.curating.review": ("review_dataset",),
    "evalkit.workflows.comparing.robustness": ("measure_robustness",),
    "evalkit.workflows.running.merge": ("merge_runs",),
    "evalkit.workflows.curating.patch": ("patch_dataset",),
    "evalkit.workflows.comparing.replay": ("replay_runs",),
    "evalkit.workflows.running.run": ("run_extractor",),
    "evalkit.workflows.comparing.runs": ("list_runs", "runs_to_pandas"),
    "evalkit.workflows.scoring.score": ("score_predictions",),
    "evalkit.workflows.running.speed": ("measure_speed",),
    "evalkit.workflows.running.suggest": ("write_suggestions",),
    "evalkit.workflows.running.suite": ("run_suite",),
    "evalkit.workflows.curating.suspect_tasks": ("read_corrections", "write_suspects"),
    "evalkit.workflows.curating.suspects": ("find_suspects", "rank_unlabelled"),
    "evalkit.workflows.looking.thresholds": ("fit_thresholds",),
    "evalkit.workflows.looking.view": ("list_items", "view_runs"),
    "evalkit.workflows.looking.write_view": ("write_view",),
}
"""Where each public name lives. Type checkers read the imports above, which a test holds to this table."""

_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULES, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'evalkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
