"""The network of `ner-base` in torch and 32 bits: for `transformers.pipeline`, and for evalkit's own decoding.

The weights are those of `model.onnx`, multiplied out: the same weights in other arithmetic (the checkpoint of the
training is not distributed). Reading them needs `onnx` (`pip install onnx`); the rest needs torch and transformers. A
stock BERT lacks the features that tell an uncased encoder how a word was written. `FeatureTagger` and
`FeatureTokenizer` add them, so that the pipeline has the network of `ner-base`; `save_stock` writes what stock classes
can hold of it, for a process that is to load no code but that of transformers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    TokenClassificationPipeline,
    pipeline,
)
from transformers.modeling_outputs import TokenClassifierOutput
from transformers.models.auto.modeling_auto import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES

from evalkit.extractors.shipped.model_folder import MODELS
from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.threads import Once
from evalkit.text.windows import FEATURE_SIZES, features, find_words

__all__ = ["FOLDER", "LONGEST", "STRIDE", "FeatureTagger", "TorchExtractor", "pipeline_of", "save_stock", "tagger_of"]

FOLDER = MODELS / "ner-base"
LONGEST = 512
"""Pieces in a window of the pipeline, as BERT tokenizers come."""
STRIDE: int = json.loads((FOLDER / "ner.json").read_text(encoding="utf-8"))["overlap"]
"""How many pieces a window of the pipeline shares with the next: as many as in evalkit."""
_PARTS = {
    "output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}


def float_weights(path: Path) -> dict[str, Tensor]:
    """The weights of an exported model in 32 bits, under the names of `FeatureTagger`."""
    try:
        import onnx
    except ImportError:
        raise SystemExit("onnx is not installed, and the weights cannot be read without it: pip install onnx") from None
    graph = onnx.load(path).graph
    stored = {item.name: onnx.numpy_helper.to_array(item) for item in graph.initializer}
    found = {name: value for name, value in stored.items() if value.dtype == np.float32}
    for node in graph.node:
        if (weight := _multiplied_out(node, stored)) is not None:
            found[node.name.strip("/").rsplit("/", 1)[0]] = weight
    found["words"] = stored["words.bytes_"] * stored["words.scale"]
    made = {name: torch.from_numpy(np.array(value)) for name, value in _renamed(found).items()}
    made["bert.embeddings.token_type_embeddings.weight"] = torch.zeros(2, made["classifier.weight"].shape[1])
    return made


def _multiplied_out(node: Any, stored: dict[str, NDArray[Any]]) -> NDArray[np.float32] | None:
    """The weight of one product, [in, out], if the node is one: whole numbers less their zero, times their scale."""
    names = list(node.input)
    if node.op_type == "MatMulNBits":  # [out, blocks, block], with 128 for zero and a scale for each block
        blocks, scales = stored[names[1]].astype(np.float32) - 128, stored[names[2]].reshape(stored[names[1]].shape[:2])
        return (blocks * scales[..., None]).reshape(len(blocks), -1).T
    if node.op_type == "QAttention":
        bytes_, scale, zero = stored[names[1]], stored[names[4]], stored[names[7]]
    elif node.op_type == "MatMulInteger":
        bytes_, zero = stored[names[1]], stored[names[3]]
        scale = stored[names[1].removesuffix("_quantized") + "_scale"]
    elif node.op_type == "MatMul":
        bytes_, scale, zero = stored[f"{names[1]}_bytes"], stored[f"{names[1]}_scale"], np.zeros(1, np.int8)
    else:
        return None
    return (bytes_.astype(np.float32) - zero.astype(np.float32)) * scale


def _renamed(found: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """From the names of the export to those of `BertForTokenClassification`."""
    made = {
        "bert.embeddings.word_embeddings.weight": found["words"],
        "bert.embeddings.position_embeddings.weight": found["positions.weight"],
        "classifier.weight": found["classifier"].T,
        "classifier.bias": found["classifier.bias"],
    }
    for kind in ("weight", "bias"):
        made[f"bert.embeddings.LayerNorm.{kind}"] = found[f"embedding_norm.{kind}"]
    for number in range(len(FEATURE_SIZES)):
        made[f"early.{number}.weight"] = found[f"features.{number}.weight"]
        made[f"late.{number}.weight"] = found[f"late.{number}.weight"]
    for layer in range(sum(name.endswith("_quant") for name in found)):
        theirs, ours = f"bert.encoder.layer.{layer}", f"blocks.{layer}"
        weights = np.split(found[f"Attention_{layer}_quant"], 3, axis=1)
        biases = np.split(found[f"Attention_{layer}_qkv_bias"], 3)
        for part, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
            made[f"{theirs}.attention.self.{part}.weight"] = weight.T
            made[f"{theirs}.attention.self.{part}.bias"] = bias
        for part, name in _PARTS.items():
            own = found[f"{ours}.{part}.weight"] if part.endswith("norm") else found[f"{ours}/{part}"].T
            made[f"{theirs}.{name}.weight"], made[f"{theirs}.{name}.bias"] = own, found[f"{ours}.{part}.bias"]
    return made


class FeatureTagger(BertForTokenClassification):
    """Stock BERT with the features added to what goes in and, once more, to what the classifier reads."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.early = nn.ModuleList(nn.Embedding(size, config.hidden_size) for size in FEATURE_SIZES)
        self.late = nn.ModuleList(nn.Embedding(size, config.hidden_size) for size in FEATURE_SIZES)
        self.post_init()

    def forward(self, input_ids: Tensor, features: Tensor, **rest: Any) -> TokenClassifierOutput:
        """Tag scores [batch, length, tags] for piece ids [batch, length] and feature ids [batch, length, kinds]."""
        embedded = self.bert.get_input_embeddings()(input_ids) + _summed(self.early, features)
        hidden = self.bert(inputs_embeds=embedded, **rest)[0]
        return TokenClassifierOutput(logits=self.classifier(hidden + _summed(self.late, features)))


def _summed(tables: nn.ModuleList, ids: Tensor) -> Tensor:
    return torch.stack([table(ids[..., kind]) for kind, table in enumerate(tables)]).sum(dim=0)


class FeatureTokenizer(PreTrainedTokenizerFast):
    """The tokenizer of the model, which also says how the word of each piece is written."""

    def __call__(self, text: str, **rest: Any) -> Any:
        """The encoding of one text, with `features` [windows, length, kinds]; the caller asks for offsets."""
        encoding = super().__call__(text, **rest)
        offsets = encoding["offset_mapping"].numpy()
        words = find_words(text)
        table = np.concatenate([features(text, words), np.zeros((1, len(FEATURE_SIZES)), np.int64)])
        owner = np.searchsorted(words.starts, offsets[..., 0], side="right") - 1
        owner[offsets[..., 0] == offsets[..., 1]] = -1
        encoding["features"] = torch.from_numpy(table[owner])
        return encoding


MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES["ner-base"] = FeatureTagger.__name__
"""The pipeline complains about models that are not listed."""


def _config() -> BertConfig:
    """The sizes of MiniLM-L6 with the tags of the model."""
    labels = json.loads((FOLDER / "ner.json").read_text(encoding="utf-8"))["labels"]
    tags = ["O", *(f"{mark}-{label}" for label in labels for mark in "BI")]
    return BertConfig(
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        id2label=dict(enumerate(tags)),
        label2id={tag: number for number, tag in enumerate(tags)},
    )


def tagger_of(kind: type[BertForTokenClassification] = FeatureTagger) -> BertForTokenClassification:
    """The network of `ner-base`, or as much of it as `kind` has a place for."""
    model = kind(_config())
    stock = set(model.state_dict())
    model.load_state_dict(
        {name: value for name, value in float_weights(FOLDER / "model.onnx").items() if name in stock}
    )
    return model.eval()


def _tokenizer(kind: type[PreTrainedTokenizerFast]) -> PreTrainedTokenizerFast:
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "cls", "sep", "pad", "mask")}
    return kind(
        tokenizer_object=Tokenizer.from_file(str(FOLDER / "tokenizer.json")), model_max_length=LONGEST, **special
    )


def pipeline_of(model: BertForTokenClassification, *, stride: int | None) -> TokenClassificationPipeline:
    """A token classification pipeline; without a stride it cuts off what does not fit, as is its default.

    `first` is the aggregation that its documentation names for networks that were trained on whole words.
    """
    options = {} if stride is None else {"stride": stride}
    tokenizer = _tokenizer(FeatureTokenizer)
    return pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first", **options)


def save_stock(folder: Path) -> None:
    """A checkpoint of stock classes in `folder`, for a process that has nothing but transformers."""
    tagger_of(BertForTokenClassification).save_pretrained(folder)
    _tokenizer(PreTrainedTokenizerFast).save_pretrained(folder)


class TorchExtractor(NerExtractor):
    """`ner-base` with the network in torch: evalkit's windows, tags and mentions.

    Attributes:
        windows: how many windows that network has read.
    """

    def __init__(self, model: BertForTokenClassification) -> None:
        super().__init__(name="ner-base in torch", threads=1)
        self.windows = 0
        tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))

        def score(pieces: NDArray[np.int64], kinds: NDArray[np.int64]) -> NDArray[np.float32]:
            self.windows += 1
            with torch.inference_mode():
                return model(torch.from_numpy(pieces), torch.from_numpy(kinds)).logits.numpy()

        self._loaded = Once(lambda: (tokenizer, score))
