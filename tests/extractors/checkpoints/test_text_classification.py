"""`hf:` with text classifiers: tiny ones whose label is that of most words that they read."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.base import Extractor, PairLabeler, PairLabels, StancePair
from evalkit.extractors.checkpoints.text_classification import PairClassifier
from evalkit.extractors.table import load_extractor
from evalkit.records import AUTHOR, Article, Zone

pytest.importorskip("torch", reason="hf: needs the extra torch")

from tests.extractors.checkpoints.tiny_checkpoints import random_classifier, word_counter

WORDS = {"welcome": "positive", "praise": "positive", "awful": "negative", "blame": "negative"}
LABELS = ["neutral", "negative", "positive"]
TEXT = (
    "“We welcome the port plan,” said Ida Moen of the Harbour Union.\n"
    "“The port plan is awful,” said Erik Sand.\n"
    "Many came to Bergen on Monday."
)
PLAN = ("port plan",)


def pair(holder: str, *names: str, target: tuple[str, ...] = PLAN, key: str = "topic:port-plan") -> StancePair:
    return StancePair(holder=holder, target=key, holder_mentions=names, target_mentions=target)


MOEN, SAND, AUTHORS = pair("moen", "Ida Moen"), pair("sand", "Erik Sand", "Sand"), pair(AUTHOR)
BERGEN = pair(AUTHOR, target=("Bergen",), key="bergen")
UNNAMED = pair("nemo", "Nemo", target=("Atlantis",), key="atlantis")


@pytest.fixture(scope="module")
def sentiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return word_counter(tmp_path_factory.mktemp("sentiment"), WORDS, LABELS, known=TEXT.split())


@pytest.fixture(scope="module")
def inference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = {"welcome": "entailment", "awful": "contradiction", "opposes": "contradiction"}
    labels = ["contradiction", "neutral", "entailment"]
    return word_counter(tmp_path_factory.mktemp("inference"), words, labels, known=TEXT.split())


def load(folder: Path, **options: str) -> PairClassifier:
    extractor = load_extractor(f"hf:{folder}", options={"device": "cpu", **options})
    assert isinstance(extractor, PairClassifier)
    return extractor


def label(extractor: PairClassifier, *pairs: StancePair, text: str = TEXT) -> PairLabels:
    return extractor.label_pairs(Article(id="a", text=text), pairs)


def test_pairs_are_labelled_by_the_passages_about_them(sentiment: Path) -> None:
    extractor = load(sentiment)
    assert isinstance(extractor, Extractor)
    assert isinstance(extractor, PairLabeler)
    found = label(extractor, MOEN, SAND, BERGEN)
    # What each of the two said about the plan; of Bergen the article says nothing that speaks for a label.
    assert list(found) == ["favor", "against", "neutral"]
    assert found.usage == {"negative_taken_for_against": 1, "positive_taken_for_favor": 1}


def test_an_article_that_names_neither_is_read_from_its_beginning(sentiment: Path) -> None:
    header = "Blame | Blame | Blame"
    text = f"{header}\nWe praise it. We praise it."
    zones = (Zone("boilerplate", 0, len(header)), Zone("body", len(header) + 1, len(text)))
    found = load(sentiment).label_pairs(Article(id="a", text=text, zones=zones), [UNNAMED])
    assert list(found) == ["favor"]
    assert found.usage["pairs_without_passage"] == 1


def test_a_long_passage_is_cut_around_the_target(sentiment: Path) -> None:
    far, near = "blame " * 90, "welcome welcome "
    text = f"{far}, but {near} the port plan {near}, and {far}."
    found = label(load(sentiment, length="20"), AUTHORS, text=text)
    assert list(found) == ["favor"]
    assert found.usage["cut_passages"] == 1
    # Whole, it blames more than it welcomes.
    short = label(load(sentiment), AUTHORS, text=text.replace(far, "blame " * 6))
    assert list(short) == ["against"]
    assert "cut_passages" not in short.usage


def test_the_mean_over_passages_decides(sentiment: Path) -> None:
    text = "The port plan is awful.\nPeople welcome the port plan.\nWe welcome and praise the port plan."
    assert list(label(load(sentiment), AUTHORS, text=text)) == ["favor"]
    assert list(label(load(sentiment), AUTHORS, text=text.replace("welcome", "blame"))) == ["against"]


@pytest.mark.parametrize("batch", ["1", "3", "50"])
def test_batches_and_company_change_nothing(sentiment: Path, batch: str) -> None:
    pairs = [MOEN, SAND, AUTHORS, BERGEN, UNNAMED]
    alone = [found for one in pairs for found in label(load(sentiment), one)]
    extractor = load(sentiment, batch=batch)
    assert list(label(extractor, *pairs)) == alone
    assert list(label(extractor, *pairs[::-1])) == alone[::-1]
    assert list(label(extractor)) == []


def test_batches_shrink_when_memory_runs_out(sentiment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extractor = load(sentiment, batch="16")
    scores = extractor._network._network.scores

    def small(inputs: Any) -> Any:
        if len(inputs) > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return scores(inputs)

    monkeypatch.setattr(extractor._network._network, "scores", small)
    assert list(label(extractor, MOEN, SAND, BERGEN, MOEN)) == ["favor", "against", "neutral", "favor"]
    assert extractor.facts()["batch"] == 2


def test_half_precision(sentiment: Path) -> None:
    assert list(label(load(sentiment, dtype="bfloat16"), MOEN, SAND)) == ["favor", "against"]


# The second segment.


def second_segments(extractor: PairClassifier, *pairs: StancePair) -> list[str]:
    seen: list[str] = []
    cut = extractor._network.cutter.pair

    def note(text: str, second: str, length: int, *, around: int = 0) -> Any:
        seen.append(second)
        return cut(text, second, length, around=around)

    extractor._network.cutter.pair = note  # type: ignore[method-assign]
    label(extractor, *pairs)
    return seen


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, ["port plan", "Bergen"], id="the target"),
        pytest.param(
            {"hypothesis": "{holder} likes {target}, {{yes}}"},
            ["Erik Sand likes port plan, {yes}", "The author likes Bergen, {yes}"],
            id="a template",
        ),
    ],
)
def test_hypotheses(sentiment: Path, options: dict[str, str], expected: list[str]) -> None:
    assert second_segments(load(sentiment, **options), SAND, BERGEN) == expected


def test_names_that_the_article_lacks_come_from_the_key(sentiment: Path) -> None:
    nameless = StancePair(holder="ida-moen", target="topic:port-plan", holder_mentions=(), target_mentions=())
    assert second_segments(load(sentiment, hypothesis="{holder}/{target}"), nameless) == ["ida moen/port plan"]


def test_a_classifier_of_inference_is_asked_whether_it_follows(inference: Path) -> None:
    extractor = load(inference)
    assert extractor.facts()["hypothesis"] == "{holder} supports {target}."
    assert second_segments(extractor, MOEN) == ["Ida Moen supports port plan."]
    assert list(label(load(inference, hypothesis="{target}"), MOEN, SAND)) == ["favor", "against"]
    assert list(label(load(inference, hypothesis="{holder} opposes {target} opposes"), MOEN)) == ["against"]


# Labels, facts and what cannot be used.


@pytest.fixture(scope="module")
def nameless(sentiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same classifier with labels that say nothing."""
    copy = Path(shutil.copytree(sentiment, tmp_path_factory.mktemp("nameless") / "copy"))
    config = json.loads((copy / "config.json").read_text())
    names = {"id2label": {str(n): f"LABEL_{n}" for n in range(3)}, "label2id": {f"LABEL_{n}": n for n in range(3)}}
    (copy / "config.json").write_text(json.dumps(config | names))
    return copy


def test_labels_that_say_nothing_have_to_be_mapped(nameless: Path) -> None:
    with pytest.raises(InputError, match="its labels are LABEL_0, LABEL_1, LABEL_2, and nothing says"):
        load(nameless)
    mapped = load(nameless, labels="LABEL_0=neutral,LABEL_1=against,LABEL_2=favor")
    found = label(mapped, MOEN, SAND, BERGEN)
    assert list(found) == ["favor", "against", "neutral"]
    assert found.usage["LABEL_2_taken_for_favor"] == 1
    assert mapped.facts()["labels"] == "LABEL_0→neutral, LABEL_1→against, LABEL_2→favor"
    # A label that is left out is never chosen, however probable.
    assert "neutral" not in label(load(nameless, labels="LABEL_0=false,LABEL_1=against,LABEL_2=favor"), BERGEN)


def test_facts_and_fingerprint(sentiment: Path, tmp_path: Path) -> None:
    extractor = load(sentiment)
    facts = extractor.facts()
    assert (facts["backend"], facts["device"], facts["length"], facts["revision"]) == ("torch", "cpu", 64, "")
    assert (facts["hypothesis"], facts["labels"]) == ("{target}", "neutral→neutral, negative→against, positive→favor")
    copy = Path(shutil.copytree(sentiment, tmp_path / "copy"))
    assert load(copy).fingerprint() == extractor.fingerprint()
    others = ({"hypothesis": "{target}!"}, {"labels": "neutral=false"}, {"length": "32"}, {"dtype": "bfloat16"})
    prints = [extractor.fingerprint(), *(load(sentiment, **options).fingerprint() for options in others)]
    assert len(set(prints)) == 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({"hypothesis": "{who} likes {target}"}, "is no template", id="placeholder"),
        pytest.param({"hypothesis": "{} {target}"}, "is no template", id="no name"),
        pytest.param({"hypothesis": "{target"}, "is no template", id="brace"),
        pytest.param({"hypothesis": "{target.x} {target}"}, "is no template", id="attribute"),
        pytest.param({"hypothesis": "{holder} is happy"}, r"has no \{target\}", id="no target"),
        pytest.param({"length": "15"}, "15 pieces are too few for a passage and a target", id="too short"),
        pytest.param({"stride": "4"}, "unknown option 'stride'", id="stride"),
        pytest.param({"head": "tokens"}, "it is a BertForSequenceClassification; leave head out", id="head"),
    ],
)
def test_bad_settings(sentiment: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        load(sentiment, **options)


def test_a_checkpoint_without_a_trained_classifier_is_refused(sentiment: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sentiment, tmp_path / "copy"))
    transformers = pytest.importorskip("transformers")
    transformers.BertForSequenceClassification.from_pretrained(sentiment).bert.save_pretrained(copy)
    with pytest.raises(ExtractorError, match="no trained text classifier: 2 weights are missing, such as classifier"):
        load(copy, head="text")


@pytest.mark.parametrize("family", ["Roberta", "DistilBert"])
def test_networks_without_segments(family: str, sentiment: Path, tmp_path: Path) -> None:
    """They fail on a second kind of segment, which the tokenizer gives all the same."""
    transformers = pytest.importorskip("transformers")
    shutil.copytree(sentiment, tmp_path, dirs_exist_ok=True)
    size = len(transformers.AutoTokenizer.from_pretrained(sentiment))
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {name: at for at, name in enumerate(LABELS)}}
    sizes = {
        "Roberta": {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8},
        "DistilBert": {"dim": 8, "n_layers": 1, "n_heads": 1, "hidden_dim": 8},
    }
    config = getattr(transformers, f"{family}Config")(
        **sizes[family], vocab_size=size, max_position_embeddings=66, pad_token_id=0, **names
    )
    getattr(transformers, f"{family}ForSequenceClassification")(config).save_pretrained(tmp_path)
    assert len(label(load(tmp_path, batch="2"), MOEN, SAND, BERGEN)) == 3


def test_a_run_has_a_table_for_given_pairs_and_says_what_is_missing(
    sentiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from evalkit.cli.run import run_command

    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    command = ["--model", f"hf:{sentiment}", "--set", "device=cpu", "--limit", "3", "--resamples", "0", "--json"]
    done = CliRunner().invoke(run_command, [*command, "--out", str(tmp_path / "run")], catch_exceptions=False)
    result = json.loads(done.output)
    labels = result["tasks"]["stances"]["given"]["labels"].values()
    # Every pair has one label.
    assert sum(own["gold"] for own in labels) == sum(own["predicted"] for own in labels) > 0
    assert {"entities", "quotes", "chain"} <= set(result["not_evaluated"])
    assert "entities" not in result["tasks"]
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["extractor_facts"]["labels"] == "neutral→neutral, negative→against, positive→favor"
    assert re.fullmatch("[0-9a-f]{64}", run["fingerprint"])


def test_random_weights_label_every_pair(tmp_path: Path) -> None:
    folder = random_classifier(tmp_path, "SequenceClassification", ["con", "none", "pro"], TEXT)
    assert len(label(load(folder), MOEN, SAND, AUTHORS, BERGEN, UNNAMED, text=TEXT * 20)) == 5
