"""GGUF files both ways. Run by scripts/interop.sh:  python scripts/interop/gguf_files.py WORK TOOL

Models of every family that llama.cpp has, exported as F32, F16, Q8_0 and Q4_0:
- PyPI's gguf reads every tensor; transformers' own loader of GGUF files gives our logits (F32, to 1e-4);
- imported again, an F32 file gives identical weights, the others what gguf's dequantization gives;
- the tokenizer that transformers makes of the file gives our ids.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
WORK, TOOL = pathlib.Path(sys.argv[1]) / "gguf", sys.argv[2]
SERVER = subprocess.Popen(["node", TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
MODELS = {
    # transformers reads no context length from a GPT-2 in GGUF: 1,024, its default, must be right.
    "gpt2": {"nEmbd": 64, "blockSize": 1024},
    "gpt2, untied": {"nEmbd": 64, "blockSize": 1024, "tie": False},
    "llama": {"arch": "llama", "nEmbd": 64, "nKvHead": 2, "ffnSize": 96},
    "llama, untied": {"arch": "llama", "nEmbd": 64, "ffnSize": 96, "tie": False},
    # Nor the width of a head from a Qwen3: 128 is its default.
    "qwen3": {"arch": "qwen3", "nEmbd": 64, "nHead": 2, "nKvHead": 1, "headDim": 128, "ffnSize": 96},
}
TEXT = "A small fox, naïve: 12345.\n"


def need(condition, message):
    if not condition:
        sys.exit(f"FAILED  {message}")


def write(folder, settings):
    print(json.dumps(["write", str(folder), settings, "bpe"]), file=SERVER.stdin, flush=True)
    need(SERVER.stdout.readline(), "the tool died")


def cli(*args):
    result = subprocess.run(["node", "bin/gpt-cli.js", *map(str, args)], stdout=subprocess.PIPE)
    need(result.returncode == 0, f"gpt-cli {args}")
    return result.stdout


def check(name, settings):
    folder = WORK / "model"
    shutil.rmtree(folder, ignore_errors=True)
    write(folder, settings)
    ours = load_file(folder / "model.safetensors")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for kind in ("F32", "F16", "Q8_0", "Q4_0"):
        file, back = WORK / f"model-{kind}.gguf", WORK / "back"
        cli("export", folder, "-o", file, "--type", kind, "--overwrite")
        cli("import", file, "-o", back, "--overwrite")
        again = load_file(back / "model.safetensors")
        need(again.keys() == ours.keys(), f"{name} {kind}: {again.keys() ^ ours.keys()}")
        same = all(torch.equal(ours[key], again[key]) for key in ours)
        need(same == (kind == "F32"), f"{name} {kind}: identical weights: {same}")
        reader = GGUFReader(file)
        held = sorted(torch.tensor(dequantize(t.data, t.tensor_type)).double().abs().sum().item() for t in reader.tensors)
        found = sorted(value.double().abs().sum().item() for value in again.values())
        need(all(abs(a - b) < 1e-9 * abs(a) for a, b in zip(held, found, strict=True)), f"{name} {kind}: gguf reads other numbers")
    loaded = AutoModelForCausalLM.from_pretrained(WORK, gguf_file="model-F32.gguf", dtype=torch.float32).eval()
    ids = AutoTokenizer.from_pretrained(folder)(TEXT)["input_ids"]
    theirs = AutoTokenizer.from_pretrained(WORK, gguf_file="model-F32.gguf")(TEXT)["input_ids"]
    need(ids == theirs, f"{name}: ids differ\n{ids}\n{theirs}")
    with torch.no_grad():
        off = (loaded(torch.tensor([ids[:24]])).logits - model(torch.tensor([ids[:24]])).logits).abs().max().item()
    need(off < 1e-4, f"{name}: logits differ by {off}")
    print(f"ok  GGUF, {name}: weights, ids, logits within {off:.1e} of transformers' loader", flush=True)


WORK.mkdir(parents=True)
for name, settings in MODELS.items():
    check(name, settings)
