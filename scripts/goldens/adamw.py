"""Writes test/goldens/adamw.json: ten torch.optim.AdamW steps with clip_grad_norm_ over three arrays: two
decayed, one of them with a smaller learning rate, and one that is not.

Run from the repository's root with any Python that has torch: python scripts/goldens/adamw.py
"""
import json
import torch

torch.manual_seed(1337)
shapes = {'matrix': [5, 7], 'vector': [9], 'slow': [4, 5]}
scales = {'slow': 0.25}
options = {'beta1': 0.9, 'beta2': 0.99, 'epsilon': 1e-8, 'weightDecay': 0.1, 'gradClip': 1.0}
rates = [0.01 * (i + 1) / 4 if i < 3 else 0.01 / (i - 2) for i in range(10)]

parameters = {name: torch.nn.Parameter(torch.randn(shape)) for name, shape in shapes.items()}
start = {name: p.detach().flatten().tolist() for name, p in parameters.items()}
groups = [
    {'params': [parameters['matrix']], 'weight_decay': options['weightDecay']},
    {'params': [parameters['vector']], 'weight_decay': 0.0},
    {'params': [parameters['slow']], 'weight_decay': options['weightDecay']},
]
optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(options['beta1'], options['beta2']), eps=options['epsilon'])

steps = []
for i, rate in enumerate(rates):
    # Every other gradient is far below the clipping norm, the rest far above.
    size = 3.0 if i % 2 else 0.05
    for name, p in parameters.items():
        p.grad = torch.randn(shapes[name]) * size
    gradients = {name: p.grad.flatten().tolist() for name, p in parameters.items()}
    norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), options['gradClip'])
    for name, group in zip(shapes, optimizer.param_groups):
        group['lr'] = rate * scales.get(name, 1)
    optimizer.step()
    steps.append({
        'learningRate': rate,
        'gradients': gradients,
        'norm': norm.item(),
        'parameters': {name: p.detach().flatten().tolist() for name, p in parameters.items()},
    })

with open('test/goldens/adamw.json', 'w') as file:
    json.dump({'torch': torch.__version__, 'shapes': shapes, 'scales': scales, 'options': options, 'start': start, 'steps': steps}, file, indent=1)
    file.write('\n')
