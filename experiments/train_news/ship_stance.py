"""Writes the trained stance network of `news-base` as evalkit ships it.

python ship_stance.py --out OUT --to FOLDER [--threshold 0.6]       (PYTHONPATH: the repository, ../train_ner)
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from heads import Head, StanceHead, layers_in
from ship_head import export_head

from evalkit.extractors.shipped.stances.encoding import FEATURE_SIZES, LABELS


def main() -> None:
    """Export the weights and the settings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder with stance.pt")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--size", type=int, default=160, help="word pieces of a passage, as in training")
    parser.add_argument("--threshold", type=float, default=0.6, help="see ../train_stance/threshold.py")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    state = torch.load(options.out / "stance.pt", weights_only=True)
    model = StanceHead(Head(FEATURE_SIZES, 2 * len(LABELS), layers=layers_in(state)), len(LABELS))
    model.load_state_dict(state)
    export_head(model, options.to / "model.onnx", kinds=len(FEATURE_SIZES), scores={})
    config = {"precision": "int8", "size": options.size, "threshold": options.threshold}
    (options.to / "stance.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
