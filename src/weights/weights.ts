// A look at the weights of a checkpoint: each tensor, the neighbours of a word, the way from one checkpoint to another. Runs no
// model; holds one tensor of each checkpoint at a time.
import { type Checkpoint, openCheckpoint } from '../checkpoint/index.js';
import { checkOptions } from '../config/index.js';
import { GptError } from '../errors.js';
import type { PhaseEvent } from '../events.js';
import type { ParameterSpec } from '../model/index.js';
import { phase, type Report } from '../session/phase.js';
import { addSums, compareTensors, type Difference, differenceOf, type Sums } from './difference.js';
import { type Neighbourhood, neighboursOf } from './neighbours.js';
import { describeTensor, type TensorReport } from './tensor.js';

export interface WeightsOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** Each tensor: norms, spectrum, dead units. */
  readonly tensors?: boolean;
  /** A word whose neighbours in the embedding are listed. */
  readonly neighbours?: string | undefined;
  /** Another checkpoint of the same family and size: what changed from there to here. */
  readonly compare?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TensorDifference extends Difference {
  readonly name: string;
}

export interface Comparison {
  /** The folder of the other checkpoint. */
  readonly with: string;
  readonly tensors: readonly TensorDifference[];
  /** Blocks, and what is outside of them. */
  readonly parts: readonly TensorDifference[];
  /** Tensors that one of them does not have, or has in another shape. */
  readonly missing: readonly string[];
}

export interface WeightsEvent {
  readonly event: 'weights';
  readonly directory: string;
  readonly tensors?: readonly TensorReport[];
  readonly neighbours?: readonly Neighbourhood[];
  readonly comparison?: Comparison;
}

/**
 * Yields one `weights` event. Adapters (LoRA) are merged into their base.
 * @throws GptError `weights/word`, `weights/other-model`, `checkpoint/...`
 */
export async function* inspectWeights(options: WeightsOptions): AsyncGenerator<WeightsEvent | PhaseEvent> {
  checkOptions('inspectWeights', options, {
    run: true,
    tensors: false,
    neighbours: false,
    compare: false,
    signal: false,
  });
  const { run, tensors, neighbours, compare, signal } = options;
  const checkpoint = await openCheckpoint(run, { prefer: 'last' });
  try {
    const { directory } = checkpoint;
    const words = neighbours === undefined ? undefined : await lookUp(checkpoint, neighbours);
    const reports =
      tensors && (yield* phase('reading the weights', (report) => describeAll(checkpoint, { report, signal })));
    const comparison = compare === undefined ? undefined : yield* comparing(checkpoint, compare, signal);
    const found = { ...(reports && { tensors: reports }), ...(words && { neighbours: words }) };
    yield { event: 'weights', directory, ...found, ...(comparison && { comparison }) };
  } finally {
    await checkpoint.close();
  }
}

interface Watched {
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
}

const sizeOf = ({ shape }: ParameterSpec) => shape.reduce((a, b) => a * b, 1);

/** Calls `each` for every tensor; between two of them others have their turn. */
async function forEach(
  specs: readonly ParameterSpec[],
  { report, signal }: Watched,
  each: (spec: ParameterSpec) => Promise<void>,
): Promise<void> {
  const total = specs.reduce((sum, spec) => sum + sizeOf(spec), 0);
  let done = 0;
  for (const spec of specs) {
    signal?.throwIfAborted();
    await each(spec);
    done += sizeOf(spec);
    report(done, total);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function describeAll(checkpoint: Checkpoint, watched: Watched): Promise<TensorReport[]> {
  const reports: TensorReport[] = [];
  await forEach(checkpoint.specs, watched, async (spec) => {
    reports.push(describeTensor(spec, await checkpoint.read(spec.name)));
  });
  return reports;
}

async function lookUp(checkpoint: Checkpoint, word: string): Promise<Neighbourhood[]> {
  const table = checkpoint.specs.find(({ role, perToken }) => role === 'embedding' && perToken)!;
  return neighboursOf(word, await checkpoint.read(table.name), table.shape[1]!, await checkpoint.loadTokenizer());
}

async function* comparing(
  checkpoint: Checkpoint,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<PhaseEvent, Comparison> {
  const other = await openCheckpoint(path, { prefer: 'last' });
  try {
    return yield* phase('comparing the weights', (report) => compareAll(checkpoint, other, { report, signal }));
  } finally {
    await other.close();
  }
}

async function compareAll(checkpoint: Checkpoint, other: Checkpoint, watched: Watched): Promise<Comparison> {
  const before = new Map(other.specs.map((spec) => [spec.name, spec]));
  const shared = checkpoint.specs.filter((spec) => comparable(spec, before.get(spec.name)));
  const names = new Set(shared.map(({ name }) => name));
  const missing = [...new Set([...checkpoint.specs, ...other.specs].map(({ name }) => name))].filter(
    (name) => !names.has(name),
  );
  if (shared.length === 0) {
    throw new GptError(
      'weights/other-model',
      `${checkpoint.directory} and ${other.directory} share no tensor of one shape`,
      {
        hint: 'compare two checkpoints of one model',
      },
    );
  }
  const tensors: TensorDifference[] = [];
  const parts = new Map<string, Sums>();
  await forEach(shared, watched, async (spec) => {
    const { name } = spec;
    const sums = compareTensors(await other.read(name), await checkpoint.read(name));
    tensors.push({ name, ...differenceOf(sums) });
    const part = partOf(spec);
    const so = parts.get(part);
    parts.set(part, so ? addSums(so, sums) : sums);
  });
  return {
    with: other.directory,
    tensors,
    parts: [...parts].map(([name, sums]) => ({ name, ...differenceOf(sums) })),
    missing,
  };
}

/** Of one shape; a table may have more rows for tokens. */
function comparable(spec: ParameterSpec, other: ParameterSpec | undefined): boolean {
  if (!other || spec.shape.length !== other.shape.length) return false;
  return spec.shape.every((size, axis) => size === other.shape[axis] || (axis === 0 && spec.perToken === true));
}

const partOf = ({ name, block }: ParameterSpec) => (block === undefined ? name : `block ${block + 1}`);
