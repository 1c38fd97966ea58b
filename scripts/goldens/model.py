"""Writes test/goldens/model-*.json: what a small GPT of PyTorch gives, for src/model/goldens.test.ts.

    python scripts/goldens/model.py        (PyTorch 2.13, CPU)

The GPT here is written for this script alone, in float64, from the papers: GPT-2's architecture with learned,
sinusoidal or rotary positions. Parameters have GPT-2's names and layouts (matrices [in, out]). Each file holds the
configuration, the parameters, a batch, the logits, the loss, the gradient of every parameter, and the losses of ten
AdamW steps with clipping on that batch (the loss before each step), decay on matrices only.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens"
CONFIG = dict(vocabSize=11, blockSize=8, nLayer=2, nHead=2, nEmbd=8, dropout=0, layerNormEpsilon=1e-5)
ADAMW = dict(learningRate=1e-2, weightDecay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8, gradClip=1.0)
BATCH, TIME, STEPS = 2, 6, 10
ACTIVATIONS = dict(
    gelu_new=lambda x: F.gelu(x, approximate="tanh"), gelu=F.gelu, relu=F.relu, silu=F.silu
)


def float32(tensor):
    """Rounds to float32 and stays in float64, so that both sides start from the same numbers."""
    return tensor.to(torch.float32).to(torch.float64)


def make_parameters(config, generator):
    channels, position = config["nEmbd"], config["position"]
    inner = config.get("ffnSize", 4 * channels)
    params = {}

    def matrix(name, *shape, std):
        params[name] = float32(torch.randn(*shape, generator=generator, dtype=torch.float64) * std)

    def vector(name, length, center):
        params[name] = float32(center + 0.1 * torch.randn(length, generator=generator, dtype=torch.float64))

    def linear(name, inputs, outputs):
        matrix(f"{name}.weight", inputs, outputs, std=0.3)
        if config["bias"]:
            vector(f"{name}.bias", outputs, 0)

    def norm(name):
        vector(f"{name}.weight", channels, 1)
        if config["bias"]:
            vector(f"{name}.bias", channels, 0)

    matrix("wte.weight", config["vocabSize"], channels, std=0.5)
    if position == "learned":
        matrix("wpe.weight", config["blockSize"], channels, std=0.5)
    for layer in range(config["nLayer"]):
        prefix = f"h.{layer}"
        norm(f"{prefix}.ln_1")
        linear(f"{prefix}.attn.c_attn", channels, 3 * channels)
        linear(f"{prefix}.attn.c_proj", channels, channels)
        norm(f"{prefix}.ln_2")
        linear(f"{prefix}.mlp.c_fc", channels, inner)
        linear(f"{prefix}.mlp.c_proj", inner, channels)
    norm("ln_f")
    if not config.get("tie", True):
        matrix("lm_head.weight", config["vocabSize"], channels, std=0.5)
    return params


def sinusoids(time, channels):
    """Vaswani et al. 2017, times 0.02 (see src/model/layers/position-embedding.ts)."""
    table = torch.zeros(time, channels, dtype=torch.float64)
    for t in range(time):
        for i in range(channels // 2):
            angle = t / 10000 ** (2 * i / channels)
            table[t, 2 * i] = math.sin(angle)
            table[t, 2 * i + 1] = math.cos(angle)
    return 0.02 * table


def rotate(x):
    """x [B, H, T, D]; element d turns with d + D/2, by t * 10000^(-2d/D)."""
    time, width = x.shape[-2:]
    half = width // 2
    frequency = 10000.0 ** (-torch.arange(half, dtype=torch.float64) * 2 / width)
    angle = torch.arange(time, dtype=torch.float64)[:, None] * frequency
    turn = torch.polar(torch.ones_like(angle), angle)  # complex multiplication is the rotation
    pair = torch.complex(x[..., :half].contiguous(), x[..., half:].contiguous()) * turn
    return torch.cat([pair.real, pair.imag], dim=-1)


def forward(config, params, ids):
    heads, channels, eps = config["nHead"], config["nEmbd"], config["layerNormEpsilon"]
    batch, time = ids.shape

    def linear(x, name):
        y = x @ params[f"{name}.weight"]
        return y + params[f"{name}.bias"] if config["bias"] else y

    def norm(x, name):
        return F.layer_norm(x, (channels,), params[f"{name}.weight"], params.get(f"{name}.bias"), eps)

    def split(x):
        return x.view(batch, time, heads, channels // heads).transpose(1, 2)

    x = params["wte.weight"][ids]
    if config["position"] == "learned":
        x = x + params["wpe.weight"][:time]
    elif config["position"] == "sinusoidal":
        x = x + sinusoids(time, channels)
    for layer in range(config["nLayer"]):
        prefix = f"h.{layer}"
        q, k, v = map(split, linear(norm(x, f"{prefix}.ln_1"), f"{prefix}.attn.c_attn").split(channels, dim=2))
        if config["position"] == "rope":
            q, k = rotate(q), rotate(k)
        scale = (1 / (layer + 1) if config.get("scaleByBlock") else 1) / math.sqrt(channels // heads)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
        merged = attended.transpose(1, 2).reshape(batch, time, channels)
        x = x + linear(merged, f"{prefix}.attn.c_proj")
        activation = ACTIVATIONS[config.get("activation", "gelu_new")]
        inner = activation(linear(norm(x, f"{prefix}.ln_2"), f"{prefix}.mlp.c_fc"))
        x = x + linear(inner, f"{prefix}.mlp.c_proj")
    return norm(x, "ln_f") @ params["wte.weight" if config.get("tie", True) else "lm_head.weight"].T


def loss_of(logits, targets):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=-1)


def adamw_losses(config, start, ids, targets):
    params = {name: tensor.clone().requires_grad_() for name, tensor in start.items()}
    matrices = [p for p in params.values() if p.ndim == 2]
    vectors = [p for p in params.values() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [dict(params=matrices, weight_decay=ADAMW["weightDecay"]), dict(params=vectors, weight_decay=0.0)],
        lr=ADAMW["learningRate"],
        betas=(ADAMW["beta1"], ADAMW["beta2"]),
        eps=ADAMW["epsilon"],
    )
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(forward(config, params, ids), targets)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(params.values(), ADAMW["gradClip"])))
        optimizer.step()
        losses.append(loss.item())
    return losses, norms


def numbers(tensor):
    """Flat, in the shortest decimals that give the float32 back."""
    return [float(f"{value:.9g}") for value in tensor.detach().to(torch.float32).flatten().tolist()]


def write(name, seed, **changes):
    config = {**CONFIG, **changes}
    generator = torch.Generator().manual_seed(seed)
    start = make_parameters(config, generator)
    ids = torch.randint(config["vocabSize"], (BATCH, TIME), generator=generator)
    targets = torch.randint(config["vocabSize"], (BATCH, TIME), generator=generator)
    targets[1, 4:] = -1  # ignored, as padding is
    params = {key: tensor.clone().requires_grad_() for key, tensor in start.items()}
    logits = forward(config, params, ids)
    loss = loss_of(logits, targets)
    loss.backward()
    losses, norms = adamw_losses(config, start, ids, targets)
    golden = dict(
        config=config,
        torch=torch.__version__.split("+")[0],
        parameters={key: numbers(tensor) for key, tensor in start.items()},
        ids=ids.tolist(),
        targets=targets.tolist(),
        logits=numbers(logits),
        loss=loss.item(),
        gradients={key: numbers(tensor.grad) for key, tensor in params.items()},
        adamw=dict(**ADAMW, losses=losses, gradNorms=norms),
    )
    path = OUT / f"model-{name}.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size, "bytes; losses", [round(value, 4) for value in losses])


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write("learned", 1, position="learned", bias=True)
    write("sinusoidal", 2, position="sinusoidal", bias=True)
    write("rope", 3, position="rope", bias=True)
    write("no-bias", 4, position="learned", bias=False)
    write("gelu", 5, position="learned", bias=True, activation="gelu", ffnSize=20)
    write("relu", 6, position="learned", bias=True, activation="relu", tie=False)
    write("silu", 7, position="learned", bias=True, activation="silu", scaleByBlock=True)
