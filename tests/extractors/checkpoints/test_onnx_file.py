"""`hf:` on ONNX Runtime: the spans and labels that torch gives, from the same checkpoint, without torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import ExtractorError, FormatError, InputError, UnknownNameError
from evalkit.extractors.base import PairLabeler, StancePair
from evalkit.extractors.checkpoints.source import find_checkpoint
from evalkit.extractors.table import load_extractor
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.records import AUTHOR, Annotations, Article

pytest.importorskip("torch", reason="checkpoints are made with torch")
pytest.importorskip("onnx", reason="torch exports with onnx")

from tests.extractors.checkpoints.tiny_checkpoints import export_to_onnx, random_classifier

torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
SENTENCE = "Ida Moen of the Harbour Union left Oslo on Monday; “we welcome the plan,” she said. Sand did not. "
ARTICLES = [
    Article(id="long", text=SENTENCE * 14),
    Article(id="other", text=" ".join(reversed(SENTENCE.split())) * 5),
    Article(id="signs", text="🙂 Zoë’s\r\n\r\nÅse Moen\u00a0– Oslo. " * 7),
    Article(id="short", text="Moen left."),
    Article(id="empty", text=""),
]
PAIRS = [
    StancePair(holder="moen", target="topic:plan", holder_mentions=("Ida Moen",), target_mentions=("plan",)),
    StancePair(holder=AUTHOR, target="sand", holder_mentions=(), target_mentions=("Sand",)),
    StancePair(holder="sand", target="topic:bridge", holder_mentions=("Sand",), target_mentions=("bridge",)),
]


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = random_classifier(tmp_path_factory.mktemp("tagger"), "TokenClassification", TAGS, SENTENCE)
    export_to_onnx(folder, "TokenClassification")
    return folder


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    labels = ["against", "neutral", "favor"]
    folder = random_classifier(tmp_path_factory.mktemp("judge"), "SequenceClassification", labels, SENTENCE)
    export_to_onnx(folder, "SequenceClassification", "onnx/model.onnx")
    return folder


def load(folder: Path, **options: str) -> Any:
    return load_extractor(f"hf:{folder}", options=options)


def spans(found: Annotations) -> list[tuple[Any, str]]:
    return [(entity.spans, entity.label) for entity in found.entities or ()]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="window by window"),
        pytest.param({"batch": "7"}, id="in batches"),
        pytest.param({"length": "24", "stride": "9"}, id="in small windows"),
    ],
)
def test_spans_are_those_of_torch(tagger: Path, options: dict[str, str]) -> None:
    torch, onnx = load(tagger, device="cpu", **options), load(tagger, backend="onnx", **options)
    ours, theirs = onnx.extract(ARTICLES), torch.extract(ARTICLES)
    assert [spans(found) for found in ours] == [spans(found) for found in theirs]
    # Random weights find something everywhere, so that equal is more than empty.
    counts = [len(found.entities) for found in ours]
    assert min(counts[:3]) > 20
    assert counts[4] == 0
    scores = [[entity.score for entity in found.entities] for found in (*ours, *theirs)]
    assert scores[:5] == [pytest.approx(own, abs=2e-4) for own in scores[5:]]
    assert {label for found in ours for _, label in spans(found)} == {"PER", "LOC"}


@pytest.mark.parametrize("batch", ["1", "4"])
def test_stances_are_those_of_torch(judge: Path, batch: str) -> None:
    own, onnx = load(judge, device="cpu", batch=batch), load(judge, backend="onnx", batch=batch)
    assert isinstance(onnx, PairLabeler)
    found = [[list(one.label_pairs(article, PAIRS)) for article in ARTICLES] for one in (onnx, own)]
    assert found[0] == found[1]
    assert len({label for labels in found[0] for label in labels}) > 1


def test_facts_and_fingerprint(tagger: Path, judge: Path) -> None:
    onnx = load(tagger, backend="onnx")
    facts = onnx.facts()
    assert (facts["backend"], facts["file"], facts["device"], facts["length"]) == ("onnx", "model.onnx", "cpu", 64)
    assert facts["versions"].startswith("onnxruntime ")
    assert load(judge, backend="onnx").facts()["file"] == "onnx/model.onnx"
    assert onnx.fingerprint() == load(tagger, backend="onnx").fingerprint()
    assert onnx.fingerprint() != load(tagger, device="cpu").fingerprint()


def test_torch_is_not_needed(tagger: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from evalkit.extractors.table import load_extractor\n"
        "from evalkit.records import Article\n"
        f"extractor = load_extractor({f'hf:{tagger}'!r}, options={{'backend': 'onnx'}})\n"
        f"print(len(extractor.extract([Article(id='a', text={SENTENCE!r})])[0].entities))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    (found,) = load(tagger, backend="onnx").extract([Article(id="a", text=SENTENCE)])
    assert (done.stdout, done.stderr) == (f"{len(found.entities)}\n", "")


def test_weights_of_torch_are_not_needed_either(tagger: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tagger, tmp_path / "copy", ignore=shutil.ignore_patterns("*.safetensors")))
    (found,) = load(copy, backend="onnx").extract(ARTICLES[:1])
    assert found == load(tagger, backend="onnx").extract(ARTICLES[:1])[0]


def test_of_an_id_only_the_file_to_run_is_fetched(
    tagger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    folder = Path(shutil.copytree(tagger, tmp_path / "snapshots" / "0123abcd"))

    def fetch(name: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((name, revision, allow_patterns))
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    facts = load_extractor("hf:owner/model@v1", options={"backend": "onnx", "file": "model.onnx"}).facts()  # type: ignore[attr-defined]
    assert asked == [
        ("owner/model", "v1", ["*.json", "*.txt", "*.model", "README.md", "model.onnx", "model.onnx_data"])
    ]
    assert (facts["checkpoint"], facts["revision"]) == ("owner/model", "0123abcd")


# What cannot be used.


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        pytest.param({"dtype": "float16"}, InputError, "an ONNX file has its own number format", id="dtype"),
        pytest.param({"device": "mps"}, InputError, "ONNX Runtime has no device 'mps'", id="device"),
        pytest.param({"device": "cuda:x"}, InputError, "no device 'cuda:x'", id="device number"),
        pytest.param({"file": "../model.onnx"}, InputError, "must be a path inside the checkpoint", id="outside"),
        pytest.param({"file": "/model.onnx"}, InputError, "must be a path inside the checkpoint", id="absolute"),
        pytest.param({"file": "int8.onnx"}, ExtractorError, "no int8.onnx there; export it", id="no such file"),
        pytest.param({"file": "config.json"}, ExtractorError, "cannot load config.json", id="no network"),
        pytest.param({"backend": "tf"}, InputError, "must be one of torch, onnx", id="backend"),
        pytest.param({"backend": "torch", "file": "model.onnx"}, InputError, "add --set backend=onnx", id="torch"),
        pytest.param({"head": "text"}, InputError, "it is a BertForTokenClassification; leave head out", id="head"),
    ],
)
def test_bad_settings(tagger: Path, options: dict[str, str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        load(tagger, **{"backend": "onnx", **options})


def test_no_such_folder() -> None:
    with pytest.raises(UnknownNameError, match="no folder"):
        load_extractor("hf:./no/such", options={"backend": "onnx"})


def test_a_checkpoint_without_the_file(tagger: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tagger, tmp_path / "copy", ignore=shutil.ignore_patterns("*.onnx")))
    with pytest.raises(ExtractorError, match=r"no model.onnx and no onnx/model.onnx there; export it to ONNX"):
        load(copy, backend="onnx")


def test_the_network_of_another_task(tagger: Path, judge: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tagger, tmp_path / "copy"))
    shutil.copy(judge / "onnx" / "model.onnx", copy / "model.onnx")
    with pytest.raises(
        ExtractorError, match="gives scores of 2 dimensions, and those of a classifier of tokens have 3"
    ):
        load(copy, backend="onnx")


def test_a_network_with_other_labels_than_its_configuration(tagger: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tagger, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"id2label": {"0": "O", "1": "B-PER"}}))
    with pytest.raises(ExtractorError, match=r"the network has 5 labels and config.json names 2; mend"):
        load(copy, backend="onnx").extract(ARTICLES[:1])


def spoiled(folder: Path, copy: Path, head: str, spoil: Any) -> Path:
    """A copy with changed weights, and its ONNX file."""
    shutil.copytree(folder, copy)
    model = getattr(transformers, f"AutoModelFor{head}").from_pretrained(folder)
    with torch.no_grad():
        spoil(model.classifier.bias)
    model.save_pretrained(copy)
    return export_to_onnx(copy, head).parent


@pytest.mark.parametrize("backend", ["torch", "onnx"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_not_numbers_fail_the_article(
    tagger: Path, judge: Path, tmp_path: Path, backend: str, value: float
) -> None:
    def all_of_them(bias: Any) -> None:
        bias.fill_(value)

    tags = load(spoiled(tagger, tmp_path / "t", "TokenClassification", all_of_them), backend=backend)
    (found,) = run_jobs(tags, [Job(ARTICLES[0])])
    assert found.error == "its scores are not numbers (NaN or infinite)"
    stances = load(spoiled(judge, tmp_path / "j", "SequenceClassification", all_of_them), backend=backend)
    (found,) = run_jobs(stances, [Job(ARTICLES[0], pairs=tuple(PAIRS))])
    assert found.error == "its scores are not numbers (NaN or infinite)"


def test_a_label_that_is_ruled_out_is_no_fault(tagger: Path, tmp_path: Path) -> None:
    def one_of_them(bias: Any) -> None:
        bias[0] = -float("inf")

    (found,) = run_jobs(load(spoiled(tagger, tmp_path / "t", "TokenClassification", one_of_them)), [Job(ARTICLES[0])])
    assert found.error is None


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_tokenizer_that_knows_more_than_its_network(tagger: Path, tmp_path: Path, backend: str) -> None:
    copy = Path(shutil.copytree(tagger, tmp_path / "copy"))
    known = json.loads((copy / "config.json").read_text())["vocab_size"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(copy)
    tokenizer.add_tokens(["zebra"])
    tokenizer.save_pretrained(copy)
    texts = [Article(id="a", text="A zebra left."), ARTICLES[0]]
    failed, found = run_jobs(load(copy, backend=backend), [Job(text) for text in texts])
    assert (failed.error or "").startswith(
        f"its tokenizer gives the piece {known}, and its network knows only 0 to {known - 1}"
    )
    # What the network knows is read as before.
    assert found.annotations == load(tagger, backend=backend).extract(texts[1:])[0]


def test_a_damaged_configuration(tagger: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tagger, tmp_path / "copy"))
    (copy / "config.json").write_text("{")
    with pytest.raises(FormatError, match=r"config.json: not valid JSON .*; save the checkpoint again"):
        load(copy, backend="onnx")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"id2label": {"0": ["O"]}}, "id2label.0: found .*, expected the name of a label", id="label"),
        pytest.param({"id2label": {}}, "id2label: found {}, expected at least one label", id="no-label"),
        pytest.param({"num_labels": 10**9}, "num_labels: found 1000000000, expected a whole number from 1", id="many"),
        pytest.param({"architectures": 3}, "architectures: found 3, expected a list", id="architectures"),
        pytest.param({"max_position_embeddings": "x"}, "max_position_embeddings: found 'x'", id="positions"),
        pytest.param({"pad_token_id": 0.5}, "pad_token_id: found 0.5, expected a whole number", id="padding"),
    ],
)
def test_a_configuration_of_other_values(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(change))
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(FormatError, match=rf"hf:.*config.json: damaged at {said}.*; save the checkpoint again"):
        find_checkpoint(f"hf:{tmp_path}", backend="onnx")
