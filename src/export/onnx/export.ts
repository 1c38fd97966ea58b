// A checkpoint as the folder that transformers.js and optimum open: configuration and tokenizer, and ONNX models in `onnx/`.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireReplaceable } from '../../checkpoint/replaceable.js';
import { type ModelFiles, writeModelFiles } from '../../checkpoint/save.js';
import { GptError } from '../../errors.js';
import { replaceFolder } from '../../files/index.js';
import type { ParameterSpec } from '../../model/config.js';
import { familyOf } from '../../model/registry.js';
import { type ExportOptions, readParameters, requireRunning, type Written, withSource } from '../source.js';
import { classifierLoader } from './loader.js';
import { onnxModel } from './model.js';
import type { OnnxDtype } from './weights.js';

export interface OnnxOptions extends ExportOptions {
  readonly dtypes: readonly OnnxDtype[];
}

/** The names that transformers.js looks for, by its own `dtype`: fp32, fp16, q8, q4. */
export const fileNames: Readonly<Record<OnnxDtype, string>> = {
  f32: 'model.onnx',
  f16: 'model_fp16.onnx',
  q8: 'model_quantized.onnx',
  q4: 'model_q4.onnx',
};

/**
 * Writes the folder whole, or leaves what was there.
 * @param path a run folder, a checkpoint folder or a Hugging Face folder
 * @throws GptError `export/...` for what cannot be exported, with the reason
 */
export async function exportOnnx(path: string, options: OnnxOptions): Promise<Written> {
  const { out, dtypes, signal } = options;
  await requireReplaceable('export', options);
  return withSource(path, async ({ checkpoint, files }) => {
    const { config, specs, labels, directory } = checkpoint;
    await requireReplaceable('export', options, directory);
    if (!familyOf(config).huggingFace.opensInTransformers(config)) {
      throw new GptError('export/model', 'transformers.js has no GPT-2 with rotary positions', {
        hint: 'of rotary models it has --arch llama and qwen3; --format html works',
      });
    }
    for (const dtype of dtypes) requireSize(specs, dtype);
    const parameters = await readParameters(checkpoint, options, dtypes.includes('f16'));
    const written: Record<string, number> = {};
    await replaceFolder(out, async (folder) => {
      await writeModelFiles(folder, { ...files, tokenizerKeys: { ...padding(files), ...files.tokenizerKeys } });
      await mkdir(join(folder, 'onnx'));
      for (const dtype of dtypes) {
        requireRunning(out, signal);
        const name = `onnx/${fileNames[dtype]}`;
        const bytes = onnxModel({ config, parameters, labels }, dtype);
        await writeFile(join(folder, name), bytes);
        written[name] = bytes.length;
      }
      if (labels) await writeFile(join(folder, 'classify.mjs'), classifierLoader);
      requireRunning(out, signal);
    });
    return { files: written };
  });
}

/** A model of characters may have no row for the end of text, which batches are padded with: the unknown character then. */
function padding({ config, tokenizer }: ModelFiles): Readonly<Record<string, unknown>> {
  const { endOfText, unknown } = tokenizer;
  if (endOfText < config.vocabSize || unknown === undefined) return {};
  return { pad_token: tokenizer.decode([unknown], { special: true }) };
}

/** Protocol buffers end there. */
const mostBytes = 2 ** 31 - 1;

/** Bytes of a parameter's number, scales included. */
const numberBytes: Readonly<Record<OnnxDtype, number>> = { f32: 4, f16: 2, q8: 1.125, q4: 0.625 };

function requireSize(specs: readonly ParameterSpec[], dtype: OnnxDtype): void {
  const bytes = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, numberBytes[dtype]), 0);
  if (bytes <= mostBytes) return;
  throw new GptError(
    'export/size',
    `as ${dtype} the model has ${(bytes / 1e9).toFixed(1)} GB; an ONNX file holds 2.1`,
    {
      hint: 'choose a smaller --dtype, or --format gguf',
    },
  );
}
