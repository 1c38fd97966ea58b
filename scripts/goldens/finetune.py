"""Writes test/goldens/finetune-*.json: losses and gradients of finetuning in PyTorch, for src/model/finetune.test.ts.

    python scripts/goldens/finetune.py        (PyTorch 2.13, CPU)

In float64, with the GPT of model.py in this folder. Four files:
- classifier: cross entropy of a linear head at one position of each text, classes weighted or not, plus the auxiliary
  language-model loss of GPT-1 with its coefficient; padded texts.
- choice: cross entropy over the scores of the choices of each example, plus the same auxiliary loss.
- instruct: cross entropy over the completions alone, of two padded rows.
- lora: the same model with low-rank adapters beside c_attn, c_proj, c_fc and c_proj: gradients of A and B.
"""

import json

import torch
import torch.nn.functional as F
from model import CONFIG, OUT, float32, forward, loss_of, make_parameters, numbers

SETTINGS = {**CONFIG, "position": "learned", "bias": True}
LABELS, RANK, ALPHA, LM_COEF = 3, 2, 6, 0.5


def hidden_of(config, params, ids):
    """The last norm's output: logits with the identity as the token table, the true table for the input."""
    tied = dict(params)
    eye = torch.eye(config["nEmbd"], dtype=torch.float64)

    class Table(dict):
        uses = 0

        def __getitem__(self, key):
            if key == "wte.weight":
                self.uses += 1
                return tied[key] if self.uses == 1 else eye
            return dict.__getitem__(self, key)

    return forward(config, Table(tied), ids)


def gradients(params, loss, names=None):
    for tensor in params.values():
        tensor.grad = None
    loss.backward()
    return {name: numbers(tensor.grad) for name, tensor in params.items() if names is None or name in names}


def write(name, **content):
    path = OUT / f"finetune-{name}.json"
    path.write_text(json.dumps({"config": SETTINGS, "torch": torch.__version__.split("+")[0], **content}, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size, "bytes")


def classifier():
    generator = torch.Generator().manual_seed(11)
    start = make_parameters(SETTINGS, generator)
    start["score.weight"] = float32(torch.randn(LABELS, SETTINGS["nEmbd"], generator=generator, dtype=torch.float64) * 0.5)
    ids = torch.randint(SETTINGS["vocabSize"], (3, 6), generator=generator)
    positions = torch.tensor([5, 3, 1])
    targets = torch.full((3, 6), -1)
    for row, last in enumerate(positions.tolist()):
        targets[row, : last - 1] = ids[row, 1:last]  # every token of the text, not the classification token
    labels = torch.tensor([2, 0, 0])
    weights = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    found = {}
    for kind, weight, coefficient in (("plain", None, 0), ("auxiliary", None, LM_COEF), ("balanced", weights, LM_COEF)):
        params = {key: tensor.clone().requires_grad_() for key, tensor in start.items()}
        hidden = hidden_of(SETTINGS, params, ids)
        scores = hidden[torch.arange(3), positions] @ params["score.weight"].T
        label_loss = F.cross_entropy(scores, labels, weight=weight)
        lm_loss = loss_of(hidden @ params["wte.weight"].T, targets)
        loss = label_loss + coefficient * lm_loss
        found[kind] = dict(
            lmCoef=coefficient,
            weights=None if weight is None else weight.tolist(),
            loss=loss.item(),
            labelLoss=label_loss.item(),
            lmLoss=lm_loss.item(),
            scores=numbers(scores),
            gradients=gradients(params, loss),
        )
    write(
        "classifier",
        parameters={key: numbers(tensor) for key, tensor in start.items()},
        ids=ids.tolist(),
        positions=positions.tolist(),
        targets=targets.tolist(),
        labels=labels.tolist(),
        losses=found,
    )


def choice():
    """Two examples of three and two choices: a head of one row scores each, the softmax is over an example's own."""
    generator = torch.Generator().manual_seed(14)
    start = make_parameters(SETTINGS, generator)
    start["score.weight"] = float32(torch.randn(1, SETTINGS["nEmbd"], generator=generator, dtype=torch.float64) * 0.5)
    ids = torch.randint(SETTINGS["vocabSize"], (5, 6), generator=generator)
    positions = torch.tensor([5, 3, 4, 2, 5])
    counts, labels = [3, 2], [2, 0]
    targets = torch.full((5, 6), -1)
    for row, last in enumerate(positions.tolist()):
        targets[row, : last - 1] = ids[row, 1:last]
    params = {key: tensor.clone().requires_grad_() for key, tensor in start.items()}
    hidden = hidden_of(SETTINGS, params, ids)
    scores = (hidden[torch.arange(5), positions] @ params["score.weight"].T).flatten()
    own = scores.split(counts)
    label_loss = torch.stack([F.cross_entropy(each[None], torch.tensor([label])) for each, label in zip(own, labels)]).mean()
    lm_loss = loss_of(hidden @ params["wte.weight"].T, targets)
    loss = label_loss + LM_COEF * lm_loss
    write(
        "choice",
        parameters={key: numbers(tensor) for key, tensor in start.items()},
        ids=ids.tolist(),
        positions=positions.tolist(),
        targets=targets.tolist(),
        counts=counts,
        labels=labels,
        lmCoef=LM_COEF,
        probabilities=[numbers(torch.softmax(each, 0)) for each in own],
        labelLoss=label_loss.item(),
        loss=loss.item(),
        gradients=gradients(params, loss),
    )


def instruct():
    generator = torch.Generator().manual_seed(12)
    start = make_parameters(SETTINGS, generator)
    ids = torch.randint(SETTINGS["vocabSize"], (2, 6), generator=generator)
    targets = torch.full((2, 6), -1)
    targets[0, 2:6] = torch.randint(SETTINGS["vocabSize"], (4,), generator=generator)  # prompt of 3, completion of 4
    targets[1, 3:4] = torch.randint(SETTINGS["vocabSize"], (1,), generator=generator)  # padded after one token
    params = {key: tensor.clone().requires_grad_() for key, tensor in start.items()}
    loss = loss_of(forward(SETTINGS, params, ids), targets)
    write(
        "instruct",
        parameters={key: numbers(tensor) for key, tensor in start.items()},
        ids=ids.tolist(),
        targets=targets.tolist(),
        loss=loss.item(),
        gradients=gradients(params, loss),
    )


def lora():
    generator = torch.Generator().manual_seed(13)
    start = make_parameters(SETTINGS, generator)
    adapters = {}
    for layer in range(SETTINGS["nLayer"]):
        for target in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"):
            inputs, outputs = start[f"h.{layer}.{target}.weight"].shape
            name = f"h.{layer}.{target}"
            shapes = (("lora_A", (RANK, inputs)), ("lora_B", (outputs, RANK)))
            for part, shape in shapes:
                values = torch.randn(*shape, generator=generator, dtype=torch.float64) * 0.3
                adapters[f"{name}.{part}.weight"] = float32(values)
    ids = torch.randint(SETTINGS["vocabSize"], (2, 6), generator=generator)
    targets = torch.randint(SETTINGS["vocabSize"], (2, 6), generator=generator)
    params = {key: tensor.clone().requires_grad_() for key, tensor in adapters.items()}
    merged = dict(start)
    for name in [key[: -len(".lora_A.weight")] for key in adapters if key.endswith("lora_A.weight")]:
        product = params[f"{name}.lora_B.weight"] @ params[f"{name}.lora_A.weight"]  # [out, in], as PEFT
        merged[f"{name}.weight"] = start[f"{name}.weight"] + ALPHA / RANK * product.T
    logits = forward(SETTINGS, merged, ids)
    loss = loss_of(logits, targets)
    write(
        "lora",
        lora=dict(rank=RANK, alpha=ALPHA),
        parameters={key: numbers(tensor) for key, tensor in start.items()},
        adapters={key: numbers(tensor) for key, tensor in adapters.items()},
        ids=ids.tolist(),
        targets=targets.tolist(),
        loss=loss.item(),
        logits=numbers(logits),
        gradients=gradients(params, loss),
        merged={f"h.0.{name}.weight": numbers(merged[f"h.0.{name}.weight"]) for name in ("attn.c_attn", "mlp.c_proj")},
    )


if __name__ == "__main__":
    classifier()
    choice()
    instruct()
    lora()
