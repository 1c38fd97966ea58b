"""Finetuning and labelling in transformers: what `gpt-cli finetune` and `classify` are measured against.

Opens the same checkpoint: GPT2ForSequenceClassification, for instructions GPT2LMHeadModel with the loss on the
completion alone. Training is the plain loop that its users write: shuffled batches padded to their longest text, AdamW,
clipping at norm 1. With --buckets the batches are those of gpt-cli: texts of like length together, padded to 8, 12, 16,
24, 32 ... tokens. With --lora-rank only PEFT's adapters next to the linear layers of the blocks are trained, and the head. Labelling takes
the texts in their order, tokenization included. Prints a line of JSON with sentences a second.
"""

import argparse
import csv
import json
import random
import time

import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rows", required=True, help="TSV: sentence, label; JSONL: prompt, completion")
    parser.add_argument("--work", choices=["train", "classify", "instruct"], required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--buckets", action="store_true")
    parser.add_argument("--lora-rank", type=int, default=0, help="alpha is twice the rank")
    return parser.parse_args()


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row["sentence"] for row in rows], [int(row["label"]) for row in rows]


def bucket_of(length, block):
    size = 8
    while size < block:
        if length <= size:
            return size
        if size * 1.5 < block and length <= size * 3 // 2:
            return size * 3 // 2
        size *= 2
    return block


def batches(lengths, args, block):
    """Lists of rows and the length to pad to, epoch after epoch."""
    order = list(range(len(lengths)))
    while True:
        random.shuffle(order)
        waiting = {}
        for row in order:
            bucket = bucket_of(lengths[row], block) if args.buckets else 0
            rows = waiting.setdefault(bucket, [])
            rows.append(row)
            if len(rows) == args.batch:
                yield waiting.pop(bucket), bucket or max(lengths[row] for row in rows)


def read_instructions(path, tokenizer):
    """Token ids of every row, and what is to be learned of them: -100 in the prompt."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    prompts = tokenizer([row["prompt"] for row in rows])["input_ids"]
    completions = tokenizer([row["completion"] for row in rows])["input_ids"]
    ends = [ids + [tokenizer.eos_token_id] for ids in completions]
    return [a + b for a, b in zip(prompts, ends)], [[-100] * len(a) + b for a, b in zip(prompts, ends)]


def train(model, tokenizer, encoded, labels, args):
    """Labels: a number for each text, or one for each of its tokens."""
    block = model.config.max_position_embeddings
    # A language model's checkpoint names no padding token; what stands there is masked.
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    encoded = [ids[:block] for ids in encoded]
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01)
    model.train()
    source = batches([len(ids) for ids in encoded], args, block)

    def step():
        rows, length = next(source)
        ids = torch.full((len(rows), length), pad)
        mask = torch.zeros((len(rows), length), dtype=torch.long)
        for at, row in enumerate(rows):
            ids[at, : len(encoded[row])] = torch.tensor(encoded[row])
            mask[at, : len(encoded[row])] = 1
        if isinstance(labels[0], int):
            targets = torch.tensor([labels[row] for row in rows])
        else:
            targets = torch.full((len(rows), length), -100)
            for at, row in enumerate(rows):
                targets[at, : len(encoded[row])] = torch.tensor(labels[row][:block])
        loss = model(input_ids=ids, attention_mask=mask, labels=targets).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        return loss.item()

    for _ in range(args.warmup):
        step()
    began = time.perf_counter()
    for _ in range(args.steps):
        step()
    return args.steps * args.batch, time.perf_counter() - began


@torch.no_grad()
def classify(model, tokenizer, texts, args):
    model.eval()
    found = []
    began = time.perf_counter()
    for at in range(0, len(texts), args.batch):
        batch = tokenizer(
            texts[at : at + args.batch],
            padding=True,
            truncation=True,
            max_length=model.config.max_position_embeddings,
            return_tensors="pt",
        )
        scores = model(**batch).logits.softmax(-1)
        found += scores.argmax(-1).tolist()
    return len(found), time.perf_counter() - began


def adapted(model, rank):
    """The model with adapters where gpt-cli has them: every linear layer of the blocks."""
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0, target_modules="all-linear", task_type="SEQ_CLS")
    return get_peft_model(model, lora)


def main():
    args = parse()
    random.seed(1)
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    kind = AutoModelForCausalLM if args.work == "instruct" else AutoModelForSequenceClassification
    model = kind.from_pretrained(args.model, dtype=torch.float32)
    if args.lora_rank > 0:
        model.config.pad_token_id = tokenizer.pad_token_id or tokenizer.eos_token_id
        model = adapted(model, args.lora_rank)
    if args.work == "instruct":
        count, seconds = train(model, tokenizer, *read_instructions(args.rows, tokenizer), args)
    else:
        texts, labels = read(args.rows)
        if args.work == "train":
            count, seconds = train(model, tokenizer, tokenizer(texts)["input_ids"], labels, args)
        else:
            count, seconds = classify(model, tokenizer, texts, args)
    print(
        json.dumps(
            {
                "sentencesPerSecond": count / seconds,
                "parameters": sum(p.numel() for name, p in model.named_parameters() if "original_module" not in name),
                "trained": sum(p.numel() for p in model.parameters() if p.requires_grad),
                "torch": torch.__version__,
            }
        )
    )


main()
