#!/usr/bin/env bash
# npm run interop: checkpoints, tokenizers, losses, adapters and event files beside Python's transformers, PEFT and TensorBoard. Installs them into
# .venv, from whatever package index pip is set up with, unless GPT_CLI_VENV names an environment that has it.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${GPT_CLI_VENV:-.venv}
if [ ! -d "$venv" ]; then
  "${PYTHON:-python3}" -m venv "$venv"
fi
python="$venv/bin/python"
[ -x "$python" ] || python="$venv/Scripts/python.exe"
if ! "$python" -c 'import torch, transformers, tokenizers, safetensors, onnx, onnxruntime, peft, gguf, transformer_lens, tensorboard' 2>/dev/null; then
  "$python" -m pip install --quiet torch==2.13.0 transformers tokenizers safetensors onnx onnxruntime peft gguf transformer_lens tensorboard
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -f dist/cli.js ] || node scripts/build.js --no-types
node scripts/interop/bundle.js dist/test/interop-tool.mjs
"$python" scripts/interop/model.py "$work" dist/test/interop-tool.mjs
"$python" scripts/interop/tokenizer.py
"$python" scripts/interop/finetune.py "$work"
"$python" scripts/interop/gguf_files.py "$work" dist/test/interop-tool.mjs
"$python" scripts/interop/exports.py "$work" dist/test/interop-tool.mjs
"$python" scripts/interop/event_files.py "$work"
