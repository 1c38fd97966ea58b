"""Finetuned models beside transformers and PEFT, both ways. Run by scripts/interop.sh.

    python scripts/interop/finetune.py WORK

- a classifier of ours: transformers gives the same scores, one text at a time and in a padded batch, for one text and
  for pairs; its tokenizer ends the texts by itself;
- multiple choice of ours: transformers' one logit for each pair of question and choice gives our probabilities;
- a GPT2ForSequenceClassification that transformers saved, without our classification token: ours gives its scores, and
  finetunes it;
- low-rank adapters of a classifier and of a language model, ours: base and adapter give the merged model's scores, by
  PEFT's formula and by PEFT; adapters that PEFT saved open here;
- classifiers, untied models and adapters of the other families, both ways.
"""

import csv
import json
import pathlib
import subprocess
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GPT2Config,
    GPT2ForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    Qwen3Config,
    Qwen3ForSequenceClassification,
)

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


def choices(work):
    rows = [{"question": a, "choices": [b[0], "no", c[0]][: 2 + i % 2], "label": i % 2} for i, (a, b, c) in enumerate(zip([t for t, _ in TEXTS] * 4, TEXTS * 4, (TEXTS * 5)[1:]))]
    data = work / "choices.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    run = work / "choices"
    gpt("finetune", data, "-o", run, *SMALL.split(), "--tokenizer", "byte")
    model = AutoModelForSequenceClassification.from_pretrained(run / "best").eval()
    tokenizer = AutoTokenizer.from_pretrained(run / "best")
    assert model.config.num_labels == 1, model.config.num_labels
    expected = []
    for row in rows:
        batch = tokenizer([row["question"]] * len(row["choices"]), row["choices"], padding=True, return_tensors="pt")
        with torch.no_grad():
            expected += torch.softmax(model(**batch).logits.flatten(), 0).tolist()
    found = [share for event in gpt("classify", run, "--input", data, "--json") for share in event["scores"].values()]
    near("multiple choice, a score for each pair", torch.tensor(found), torch.tensor(expected))


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
    out = work / "foreign-finetuned"
    gpt("finetune", data, "--from", folder, "-o", out, "--max-iters", 4, "--batch-size", 4, "--learning-rate", 0.01, "--quiet")
    again = AutoModelForSequenceClassification.from_pretrained(out / "best").eval()
    assert again.config.id2label == {0: "down", 1: "up"}, again.config.id2label
    assert not torch.equal(again.score.weight, model.score.weight), "finetuning left the head as it was"
    tokenizer = AutoTokenizer.from_pretrained(out / "best")
    near("the same, finetuned here, in transformers", probabilities(again, tokenizer, texts), ours(out, data))


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
            parameters[f"{stem}.weight"] += config["lora_alpha"] / config["r"] * (product.T if config["fan_in_fan_out"] else product)
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
    model = AutoModelForSequenceClassification.from_pretrained(base)
    model = PeftModel.from_pretrained(model, str(adapter)).eval()
    near("an adapter of ours in PEFT", probabilities(model, tokenizer, texts), expected)
    fresh = AutoModelForSequenceClassification.from_pretrained(base)
    targets = ["c_attn", "c_proj", "c_fc"]
    settings = dict(r=2, lora_alpha=5, target_modules=targets, fan_in_fan_out=True, task_type="SEQ_CLS", init_lora_weights=False)
    made = get_peft_model(fresh, LoraConfig(**settings)).eval()
    made.save_pretrained(str(work / "peft"))
    near("an adapter of PEFT here", ours(work / "peft", data), probabilities(made, tokenizer, texts))


FAMILIES = {
    "llama": ["--arch", "llama", "--n-kv-head", 1, "--no-tie"],
    "mistral": ["--arch", "llama", "--n-kv-head", 2, "--sliding-window", 7],
    "qwen3": ["--arch", "qwen3", "--head-dim", 12],
    "gpt2": ["--activation", "relu", "--ffn-size", 50, "--no-tie"],
}


def families(work, data):
    with open(data) as file:
        texts = [row[0] for row in list(csv.reader(file))[1:]]
    for name, flags in FAMILIES.items():
        run, out = work / name, work / f"{name}-lora"
        gpt("finetune", data, "-o", run, *SMALL.split(), "--tokenizer", "byte", *flags)
        model = AutoModelForSequenceClassification.from_pretrained(run / "best").eval()
        tokenizer = AutoTokenizer.from_pretrained(run / "best")
        near(f"{name}: a classifier of ours", ours(run, data), probabilities(model, tokenizer, texts))
        lora = ["--lora-rank", 3, "--max-iters", 6, "--learning-rate", 0.01, "--quiet"]
        gpt("finetune", data, "--from", run, "-o", out, *lora)
        base, adapter = out / "base", out / "best" / "adapter"
        expected = ours(out, data)
        near(f"{name}: an adapter's folder", ours(adapter, data), expected)
        near(f"{name}: PEFT's formula", probabilities(by_formula(base, adapter), tokenizer, texts), expected)
        model = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base), str(adapter)).eval()
        near(f"{name}: an adapter of ours in PEFT", probabilities(model, tokenizer, texts), expected)
        fan = name == "gpt2"
        targets = ["c_attn", "c_proj"] if fan else ["q_proj", "v_proj", "down_proj"]
        settings = dict(r=2, lora_alpha=5, target_modules=targets, fan_in_fan_out=fan, task_type="SEQ_CLS")
        fresh = AutoModelForSequenceClassification.from_pretrained(base)
        made = get_peft_model(fresh, LoraConfig(**settings, init_lora_weights=False)).eval()
        made.save_pretrained(str(work / f"peft-{name}"))
        near(f"{name}: an adapter of PEFT here", ours(work / f"peft-{name}", data), probabilities(made, tokenizer, texts))
    foreign_families(work, data, texts)


def foreign_families(work, data, texts):
    small = dict(vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
    small |= dict(num_key_value_heads=2, max_position_embeddings=64, pad_token_id=256)
    kinds = {LlamaForSequenceClassification: LlamaConfig(**small), Qwen3ForSequenceClassification: Qwen3Config(**small, head_dim=8)}
    for kind, config in kinds.items():
        torch.manual_seed(2)
        config.id2label, config.label2id = {0: "down", 1: "up"}, {"down": 0, "up": 1}
        model = kind(config).eval()
        torch.nn.init.normal_(model.score.weight, std=1)
        folder = work / kind.__name__
        model.save_pretrained(folder)
        plain = json.loads((work / "llama" / "best" / "tokenizer.json").read_text())
        plain["post_processor"] = None
        plain["added_tokens"] = [token for token in plain["added_tokens"] if token["content"] != "<|clf|>"]
        (folder / "tokenizer.json").write_text(json.dumps(plain))
        (folder / "tokenizer_config.json").write_text((work / "llama" / "best" / "tokenizer_config.json").read_text())
        tokenizer = AutoTokenizer.from_pretrained(folder)
        near(f"a {kind.__name__} that transformers saved", ours(folder, data), probabilities(model, tokenizer, texts))


def greedy(run, prompt):
    return gpt("sample", run, "--prompt", prompt, "--greedy", "--max-new-tokens", 12, "--json")[0]["tokens"]


def language_adapters(work):
    """The same for instructions: the loss of the completions, and what is written greedily."""
    rows = [{"prompt": f"{text}: ", "completion": label} for text, label in TEXTS * 4]
    data = work / "answers.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    start, out = work / "answers", work / "answers-lora"
    gpt("finetune", data, "-o", start, *SMALL.split(), "--tokenizer", "byte")
    gpt("finetune", data, "--from", start, "-o", out, "--lora-rank", 3, "--max-iters", 6, "--learning-rate", 0.01, "--quiet")
    tokenizer = AutoTokenizer.from_pretrained(out / "base")

    def loss(model):
        total = count = 0
        for row in rows:
            prompt = tokenizer(row["prompt"])["input_ids"]
            answer = [*tokenizer(row["completion"])["input_ids"], tokenizer.eos_token_id]
            labels = torch.tensor([[-100] * len(prompt) + answer])
            with torch.no_grad():
                total += model(input_ids=torch.tensor([prompt + answer]), labels=labels).loss.item() * len(answer)
            count += len(answer)
        return torch.tensor(total / count)

    def here(folder):
        return torch.tensor(gpt("eval", folder, data, "--json")[0]["loss"])

    base = AutoModelForCausalLM.from_pretrained(out / "base")
    model = PeftModel.from_pretrained(base, str(out / "best" / "adapter")).eval()
    near("completions by a language model's adapter of ours in PEFT", loss(model), here(out))
    near("the adapter's folder", here(out / "best" / "adapter"), here(out))
    assert greedy(out, "bad: ") == greedy(out / "best" / "adapter", "bad: "), "adapter and merged model write differently"
    fresh = AutoModelForCausalLM.from_pretrained(start / "best")
    settings = dict(r=2, lora_alpha=3, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True, task_type="CAUSAL_LM")
    made = get_peft_model(fresh, LoraConfig(**settings, init_lora_weights=False)).eval()
    made.save_pretrained(str(work / "peft-language"))
    near("a language model's adapter of PEFT here", here(work / "peft-language"), loss(made))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) / "finetune"
    folder.mkdir(parents=True)
    run, data = classifiers(folder)
    choices(folder)
    foreign(folder, run, data)
    adapters(folder, run, data)
    families(folder, data)
    language_adapters(folder)
