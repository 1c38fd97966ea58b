"""Writes test/goldens/sampling.json: what the logits processors of transformers leave of some logits.

    python scripts/goldens/sampling.py        (PyTorch 2.13, transformers 5)

Each case holds the chain of processors in the order in which `generate` applies them, the history, and the
probabilities after it (float64 softmax; 0 for what may not be drawn).
"""

import json
import pathlib

import torch
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens" / "sampling.json"
MAKE = {
    "repetitionPenalty": RepetitionPenaltyLogitsProcessor,
    "temperature": TemperatureLogitsWarper,
    "topK": TopKLogitsWarper,
    "topP": TopPLogitsWarper,
    "minP": MinPLogitsWarper,
}
CHAINS = [
    {"temperature": 0.7},
    {"temperature": 2.5},
    {"topK": 1},
    {"topK": 5},
    {"topK": 1000},
    {"topP": 0.1},
    {"topP": 0.5},
    {"topP": 0.95},
    {"minP": 0.05},
    {"minP": 0.5},
    {"minP": 1.0},
    {"repetitionPenalty": 1.3},
    {"repetitionPenalty": 0.7},
    {"temperature": 0.8, "topK": 12, "topP": 0.9},
    {"repetitionPenalty": 1.2, "temperature": 0.9, "topK": 20, "topP": 0.95, "minP": 0.02},
]

torch.manual_seed(1337)
vocabulary = 37
logits = (torch.randn(vocabulary) * 3).to(torch.float32)
history = [3, 3, 11, 0, 36, 20, 11]

cases = []
for chain in CHAINS:
    scores = logits.clone()[None]
    for name, value in chain.items():
        scores = MAKE[name](value)(torch.tensor([history]), scores)
    cases.append({"chain": chain, "probabilities": torch.softmax(scores[0].to(torch.float64), -1).tolist()})

OUT.write_text(json.dumps({"logits": logits.tolist(), "history": history, "cases": cases}) + "\n")
