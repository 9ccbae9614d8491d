"""Networks that go on where the shared half of `ner-base` ends: a few transformer layers and a linear answer.

They read hidden states (see `evalkit.extractors.shipped.shared_encoder`) and a few feature ids for each word piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from model import Block, Shape, bert_layers, through, with_features
from safetensors.torch import load_file
from torch import Tensor, nn


class Head(nn.Module):
    """Scores for every word piece from hidden states and features."""

    def __init__(self, features: tuple[int, ...], outputs: int, *, layers: int = 3, dropout: float = 0.1) -> None:
        super().__init__()
        shape = Shape(dropout=dropout)
        self.features = nn.ModuleList(nn.Embedding(size, shape.width) for size in features)
        self.late = nn.ModuleList(nn.Embedding(size, shape.width) for size in features)
        self.norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(layers))
        self.classifier = nn.Linear(shape.width, outputs)
        self.dropout = nn.Dropout(dropout)
        for table in self.late:
            nn.init.zeros_(table.weight)
        for table in self.features:
            nn.init.normal_(table.weight, std=0.02)
        nn.init.normal_(self.classifier.weight, std=0.02)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, hidden: Tensor, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Scores [batch, length, outputs] for hidden states [batch, length, width] and ids [batch, length, kinds]."""
        x = self.dropout(self.norm(with_features(hidden, self.features, features)))
        x = with_features(through(self.blocks, x, mask), self.late, features)
        scores: Tensor = self.classifier(self.dropout(x))
        return scores


def start_from(head: Head, weights: Path, *, layers: int = 6) -> None:
    """Give the blocks the weights of the upper layers of a BERT checkpoint in safetensors."""
    source = load_file(str(weights))
    head.blocks.load_state_dict(bert_layers(source, range(layers - len(head.blocks), layers)))


def layers_in(state: Mapping[str, Tensor]) -> int:
    """How many blocks a saved network over hidden states has."""
    return len({name for name in state if name.endswith("query.bias")})


class StanceHead(nn.Module):
    """Scores of the stance labels for a passage: linear in the means over its pieces and over those of the target."""

    def __init__(self, head: Head, labels: int) -> None:
        super().__init__()
        self.head, self.labels = head, labels

    def forward(self, hidden: Tensor, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Label scores [batch, labels]; the first feature of a piece of the target is 2, 0 marks padding."""
        scores = self.head(hidden, features, mask)
        inside = (features[:, :, 0] > 0).to(scores.dtype).unsqueeze(-1)
        target = (features[:, :, 0] == 2).to(scores.dtype).unsqueeze(-1)

        def mean(values: Tensor, chosen: Tensor) -> Tensor:
            return (values * chosen).sum(dim=1) / torch.clamp(chosen.sum(dim=1), min=1.0)

        return mean(scores[:, :, : self.labels], inside) + mean(scores[:, :, self.labels :], target)
