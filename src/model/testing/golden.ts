// For tests: what PyTorch made of small GPTs, test/goldens/model-*.json and finetune-*.json, written by scripts/goldens.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gpt2Config } from '../families/gpt2/config.js';

export interface ModelGolden {
  config: Gpt2Config;
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

export function modelGolden(name: string): ModelGolden {
  return JSON.parse(readFileSync(join(__dirname, '../../../test/goldens', `model-${name}.json`), 'utf8'));
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
