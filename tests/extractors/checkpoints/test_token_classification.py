"""`hf:`: tiny checkpoints whose tags are known: the tag of a piece depends on the piece alone."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import ExtractorError, InputError, MissingExtraError, UnknownNameError
from evalkit.extractors.checkpoints.token_classification import TransformersExtractor
from evalkit.extractors.table import load_extractor
from evalkit.origin import install_command
from evalkit.records import Article

torch = pytest.importorskip("torch", reason="hf: needs the extra torch")
transformers = pytest.importorskip("transformers", reason="hf: needs the extra torch")
tokenizers = pytest.importorskip("tokenizers")

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def wordpiece() -> Any:
    pieces = ["ida", "moen", "##s", "os", "##lo", "zoe", "left", ".", "-", "'", "s", "and", "bergen"]
    tokenizer = tokenizers.BertWordPieceTokenizer(
        {piece: number for number, piece in enumerate([*SPECIAL, *pieces])}, lowercase=True
    )
    return tokenizer._tokenizer


def bytes_only() -> Any:
    """Every byte is a piece, as for a byte-level BPE that has merged nothing: most characters are several pieces."""
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, *letters])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return _with_special(tokenizer)


def metaspace() -> Any:
    """Pieces begin with the space before them, as in XLM-R; unknown characters are runs."""
    pieces = ["▁Ida", "▁Moen", "▁Os", "lo", "▁left", ".", "▁", "s", "'"]
    scores = [(piece, -1.0 - number / 100) for number, piece in enumerate([*SPECIAL, *pieces])]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram(scores, unk_id=1))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    return _with_special(tokenizer)


def _with_special(tokenizer: Any) -> Any:
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def save(folder: Path, tokenizer: Any, tags: Mapping[str, str], *, labels: list[str] = LABELS, **options: Any) -> Path:
    """A BERT without layers: an embedding that is 1 at the number of the piece, and a table of tags, O by default."""
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    size = tokenizer.get_vocab_size()
    config = transformers.BertConfig(
        vocab_size=size,
        hidden_size=size,
        num_hidden_layers=0,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={n: i for i, n in enumerate(labels)},
    )
    model = transformers.BertForTokenClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.bert.embeddings.word_embeddings.weight.copy_(torch.eye(size))
        model.bert.embeddings.LayerNorm.weight.fill_(1.0)
        model.classifier.bias[0] = 0.5
        for piece, tag in tags.items():
            model.classifier.weight[labels.index(tag), tokenizer.token_to_id(piece)] = 1.0
    model.save_pretrained(folder, **options)
    fast.save_pretrained(folder)
    return folder


BERT_TAGS = {
    "ida": "B-PER",
    "moen": "I-PER",
    "os": "B-LOC",
    "##lo": "B-PER",
    "zoe": "B-PER",
    "bergen": "I-LOC",
    "-": "I-LOC",
}


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("bert"), wordpiece(), BERT_TAGS)


@pytest.fixture(scope="module")
def folders(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    byte_tags = {"I": "B-PER", "M": "I-PER", "O": "B-LOC", "d": "B-LOC", "ð": "B-LOC"}
    space_tags = {"▁Ida": "B-PER", "▁Moen": "I-PER", "▁Os": "B-LOC"}
    return {
        "wordpiece": bert,
        "bytes": save(tmp_path_factory.mktemp("bytes"), bytes_only(), byte_tags),
        "metaspace": save(tmp_path_factory.mktemp("metaspace"), metaspace(), space_tags),
    }


def load(folder: Path, **options: str) -> TransformersExtractor:
    extractor = load_extractor(f"hf:{folder}", options=options)
    assert isinstance(extractor, TransformersExtractor)
    return extractor


def surfaces(extractor: TransformersExtractor, text: str) -> list[tuple[str, str]]:
    (found,) = extractor.extract([Article(id="a", text=text)])
    return [(text[s.start : s.end], entity.label) for entity in found.entities or () for s in entity.spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Ida Moen left Oslo.", [("Ida Moen", "PER"), ("Oslo", "LOC")], id="a word has the tag of its first piece"
        ),
        pytest.param("Moens left", [("Moens", "PER")], id="I- that continues nothing begins"),
        pytest.param("Ida Ida", [("Ida", "PER"), ("Ida", "PER")], id="B- begins"),
        pytest.param("Oslo-Bergen", [("Oslo-Bergen", "LOC")], id="punctuation inside"),
        pytest.param("Ida Bergen", [("Ida", "PER"), ("Bergen", "LOC")], id="I- of another label begins"),
        pytest.param(
            "🙂🙂 Zoe\u0308\u00a0and\tZoë.", [("Zoe\u0308", "PER"), ("Zoë", "PER")], id="not all one code point"
        ),
        pytest.param("Ida\r\n\r\nMoen", [("Ida\r\n\r\nMoen", "PER")], id="line ends are white space"),
        pytest.param("Ida's", [("Ida", "PER")], id="possessive"),
        pytest.param(" \n ", [], id="nothing but white space"),
        pytest.param("", [], id="empty"),
        pytest.param("\u0301", [], id="nothing but what the tokenizer drops"),
        pytest.param("[SEP] Ida [CLS]", [("Ida", "PER")], id="special pieces in the text"),
    ],
)
def test_wordpiece(bert: Path, text: str, expected: list[tuple[str, str]]) -> None:
    assert surfaces(load(bert), text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param("bytes", "Ida Moen left Oslo.", [("Ida Moen", "PER"), ("Oslo", "LOC")], id="bytes"),
        # 🙂 is the bytes f0 9f 99 82; the alphabet writes f0 as ð.
        pytest.param("bytes", "x 🙂 Oslo", [("🙂", "LOC"), ("Oslo", "LOC")], id="a character of four pieces"),
        pytest.param("metaspace", "Ida Moen left Oslo.", [("Ida Moen", "PER"), ("Oslo", "LOC")], id="metaspace"),
        pytest.param("metaspace", "🙂 Ida  Oslo", [("Ida", "PER"), ("Oslo", "LOC")], id="metaspace and emoji"),
    ],
)
def test_other_tokenizers(folders: dict[str, Path], kind: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert surfaces(load(folders[kind]), text) == expected


ALPHABET = st.text(alphabet=st.sampled_from(list("IdaMoenOslo .-'\n\t🙂ëéİß\u0301中\u200d\ud83d")), max_size=60)


@pytest.mark.parametrize("kind", ["wordpiece", "bytes", "metaspace"])
@settings(max_examples=40)
@given(text=ALPHABET)
def test_windows_change_nothing_and_spans_fit(folders: dict[str, Path], kind: str, text: str) -> None:
    wide, narrow = extractor_of(folders[kind], 64), extractor_of(folders[kind], 8)
    if any("\ud800" <= char <= "\udfff" for char in text):
        # A lone half of a surrogate pair is no character that a tokenizer could read.
        text = text.encode("utf-16", "replace").decode("utf-16", "replace")
    (whole,), (cut,) = (extractor.extract([Article(id="a", text=text)]) for extractor in (wide, narrow))
    assert [(e.spans, e.label) for e in whole.entities] == [(e.spans, e.label) for e in cut.entities]
    for entity in whole.entities:
        (span,) = entity.spans
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip() == text[span.start : span.end]


_loaded: dict[tuple[Path, int], TransformersExtractor] = {}


def extractor_of(folder: Path, length: int) -> TransformersExtractor:
    if (folder, length) not in _loaded:
        _loaded[folder, length] = load(folder, length=str(length))
    return _loaded[folder, length]


def test_nothing_of_a_long_text_is_cut_off(bert: Path) -> None:
    text = "Ida left Oslo. " * 300
    assert surfaces(load(bert), text) == [("Ida", "PER"), ("Oslo", "LOC")] * 300


def test_order_and_batch_change_nothing(bert: Path) -> None:
    articles = [Article(id=str(n), text="Ida Moen left Oslo. " * n) for n in (1, 40, 3, 0, 7)]
    alone = [load(bert).extract([article])[0] for article in articles]
    for batch in ("1", "2", "100"):
        extractor = load(bert, batch=batch)
        assert extractor.extract(articles) == alone
        assert list(extractor.extract(articles[::-1]))[::-1] == alone


def test_as_the_pipeline_of_transformers_has_it(bert: Path) -> None:
    text = "Ida Moen and Moens left Oslo and Zoë's Bergen."
    pipeline = transformers.pipeline(
        "token-classification", model=str(bert), aggregation_strategy="first", device="cpu"
    )
    theirs = [(found["start"], found["end"], found["entity_group"]) for found in pipeline(text)]
    (found,) = load(bert).extract([Article(id="a", text=text)])
    assert [(*entity.spans[0], entity.label) for entity in found.entities] == theirs


def test_half_precision(bert: Path) -> None:
    assert surfaces(load(bert, dtype="bfloat16", device="cpu"), "Ida left Oslo") == [("Ida", "PER"), ("Oslo", "LOC")]


def test_facts_and_fingerprint(bert: Path, tmp_path: Path) -> None:
    extractor = load(bert, device="cpu")
    facts = extractor.facts()
    # Windows of 64 pieces, as many as the network has positions, share a quarter.
    assert (facts["length"], facts["stride"], facts["device"], facts["revision"]) == (64, 16, "cpu", "")
    copy = Path(shutil.copytree(bert, tmp_path / "copy"))
    assert load(copy, device="cpu").fingerprint() == extractor.fingerprint()
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(
        json.dumps(config | {"id2label": dict(enumerate(["O", "B-X", "I-X", "B-Y", "I-Y"]))})
    )
    changed = load(copy, device="cpu").fingerprint()
    assert len({extractor.fingerprint(), changed, load(bert, device="cpu", stride="8").fingerprint()}) == 3


def test_a_folder_is_read_without_the_network(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert surfaces(load(bert), "Ida") == [("Ida", "PER")]


def test_a_hub_id_is_pinned_to_the_revision_that_came(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []
    folder = Path(shutil.copytree(bert, tmp_path / "snapshots" / "0123abcd"))

    def fetch(name: str, *, revision: str | None, **_: object) -> str:
        asked.append((name, revision))
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    extractor = load_extractor("hf:owner/model@v1")
    assert asked == [("owner/model", "v1")]
    assert isinstance(extractor, TransformersExtractor)
    assert (extractor.facts()["checkpoint"], extractor.facts()["revision"]) == ("owner/model", "0123abcd")


# What cannot be used.


def test_pickled_weights_are_refused(bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bert, tmp_path / "copy"))
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ExtractorError, match="no safetensors weights; evalkit does not read pickle"):
        load(copy)


def test_a_checkpoint_without_a_trained_classifier_is_refused(bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bert, tmp_path / "copy"))
    transformers.BertForTokenClassification.from_pretrained(bert).bert.save_pretrained(copy)
    with pytest.raises(ExtractorError, match=r"is a BertModel, neither"):
        load(copy)
    with pytest.raises(ExtractorError, match=r"no trained token classifier: 2 weights are missing, such as classifier"):
        load(copy, head="tokens")


def test_code_in_a_checkpoint_is_never_run(bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bert, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    for name in ("AutoConfig", "AutoModelForTokenClassification"):
        config.setdefault("auto_map", {})[name] = "evil.Evil"
    (copy / "config.json").write_text(json.dumps(config | {"model_type": "evil"}))
    (copy / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ExtractorError):
        load(copy)
    assert not (tmp_path / "ran").exists()


def test_labels_without_names_are_refused_with_the_setting_that_names_them(tmp_path: Path) -> None:
    folder = save(tmp_path, wordpiece(), {}, labels=["LABEL_0", "LABEL_1"])
    with pytest.raises(ExtractorError, match=r"what LABEL_0, LABEL_1 mean.*--set labels=LABEL_0=O,LABEL_1=B-PER does$"):
        load(folder)


def test_labels_that_are_named_by_who_runs_it(bert: Path, tmp_path: Path) -> None:
    named = Path(shutil.copytree(bert, tmp_path / "copy"))
    config = json.loads((named / "config.json").read_text())
    numbers = {f"LABEL_{number}": name for number, name in config["id2label"].items()}
    config["id2label"] = {number: f"LABEL_{number}" for number in config["id2label"]}
    (named / "config.json").write_text(json.dumps(config))
    labels = ",".join(f"{label}={tag}" for label, tag in numbers.items())
    (tmp_path / "tags.toml").write_text("".join(f'{label} = "{tag}"\n' for label, tag in numbers.items()))
    text = Article(id="a", text="Ida Moen left Oslo.")
    expected = load(bert).extract([text])
    for option in (labels, str(tmp_path / "tags.toml")):
        extractor = load(named, labels=option)
        assert extractor.extract([text]) == expected
        assert "LABEL_0→" in str(extractor.facts()["labels"])
    other = load(named, labels=labels.replace("PER", "ORG"))
    assert other.fingerprint() != extractor.fingerprint()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id2label": {"0": "O", "1": "B-PER"}}, r"config.json names 2 labels, its weights have \d+; mend id2label$"),
        (
            {"max_position_embeddings": 8},
            r"its weights do not fit its config.json: .* is of size \[.*\], by config.json \[",
        ),
    ],
)
def test_a_configuration_of_other_weights_is_named(
    bert: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    copy = Path(shutil.copytree(bert, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text()) | change
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ExtractorError, match=said):
        load(copy)


def test_a_checkpoint_without_tokenizer_files_is_refused(bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bert, tmp_path / "copy", ignore=shutil.ignore_patterns("tokenizer*", "vocab*")))
    with pytest.raises(ExtractorError, match=r"no tokenizer files.*save_pretrained"):
        load(copy)


@pytest.mark.parametrize("architecture", ["BertForMaskedLM", "BertModel", "T5ForConditionalGeneration"])
def test_a_checkpoint_that_is_no_classifier_is_refused(bert: Path, tmp_path: Path, architecture: str) -> None:
    copy = Path(shutil.copytree(bert, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "architectures": [architecture]}))
    with pytest.raises(ExtractorError, match=f"{architecture}, neither a token nor a text classifier"):
        load(copy)


@pytest.mark.parametrize(
    ("spec", "options", "error", "said"),
    [
        pytest.param("hf:./no/such/folder", {}, UnknownNameError, "no folder", id="no folder"),
        pytest.param("hf:", {}, ExtractorError, "no config.json", id="empty is the current folder"),
        pytest.param("hf:BERT", {"device": "abacus"}, InputError, "unknown device 'abacus'", id="unknown device"),
        pytest.param("hf:BERT", {"dtype": "int3"}, InputError, "float32, bfloat16, float16", id="unknown dtype"),
        pytest.param("hf:BERT", {"stride": "60"}, InputError, "share 60", id="stride too wide"),
        pytest.param("hf:BERT", {"length": "4"}, InputError, "windows of 4", id="window too small"),
        pytest.param("hf:BERT", {"bacth": "4"}, InputError, "did you mean 'batch'", id="unknown option"),
    ],
)
def test_bad_spellings(
    bert: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spec: str,
    options: dict[str, str],
    error: type[Exception],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=said):
        load_extractor(spec.replace("BERT", str(bert)), options=options)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "evalkit.extractors.checkpoints.source.find_spec", lambda name: None if name == "torch" else name
    )
    with pytest.raises(MissingExtraError, match=re.escape(install_command("torch"))):
        load_extractor("hf:anything")
