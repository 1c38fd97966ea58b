"""Writes test/goldens/llama-*.json: what transformers' Llama, Mistral and Qwen3 give, for src/model/llama-goldens.test.ts.

    python scripts/goldens/llama.py        (PyTorch 2.13, transformers, CPU, eager attention)

Each file holds a config.json, the parameters, a batch, the logits, the loss, the gradient of every parameter, and the losses
of ten AdamW steps with clipping on that batch (the loss before each step), decay on matrices only. Computed in float64, but for
the angles of rotary positions, which transformers has in float32.
"""

import json
import pathlib

import torch
import transformers
from model import ADAMW, STEPS, float32, loss_of, numbers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens"
SIZES = dict(
    vocab_size=11,
    hidden_size=8,
    intermediate_size=12,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=1,
    head_dim=8,
    max_position_embeddings=16,
    tie_word_embeddings=False,
    rms_norm_eps=1e-5,
    attention_dropout=0.0,
    use_cache=False,
)
CLASSES = dict(
    llama=(LlamaConfig, LlamaForCausalLM),
    mistral=(MistralConfig, MistralForCausalLM),
    qwen3=(Qwen3Config, Qwen3ForCausalLM),
)


def fresh(arch, keys, start):
    config_class, model_class = CLASSES[arch]
    model = model_class(config_class(**SIZES, **keys, attn_implementation="eager")).double()
    if start is None:
        with torch.no_grad():
            for parameter in model.parameters():
                center = 1 if parameter.ndim == 1 else 0
                parameter.copy_(float32(center + (0.1 if center else 0.4) * torch.randn(parameter.shape).double()))
    else:
        model.load_state_dict(start)
    return model.eval()


def in_order_of_use(model):
    """transformers lists a block's norms behind its matrices; the order here is that in which they are used."""
    ranks = ["input_layernorm", "q_proj", "k_proj", "v_proj", "o_proj", "q_norm", "k_norm", "post_attention_layernorm", "mlp"]

    def place(item):
        parts = item[0].split(".")
        if "layers" not in parts:
            return (["embed_tokens", "norm", "lm_head"].index(parts[-2]) * 1000 - 1, 0)
        rank = next(i for i, part in enumerate(ranks) if part in parts)
        return (int(parts[2]), rank)

    return sorted(model.state_dict().items(), key=place)


def adamw_losses(model, ids, targets):
    groups = [
        dict(params=[p for p in model.parameters() if p.ndim == 2], weight_decay=ADAMW["weightDecay"]),
        dict(params=[p for p in model.parameters() if p.ndim == 1], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(
        groups, lr=ADAMW["learningRate"], betas=(ADAMW["beta1"], ADAMW["beta2"]), eps=ADAMW["epsilon"]
    )
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model(ids).logits, targets)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), ADAMW["gradClip"])))
        optimizer.step()
        losses.append(loss.item())
    return losses, norms


def write(name, seed, arch="llama", time=12, **keys):
    torch.manual_seed(seed)
    model = fresh(arch, keys, None)
    start = {key: value.clone() for key, value in in_order_of_use(model)}
    ids = torch.randint(SIZES["vocab_size"], (2, time))
    targets = torch.randint(SIZES["vocab_size"], (2, time))
    targets[1, time - 2 :] = -1
    logits = model(ids).logits
    loss = loss_of(logits, targets)
    loss.backward()
    losses, norms = adamw_losses(fresh(arch, keys, start), ids, targets)
    golden = dict(
        config={"model_type": arch, **SIZES, **keys},
        torch=torch.__version__.split("+")[0],
        transformers=transformers.__version__,
        parameters={key: numbers(tensor) for key, tensor in start.items()},
        ids=ids.tolist(),
        targets=targets.tolist(),
        logits=numbers(logits),
        loss=loss.item(),
        gradients={key: numbers(tensor.grad) for key, tensor in model.named_parameters()},
        adamw=dict(**ADAMW, losses=losses, gradNorms=norms),
    )
    path = OUT / f"llama-{name}.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size, "bytes; losses", [round(value, 4) for value in losses])


if __name__ == "__main__":
    theta = dict(rope_theta=100.0)
    original = dict(original_max_position_embeddings=6)
    write("plain", 1, **theta)
    write("linear", 2, **theta, rope_scaling=dict(type="linear", factor=2.0))
    write("dynamic", 3, rope_parameters=dict(**theta, rope_type="dynamic", factor=2.0))
    write("dynamic-beyond", 14, time=24, **theta, rope_scaling=dict(type="dynamic", factor=2.0))
    llama3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, **original)
    write("llama3", 5, rope_parameters=dict(**theta, **llama3))
    yarn = dict(rope_type="yarn", factor=4.0, beta_fast=4.0, beta_slow=0.5, **original)
    write("yarn", 6, arch="qwen3", rope_parameters=dict(**theta, **yarn))
    write("yarn-mscale", 7, **theta, rope_scaling=dict(**yarn, mscale=1.0, mscale_all_dim=0.5, truncate=False))
    write("window", 9, arch="mistral", rope_parameters=dict(**theta, rope_type="default"), sliding_window=5)
    mixed = dict(use_sliding_window=True, sliding_window=3, layer_types=["sliding_attention", "full_attention"])
    write("window-mixed", 10, arch="qwen3", rope_parameters=dict(**theta, rope_type="default"), **mixed)
    write("yarn-factor", 8, **theta, rope_scaling=dict(**yarn, attention_factor=1.5))
