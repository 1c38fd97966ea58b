"""Fits the law of src/recipe/law.ts and prints its constants, and how far off it is on texts that it was not fitted to.

python scripts/fit-recipe.py [bench/inputs/recipe-runs.jsonl]      needs numpy and scipy

A row is a run: `text`, `difficulty` (src/recipe/text-facts.ts), `trainBytes`, `arch`, `nLayer`, `nEmbd`, `vocabSize`, `steps`, `bytes`
(UTF-8 bytes that the steps saw, repeated ones included), `dropout`, `bitsPerByte` of the whole held-out text, `fitted`: whether the
law is fitted to it.

Runs of minutes do not determine every constant: the exponent of the parameters is drawn to that of Hoffmann et al. 2022, floor and
scale to what longer runs on more text reach. Each text may be harder or easier by about 5 % than its n-gram model says, which is not
part of the law.
"""
import json
import sys

import numpy as np
from scipy.optimize import least_squares

FAMILIES = ["gpt2", "llama"]  # compared with qwen3
NAMES = [
    *["floor", "parameters.scale", "parameters.exponent", "bytes.scale", "bytes.exponent"],
    *["passes", "memorization", "difficulty.exponent"],
]
START = [0.45, 0.05, 0.34, 0.4, 0.25, 4, 1e-5, 1.3]
USUAL = 2.25  # bits per byte: the difficulty of English prose
NOISE = 0.02  # of the logarithm of a loss


def expected_loss(constants, factors, run):
    floor, a, alpha, b, beta, passes, by_heart, steepness = constants
    parameters = 12 * run["nLayer"] * run["nEmbd"] ** 2 + 0.25 * run["vocabSize"] * run["nEmbd"]
    seen = run["bytes"] / run["trainBytes"]
    repeats = max(0, seen - 1)
    fresh = run["trainBytes"] * (min(seen, 1) + passes * (1 - np.exp(-repeats / passes)))
    loss = floor + a * (parameters / 1e6) ** -alpha + b * (fresh / 1e6) ** -beta
    loss += by_heart * parameters / run["trainBytes"] * seen**2
    return loss * factors.get(run["arch"], 1) * USUAL * (run["difficulty"] / USUAL) ** steepness


def fit(runs):
    texts = sorted({run["text"] for run in runs})
    count = len(NAMES) + len(FAMILIES)

    def parts(x):
        return np.exp(x[: len(NAMES)]), dict(zip(FAMILIES, np.exp(x[len(NAMES) : count]))), dict(zip(texts, x[count:]))

    def residuals(x):
        constants, factors, effects = parts(x)
        errors = [
            np.log(expected_loss(constants, factors, run) / run["bitsPerByte"]) + effects[run["text"]]
            for run in runs
        ]
        floor, a, alpha, _, beta, passes, _, steepness = constants
        drawn = [(floor - 0.45) / 0.05, np.log(a / 0.1) / 0.3, (alpha - 0.34) / 0.05, (beta - 0.28) / 0.1]
        drawn += [np.log(passes / 5) / 0.7, (steepness - 1) / 0.3]
        return np.array([e / NOISE for e in errors] + drawn + [effect / 0.05 for effect in effects.values()])

    start = np.concatenate([np.log(START), np.zeros(len(FAMILIES) + len(texts))])
    return parts(least_squares(residuals, start, loss="soft_l1").x)


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "bench/inputs/recipe-runs.jsonl"
    with open(path) as file:
        runs = [json.loads(line) for line in file]
    constants, factors, _ = fit([run for run in runs if run["fitted"]])
    for name, value in zip(NAMES, constants):
        print(f"{name:22s} {value:.3g}")
    for name, value in factors.items():
        print(f"families.{name:13s} {value:.3f}")
    print()
    for run in runs:
        expected = expected_loss(constants, factors, run)
        off = 100 * (expected / run["bitsPerByte"] - 1)
        shape = f"{run['arch']} {run['nLayer']} x {run['nEmbd']}, vocabulary {run['vocabSize']}, {run['steps']} steps"
        kind = "" if run["fitted"] else "  not fitted"
        print(f"{run['text']:18s} {shape:50s} {run['bitsPerByte']:.3f} expected {expected:.3f} {off:+.1f} %{kind}")


main()
