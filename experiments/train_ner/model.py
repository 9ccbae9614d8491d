"""The network of `ner-base`: a BERT encoder that also sees how words are written.

The pretrained encoder is uncased, so capital letters reach it only through the shape features: each word piece
carries its word's feature ids (see `evalkit.text.windows`), whose embeddings are added to the input
embeddings and, once more, to what the classifier reads.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

_BERT_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}
"""What the parts of a `Block` are called in a BERT checkpoint."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; the defaults are those of MiniLM-L6."""

    vocab: int = 30522
    positions: int = 512
    width: int = 384
    layers: int = 6
    heads: int = 12
    inner: int = 1536
    features: tuple[int, ...] = ()
    tags: int = 17
    dropout: float = 0.1


class Block(nn.Module):
    """One post-norm transformer layer, as in BERT."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.output = nn.Linear(shape.width, shape.width)
        self.attention_norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """The next hidden states, [batch, length, width]; `mask` is true where a piece may be attended to."""
        batch, length, width = x.shape
        query, key, value = (
            layer(x).view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        if torch.onnx.is_in_onnx_export():
            # Spelt out in the form that ONNX Runtime's optimiser knows as attention.
            scores = torch.matmul(query, key.transpose(-1, -2)) / (width // self.heads) ** 0.5
            mixed = torch.matmul(torch.softmax(scores, dim=-1), value)
        else:
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        x = self.attention_norm(x + self.dropout(self.output(mixed)))
        return self.norm(x + self.dropout(self.down(functional.gelu(self.up(x)))))


def with_features(x: Tensor, tables: nn.ModuleList, features: Tensor) -> Tensor:
    """States [batch, length, width] with the embeddings of feature ids [batch, length, kinds] added."""
    for kind, table in enumerate(tables):
        x = x + table(features[:, :, kind])
    return x


def through(blocks: nn.ModuleList, x: Tensor, mask: Tensor | None) -> Tensor:
    """States after all blocks; `mask` [batch, length] is true where a piece may be attended to."""
    attended = None if mask is None else mask[:, None, None, :]
    for block in blocks:
        x = block(x, attended)
    return x


class Tagger(nn.Module):
    """Scores of the BIO tags for every word piece."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocab, shape.width)
        self.positions = nn.Embedding(shape.positions, shape.width)
        self.features = nn.ModuleList(nn.Embedding(size, shape.width) for size in shape.features)
        self.late = nn.ModuleList(nn.Embedding(size, shape.width) for size in shape.features)
        self.embedding_norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.classifier = nn.Linear(shape.width, shape.tags)
        self.dropout = nn.Dropout(shape.dropout)
        for table in (*self.features, *self.late):
            nn.init.zeros_(table.weight)
        nn.init.normal_(self.classifier.weight, std=0.02)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, pieces: Tensor, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Tag scores [batch, length, tags] for piece ids [batch, length] and feature ids [batch, length, kinds]."""
        positions = torch.arange(pieces.shape[1], device=pieces.device)
        x = self.words(pieces) + self.positions(positions)
        x = self.dropout(self.embedding_norm(with_features(x, self.features, features)))
        x = with_features(through(self.blocks, x, mask), self.late, features)
        scores: Tensor = self.classifier(self.dropout(x))
        return scores


def package_folder(name: str) -> Path:
    """The folder of an installed package.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"pip install {name}")
    return Path(spec.origin).parent


def bert_layers(source: Mapping[str, Tensor], layers: Iterable[int]) -> dict[str, Tensor]:
    """Weights of some layers of a BERT checkpoint under the names that a list of `Block` has for them."""
    return {
        f"{number}.{ours}.{kind}": source[f"encoder.layer.{layer}.{theirs}.{kind}"]
        for number, layer in enumerate(layers)
        for ours, theirs in _BERT_NAMES.items()
        for kind in ("weight", "bias")
    }


def load_pretrained(shape: Shape, weights: Path) -> Tagger:
    """A `Tagger` with the encoder weights of a BERT checkpoint in safetensors; the rest starts at zero."""
    source = load_file(str(weights))
    model = Tagger(shape)
    state = model.state_dict()
    state["words.weight"] = source["embeddings.word_embeddings.weight"]
    token_type = source["embeddings.token_type_embeddings.weight"][0]
    state["positions.weight"] = source["embeddings.position_embeddings.weight"] + token_type
    for kind in ("weight", "bias"):
        state[f"embedding_norm.{kind}"] = source[f"embeddings.LayerNorm.{kind}"]
    model.load_state_dict(state)
    model.blocks.load_state_dict(bert_layers(source, range(shape.layers)))
    return model
