// For tests: what PyTorch made of small GPTs, test/goldens/model-*.json, llama-*.json and finetune-*.json, written by
// scripts/goldens.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gpt2Config } from '../families/gpt2/config.js';
import { ConfigReader } from '../hugging-face.js';
import { familyOfType, type GptConfig } from '../registry.js';

export interface ModelGolden {
  config: GptConfig;
  parameters: Record<string, number[]>;
  ids: number[][];
  targets: number[][];
  logits: number[];
  loss: number;
  gradients: Record<string, number[]>;
  adamw: Record<'learningRate' | 'weightDecay' | 'beta1' | 'beta2' | 'epsilon' | 'gradClip', number> & {
    losses: number[];
    gradNorms: number[];
  };
}

const fileOf = (name: string) =>
  JSON.parse(readFileSync(join(__dirname, '../../../test/goldens', `${name}.json`), 'utf8'));

/** Of a model of transformers: its config.json and its names read as those of a checkpoint. */
function transformersGolden(name: string): ModelGolden {
  const golden = fileOf(name);
  const { huggingFace } = familyOfType(golden.config.model_type)!;
  const ours = (of: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(of).map(([key, values]) => [huggingFace.parameterName(key)!, values]));
  return {
    ...golden,
    config: huggingFace.read(new ConfigReader(golden.config, name)),
    parameters: ours(golden.parameters),
    gradients: ours(golden.gradients),
  };
}

/** By the name of its file: `model-...` or `llama-...`. */
export function goldenOf(file: string): ModelGolden {
  return file.startsWith('model-') ? fileOf(file) : transformersGolden(file);
}

export interface FinetuneGolden {
  config: Gpt2Config;
  parameters: Record<string, number[]>;
  ids: number[][];
  targets: number[][];
  loss: number;
  gradients: Record<string, number[]>;
}

export interface ChoiceGolden {
  positions: number[];
  counts: number[];
  labels: number[];
  lmCoef: number;
  labelLoss: number;
  probabilities: number[][];
}

export function finetuneGolden<T>(name: string): FinetuneGolden & T {
  return JSON.parse(readFileSync(join(__dirname, '../../../test/goldens', `finetune-${name}.json`), 'utf8'));
}
