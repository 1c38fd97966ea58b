"""Golden singular values of numpy: python scripts/goldens/spectra.py > test/goldens/spectra.json"""
import json

import numpy as np

SHAPES = [(1, 1), (1, 7), (7, 1), (5, 5), (30, 12), (12, 30), (150, 120), (120, 150)]


def matrix(rows, columns, seed):
    """Numbers that need no file: a sine of the place, float32."""
    at = np.arange(rows * columns, dtype=np.float64)
    return np.sin(at * at * 0.37 + seed).reshape(rows, columns).astype(np.float32)


cases = []
for seed, (rows, columns) in enumerate(SHAPES):
    values = np.linalg.svd(matrix(rows, columns, seed).astype(np.float64), compute_uv=False)
    cases.append({"rows": rows, "columns": columns, "seed": seed, "singularValues": values[:8].tolist()})
print(json.dumps(cases, indent=1))
