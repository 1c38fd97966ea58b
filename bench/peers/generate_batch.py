"""Greedy text generation in transformers, several prompts as one batch: what bench/batch.js compares with.

With --make it writes a GPT-2 with random weights into the folder and ends: 124M, or with --size 1m one of 1.06 million parameters.
Else it opens the folder, continues the prompts of the JSON file, all of one length, as one batch: once to warm up, and then
--samples times. Prints a line of JSON: tokens per second of each time, reading the prompts included, and the ids that were written.
"""

import argparse
import json
import time

import torch
import transformers
from tokenizers import Tokenizer
from transformers import GPT2Config, GPT2LMHeadModel

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", required=True)
parser.add_argument("--make", action="store_true")
parser.add_argument("--size", choices=["gpt2", "1m"], default="gpt2")
parser.add_argument("--prompts")
parser.add_argument("--tokens", type=int)
parser.add_argument("--samples", type=int, default=1)
parser.add_argument("--threads", type=int)
args = parser.parse_args()

if args.make:
    torch.manual_seed(1337)
    small = {"vocab_size": 2048, "n_positions": 128, "n_layer": 4, "n_head": 4, "n_embd": 128}
    end = {"bos_token_id": 0, "eos_token_id": 0}
    GPT2LMHeadModel(GPT2Config(**small, **end) if args.size == "1m" else GPT2Config()).save_pretrained(args.model)
    raise SystemExit

torch.set_num_threads(args.threads)
model = GPT2LMHeadModel.from_pretrained(args.model).eval()
tokenizer = Tokenizer.from_file(f"{args.model}/tokenizer.json")
with open(args.prompts, encoding="utf8") as file:
    ids = torch.tensor([tokenizer.encode(prompt).ids for prompt in json.load(file)])
speeds = []
with torch.no_grad():
    for sample in range(args.samples + 1):
        begin = time.perf_counter()
        how = {"max_new_tokens": args.tokens, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
        written = model.generate(ids, attention_mask=torch.ones_like(ids), **how)
        if sample > 0:
            speeds.append(len(ids) * args.tokens / (time.perf_counter() - begin))
own = written[:, ids.shape[1] :].tolist()
print(json.dumps({"tokensPerSecond": speeds, "tokens": own, "version": transformers.__version__}))
