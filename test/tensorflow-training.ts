// A small model trained on an engine, for tests that compare runs. For tests only.

import { createTensorflowEngine } from '../src/engine/tensorflow/engine.js';
import type { Engine, Feeds, Jit, Precision, State, StepResult, TrainingProgram } from '../src/engine/types.js';
import type { Gpt2Config } from '../src/model/families/gpt2/config.js';
import { initialize, lossStep, parameterSpecs } from '../src/model/index.js';
import { gpt2Of } from '../src/model/testing/eager.js';
import { Random } from '../src/rng.js';

export const config: Gpt2Config = {
  vocabSize: 13,
  blockSize: 16,
  nLayer: 2,
  nHead: 2,
  nEmbd: 32,
  dropout: 0.2,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};
export const shape = { batchSize: 4, time: 16 };
export const adamw = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };

export function open(jit: Jit, precision: Precision = 'f32'): Promise<Engine> {
  return createTensorflowEngine({ device: 'cpu', threads: 2, jit, precision });
}

export function feeds(step: number): Feeds {
  const random = new Random(step);
  // A sequence with something to learn: each token mostly the one before plus one.
  const ids = new Int32Array(shape.batchSize * shape.time + 1);
  for (let i = 1; i < ids.length; i++) ids[i] = random.next() < 0.8 ? (ids[i - 1]! + 1) % 13 : random.integer(13);
  const batch = { ids: ids.slice(0, -1), targets: ids.slice(1) };
  return { ...batch, seed: Int32Array.of(7), step: Int32Array.of(step) };
}

export interface Arrays {
  readonly kind: string;
  readonly name: string;
  readonly data: Float32Array;
}

export interface Trained {
  readonly losses: number[];
  /** Parameters and moments, as they are in the end. */
  readonly arrays: readonly Arrays[];
}

export interface TrainOptions {
  readonly recompute?: boolean;
  /** What an earlier run ended with, after so many steps. */
  readonly resumed?: { readonly arrays: readonly Arrays[]; readonly steps: number };
}

/** Trains until step `steps`, and disposes the engine. */
export async function trained(
  engine: Engine,
  steps: number,
  { recompute = false, resumed }: TrainOptions = {},
): Promise<Trained> {
  const gpt = gpt2Of(config, { recompute });
  const specs = parameterSpecs(config);
  const state = await engine.createState(specs, { training: true });
  if (resumed) for (const { kind, name, data } of resumed.arrays) await state.write(kind, name, data);
  else for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
  const program = await engine.compileTraining(lossStep(gpt, shape), state, adamw);
  const losses: number[] = [];
  for (let i = (resumed?.steps ?? 0) + 1; i <= steps; i++) losses.push((await step(program, i)).loss);
  const arrays = await arraysOf(state);
  await program.dispose();
  await state.dispose();
  gpt.dispose();
  await engine.dispose();
  return { losses, arrays };
}

async function arraysOf(state: State): Promise<Arrays[]> {
  const arrays: Arrays[] = [];
  for (const kind of ['parameter', 'firstMoment', 'secondMoment'] as const)
    for (const { name } of state.specs) arrays.push({ kind, name, data: await state.read(kind, name) });
  return arrays;
}

export function step(program: TrainingProgram, iteration: number): Promise<StepResult> {
  return program.step([feeds(iteration)], { learningRate: 0.01, iteration });
}

/** The largest difference. */
export function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
}
