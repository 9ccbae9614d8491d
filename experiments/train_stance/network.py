"""The network of `stance-base`: the encoder of `ner-base`'s training with one answer for a marked target.

The answer is a linear function of the first piece and of the mean over the pieces of the target (its mentions in the
passage and its name behind it).
"""

from __future__ import annotations

from pathlib import Path

import torch
from model import Shape, Tagger, load_pretrained
from safetensors.torch import load_file
from torch import Tensor, nn

from evalkit.extractors.shipped.stances.encoding import FEATURE_SIZES, LABELS

_TARGET, _NAME = 2, 3
SHAPE = Shape(features=FEATURE_SIZES, tags=2 * len(LABELS))


class Judge(nn.Module):
    """Scores of the labels for each passage."""

    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        self.tagger = tagger

    def forward(self, pieces: Tensor, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Label scores [batch, 3] for piece ids [batch, length] and feature ids [batch, length, 2]."""
        scores = self.tagger(pieces, features, mask)
        chosen = (features[:, :, 0] >= _TARGET).to(scores.dtype).unsqueeze(-1)
        target = (scores[:, :, len(LABELS) :] * chosen).sum(dim=1) / chosen.sum(dim=1).clamp_min(1.0)
        return scores[:, 0, : len(LABELS)] + target  # type: ignore[no-any-return]


def pretrained(weights: Path, *, dropout: float) -> Judge:
    """A network with the encoder of a BERT checkpoint; the name starts with what that has for a second segment."""
    shape = Shape(features=FEATURE_SIZES, tags=2 * len(LABELS), dropout=dropout)
    tagger = load_pretrained(shape, weights)
    segments = load_file(str(weights))["embeddings.token_type_embeddings.weight"]
    with torch.no_grad():
        tagger.features[0].weight[_NAME] = segments[1] - segments[0]
        tagger.features[0].weight[_TARGET].normal_(std=0.02)
    return Judge(tagger)
