"""Finetuned models beside transformers and PEFT, both ways. Run by scripts/interop.sh.

    python scripts/interop/finetune.py WORK

- a classifier of ours: transformers gives the same scores, one text at a time and in a padded batch, for one text and
  for pairs; its tokenizer ends the texts by itself;
- a GPT2ForSequenceClassification that transformers saved, without our classification token: ours gives its scores;
- low-rank adapters of ours: base and adapter give the merged model's scores, by PEFT where it is installed, by its
  formula otherwise; an adapter that PEFT saved opens here.
"""

import csv
import json
import pathlib
import subprocess
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, GPT2Config, GPT2ForSequenceClassification

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = [("the film was good", "up"), ("bad", "down"), ("a long, not so bad story", "up")]
SMALL = "--n-layer 2 --n-head 2 --n-embd 32 --block-size 64 --batch-size 4 --max-iters 4 --learning-rate 0.01 --quiet"


def gpt(*args):
    command = ["node", str(ROOT / "bin" / "gpt-cli.js"), *map(str, args)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def ours(run, data):
    """Probabilities [N, L]."""
    return torch.tensor([list(event["scores"].values()) for event in gpt("classify", run, "--input", data, "--json")])


def near(what, found, expected):
    off = (found - expected).abs().max().item()
    assert off < 1e-5, f"{what}: off by {off}"
    print(f"ok  {what} (largest difference {off:.1e})")


def table(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def probabilities(model, tokenizer, texts):
    pairs = [text if isinstance(text, tuple) else (text,) for text in texts]
    with torch.no_grad():
        batch = tokenizer(*map(list, zip(*pairs)), padding=True, return_tensors="pt")
        together = torch.softmax(model(**batch).logits, -1)
        alone = torch.cat([torch.softmax(model(**tokenizer(*pair, return_tensors="pt")).logits, -1) for pair in pairs])
    near("a padded batch and single texts in transformers", together, alone)
    return together


def classifiers(work):
    rows = [TEXTS[i % 3] for i in range(12)]
    single = table(work / "single.csv", ("text", "label"), rows)
    pairs = table(work / "pairs.csv", ("sentence1", "sentence2", "label"), [(a, b[0], label) for (a, label), b in zip(rows, rows[1:] + rows[:1])])
    for kind in ("bpe", "byte"):
        flags = [*SMALL.split(), "--tokenizer", kind, *(["--vocab-size", "300"] if kind == "bpe" else [])]
        for data in (single, pairs):
            run = work / f"{kind}-{data.stem}"
            gpt("finetune", data, "-o", run, *flags)
            model = AutoModelForSequenceClassification.from_pretrained(run / "best").eval()
            tokenizer = AutoTokenizer.from_pretrained(run / "best")
            with open(data) as file:
                texts = [tuple(row[:-1]) for row in list(csv.reader(file))[1:]]
            near(f"{kind} classifier of {data.stem} texts", ours(run, data), probabilities(model, tokenizer, texts))
    return work / "bpe-single", single


def foreign(work, run, data):
    """transformers' own head at the last token of the text."""
    torch.manual_seed(1)
    config = GPT2Config(vocab_size=301, n_positions=64, n_embd=32, n_layer=2, n_head=2, num_labels=2, pad_token_id=0)
    config.id2label, config.label2id = {0: "down", 1: "up"}, {"down": 0, "up": 1}
    model = GPT2ForSequenceClassification(config).eval()
    torch.nn.init.normal_(model.score.weight, std=1)
    folder = work / "foreign"
    model.save_pretrained(folder)
    plain = json.loads((run / "best" / "tokenizer.json").read_text())
    plain["post_processor"] = None
    plain["added_tokens"] = [token for token in plain["added_tokens"] if token["content"] != "<|clf|>"]
    (folder / "tokenizer.json").write_text(json.dumps(plain))
    (folder / "tokenizer_config.json").write_text((run / "best" / "tokenizer_config.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with open(data) as file:
        texts = [row[0] for row in list(csv.reader(file))[1:]]
    near("a classifier that transformers saved", ours(folder, data), probabilities(model, tokenizer, texts))


def by_formula(base, adapter):
    """What PEFT computes: W + alpha / r (B A)^T for Conv1D, and the head that was saved with the adapter."""
    config = json.loads((adapter / "adapter_config.json").read_text())
    tensors = load_file(adapter / "adapter_model.safetensors")
    model = AutoModelForSequenceClassification.from_pretrained(base).eval()
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name in [key for key in tensors if key.endswith("lora_A.weight")]:
            stem = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            product = tensors[name.replace("lora_A", "lora_B")] @ tensors[name]
            parameters[f"{stem}.weight"] += config["lora_alpha"] / config["r"] * product.T
        model.score.weight.copy_(tensors["base_model.model.score.weight"])
    return model


def adapters(work, run, data):
    out = work / "lora"
    gpt("finetune", data, "--from", run, "-o", out, "--lora-rank", 3, "--max-iters", 6, "--learning-rate", 0.01, "--quiet")
    base, adapter = out / "base", out / "best" / "adapter"
    tokenizer = AutoTokenizer.from_pretrained(base)
    with open(data) as file:
        texts = [row[0] for row in list(csv.reader(file))[1:]]
    expected = ours(out, data)
    near("base and adapter by PEFT's formula", probabilities(by_formula(base, adapter), tokenizer, texts), expected)
    near("an adapter's folder", ours(adapter, data), expected)
    try:
        from peft import LoraConfig, PeftModel, get_peft_model
    except ImportError:
        print("--  peft is not installed: its own opening and saving is left out")
        return
    model = AutoModelForSequenceClassification.from_pretrained(base)
    model = PeftModel.from_pretrained(model, str(adapter)).eval()
    near("an adapter of ours in PEFT", probabilities(model, tokenizer, texts), expected)
    fresh = AutoModelForSequenceClassification.from_pretrained(base)
    targets = ["c_attn", "c_proj", "c_fc"]
    settings = dict(r=2, lora_alpha=5, target_modules=targets, fan_in_fan_out=True, task_type="SEQ_CLS", init_lora_weights=False)
    made = get_peft_model(fresh, LoraConfig(**settings)).eval()
    made.save_pretrained(str(work / "peft"))
    near("an adapter of PEFT here", ours(work / "peft", data), probabilities(made, tokenizer, texts))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) / "finetune"
    folder.mkdir(parents=True)
    run, data = classifiers(folder)
    foreign(folder, run, data)
    adapters(folder, run, data)
