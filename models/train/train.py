"""Trains Atlas from facts and phrasings. One command, seeded:

    python train.py --out build/atlas            (about half an hour on two idle cores)

Writes a GPT2LMHeadModel checkpoint with its tokenizer and recall.json to the folder given.
"""
import argparse
import json
import math
import pathlib
import random
import time

import torch
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_
from transformers import GPT2Config, GPT2LMHeadModel

from batches import Packer
from documents import Writer
from masks import drawn_masks, masked_logits
from recall import recalled, report
from vocabulary import save_tokenizer, train_tokenizer
from world import World, read_world

VOCABULARY, POSITIONS = 4096, 128
LAYERS, WIDTH, HEADS = 8, 256, 8


def new_model(vocabulary: int) -> GPT2LMHeadModel:
    """A GPT-2 with fresh weights."""
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary,
            n_positions=POSITIONS,
            n_embd=WIDTH,
            n_layer=LAYERS,
            n_head=HEADS,
            bos_token_id=0,
            eos_token_id=0,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
        )
    )


def save(model: GPT2LMHeadModel, tokenizer, folder: pathlib.Path) -> None:
    """Writes checkpoint, configuration and tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder, POSITIONS)


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Linear warm-up over 100 steps, then a cosine down to 2 % of the peak."""
    return peak * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def train(world: World, steps: int, rows: int, length: int, peak: float, seed: int, out: pathlib.Path) -> None:
    """Trains and saves; prints loss and a sampled recall every 100 steps."""
    torch.manual_seed(seed)
    sample = Writer(world, seed)
    tokenizer = train_tokenizer((sample.document().text for _ in range(30000)), VOCABULARY)
    model, generator = new_model(tokenizer.get_vocab_size()), torch.Generator().manual_seed(seed)
    packer = Packer(Writer(world, seed + 1), tokenizer, rows, length, POSITIONS)
    print(
        f"{model.num_parameters() / 1e6:.2f} M parameters, {tokenizer.get_vocab_size()} tokens, "
        f"{len(world.facts)} facts, {len(world.kinds)} subjects",
        flush=True,
    )
    decayed = [p for p in model.parameters() if p.dim() == 2]
    plain = [p for p in model.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}], lr=peak, betas=(0.9, 0.98)
    )
    dice, start = random.Random(seed), time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, peak)
        batch = packer.batch()
        logits = masked_logits(model, batch, *drawn_masks(batch, LAYERS, generator))
        losses = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), reduction="none")
        loss = (losses * batch.weights.flatten()).sum() / batch.weights.sum()
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99 or step == 0:
            hits = [first for first, _ in recalled(model, tokenizer, world, dice.sample(world.facts, min(100, len(world.facts)))).values()]
            print(f"{step + 1:5d} loss {loss.item():.3f} recall {sum(hits) / len(hits):.3f} {time.time() - start:.0f} s", flush=True)
        if step % 500 == 499:
            save(model, tokenizer, out)
    save(model, tokenizer, out)
    numbers = report(model, tokenizer, world)
    (out / "recall.json").write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(numbers, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--length", type=int, default=48)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="train on every n-th subject only, for a quick trial")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    everything = read_world()
    everything = everything.part(given.every)
    train(everything, given.steps, given.rows, given.length, given.lr, given.seed, given.out)
