// For tests: a small GPT with values in its variables, run op by op. Not part of the program.
import * as tf from '../../tf.js';
import type { StepFunction } from '../../trace/step.js';
import type { Gpt2Config } from '../families/gpt2/config.js';
import { build } from '../families/gpt2/layers.js';
import { Gpt, type GptParts } from '../gpt.js';
import { initialize } from '../initialize.js';
import { parameterSpecs } from '../registry.js';

export const tiny: Gpt2Config = {
  vocabSize: 7,
  blockSize: 5,
  nLayer: 2,
  nHead: 2,
  nEmbd: 8,
  dropout: 0,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};

/** A GPT-2 whose variables are zeros. */
export function gpt2Of(config: Gpt2Config, parts: GptParts = {}): Gpt {
  return new Gpt(config, build(config, parts.lora), parts);
}

export function assign(gpt: Gpt, name: string, data: ArrayLike<number>): void {
  const variable = gpt.variables.get(name)!;
  tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(data), variable.shape)));
}

/** A GPT with its initial values, ten times as far apart as GPT-2's so that small ones differ visibly. */
export function makeGpt(changes: Partial<Gpt2Config> = {}, seed = 1): Gpt {
  const gpt = gpt2Of({ ...tiny, ...changes });
  for (const { name, data } of initialize(parameterSpecs(gpt.config), seed)) {
    assign(gpt, name, name.endsWith('weight') && !name.includes('ln_') ? data.map((x) => 10 * x) : data);
  }
  return gpt;
}

/** Tensors for a step's inputs out of plain numbers. */
export function feed(step: StepFunction, values: Record<string, number[]>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(step.inputs).map(([name, { shape, dtype }]) => {
      return [name, tf.tensor(Int32Array.from(values[name]!), [...shape], dtype)];
    }),
  );
}

/** A step's loss and gradients by parameter name. */
export function gradients(step: StepFunction, inputs: Record<string, tf.Tensor>) {
  const variables = [...step.variables.values()];
  const { value, grads } = tf.variableGrads(() => step.run(inputs)['loss'] as tf.Scalar, variables);
  const byName = [...step.variables].map(([name, variable]) => [name, grads[variable.name]!] as const);
  return { loss: value, gradients: new Map(byName) };
}
