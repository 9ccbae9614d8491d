"""Tiny checkpoints of transformers with random or known weights, and their export to ONNX, for the tests of `hf:`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

# Networks this small lose more by sharing out their work than they gain, on a busy machine a hundred times as much.
torch.set_num_threads(1)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_tokenizer(text: str, *, longest: int = 64) -> Any:
    """A WordPiece tokenizer that knows the words and letters of a text."""
    words = dict.fromkeys(re.findall(r"\w+|[^\w\s]", text.lower()))
    letters = dict.fromkeys(letter for word in words for letter in word)
    pieces = dict.fromkeys([*SPECIAL, *words, *letters, *(f"##{letter}" for letter in letters)])
    wordpiece = tokenizers.BertWordPieceTokenizer({piece: at for at, piece in enumerate(pieces)}, lowercase=True)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=wordpiece._tokenizer,
        model_max_length=longest,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def bert_config(size: int, labels: Sequence[str], **more: Any) -> Any:
    """The configuration of a small BERT."""
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    return transformers.BertConfig(
        **{"vocab_size": size, "max_position_embeddings": 64, "initializer_range": 0.5, **sizes, **more},
        id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
    )


def random_classifier(folder: Path, head: str, labels: Sequence[str], text: str) -> Path:
    """A BERT with random weights, `head` being TokenClassification or SequenceClassification."""
    tokenizer = word_tokenizer(text)
    torch.manual_seed(3)
    model = getattr(transformers, f"BertFor{head}")(bert_config(len(tokenizer), labels))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def word_counter(folder: Path, words: Mapping[str, str], labels: Sequence[str], *, known: Iterable[str] = ()) -> Path:
    """A text classifier whose label is that of most of the words that it reads: a BERT with even attention.

    Args:
        folder: where it is written.
        words: the label that a word speaks for.
        labels: all labels; without a word that speaks the first is the most probable.
        known: further words that its tokenizer knows.
    """
    tokenizer = word_tokenizer(" ".join([*words, *known]))
    size = len(tokenizer)
    layers = {"hidden_size": size, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    model = transformers.BertForSequenceClassification(bert_config(size, labels, **layers))
    same = torch.eye(size)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.bert.embeddings.word_embeddings.weight.copy_(same)
        for name, parameter in model.named_parameters():
            if name.endswith("LayerNorm.weight"):
                parameter.fill_(1.0)
        # Nothing is asked and all keys are alike, so each piece is looked at as much as any other.
        attention = model.bert.encoder.layer[0].attention
        attention.self.value.weight.copy_(same)
        attention.output.dense.weight.copy_(same)
        model.bert.pooler.dense.weight.copy_(same)
        model.classifier.bias[0] = 0.01
        for word, label in words.items():
            # Against a piece that is never there, because normalising moves what is absent below 0.
            own = model.classifier.weight[list(labels).index(label)]
            own[tokenizer.convert_tokens_to_ids(word)] += 1.0
            own[tokenizer.mask_token_id] -= 1.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def export_to_onnx(folder: Path, head: str, file: str = "model.onnx") -> Path:
    """Write the network of a checkpoint as an ONNX file beside its weights, as optimum does."""
    model = getattr(transformers, f"AutoModelFor{head}").from_pretrained(folder)
    names = ["input_ids", "attention_mask", "token_type_ids"]

    class Positional(torch.nn.Module):
        """The network with its inputs in order."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: Any) -> Any:
            return self.model(**dict(zip(names, given, strict=True))).logits

    ids = torch.full((2, 9), 5)
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    sizes = {0: "batch", 1: "length"}
    axes = dict.fromkeys(names, sizes) | {"logits": sizes if head == "TokenClassification" else {0: "batch"}}
    with warnings.catch_warnings():
        # Tracing warns about what is constant, and the exporter about its successor.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Positional().eval(),
            (ids, torch.ones_like(ids), torch.zeros_like(ids)),
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    return path
