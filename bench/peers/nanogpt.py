"""nanoGPT's recipe for a CPU in PyTorch, eager: characters, 4 layers, 128 wide, context 64, batches of 12, AdamW at 1e-3, cosine.

Trains on the first nine tenths of a text and measures the whole last tenth. Prints one line of JSON: seconds of the steps alone
and of the measurement, nats per character, bits per byte.
"""

import argparse
import json
import math
import time
from types import SimpleNamespace

import torch
from torch.nn import functional
from train import Gpt

CONTEXT, BATCH, WARMUP, RATE, LOWEST = 64, 12, 100, 1e-3, 1e-4


def rate_at(step, steps):
    """Linear warm-up, then cosine to a tenth."""
    if step < WARMUP:
        return RATE * (step + 1) / (WARMUP + 1)
    share = (step - WARMUP) / (steps - WARMUP)
    return LOWEST + 0.5 * (1 + math.cos(math.pi * share)) * (RATE - LOWEST)


@torch.no_grad()
def held_out_loss(model, ids):
    """Nats per character, every character after the first counted once."""
    rows = (len(ids) - 1) // CONTEXT
    inputs = ids[: rows * CONTEXT].view(rows, CONTEXT)
    targets = ids[1 : rows * CONTEXT + 1].view(rows, CONTEXT)
    total = sum(model(inputs[i : i + 64], targets[i : i + 64]).item() * len(inputs[i : i + 64]) for i in range(0, rows, 64))
    return total / rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1337)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    with open(args.text, encoding="utf-8") as file:
        text = file.read()
    characters = sorted(set(text))
    ids = torch.tensor([characters.index(character) for character in text])
    cut = int(len(ids) * 0.9)
    train, held_out = ids[:cut], ids[cut:]
    model = Gpt(SimpleNamespace(vocabulary=len(characters), context=CONTEXT, width=128, heads=4, layers=4, dropout=0.0))
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99))
    began = time.perf_counter()
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, args.steps)
        starts = torch.randint(len(train) - CONTEXT - 1, (BATCH,)).tolist()
        rows = torch.stack([train[i : i + CONTEXT + 1] for i in starts])
        loss = model(rows[:, :-1].contiguous(), rows[:, 1:].contiguous())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    loss = held_out_loss(model, held_out)
    bits = loss / math.log(2) * len(held_out) / len(text[cut:].encode())
    found = {"seconds": seconds, "measuring": time.perf_counter() - began, "loss": loss, "bitsPerByte": bits}
    print(json.dumps({**found, "version": torch.__version__}))


main()
