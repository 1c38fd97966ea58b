"""Writes test/goldens/gguf.json: blocks of every number format with what PyPI's gguf makes of them, for src/gguf.

    python scripts/goldens/gguf_formats.py        (PyPI: gguf, numpy)

`blocks`: bytes in base64 and the numbers that they hold. The scales are halfs of ordinary size, all other bits random.
`quantized`: numbers and the bytes that gguf's reference code writes for them.
"""

import base64
import json
import pathlib

import gguf
import numpy as np
from gguf.quants import dequantize, quantize

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens" / "gguf.json"
# Where the halfs of a block lie, in bytes.
HALFS = dict(Q4_0=[0], Q4_1=[0, 2], Q5_0=[0], Q5_1=[0, 2], Q8_0=[0], Q4_K=[0, 2], Q5_K=[0, 2], Q6_K=[208])
random = np.random.default_rng(1)


def numbers(array):
    return [float(f"{value:.9g}") for value in array.astype(np.float32).flatten().tolist()]


def main():
    golden = dict(blocks={}, quantized={})
    for name, halfs in HALFS.items():
        kind = gguf.GGMLQuantizationType[name]
        _, size = gguf.GGML_QUANT_SIZES[kind]
        data = random.integers(0, 256, (2, size), dtype=np.uint8)
        for row in data:
            for at in halfs:
                row[at : at + 2] = np.frombuffer(np.float16(random.normal()).tobytes(), np.uint8)
        golden["blocks"][name] = dict(data=base64.b64encode(data.tobytes()).decode(), values=numbers(dequantize(data, kind)))
    values = (random.normal(size=(1, 64)) * 2.0 ** random.integers(-20, 4, size=(1, 64))).astype(np.float32)
    values[0, :4] = [0.0, 65504.0, -6.1e-5, 3e-8]
    for name in ("F16", "BF16", "Q8_0", "Q4_0"):
        kind = gguf.GGMLQuantizationType[name]
        source = values if name in ("F16", "BF16") else np.concatenate([values[:, 4:36], np.zeros((1, 32), np.float32)], 1)
        data = quantize(source, kind)
        golden["quantized"][name] = dict(values=numbers(source), data=base64.b64encode(data.tobytes()).decode())
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(OUT.name, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
