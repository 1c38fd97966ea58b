"""What `export --format hf` and `--format onnx` write. Run by scripts/interop.sh:  python scripts/interop/exports.py WORK TOOL

A model of every family:
- hf: transformers opens f16 and bf16 and has exactly the rounded weights; its logits are those of the model within rounding;
- onnx: PyPI's onnx finds no fault, types and shapes included; onnxruntime gives transformers' logits, two texts of
  different lengths padded on the left and then one token more, in float32 to 1e-5, in the other formats nearly.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import onnx
import onnxruntime
import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
WORK, TOOL = pathlib.Path(sys.argv[1]) / "exports", sys.argv[2]
SERVER = subprocess.Popen(["node", TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
MODELS = {
    "gpt2": {"nEmbd": 64},
    "gpt2, untied, exact GELU": {"nEmbd": 40, "tie": False, "activation": "gelu"},
    "llama": {"arch": "llama", "nEmbd": 64, "nKvHead": 2, "ffnSize": 96},
    "llama, untied": {"arch": "llama", "nEmbd": 64, "ffnSize": 72, "tie": False},
    "llama, sliding window": {"arch": "llama", "nEmbd": 64, "nKvHead": 2, "ffnSize": 96, "slidingWindow": 5},
    "qwen3": {"arch": "qwen3", "nEmbd": 64, "nHead": 2, "nKvHead": 1, "headDim": 48, "ffnSize": 96},
}
# How far logits of random weights may be off: root mean square, as a part of their standard deviation.
ALLOWED = {"model": 1e-5, "model_fp16": 0.01, "model_quantized": 0.04, "model_q4": 0.4}


def need(condition, message):
    if not condition:
        sys.exit(f"FAILED  {message}")


def export(folder, out, *flags):
    subprocess.run(["node", "bin/gpt-cli.js", "export", folder, "-o", out, *flags, "--overwrite"], check=True, stdout=subprocess.DEVNULL)


def check_hf(name, folder, model, ids):
    with torch.no_grad():
        expected = model(ids).logits
    for dtype, kind in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        export(folder, WORK / "hf", "--format", "hf", "--dtype", dtype)
        half = AutoModelForCausalLM.from_pretrained(WORK / "hf", dtype="auto").eval()
        need(half.dtype == kind, f"{name}: {half.dtype} instead of {kind}")
        theirs = dict(half.named_parameters())
        for key, value in model.named_parameters():
            need(torch.equal(value.to(kind), theirs[key]), f"{name}: {key} is not rounded to the nearest {dtype}")
        with torch.no_grad():
            off = ((half.float()(ids).logits - expected).abs().max() / expected.std()).item()
        need(off < (0.02 if dtype == "f16" else 0.1), f"{name}: {dtype} logits differ by {off}")


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def check_onnx(name, folder, model, ids):
    export(folder, WORK / "onnx", "--format", "onnx")
    length = ids.shape[1] - 1
    with torch.no_grad():
        whole, short = model(ids).logits[0, -1], model(ids[:, 3:]).logits[0, -1]
    expected = torch.stack([whole, short]).numpy()
    for kind, allowed in ALLOWED.items():
        path = WORK / "onnx" / "onnx" / f"{kind}.onnx"
        onnx.checker.check_model(path, full_check=True)
        session = session_of(path)
        rows = np.stack([ids[0].numpy(), np.concatenate([[1, 1, 1], ids[0, 3:].numpy()])])
        mask = np.ones_like(rows)
        mask[1, :3] = 0
        positions = np.maximum(mask.cumsum(1) - 1, 0)
        past = {
            each.name: np.zeros([2, each.shape[1], 0, each.shape[3]], np.float32)
            for each in session.get_inputs()
            if each.name.startswith("past")
        }
        feeds = {"input_ids": rows[:, :length], "attention_mask": mask[:, :length], "position_ids": positions[:, :length]}
        outputs = dict(zip([each.name for each in session.get_outputs()], session.run(None, {**feeds, **past})))
        past = {key.replace("present", "past_key_values"): value for key, value in outputs.items() if key != "logits"}
        feeds = {"input_ids": rows[:, length:], "attention_mask": mask, "position_ids": positions[:, length:]}
        logits = session.run(["logits"], {**feeds, **past})[0][:, 0]
        off = np.sqrt(np.square(logits - expected).mean()) / expected.std()
        print(f"    {kind}: off by {off:.1e}")
        need(off < allowed, f"{name}: {kind} logits differ by {off}")


for name, settings in MODELS.items():
    WORK.mkdir(parents=True, exist_ok=True)
    folder = WORK / "model"
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(["write", str(folder), settings, "bpe"]), file=SERVER.stdin, flush=True)
    need(SERVER.stdout.readline(), "the tool died")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.randint(0, model.config.vocab_size, [1, 12], generator=torch.Generator().manual_seed(1))
    check_hf(name, folder, model, ids)
    check_onnx(name, folder, model, ids)
    print(f"ok  exports of {name}: hf in f16 and bf16, onnx in f32, f16, q8 and q4")
SERVER.stdin.close()
