"""Trains `ner-base`.

python teacher.py OUT/prepared.jsonl OUT/teacher.jsonl       (in an environment with spaCy, after --prepare)
python experiments/train_ner/train.py --config experiments/train_ner/ner-base.toml --data DIR --out DIR
"""

from __future__ import annotations

import argparse
import time
import tomllib
from pathlib import Path
from typing import Any

import torch
from batches import Encoder, Sampler
from corpora import add_spans, build, corpora, held_out, read_all, read_gold, read_teacher, synthetic, write_prepared
from evaluate import measure_torch
from model import Shape, Tagger, load_pretrained, package_folder
from tokenizers import Tokenizer

from evalkit.text.windows import FEATURE_SIZES


def main() -> None:
    """Prepare, train in two phases, measure and save."""
    options = _options()
    config = tomllib.loads(options.config.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    documents = read_all(options.data)
    if options.prepare:
        write_prepared(documents, options.out / "prepared.jsonl")
        return
    torch.manual_seed(config["seed"])
    folder = package_folder(config["init"]) / "model"
    shape = Shape(features=FEATURE_SIZES, dropout=config["model"]["dropout"])
    model = load_pretrained(shape, folder / "model.safetensors")
    if options.start:
        model.load_state_dict(torch.load(options.start, weights_only=True))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    add_spans((item for item in documents if item.source == "newsmtsc"), read_teacher(options.pseudo))
    measured = [item for item in documents if held_out(item, options.data)]
    names = {item.id for item in measured}
    lines = build((item for item in documents if item.id not in names), read_teacher(options.teacher))
    lines["synth"] = synthetic(4000, config["seed"])
    lines["gold"] = build(read_gold(options.gold), {}).get("gold", [])
    print({name: len(items) for name, items in lines.items()}, "held out", len(measured), flush=True)
    for phase in options.phases:
        sampler = Sampler(
            corpora(lines, config[phase]["share"], config[phase]["weight"]),
            Encoder(tokenizer),
            config["seed"] + (phase == "tune"),
            config[phase]["rename"],
        )
        settings = config[phase] | ({"minutes": options.minutes} if options.minutes else {})
        train(model, sampler, settings, options.out / f"{phase}.pt")
        print(phase, measure_torch(model, tokenizer, measured), flush=True)
    torch.save(model.state_dict(), options.out / "model.pt")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with ner/ and stance/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, help="what teacher.py wrote")
    parser.add_argument("--pseudo", type=Path, help="what pseudo.py wrote")
    parser.add_argument("--gold", type=Path, nargs="*", default=[], help="train split: JSON or inline files")
    parser.add_argument("--start", type=Path, help="continue from these weights")
    parser.add_argument("--phases", nargs="+", default=["main", "tune"], choices=["main", "tune"])
    parser.add_argument("--prepare", action="store_true", help="only write prepared.jsonl for teacher.py")
    parser.add_argument("--minutes", type=float, help="train each phase for so long instead of for its steps")
    return parser.parse_args()


def partial_loss(scores: torch.Tensor, masks: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Mean over words of -log of the summed probability of the allowed tags, weighted by sequence."""
    chosen = masks > 0
    bits = (masks[chosen][:, None] >> torch.arange(scores.shape[-1])) & 1
    logs = torch.log_softmax(scores[chosen].float(), dim=-1)
    loss = -torch.logsumexp(logs.masked_fill(bits == 0, -1e4), dim=-1)
    weight = weights[:, None].expand_as(masks)[chosen]
    return (loss * weight).sum() / weight.sum().clamp_min(1.0)


class Pace:
    """Chooses one or two threads by what is faster, because a busy second core makes two slower than one."""

    def __init__(self) -> None:
        self.speed = {1: 0.0, 2: 0.0}
        self.threads = 2
        self.since = time.monotonic()

    def step(self, number: int, pieces: int) -> None:
        """Note how fast the last step was and set the threads of the next."""
        now = time.monotonic()
        self.speed[self.threads] = pieces / (now - self.since)
        best = max(self.speed, key=lambda threads: self.speed[threads])
        self.threads = 3 - best if number % 15 == 0 else best
        torch.set_num_threads(self.threads)
        self.since = time.monotonic()


def train(model: Tagger, sampler: Sampler, settings: dict[str, Any], path: Path) -> None:
    """Train for `settings["steps"]`, or `settings["minutes"]` if given; weights are saved ten times on the way."""
    fast = [p for name, p in model.named_parameters() if name.startswith(("features", "late", "classifier"))]
    slow = [p for name, p in model.named_parameters() if not name.startswith(("features", "late", "classifier"))]
    groups = [{"params": slow, "base": settings["rate"]}, {"params": fast, "base": settings["head_rate"]}]
    optimizer = torch.optim.AdamW(groups, lr=1e-9, weight_decay=0.01, fused=True)
    model.train()
    begin, pace = time.monotonic(), Pace()
    step = pieces = saved = 0
    average = 0.0
    for ids, table, attention, masks, weights in sampler.batches(settings["tokens"], settings["budget"]):
        seconds = time.monotonic() - begin
        progress = seconds / 60 / settings["minutes"] if "minutes" in settings else step / settings["steps"]
        if progress >= 1:
            break
        rate = min(progress / settings["warmup"], (1 - progress) / (1 - settings["warmup"]))
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * max(rate, 0.0)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model(ids, table, attention)
        loss = partial_loss(scores, masks, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        pieces += int(attention.sum())
        average += (loss.item() - average) / min(step, 100)
        pace.step(step, int(attention.sum()))
        if step % 25 == 0:
            speed = {threads: round(value) for threads, value in pace.speed.items()}
            print(
                f"step {step} progress {progress:.3f} loss {average:.4f} pieces {pieces} pieces/s {speed}", flush=True
            )
        if int(progress * 10) > saved:
            saved = int(progress * 10)
            torch.save(model.state_dict(), path)
    print(f"{path.stem}: {step} steps, {pieces} pieces, {time.monotonic() - begin:.0f} s", flush=True)
    torch.save(model.state_dict(), path)


if __name__ == "__main__":
    main()
