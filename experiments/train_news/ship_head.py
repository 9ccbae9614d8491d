"""Writes a trained head as evalkit ships it: an ONNX graph with its weights in 8 bits.

Most products are computed in 8 bits with the scale of the activations taken from the passage at hand, as in `ner-base`.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from export import quantize
from torch import nn

WIDTH, ATTENTION_HEADS = 384, 12


def export_head(head: nn.Module, path: Path, *, kinds: int, scores: Mapping[int, str]) -> None:
    """Write `head` to `path`.

    Args:
        head: a network of hidden states [1, length, width] and features [1, length, kinds].
        path: the ONNX file.
        kinds: how many features there are.
        scores: the dimensions of the scores that change with the length, with their names; none for one answer.
    """
    from onnxruntime.transformers.optimizer import optimize_model

    head.eval()
    inputs = (torch.randn((1, 20, WIDTH)), torch.ones((1, 20, kinds), dtype=torch.long))
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw, fused = Path(scratch) / "raw.onnx", Path(scratch) / "fused.onnx"
        torch.onnx.export(
            head,
            inputs,
            str(raw),
            input_names=["hidden", "features"],
            output_names=["scores"],
            dynamic_axes={"hidden": {1: "length"}, "features": {1: "length"}, "scores": dict(scores)},
            opset_version=17,
            dynamo=False,
        )
        optimize_model(str(raw), model_type="bert", num_heads=ATTENTION_HEADS, hidden_size=WIDTH).save_model_to_file(
            str(fused)
        )
        quantize(fused, path)
