// For tests: a small GPT with values in its variables, run op by op. Not part of the program.
import * as tf from '../../tf.js';
import type { StepFunction } from '../../trace/step.js';
import { type GptConfig, parameterSpecs } from '../config.js';
import { Gpt } from '../gpt.js';
import { initialize } from '../initialize.js';

export const tiny: GptConfig = {
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

export function assign(gpt: Gpt, name: string, data: ArrayLike<number>): void {
  const variable = gpt.variables.get(name)!;
  tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(data), variable.shape)));
}

/** A GPT with its initial values, ten times as far apart as GPT-2's so that small ones differ visibly. */
export function makeGpt(changes: Partial<GptConfig> = {}, seed = 1): Gpt {
  const gpt = new Gpt({ ...tiny, ...changes });
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
