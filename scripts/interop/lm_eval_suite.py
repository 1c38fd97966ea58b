"""`eval --suite` beside PyPI's lm-eval.  python scripts/interop/lm_eval_suite.py WORK, with lm-eval installed

Trains a small GPT-2 and a small Llama on data/stories.txt, writes questions from its sentences, and gives both programs the
same rows and the same checkpoint. acc, acc_norm, acc_bytes (where lm-eval has it), exact_match and their standard errors must be equal.
"""

import json
import os
import pathlib
import random
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch

torch.set_num_threads(2)

from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

WORK = pathlib.Path(sys.argv[1]).absolute()
CLI = ["node", "bin/gpt-cli.js"]
SIZES = "--n-layer 2 --n-head 2 --n-embd 64 --block-size 64 --batch-size 16 --max-iters 150 --tokenizer bpe --vocab-size 512 --eval-iters 1"


def need(condition, message):
    if not condition:
        sys.exit(f"FAILED  {message}")


def write_rows(folder):
    """120 choices, 80 pairs, 40 answers, from sentences of the stories."""
    draw = random.Random(7)
    text = pathlib.Path("data/stories.txt").read_text(encoding="utf8").replace("<|endoftext|>", " ")
    sentences = [s.strip() for s in text.replace("\n", " ").split(". ") if 20 < len(s.strip()) < 120][:3000]
    choices, pairs, answers = [], [], []
    for i in range(120):
        words = draw.choice(sentences).split()
        at = draw.randrange(1, len(words) - 2)
        options = [" ".join(draw.choice(sentences).split()[-draw.choice([1, 2, 4]) :]) for _ in range(3)] + [" ".join(words[at:])]
        draw.shuffle(options)
        if i % 4 == 0:
            options = draw.sample(["fox", "dog", "bird", "wolf", "hare"], 4)  # of one token or few
        label = draw.randrange(4) if i % 4 == 0 else options.index(" ".join(words[at:]))
        choices.append({"context": " ".join(words[:at]), "choices": options, "label": label})
    for _ in range(80):
        words = draw.choice(sentences).split()
        other = words[:]
        i = draw.randrange(len(words) - 1)
        other[i], other[i + 1] = other[i + 1], other[i]
        pairs.append({"sentence_good": " ".join(words) + " é.", "sentence_bad": " ".join(other) + " é."})
    for _ in range(40):
        words = draw.choice(sentences).split()
        answers.append({"prompt": " ".join(words[:6]), "answers": [" ".join(words[6:7]).lower()]})
    for name, rows in {"choices": choices, "pairs": pairs, "answers": answers}.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")


def task(name, **more):
    data = {"data_files": {"test": str(WORK / f"{name}.jsonl")}}
    return {"task": name, "dataset_path": "json", "dataset_kwargs": data, "test_split": "test", "num_fewshot": 0, **more}


def metric(name, **more):
    return {"metric": name, "aggregation": "mean", "higher_is_better": True, **more}


SQUAD = {"ignore_case": True, "ignore_punctuation": True, "regexes_to_ignore": [r"\b(a|an|the)\b"]}
TASKS = [
    task(
        "choices",
        output_type="multiple_choice",
        doc_to_text="{{context}}",
        doc_to_choice="choices",
        doc_to_target="label",
        metric_list=[metric("acc"), metric("acc_norm"), metric("acc_bytes")],
    ),
    task(
        "pairs",
        output_type="multiple_choice",
        doc_to_text="",
        target_delimiter="",
        doc_to_choice="{{[sentence_good, sentence_bad]}}",
        doc_to_target=0,
        metric_list=[metric("acc")],
    ),
    task(
        "answers",
        output_type="generate_until",
        doc_to_text="{{prompt}}",
        doc_to_target="{{answers[0]}}",
        generation_kwargs={"until": ["\n"], "max_gen_toks": 12, "do_sample": False},
        metric_list=[metric("exact_match", **SQUAD)],
    ),
]


def ours(run, name):
    command = [*CLI, "eval", run, "--suite", WORK / f"{name}.jsonl", "--json", "--max-new-tokens", "12", "--precision", "f32"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)[name]


def compare(arch):
    run = WORK / arch
    subprocess.run([*CLI, "pretrain", "data/stories.txt", "--arch", arch, "-o", run, *SIZES.split(), "--quiet"], check=True)
    model = HFLM(pretrained=str(run / "last"), device="cpu", batch_size=8, dtype="float32")
    results = simple_evaluate(model=model, tasks=TASKS, task_manager=TaskManager(), bootstrap_iters=10, log_samples=False)["results"]
    for name, their, own in (
        ("choices", "acc", "accuracy"),
        ("choices", "acc_norm", "accuracyPerByte"),
        ("choices", "acc_bytes", "accuracyPerByte"),
        ("pairs", "acc", "accuracy"),
        ("answers", "exact_match", "exactMatch"),
    ):
        key = f"{their},none"
        if key not in results[name]:
            print(f"{arch}: this lm-eval has no {their}")
            continue
        mean = ours(run, name)[own]
        print(f"{arch}  {name:8s} {their:12s} {results[name][key]:.4f}  gpt-cli {mean['mean']:.4f} ± {mean['error']:.4f}")
        need(abs(results[name][key] - mean["mean"]) < 1e-9, f"{arch} {name} {their}")
        error = results[name].get(f"{their}_stderr,none")
        if isinstance(error, float):
            need(abs(error - mean["error"]) < 1e-9, f"{arch} {name}: standard error {error}")


WORK.mkdir(parents=True, exist_ok=True)
write_rows(WORK)
for arch in ("gpt2", "llama"):
    compare(arch)
print("eval --suite gives lm-eval's numbers")
