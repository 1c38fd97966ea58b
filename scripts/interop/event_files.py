"""Reads with TensorBoard what --tensorboard wrote: a run that is killed between two checkpoints and resumed has every step once,
with the values of its log.

    python scripts/interop/event_files.py WORK_FOLDER
"""

import json
import os
import pathlib
import re
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCALARS = {
    "train/loss": ("step", "loss"),
    "train/learning_rate": ("step", "lr"),
    "train/grad_norm": ("step", "gradNorm"),
    "train/tokens_per_second": ("step", "tokensPerSecond"),
    "train/memory_mb": ("step", "memoryMB"),
    "eval/loss": ("eval", "valLoss"),
    "eval/train_loss": ("eval", "trainLoss"),
    "eval/bits_per_byte": ("eval", "bitsPerByte"),
}


def train(out, text, *flags, kill_at=None):
    command = ["node", str(ROOT / "bin" / "gpt-cli.js"), "pretrain", "-o", str(out), *flags, "--json"]
    if text:
        command.insert(3, str(text))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            event = json.loads(line)
            if kill_at is not None and event["event"] == "step" and event["iter"] >= kill_at:
                process.kill()
                return
    assert process.returncode == 0, command


def unindented(text):
    """From a block of code in Markdown to what it holds."""
    return "\n".join(line[4:] for line in text.item().decode().split("\n"))


def main():
    work = pathlib.Path(sys.argv[1])
    text = work / "tensorboard.txt"
    text.write_text("The quick brown fox jumps over the lazy dog. " * 400)
    out = work / "tensorboard-run"
    small = "--tokenizer byte --n-layer 1 --n-head 2 --n-embd 16 --block-size 16 --batch-size 4 --max-iters 60".split()
    often = "--log-interval 1 --eval-interval 20 --eval-iters 2 --sample-every 15 --tensorboard".split()
    train(out, text, *small, *often, kill_at=33)
    train(out, None, "--resume")

    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    files = sorted((out / "tensorboard").iterdir())
    assert len(files) == 2, files
    found = EventAccumulator(str(out / "tensorboard"), size_guidance={"tensors": 0})  # 0: all
    found.Reload()

    def values(tag):
        return [(event.step, make_ndarray(event.tensor_proto)) for event in found.Tensors(tag)]

    for tag, (kind, key) in SCALARS.items():
        expected = [(event["iter"], event[key]) for event in log if event["event"] == kind]
        got = values(tag)
        assert [step for step, _ in got] == [step for step, _ in expected], (tag, got)
        for (step, value), (_, logged) in zip(got, expected):
            assert abs(value - logged) <= 1e-6 * abs(logged), (tag, step, value, logged)

    samples = values("sample")
    logged = [(event["iter"], re.sub("\r\n|[\r\u2028\u2029]", "\n", event["text"])) for event in log if event["event"] == "text"]
    assert [(step, unindented(text)) for step, text in samples] == logged, samples
    assert json.loads(unindented(values("settings")[0][1]))["blockSize"] == 16

    histograms = [tag for tag in found.Tags()["tensors"] if tag.startswith("parameters/")]
    assert "parameters/wte.weight" in histograms and len(histograms) == 16, histograms
    steps = [step for step, _ in values("parameters/wte.weight")]
    assert steps == [20, 40, 60], steps
    for _, buckets in values("parameters/wte.weight"):  # rows of left end, right end, count
        assert round(buckets[:, 2].sum()) == 257 * 16, buckets
    print(f"tensorboard: {len(SCALARS)} scalars, {len(samples)} samples and {len(histograms)} histograms "
          "of a killed and resumed run equal its log")


main()
