"""Writes test/goldens/muon.json: four steps of torch.optim.Muon with clip_grad_norm_ on matrices of all proportions, one of
them decayed and slower, and on the three parts of a fused one. torch orthogonalizes in bfloat16; here it stays in float32.

Run from the repository's root with any Python that has torch >= 2.9: python scripts/goldens/muon.py
"""
import json
import torch

torch.Tensor.bfloat16 = lambda self: self.float()

torch.manual_seed(1337)
# As [in, out]; of torch's Linear layers these are the transposes, for which Muon does the same.
shapes = {'h.0.mlp.c_fc.weight': [6, 24], 'h.0.mlp.c_proj.weight': [24, 6], 'h.0.attn.c_proj.weight': [7, 9],
          'h.1.attn.c_proj.weight': [8, 8], 'h.0.attn.c_attn.weight': [8, 24]}
columns = {'h.0.attn.c_attn.weight': 3}
undecayed = {'h.1.attn.c_proj.weight'}
scales = {'h.0.attn.c_proj.weight': 0.25}
options = {'momentum': 0.95, 'matrixLrScale': 3, 'nsSteps': 5, 'weightDecay': 0.1, 'gradClip': 1.0}
rates = [0.002, 0.004, 0.003, 0.001]


def split(name, matrix):
    return list(matrix.chunk(columns.get(name, 1), 1))


parameters = {name: [torch.nn.Parameter(part.clone()) for part in split(name, torch.randn(shape))] for name, shape in shapes.items()}


def joined(values):
    return {name: [float(f'{x:.9g}') for x in torch.cat([x.detach() for x in parts], 1).flatten()] for name, parts in values.items()}


start = joined(parameters)
groups = [{'params': parts, 'weight_decay': 0.0 if name in undecayed else options['weightDecay']} for name, parts in parameters.items()]
optimizer = torch.optim.Muon(groups, lr=0.0, momentum=options['momentum'], nesterov=True, ns_steps=options['nsSteps'],
                             adjust_lr_fn='match_rms_adamw')
steps = []
for i, rate in enumerate(rates):
    # Every other gradient is far below the clipping norm, the rest far above; the third has rank 2.
    size = 3.0 if i % 2 else 0.01
    for name, parts in parameters.items():
        rows, width = shapes[name]
        gradient = torch.randn(rows, 2) @ torch.randn(2, width) if i == 2 else torch.randn(rows, width)
        for parameter, part in zip(parts, split(name, gradient * size)):
            parameter.grad = part.clone()
    gradients = joined({name: [p.grad for p in parts] for name, parts in parameters.items()})
    torch.nn.utils.clip_grad_norm_([p for parts in parameters.values() for p in parts], options['gradClip'])
    for name, group in zip(shapes, optimizer.param_groups):
        group['lr'] = rate * options['matrixLrScale'] * scales.get(name, 1)
    optimizer.step()
    momentum = {name: [optimizer.state[p]['momentum_buffer'] for p in parts] for name, parts in parameters.items()}
    steps.append({'learningRate': rate, 'gradients': gradients, 'parameters': joined(parameters), 'momentum': joined(momentum)})

with open('test/goldens/muon.json', 'w') as file:
    json.dump({'torch': torch.__version__, 'shapes': shapes, 'scales': scales, 'undecayed': sorted(undecayed), 'options': options,
               'start': start, 'steps': steps}, file)
    file.write('\n')
