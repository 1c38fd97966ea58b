"""Writes test/goldens/explain.json: what a prediction depends on, by PyTorch, for src/model/explain-steps.test.ts.

    python scripts/goldens/explain.py        (PyTorch 2.13, transformers, CPU)

In float64, on transformers' GPT-2 with random weights: the gradient of a difference of two logits by `inputs_embeds`, times the
embeddings, with autograd; integrated gradients by the midpoint rule; and the same difference after a forward hook has replaced
the residual stream at one layer and position by that of another text. Also for a classifier.
"""

import json

import torch
from model import OUT, float32, numbers
from transformers import GPT2Config, GPT2ForSequenceClassification, GPT2LMHeadModel

SIZES = dict(vocabSize=11, blockSize=8, nLayer=3, nHead=2, nEmbd=8)
IDS, AGAINST, BASELINE = [4, 7, 1, 9, 2, 7], [4, 7, 3, 9, 2, 0], [4, 10, 10, 10, 10, 10]
STEPS = 8


def make(kind, seed, **extra):
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=11, n_positions=8, n_layer=3, n_head=2, n_embd=8, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, **extra
    )
    model = kind(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(float32((parameter.mean().round() if parameter.ndim == 1 else 0) + 0.4 * torch.randn_like(parameter)))
    return model


def score(model, weights, **inputs):
    logits = model(**inputs).logits[0]
    return (logits[-1] if logits.ndim == 2 else logits) @ weights


def gradient(model, weights, start):
    x = start.clone().requires_grad_()
    value = score(model, weights, inputs_embeds=x[None])
    (grad,) = torch.autograd.grad(value, x)
    return value.item(), grad


def attribution(model, weights):
    table = model.transformer.wte.weight.detach()
    x, b = table[IDS], table[BASELINE]
    value, grad = gradient(model, weights, x)
    path = [gradient(model, weights, b + (i + 0.5) / STEPS * (x - b))[1] for i in range(STEPS)]
    return dict(score=value, product=numbers((grad * x).sum(-1)), integrated=numbers((torch.stack(path).mean(0) * (x - b)).sum(-1)))


@torch.no_grad()
def patching(model, weights):
    """[layer][position]: the score on AGAINST when the stream there is that of IDS."""
    modules = [model.transformer.drop, *model.transformer.h]
    first = lambda output: output[0] if isinstance(output, tuple) else output
    kept = []
    hooks = [m.register_forward_hook(lambda _m, _i, output: kept.append(first(output).clone())) for m in modules]
    source = score(model, weights, input_ids=torch.tensor([IDS]))
    for hook in hooks:
        hook.remove()
    rows = []
    for layer, module in enumerate(modules):
        row = []
        for position in range(len(IDS)):

            def patch(_module, _inputs, output):
                first(output)[0, position] = kept[layer][0, position]
                return output

            hook = module.register_forward_hook(patch)
            row.append(score(model, weights, input_ids=torch.tensor([AGAINST])).item())
            hook.remove()
        rows.append(row)
    base = score(model, weights, input_ids=torch.tensor([AGAINST]))
    return dict(source=source.item(), base=base.item(), patched=rows)


def case(model, target, other, outputs):
    weights = torch.zeros(outputs, dtype=torch.float64)
    weights[target], weights[other] = 1, -1
    parameters = {
        name.removeprefix("transformer."): numbers(value)
        for name, value in model.named_parameters()
    }
    return dict(
        parameters=parameters, weights=weights.tolist(), attribution=attribution(model, weights), patching=patching(model, weights)
    )


golden = dict(
    torch=torch.__version__.split("+")[0],
    config=dict(**SIZES, dropout=0, bias=True, position="learned", layerNormEpsilon=1e-5),
    ids=IDS,
    against=AGAINST,
    baseline=BASELINE,
    steps=STEPS,
    gpt=case(make(GPT2LMHeadModel, 1), 5, 2, 11),
    classifier=case(make(GPT2ForSequenceClassification, 2, num_labels=3), 2, 0, 3),
)
path = OUT / "explain.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(path.name, path.stat().st_size, "bytes")
