// What the tests of this folder share: a state in memory, a small model in it, folders that are removed afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateLayout } from '../../engine/layout.js';
import type { ArraySpec, Optimizer, State } from '../../engine/types.js';
import type { Gpt2Config } from '../../model/families/gpt2/config.js';
import { parameterSpecs } from '../../model/registry.js';
import { Random } from '../../rng.js';
import { byteTokenizer } from '../../tokenizer/index.js';
import type { TrainingState } from '../../train/index.js';
import type { CheckpointContent } from '../save.js';

export const tiny: Gpt2Config = {
  vocabSize: 257,
  blockSize: 8,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  dropout: 0.1,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};

/** A State whose arrays are plain memory, filled with numbers that depend on `seed`. */
export class MemoryState extends StateLayout implements State {
  readonly data = new Map<string, Float32Array>();

  constructor(specs: readonly ArraySpec[], training = true, seed = 1, optimizer?: Optimizer) {
    super(specs, { training, optimizer });
    const random = new Random(seed);
    for (const { name } of specs)
      for (const { name: slot, shape } of this.arrays(name)) {
        const size = shape.reduce((a, b) => a * b, 1);
        this.data.set(
          `${slot} ${name}`,
          Float32Array.from({ length: size }, () => random.normal()),
        );
      }
  }

  async read(slot: string, name: string): Promise<Float32Array> {
    this.shapeOf(slot, name);
    return this.data.get(`${slot} ${name}`)!.slice();
  }

  async write(slot: string, name: string, data: Float32Array): Promise<void> {
    this.requireSize(slot, name, data);
    this.data.set(`${slot} ${name}`, data.slice());
  }

  async dispose(): Promise<void> {}
}

export const stateOf = (config: Gpt2Config, seed = 1) => new MemoryState(parameterSpecs(config), true, seed);

export const trainingState: TrainingState = {
  iter: 10,
  seed: 1337,
  tokens: 5120,
  elapsed: 1.5,
  plannedIters: null,
  evaluation: { iter: 10, trainLoss: 2.5, valLoss: 2.75, bitsPerByte: 3.9 },
  best: { iter: 5, trainLoss: 2.6, valLoss: 2.7, bitsPerByte: 3.8 },
  staleEvaluations: 1,
};

export function content(
  changes: Partial<CheckpointContent> & { config?: Gpt2Config; seed?: number } = {},
): CheckpointContent {
  const { config = tiny, seed = 1, ...rest } = changes;
  const state = stateOf(config, seed);
  const settings = { beta1: 0.9, beta2: 0.99 };
  return {
    config,
    tokenizer: byteTokenizer(),
    state,
    trained: { state, optimizer: { name: 'adamw', settings } },
    training: trainingState,
    resumable: true,
    ...rest,
  };
}

/** A fresh folder for each test, removed after it. */
export function temporaryFolder(): () => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpt-cli-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}

/** What was thrown, which must be an error with these words in its message. */
export async function thrown(
  work: Promise<unknown> | (() => unknown),
): Promise<Error & { code?: string; hint?: string }> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
