"""One of each kind of result, made as a user makes it, from gold in which one text stands wherever others' text can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.analysis.leaderboard.leaderboard import Apart, Leaderboard, System
from evalkit.analysis.review import DatasetReview, ReviewFinding
from evalkit.analysis.suspects.corrections import Corrections
from evalkit.analysis.suspects.settled import Decision
from evalkit.dataset.catalogue.get import ObtainedDataset
from evalkit.dataset.catalogue.listing import Catalogue, list_datasets
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.checking.validate import Validation
from evalkit.dataset.describe import describe_dataset
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import Inventory
from evalkit.dataset.leakage.found import Known, Leak, Leakage, LeakSide
from evalkit.dataset.making.build import BuildResult
from evalkit.dataset.making.convert import Conversion
from evalkit.dataset.making.init import InitResult
from evalkit.dataset.perturbing.perturb import perturb_dataset
from evalkit.dataset.profiles import ProfileDraft
from evalkit.dataset.publishing.push import PushResult
from evalkit.dataset.splitting.checking import check_split
from evalkit.dataset.splitting.division import LeftOut, split_dataset
from evalkit.extractors.base import Work
from evalkit.extractors.catalog import list_models
from evalkit.extractors.installation import ActiveSetting, Cache, Extra, Installation
from evalkit.formats.base import Losses
from evalkit.formats.standoff.document import Document, Mark
from evalkit.formats.standoff.draft import draft_text, look_at
from evalkit.gate.project import ProjectInit
from evalkit.predictions.cache_contents import CacheContents, CachedIndexes, CachedSystem
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.listing import ListedRun, RunFigure, RunList
from evalkit.predictions.plan import Plan
from evalkit.predictions.speed import Speed
from evalkit.predictions.suggestions import Suggestions
from evalkit.predictions.suites.cells import SuiteResult, SuiteRun
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span, Stance
from evalkit.results import EvalResult
from evalkit.scoring.selftest import Check, Violation
from evalkit.workflows.comparing.compare import compare_repeated_runs, compare_runs
from evalkit.workflows.comparing.gate import check_gate, update_baseline
from evalkit.workflows.comparing.leaderboard import rank_runs
from evalkit.workflows.comparing.replay import replay_runs
from evalkit.workflows.comparing.robustness import measure_robustness
from evalkit.workflows.curating.adjudicate import adjudicate_dataset
from evalkit.workflows.curating.agreement import measure_agreement
from evalkit.workflows.curating.diff import diff_datasets
from evalkit.workflows.curating.suspects import find_suspects, rank_unlabelled
from evalkit.workflows.looking.diagnose import diagnose
from evalkit.workflows.looking.explain import explain_run
from evalkit.workflows.looking.found_articles import find_articles
from evalkit.workflows.looking.thresholds import fit_thresholds
from evalkit.workflows.looking.view import list_items, view_runs
from evalkit.workflows.running.extract import extract_articles
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions

PLAIN = "PER"
HOSTILE = (
    "=1+1|<script>alert(1)</script>|<img src=x onerror=alert(2)>|@octocat|#12|www.example.com|https://example.com|"
    "&lt;b&gt;|[x](y)|`a`|*b*|\x1b[31m|\x9b31m|\u202e|\x00|]]>\n# head\r\n- item"
)


def example(number: int, text: str) -> Example:
    """An article of three mentions, a quote and a stance, around the text."""
    words = f"{text} said so in Oslo.\nShare"
    place = words.index("Oslo")
    name, city, said = Span(0, len(text)), Span(place, place + 4), Span(len(text) + 1, len(text) + 5)
    gold = Annotations(
        entities=(
            Entity(id="e1", spans=(name,), label=text, entity_id=text),
            Entity(id="e2", spans=(city,), label="GPE", entity_id="oslo"),
            Entity(id="e3", spans=(said,), label="GPE"),
        ),
        quotes=(Quote(id="q1", kind="direct", content=(city,), cue=(said,), speaker=name, speaker_id=text),),
        stances=(Stance(id="s1", holder=text, target="oslo", label="favor", evidence=(city,)),),
    )
    article = Article(id=f"{text} {number}", text=words, title=text, source=text, metadata={"section": text})
    return Example(article=article, gold=gold)


def gold_of(text: str) -> GoldDataset:
    inventory = Inventory(labels={"entities": (text, "GPE")})
    return gold_dataset([example(number, text) for number in range(4)], name=text, split=text, inventory=inventory)


class Finder:
    """Finds three of the four kinds of mentions, with scores, and one that is none."""

    layers = ("entities", "quotes", "stances")

    def __init__(self, text: str, wrong: int = 1) -> None:
        self.name, self.text, self.wrong = text, text, wrong

    def fingerprint(self) -> str:
        return f"finder-{self.wrong}"

    def extract(self, articles: Any) -> list[Annotations]:
        return [self._one(article) for article in articles]

    def _one(self, article: Article) -> Annotations:
        gold = example(0, self.text).gold
        kept = [replace(item, score=0.9) for item in gold.entities[self.wrong :]]
        return Annotations(
            entities=(*kept, Entity(id="x", spans=(Span(2, 3),), label=self.text, score=0.2)),
            quotes=gold.quotes,
            stances=(),
        )


def read_by_three(gold: GoldDataset, text: str) -> GoldDataset:
    """The gold with the readings of three people, of whom the third has one article alone."""
    found = Finder(text).extract([one.article for one in gold])
    readings = [{text: one.gold, f"{text} two": own} for one, own in zip(gold, found, strict=True)]
    readings[0]["bo"] = found[0]
    examples = [replace(one, readings=own) for one, own in zip(gold, readings, strict=True)]
    return replace(gold, examples=tuple(examples), readers={text: text})


def edited_gold(gold: GoldDataset, text: str) -> GoldDataset:
    """The gold with one mention removed, another relabelled, and a thing called otherwise in each article."""
    changed = []
    for one in gold:
        first, second, _ = one.gold.entities
        entities = replace(first, entity_id=f"{text} two"), replace(second, label=text)
        changed.append(replace(one, gold=one.gold.with_layers(entities=entities)))
    return replace(gold, examples=tuple(changed))


def _renamed(gold: GoldDataset, text: str) -> GoldDataset:
    """The same articles under other ids, as a split whose name is the text."""
    examples = [replace(one, article=replace(one.article, id=f"other {one.article.id}")) for one in gold]
    return gold_dataset(examples, name=gold.name, split=text, inventory=gold.inventory)


def _corrected(gold: GoldDataset, text: str) -> Corrections:
    """What came back of gold in which people changed the label of one mention in each article."""
    changes = diff_datasets(gold, edited_gold(gold, text)).changes
    articles = tuple(one.article.id for one in gold)
    decisions = tuple(Decision(one.article_id, one.layer, "corrected", one.new, one.old) for one in changes)
    sources = {one.article.id: one.article for one in gold}
    return Corrections(changes=changes, decisions=decisions, articles=articles, sources=sources, notes=(text,))


def _leaderboard(named: Mapping[str, EvalResult], text: str) -> Leaderboard:
    """Two systems, one of which was timed and cost something, with a run that is apart and one that is left out."""
    leaderboard = rank_runs(named, resamples=20)
    board = leaderboard.boards[0]
    system = System(
        path=text, articles_per_second=12.5, speed_ci=(12.0, 13.0), peak_memory=10**8, machine=text, cost=0.5
    )
    standings = tuple(replace(own, system=system) for own in board.standings)
    boards = (replace(board, standings=standings, fast=(text,), cheap=(text,)), *leaderboard.boards[1:])
    apart = (Apart(runs=(text,), why=text),)
    return replace(leaderboard, boards=boards, apart=apart, left_out={text: text}, notes=(text,))


def results_of(text: str, folder: Path) -> Mapping[str, Any]:
    """Type → a result of it, as `DOCUMENTS` names types."""
    gold = gold_of(text)
    first, second = (run_extractor(Finder(text, wrong), gold, cache=False) for wrong in (0, 1))
    tasks = ["entities", "quotes", "stances"]
    scored = [score_predictions(gold, run, resamples=20, tasks=tasks) for run in (first, second)]
    named = {text: scored[0], f"{text} two": scored[1]}
    broken = replace(
        scored[1], notes=(text,), failed={text: text}, not_evaluated={"chain": text}, extractor=f"{text} two"
    )
    read = read_by_three(gold, text)
    ceiling = score_predictions(read, second, resamples=0, tasks=tasks).ceiling
    broken = replace(broken, ceiling=ceiling)
    update_baseline(first, folder / "base.json", dataset=gold)
    report = check_gate(second, folder / "base.json", dataset=gold)
    update = update_baseline(second, folder / "base.json", dataset=gold)
    failed = Prediction(article_id=text, annotations=Annotations(entities=()), error=text)
    violation = Violation("entities", "exact", "swap", text, f"{text}\n0.75")
    counts = {"articles": 4, "entities": 12}
    marked = Document(id=text, text=text, marks=(Mark("1", text, (Span(0, len(text)),), {text: text}),))
    found = look_at([marked] * 24)
    return {
        "evalkit.results:EvalResult": broken,
        "evalkit.results:TaskResult": scored[0].tasks["entities"]["exact"],
        "evalkit.analysis.comparison:Comparison": compare_runs(
            {text: first, f"{text} two": second}, dataset=gold, resamples=20
        ),
        "evalkit.analysis.seeds:RepeatedRuns": compare_repeated_runs(named, resamples=20),
        "evalkit.analysis.diagnosis:Diagnosis": diagnose(second, gold, resamples=20, slices=["section", "zone"]),
        "evalkit.analysis.thresholds:ThresholdFit": fit_thresholds(second, dataset=gold, tasks=["entities"]),
        "evalkit.analysis.adjudication.adjudication:Adjudication": adjudicate_dataset(read, anew=True),
        "evalkit.analysis.differences.dataset_diff:DatasetDiff": diff_datasets(gold, edited_gold(gold, text)),
        "evalkit.analysis.exploration.exploration:Exploration": view_runs(
            {text: first, "b": second}, baseline=first, resamples=20
        ),
        "evalkit.analysis.exploration.item_rows:ItemTable": list_items({text: first, "b": second}, dataset=gold),
        "evalkit.analysis.explain:Explanation": explain_run(second, f"{text} 0", dataset=gold),
        "evalkit.analysis.found_articles:FoundArticles": find_articles(
            second, "missed >= 0 and article.section != 'no' and title != 'x'", dataset=gold
        ),
        "evalkit.analysis.agreement.measured:Agreement": measure_agreement(read, resamples=20),
        "evalkit.analysis.suspects.result:Suspects": replace(find_suspects(gold, [second], least=0), notes=(text,)),
        "evalkit.analysis.suspects.unlabelled:Unlabelled": replace(
            rank_unlabelled(gold, {text: first, "b": second}), notes=(text,)
        ),
        "evalkit.analysis.suspects.corrections:Corrections": _corrected(gold, text),
        "evalkit.analysis.suspects.replay:Replay": replace(
            replay_runs(gold, edited_gold(gold, text), {text: first, "b": second}), notes=(text,)
        ),
        "evalkit.gate.outcome:GateReport": report,
        "evalkit.gate.outcome:BaselineUpdate": update,
        "evalkit.predictions.listing:RunList": RunList(
            folder=text,
            runs=(
                ListedRun(
                    path=text,
                    extractor=text,
                    gold=text,
                    split=text,
                    settings={text: text},
                    articles=24,
                    kept=12,
                    state="unfinished",
                    figures={"entities": RunFigure("exact", 0.6666, (0.5, 0.75))},
                    command=f"evalkit run --model {text}",
                ),
            ),
            broken={text: text},
            left_out=3,
        ),
        "evalkit.predictions.speed:Speed": Speed(
            extractor=text,
            gold=text,
            split=text,
            passes=(1.5, 2.5),
            latencies=(0.25, 0.75),
            characters=(700, 800),
            articles=text,
            warm_up=3.0,
            batch_size=1,
            workers=1,
            peak_memory=10**8,
            failed=1,
            machine=text,
        ),
        "evalkit.predictions.suites.cells:SuiteResult": SuiteResult(
            name=text,
            out=text,
            runs=(
                SuiteRun(
                    model=text,
                    dataset=text,
                    variant=text,
                    path=text,
                    problem=text,
                    articles=24,
                    figures={"entities": RunFigure("exact", 0.6666, (0.5, 0.75))},
                ),
            ),
            asides=(text,),
        ),
        "evalkit.predictions.run:Run": replace(second, predictions=(*second.predictions, failed)),
        "evalkit.predictions.extraction:Extraction": extract_articles(Finder(text), [one.article for one in gold]),
        "evalkit.predictions.plan:Plan": Plan(
            extractor=text,
            gold=GoldReference.of(gold),
            folder=text,
            kept=1,
            cached=0,
            work=Work(requests=3),
            prices=None,
        ),
        "evalkit.records:Article": gold.examples[0].article,
        "evalkit.records:Example": gold.examples[0],
        "evalkit.dataset.gold:GoldDataset": gold,
        "evalkit.dataset.making.init:InitResult": InitResult(
            folder=Path(text), files=("labels.toml", text), next_steps=("evalkit dataset build", text)
        ),
        "evalkit.gate.project:ProjectInit": ProjectInit(
            folder=Path(text), files={"pyproject.toml": "extended", text: "written"}, next_steps=(text,), notes=(text,)
        ),
        "evalkit.predictions.suggestions:Suggestions": Suggestions(
            path=Path(text),
            format="native",
            extractor=text,
            articles=4,
            losses=Losses(written={"entities": 12}, lost={"quotes": {text: 2}}, left_out={text: 3}),
            failed={text: text},
            notes=(text,),
        ),
        "evalkit.dataset.making.build:BuildResult": BuildResult(splits=(gold,), new_texts=(text,), notes=(text,)),
        "evalkit.dataset.publishing.push:PushResult": PushResult(
            hub_id=text,
            revision=text,
            tag=text,
            files={f"test/{text}.json": 24, text: 3},
            removed=(text,),
            commit=text,
            sent=True,
        ),
        "evalkit.dataset.making.convert:Conversion": Conversion(
            destination=Path(text[:20]),
            to=text,
            articles=24,
            losses=Losses(written={"entities": 3}, lost={"entities": {"overlapping": 2}}, left_out={text: 1}),
            notes=(text,),
        ),
        "evalkit.dataset.profiles:ProfileDraft": ProfileDraft(
            place=text,
            text=draft_text(found, where=text, format_name="brat"),
            found=found,
            notes=(text,),
        ),
        "evalkit.dataset.splitting.division:DatasetSplits": replace(
            split_dataset(gold, shares="train=.5,test=.5"), left_out=(LeftOut(text, "no date"),), notes=(text,)
        ),
        "evalkit.dataset.splitting.checking:SplitCheck": replace(
            check_split([replace(gold, split="train"), _renamed(gold, text)], by="section"), notes=(text,)
        ),
        "evalkit.dataset.perturbing.perturb:PerturbedDataset": replace(
            perturb_dataset(gold, kinds=["case", "dates"]), folder=Path(text), notes=(text,)
        ),
        "evalkit.analysis.leaderboard.leaderboard:Leaderboard": _leaderboard(named, text),
        "evalkit.analysis.robustness:Robustness": replace(
            measure_robustness(Finder(text, 1), gold, kinds="case", cache=False, resamples=20), notes=(text,)
        ),
        "evalkit.dataset.describe:Description": describe_dataset([gold, gold]),
        "evalkit.dataset.leakage.found:Leakage": Leakage(
            dataset=text,
            splits={"train": 12, text: 24},
            against={text: 3},
            pairs=(
                Leak(
                    left=LeakSide(dataset=text, id=text, split="test", start=0, end=len(text)),
                    right=LeakSide(dataset=text, id=text, split="", start=3, end=90),
                    shared=46,
                    words=50,
                    text=text,
                    containment=(0.25, 1.0),
                    original="left",
                    because="earlier",
                ),
            ),
            known=(
                Known(split=text, what="entities", items=24, known=12),
                Known(split=text, what="dates", items=0, known=0),
            ),
            sampled=4,
            limit=50,
            articles_with_common=12,
            notes=(text,),
        ),
        "evalkit.analysis.review:DatasetReview": DatasetReview(
            dataset=text,
            base=text,
            findings=(
                ReviewFinding(
                    check="invalid",
                    code=text,
                    article_id=text,
                    place=text,
                    message=f"{text} 12",
                    file=text,
                    line=46,
                ),
            ),
            diff=diff_datasets(gold, edited_gold(gold, text)),
            pairs=25,
            notes=(text,),
        ),
        "evalkit.dataset.checking.validate:Validation": Validation(problems=(), counts=counts),
        "evalkit.dataset.checking.problems:Problem": [Problem(text, text, text, f"{text} 12")],
        "evalkit.extractors.catalog:ModelEntry": [replace(one, description=text) for one in list_models()],
        "evalkit.predictions.cache_contents:CacheContents": CacheContents(
            folder=text,
            systems=(
                CachedSystem(
                    extractor=text, key="0" * 32, files=1, bytes=12, predictions=3417, used="2025-03-14T00:00:00Z"
                ),
            ),
            indexes=CachedIndexes(files=2819, bytes=90_000, used="2025-03-15T00:00:00Z"),
        ),
        "evalkit.extractors.installation:Installation": Installation(
            versions={"evalkit": "0.66.1", "click": ""},
            extras=(Extra(name=text, packages={text: ""}, install=f"pip install {text}"),),
            cache=Cache(folder=text, files=24, bytes=2_400_000, problem=text),
            processor={"machine": text},
            models={text: text},
            settings=(ActiveSetting(command=text, option=text, value=text, where=text),),
            problems=(text,),
        ),
        "evalkit.dataset.catalogue.listing:Catalogue": Catalogue(
            tuple(replace(entry, about=text, title=text) for entry in list_datasets())
        ),
        "evalkit.dataset.catalogue.get:ObtainedDataset": ObtainedDataset(
            name="wnut17",
            path=Path("wnut17"),
            articles={text: 24},
            licence=f"CC BY {text}",
            cite=text,
            bibtex=text,
            is_new=True,
            notes=(text,),
        ),
        "evalkit.scoring.selftest:Check": [
            Check("entities", "exact", "swap", violation),
            Check("entities", text, "counts", None, text),
            Check("quotes", "exact", "swap"),
        ],
    }
