"""A GPT's training step in PyTorch, eager or compiled: what `gpt-cli pretrain` is measured against.

GPT-2's architecture (pre-norm blocks, tanh GELU, tied embeddings), AdamW with decay on matrices, clipping at norm 1,
batches drawn from a file of token ids. Prints one line of JSON: tokens a second over the steps after the warm-up,
the peak resident memory and the last loss.
"""

import argparse
import json
import math
import resource
import time

import numpy
import torch
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        split = (batch, length, self.heads, width // self.heads)
        query, key, value = (part.view(split).transpose(1, 2) for part in self.c_attn(x).chunk(3, dim=2))
        mixed = functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, dropout_p=self.dropout
        )
        return self.c_proj(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads, dropout)
        self.ln_2 = nn.LayerNorm(width)
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.drop(self.attn(self.ln_1(x)))
        return x + self.drop(self.c_proj(functional.gelu(self.c_fc(self.ln_2(x)), approximate="tanh")))


class Gpt(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.wte = nn.Embedding(args.vocabulary, args.width)
        self.wpe = nn.Embedding(args.context, args.width)
        self.h = nn.ModuleList(Block(args.width, args.heads, args.dropout) for _ in range(args.layers))
        self.ln_f = nn.LayerNorm(args.width)
        self.drop = nn.Dropout(args.dropout)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                residual = name.endswith("c_proj.weight")
                nn.init.normal_(parameter, 0.0, 0.02 / math.sqrt(2 * args.layers) if residual else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, ids, targets):
        x = self.drop(self.wte(ids) + self.wpe.weight)
        for block in self.h:
            x = block(x)
        logits = functional.linear(self.ln_f(x), self.wte.weight)
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("threads", "layers", "heads", "width", "context", "batch", "vocabulary", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="under torch.autocast")
    parser.add_argument("--tokens", required=True, help="file of uint16 token ids")
    return parser.parse_args()


def main():
    args = parse()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1337)
    tokens = numpy.fromfile(args.tokens, dtype=numpy.uint16).astype(numpy.int64)
    model = Gpt(args)
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))
    loss_of = torch.compile(model) if args.compile else model

    def step():
        starts = torch.randint(len(tokens) - args.context - 1, (args.batch,)).tolist()
        rows = torch.from_numpy(numpy.stack([tokens[i : i + args.context + 1] for i in starts]))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
            loss = loss_of(rows[:, :-1].contiguous(), rows[:, 1:].contiguous())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    for _ in range(args.warmup):
        loss = step()
    began = time.perf_counter()
    for _ in range(args.steps):
        loss = step()
    seconds = time.perf_counter() - began
    print(
        json.dumps(
            {
                "tokensPerSecond": args.steps * args.batch * args.context / seconds,
                "peakMemoryMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
                "loss": loss,
                "parameters": sum(p.numel() for p in model.parameters()),
                "version": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
