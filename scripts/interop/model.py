"""Checkpoints both ways between gpt-cli and Hugging Face's transformers.

Run by scripts/interop.sh in the repository's root, after a build:  python scripts/interop/model.py WORKFOLDER TOOL
TOOL is the bundle of scripts/interop/tool.ts. Every check prints a line; the first that fails ends the run.
"""

import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import onnx
import torch
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    MistralConfig,
    Qwen3Config,
)
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
torch.set_num_threads(2)

WORK, TOOL = pathlib.Path(sys.argv[1]), sys.argv[2]
TEXT = 'The fox\'s café: naïve 中文, emoji 👩‍👩‍👧 and "quotes".\n\n  def f(x):\n\treturn 12345 * x<|endoftext|>\n'
LIMIT = 1e-4


SERVER = subprocess.Popen(["node", TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def tool(*request):
    """One request to tool.ts, which stays up: starting it takes longer than most answers."""
    print(json.dumps([str(item) if isinstance(item, pathlib.Path) else item for item in request]), file=SERVER.stdin, flush=True)
    answer = SERVER.stdout.readline()
    need(answer, f"the tool died of {request[:2]}")
    return json.loads(answer)


def cli(*args):
    return subprocess.run(["node", "bin/gpt-cli.js", *map(str, args)], check=True, stdout=subprocess.PIPE).stdout


def passed(name, value):
    print(f"ok  {name}: {value}", flush=True)


def need(condition, message):
    if not condition:
        sys.exit(f"FAILED  {message}")


def our_logits(folder, ids):
    tool("logits", folder, ids, WORK / "logits.safetensors")
    return load_file(WORK / "logits.safetensors")["logits"]


def open_strictly(folder, kind=AutoModelForCausalLM):
    """Opens a model; a tensor that is missing, left over or of another shape is a failure."""
    model, info = kind.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    problems = {key: value for key, value in info.items() if value}
    need(not problems, f"{folder}: transformers reports {problems}")
    return model.eval()


def compare_logits(name, folder, model):
    vocabulary, length = model.config.vocab_size, model.config.max_position_embeddings
    generator = random.Random(1)
    ids = [[generator.randrange(vocabulary) for _ in range(length)] for _ in range(2)]
    with torch.no_grad():
        theirs = model(torch.tensor(ids)).logits
    ours = our_logits(folder, ids)
    need(ours.shape == theirs.shape, f"{name}: shapes {tuple(ours.shape)} and {tuple(theirs.shape)}")
    difference = (ours - theirs).abs().max().item()
    need(difference < LIMIT, f"{name}: logits differ by {difference}")
    passed(name, f"logits within {difference:.1e}, the largest being {theirs.abs().max().item():.1f}")


def compare_tokens(name, folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ours = tool("encode", folder, TEXT)
    # A person's text is only text: transformers must be told not to look for special tokens in it.
    theirs = tokenizer(TEXT, split_special_tokens=True)["input_ids"]
    need(ours == theirs, f"{name}: ids differ\n{ours}\n{theirs}")
    end = tokenizer.eos_token_id
    need(end == AutoConfig.from_pretrained(folder).eos_token_id, f"{name}: end of text is {end} in the tokenizer")
    passed(name, f"{len(ours)} token ids are the same, end of text is {end}")


def ours_opens_there():
    for position in ("learned", "sinusoidal"):
        for bias in ("bias", "no-bias"):
            kind = {"learned bias": "bpe", "learned no-bias": "char"}.get(f"{position} {bias}", "byte")
            folder = WORK / f"{position}-{bias}"
            tool("write", folder, {"position": position, "bias": bias == "bias"}, kind)
            model = open_strictly(folder)
            compare_logits(f"ours, {position} positions, {bias}", folder, model)
            compare_tokens(f"ours, {kind} tokenizer", folder)
            # And back, as transformers writes it, marker included; then with every tensor changed.
            model.save_pretrained(WORK / "back")
            compare_logits("ours, saved again by transformers", WORK / "back", model)
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.add_(0.01 * torch.randn_like(parameter))
            model.save_pretrained(WORK / "back")
            compare_logits("ours, trained on by transformers", WORK / "back", model)


def rope_is_refused_there():
    folder = WORK / "rope"
    tool("write", folder, {"position": "rope"}, "byte")
    try:
        AutoModelForCausalLM.from_pretrained(folder)
    except ValueError as error:
        need("gpt-cli-rope" in str(error), f"rope: {error}")
        passed("ours, rope", "transformers refuses it and names its model_type")
    else:
        sys.exit("FAILED  rope: transformers opened it as if it were a GPT-2")


def graphs_are_onnx():
    """The models that the onnx engine runs, before ONNX's own checker. Operators of other domains it cannot judge."""
    for folder in ("learned-bias", "rope"):
        for purpose in ("training", "evaluation", "logits"):
            nodes = tool("graph", WORK / folder, purpose, WORK / "graph.onnx")
            onnx.checker.check_model(onnx.load(WORK / "graph.onnx"), full_check=True)
            passed(f"graph, {folder}, {purpose}", f"{nodes} nodes pass ONNX's checker")


def theirs_opens_here():
    torch.manual_seed(3)
    config = GPT2Config(
        vocab_size=211, n_positions=24, n_embd=40, n_layer=2, n_head=5, initializer_range=0.2, bos_token_id=0, eos_token_id=0
    )
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.1)
    model.save_pretrained(WORK / "theirs")
    compare_logits("theirs", WORK / "theirs", model)
    model.save_pretrained(WORK / "sharded", max_shard_size="40KB")
    shards = len(list((WORK / "sharded").glob("model-*.safetensors")))
    need(shards > 1, "transformers wrote no shards")
    compare_logits(f"theirs, in {shards} shards", WORK / "sharded", model)
    model.transformer.save_pretrained(WORK / "body")
    compare_logits("theirs, GPT2Model without the prefix", WORK / "body", model)
    for dtype in (torch.float16, torch.bfloat16):
        half = GPT2LMHeadModel(config).to(dtype)
        half.load_state_dict(model.state_dict())
        half.save_pretrained(WORK / "half")
        compare_logits(f"theirs, {dtype}", WORK / "half", open_strictly(WORK / "half"))


OPTIONS = {
    "exact GELU": dict(activation_function="gelu"),
    "ReLU": dict(activation_function="relu"),
    "SiLU": dict(activation_function="silu"),
    "inner width 90": dict(n_inner=90),
    "scores scaled by block": dict(scale_attn_by_inverse_layer_idx=True),
    "untied": dict(tie_word_embeddings=False),
    "all at once": dict(
        activation_function="relu", n_inner=50, scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False
    ),
}

LLAMA = dict(
    vocab_size=211, hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=24
)
LLAMA3 = dict(
    rope_type="llama3", rope_theta=500.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8
)
FAMILIES = {
    "Llama": LlamaConfig(**LLAMA),
    "Llama, grouped queries, tied": LlamaConfig(**LLAMA, num_key_value_heads=2, tie_word_embeddings=True, rms_norm_eps=1e-5),
    "Llama, own head width": LlamaConfig(**LLAMA, head_dim=8, num_key_value_heads=1),
    "Llama, rotary positions of Llama 3": LlamaConfig(**LLAMA, rope_parameters=LLAMA3),
    "Llama, linear rotary scaling": LlamaConfig(
        **LLAMA, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.0)
    ),
    "Llama, dynamic rotary scaling": LlamaConfig(
        **LLAMA, rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0)
    ),
    "Llama, YaRN": LlamaConfig(
        **LLAMA, rope_parameters=dict(rope_type="yarn", rope_theta=500.0, factor=3.0, original_max_position_embeddings=8)
    ),
    "Mistral": MistralConfig(**LLAMA, num_key_value_heads=2, sliding_window=7),
    "Mistral without a window": MistralConfig(**LLAMA, num_key_value_heads=4, sliding_window=None),
    "Qwen3, a window in some layers": Qwen3Config(
        **LLAMA, head_dim=12, num_key_value_heads=4, use_sliding_window=True, sliding_window=5, max_window_layers=1
    ),
    "Qwen3": Qwen3Config(**LLAMA, head_dim=16, num_key_value_heads=2),
    "Qwen3, tied": Qwen3Config(**LLAMA, head_dim=12, num_key_value_heads=4, tie_word_embeddings=True),
}


def spread(model):
    """Weights of some size, norms and biases not at 1 and 0: logits in which each parameter shows."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(1 if parameter.ndim == 1 and parameter.mean() == 1 else 0, 0.2)
    return model.eval()


def options_of_transformers():
    """Every option of GPT2Config that is computed, and the other families: theirs opens here, whole, sharded and halved."""
    torch.manual_seed(4)
    small = dict(vocab_size=211, n_positions=24, n_embd=40, n_layer=3, n_head=5)
    configs = {f"GPT-2, {name}": GPT2Config(**small, **options) for name, options in OPTIONS.items()} | FAMILIES
    for name, config in configs.items():
        model = spread(AutoModelForCausalLM.from_config(config))
        model.save_pretrained(WORK / "option")
        compare_logits(f"theirs, {name}", WORK / "option", model)
        for dtype in (torch.float16, torch.bfloat16):
            half = AutoModelForCausalLM.from_config(config).to(dtype)
            half.load_state_dict(model.state_dict())
            shutil.rmtree(WORK / "shards", ignore_errors=True)
            half.save_pretrained(WORK / "shards", max_shard_size="20KB")
            compare_logits(f"theirs, {name}, {dtype}, sharded", WORK / "shards", open_strictly(WORK / "shards"))


OURS = [
    {"activation": "gelu"},
    {"activation": "relu", "ffnSize": 50},
    {"activation": "silu", "tie": False, "bias": False},
    {"arch": "llama"},
    {"arch": "llama", "nKvHead": 2, "tie": False, "ropeTheta": 500.0},
    {"arch": "llama", "nKvHead": 1, "headDim": 8, "ffnSize": 40},
    {"arch": "llama", "nKvHead": 2, "slidingWindow": 6},
    {"arch": "qwen3", "headDim": 20, "slidingWindow": 9},
    {"arch": "qwen3"},
    {"arch": "qwen3", "nKvHead": 2, "headDim": 20, "tie": False},
]


def ours_of_every_family():
    """Ours opens there, and back as transformers writes it."""
    for settings in OURS:
        folder, name = WORK / "family", f"ours, {settings}"
        tool("write", folder, settings, "byte")
        model = open_strictly(folder)
        compare_logits(name, folder, model)
        model.save_pretrained(WORK / "back")
        compare_logits(f"{name}, saved again by transformers", WORK / "back", model)
        explained(name, folder)
        reasons(name, folder)


def explained(name, folder):
    """`explain`: attention weights, surprise and logit lens beside the hidden states of transformers."""
    text = "The fox saw the fox."
    found = json.loads(cli("explain", folder, "--prompt", text, "--lens", "--attention", "--json"))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = [token["id"] for token in found["tokens"]]
    read = torch.tensor([[AutoTokenizer.from_pretrained(folder).eos_token_id, *ids]])
    with torch.no_grad():
        out = model(read, output_attentions=True, output_hidden_states=True)
        body = getattr(model, "transformer", None) or model.model
        last_norm = body.ln_f if hasattr(body, "ln_f") else body.norm
        # transformers puts the last hidden state behind the last norm already.
        lens = [model.lm_head(last_norm(state)) for state in out.hidden_states[:-1]] + [out.logits]
    weights = torch.tensor(found["attention"]) - torch.stack([layer[0] for layer in out.attentions])
    need(weights.abs().max() < LIMIT, f"{name}: attention weights differ by {weights.abs().max()}")
    bits = -torch.log_softmax(out.logits[0].double(), -1)[range(len(ids)), ids] / math.log(2)
    off = max(abs(token["bits"] - expected) for token, expected in zip(found["tokens"], bits.tolist()))
    need(off < LIMIT, f"{name}: surprise differs by {off}")
    for layer, logits in enumerate(lens):
        best = torch.softmax(logits[0], -1).max(-1).values.tolist()
        apart = max(abs(token["lens"][layer]["probability"] - value) for token, value in zip(found["tokens"], best))
        need(apart < LIMIT, f"{name}: lens of layer {layer} differs by {apart}")
    passed(f"explain, {name}", f"weights within {weights.abs().max().item():.0e}, surprise within {off:.0e} bits")


def reasons(name, folder):
    """Gradient x input, occlusion and activation patching, with autograd and forward hooks of transformers."""
    text, against = "The fox saw", "The box saw"
    found = json.loads(cli("explain", folder, "--prompt", text, "--against", against, "--attribution", "--target", "x", "y", "--json"))
    attribution, patching = found["attribution"], found["patching"]
    model, tokenizer = open_strictly(folder), AutoTokenizer.from_pretrained(folder)
    body = getattr(model, "transformer", None) or model.model
    target, other = (tokenizer(letter)["input_ids"][0] for letter in "xy")
    ids, changed = ([tokenizer.eos_token_id, *tokenizer(each)["input_ids"]] for each in (text, against))

    def score(**inputs):
        logits = model(**inputs).logits[0, -1]
        return logits[target] - logits[other]

    embeds = model.get_input_embeddings()(torch.tensor([ids])).detach().requires_grad_()
    (grad,) = torch.autograd.grad(score(inputs_embeds=embeds), embeds)
    product = (grad * embeds).sum(-1)[0, 1:].tolist()
    off = max(abs(token["gradientInput"] - value) for token, value in zip(attribution["tokens"], product, strict=True))
    states, patched = [], []
    modules = [body.drop if hasattr(body, "drop") else body.embed_tokens, *(body.h if hasattr(body, "h") else body.layers)]
    first = lambda output: output[0] if isinstance(output, tuple) else output
    with torch.no_grad():
        for word in attribution["words"]:
            without = [ids[0], *(ids[0] if word["from"] <= t < word["to"] else i for t, i in enumerate(ids[1:]))]
            fall = score(input_ids=torch.tensor([ids])) - score(input_ids=torch.tensor([without]))
            off = max(off, abs(word["occlusion"] - fall.item()))
        hooks = [each.register_forward_hook(lambda _m, _i, out: states.append(first(out).clone())) for each in modules]
        score(input_ids=torch.tensor([ids]))
        for hook in hooks:
            hook.remove()
        base = score(input_ids=torch.tensor([changed])).item()
        for layer, module in enumerate(modules):
            for place in range(len(ids)):

                def patch(_module, _inputs, output, layer=layer, place=place):
                    first(output)[0, place] = states[layer][0, place]
                    return output

                hook = module.register_forward_hook(patch)
                patched.append(score(input_ids=torch.tensor([changed])).item() - base)
                hook.remove()
    change = [value for row in patching["change"] for value in row]
    off = max(off, *(abs(a - b) for a, b in zip(change, patched, strict=True)))
    largest = max(map(abs, change))
    need(off < LIMIT, f"{name}: attribution or patching differ by {off}")
    need(largest > 100 * LIMIT, f"{name}: patching changes the score by {largest} at most")
    passed(f"explain, {name}", f"attribution and patching within {off:.0e}, the largest change being {largest:.2f}")


def heads_in_transformer_lens():
    """TransformerLens opens our folders; what a head does on repeated random tokens has the same score there."""
    from transformer_lens import TransformerBridge

    for folder in (WORK / "learned-bias", WORK / "family"):
        found = json.loads(cli("explain", folder, "--heads", "--json"))
        ids = found["headTokens"]
        half = len(ids) // 2
        _, cache = TransformerBridge.boot_transformers(str(folder), device="cpu").run_with_cache(torch.tensor([ids]))
        off = 0.0
        for head in found["heads"]:
            pattern = cache[f"blocks.{head['layer']}.attn.hook_pattern"][0, head["head"]]
            after = [[s + 1 for s in range(t) if ids[s] == ids[t] and s + 1 < t] for t in range(len(ids))]
            scores = [sum(pattern[t, s].item() for s in after[t]) for t in range(half, len(ids)) if after[t]]
            off = max(off, abs(head["induction"] - sum(scores) / len(scores)))
            off = max(off, abs(head["previous"] - pattern.diagonal(offset=-1)[half - 1 :].mean().item()))
        need(off < LIMIT, f"{folder.name}: head scores differ from TransformerLens by {off}")
        passed(f"TransformerLens opens {folder.name}", f"induction and previous-token scores within {off:.0e}")


def loss_there(folder, text):
    """Every token scored once, in windows of the context length, the first after the end-of-text token.

    In a corpus `<|endoftext|>` is what separates documents, so here it is parsed.
    """
    model, tokenizer = open_strictly(folder), AutoTokenizer.from_pretrained(folder)
    ids = [tokenizer.eos_token_id] + tokenizer(text)["input_ids"]
    total, length = 0.0, model.config.n_positions
    with torch.no_grad():
        for start in range(0, len(ids) - 1, length):
            window = torch.tensor(ids[start : start + length + 1])
            logits = model(window[None, :-1]).logits[0].double()
            total += torch.nn.functional.cross_entropy(logits, window[1:], reduction="sum").item()
    tokens, size = len(ids) - 1, len(text.replace("<|endoftext|>", "").encode())
    return total / tokens, tokens, total / math.log(2) / size


def pretrained_run():
    """The commands themselves: a short run, then `eval` beside torch on text that was held out."""
    text = pathlib.Path("data/stories.txt").read_text()
    cut = len(text) - 20_000
    (WORK / "train.txt").write_text(text[:cut])
    (WORK / "held-out.txt").write_text(text[cut:])
    for kind in ("char", "bpe"):
        run = WORK / f"run-{kind}"
        size = ["--n-layer", 2, "--n-head", 2, "--n-embd", 32, "--block-size", 32, "--batch-size", 8, "--max-iters", 60]
        extra = ["--vocab-size", 512] if kind == "bpe" else []
        cli("pretrain", WORK / "train.txt", "-o", run, "--tokenizer", kind, *size, *extra, "--learning-rate", 0.003, "--quiet")
        compare_logits(f"pretrain, {kind}", run / "best", open_strictly(run / "best"))
        result = json.loads(cli("eval", run, WORK / "held-out.txt", "--json"))
        loss, tokens, bits = loss_there(run / "best", text[cut:])
        need(result["tokens"] == tokens, f"eval scored {result['tokens']} tokens, torch {tokens}")
        need(abs(result["loss"] - loss) < LIMIT, f"eval says {result['loss']}, torch {loss}")
        need(abs(result["bitsPerByte"] - bits) < LIMIT, f"eval says {result['bitsPerByte']} bits a byte, torch {bits}")
        passed(f"eval, {kind}", f"loss {result['loss']:.6f}, torch {loss:.6f}, over {tokens} tokens")


ours_opens_there()
rope_is_refused_there()
graphs_are_onnx()
theirs_opens_here()
options_of_transformers()
ours_of_every_family()
heads_in_transformer_lens()
pretrained_run()
print("interop: everything agrees")
