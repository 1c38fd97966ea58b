"""Greedy text generation in transformers: what `gpt-cli sample` is measured against.

With --make it writes a GPT-2 124M with random weights into the folder and ends. Else it opens the folder, continues the
prompt once to warm up, and then --samples times. Prints a line of JSON: tokens a second of each sample, reading the prompt
included, and the ids that were written.
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
parser.add_argument("--prompt")
parser.add_argument("--tokens", type=int)
parser.add_argument("--samples", type=int, default=1)
parser.add_argument("--threads", type=int)
args = parser.parse_args()

if args.make:
    torch.manual_seed(1337)
    GPT2LMHeadModel(GPT2Config()).save_pretrained(args.model)
    raise SystemExit

torch.set_num_threads(args.threads)
model = GPT2LMHeadModel.from_pretrained(args.model).eval()
ids = torch.tensor([Tokenizer.from_file(f"{args.model}/tokenizer.json").encode(args.prompt).ids])
speeds = []
with torch.no_grad():
    for sample in range(args.samples + 1):
        begin = time.perf_counter()
        how = {"max_new_tokens": args.tokens, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
        written = model.generate(ids, attention_mask=torch.ones_like(ids), **how)
        if sample > 0:
            speeds.append(args.tokens / (time.perf_counter() - begin))
own = written[0, ids.shape[1] :].tolist()
print(json.dumps({"tokensPerSecond": speeds, "tokens": own, "version": transformers.__version__}))
