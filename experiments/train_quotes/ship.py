"""Writes a trained `quote-base` as evalkit ships it.

python ship.py --out OUT --to FOLDER [--bias 0.0]           (PYTHONPATH: the repository, ../train_ner, ../train_news)
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from heads import Head, layers_in
from ship_head import export_head

from evalkit.extractors.shipped.quotes.passages import FEATURE_SIZES, HEADS


def main() -> None:
    """Export the weights and the settings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder with quotes.pt")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--size", type=int, default=160, help="word pieces of a passage, as in training")
    parser.add_argument("--bias", type=float, default=0.0, help="added to the log-probability that a word is no cue")
    parser.add_argument("--cost", type=float, default=1.0, help="what each stretch of content costs")
    parser.add_argument("--least", type=float, default=0.6, help="how sure the network has to be of a quote")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    state = torch.load(options.out / "quotes.pt", weights_only=True)
    head = Head(FEATURE_SIZES, 3 * len(HEADS), layers=layers_in(state))
    head.load_state_dict(state)
    export_head(head, options.to / "model.onnx", kinds=len(FEATURE_SIZES), scores={1: "length"})
    config = {
        "bias": options.bias,
        "cost": options.cost,
        "least": options.least,
        "precision": "int8",
        "size": options.size,
    }
    (options.to / "quote.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
