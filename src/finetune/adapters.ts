// How a run with low-rank adapters keeps itself. `base/` holds the frozen model, written once when the run begins. Every
// checkpoint holds the merged model, which anything can open, and in `adapter/` the adapter as PEFT keeps it. A resumed
// run reads base and adapter, never the merged weights: rounding them apart again would not give the same bits.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AdapterFile,
  type Checkpoint,
  inAdapter,
  openCheckpoint,
  saveCheckpoint,
  writeAdapter,
} from '../checkpoint/index.js';
import type { NoticeEvent } from '../events.js';
import { adapterNames, type LoraConfig, merged } from '../model/index.js';
import type { Scheme } from '../quantization/index.js';
import type { FillOptions } from '../session/fill.js';
import { bytesOfArray, gigabytes } from '../session/memory.js';
import type { Session } from '../session/session.js';
import type { TrainingState } from '../train/index.js';

const baseName = 'base';
const adapterName = 'adapter';

/** What the adapters of a run are trained on, and merged into, where that is not what the checkpoint has. */
export function frozenWeightsNotice({ state: { specs } }: Session, scheme: Scheme): NoticeEvent {
  const bytes = { float32: 0, kept: 0 };
  for (const spec of specs.filter(({ trainable }) => !trainable)) {
    bytes.float32 += bytesOfArray({ ...spec, quantized: undefined });
    bytes.kept += bytesOfArray(spec);
  }
  const sizes = `${gigabytes(bytes.kept)} instead of ${gigabytes(bytes.float32)}`;
  const message = `frozen weights are kept in ${scheme}, ${sizes}; adapters are trained on the rounded weights and merged into them`;
  return { event: 'notice', level: 'info', message };
}

/** Writes the frozen model into the run, as float32 numbers that are rounded already. Its config.json names the labels, since PEFT's format has no place for them. */
export async function saveBase(session: Session, directory: string, scheme: Scheme | undefined): Promise<void> {
  const { state, tokenizer, labels } = session;
  const specs = session.specs.filter((spec) => !inAdapter(spec));
  const configKeys = labels && {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    pad_token_id: tokenizer.endOfText,
  };
  await saveCheckpoint(join(directory, baseName), {
    config: session.gpt.config,
    tokenizer,
    state: { specs, training: false, read: (slot, name) => state.read(slot, name) },
    ...(configKeys && { configKeys }),
    ...(scheme && { rounded: scheme }),
  });
}

/** What is trained, and on what. */
export interface Adapted {
  readonly lora: LoraConfig;
  /** How the frozen weights are kept; undefined: in float32. */
  readonly scheme: Scheme | undefined;
  /** The run's folder. */
  readonly run: string;
}

/** Writes a checkpoint: the merged model and the adapter. */
export async function saveMerged(
  session: Session,
  { lora, scheme, run }: Adapted,
  directory: string,
  training: TrainingState,
  resumable: boolean,
  tokenizerKeys: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { state, tokenizer, labels } = session;
  const byName = new Map(session.specs.map((spec) => [spec.name, spec]));
  const read = async (name: string) => {
    const weight = await state.read('parameter', name);
    const spec = byName.get(name)!;
    if (!spec.adapted) return weight;
    const { a, b } = adapterNames(name);
    return merged(weight, await state.read('parameter', a), await state.read('parameter', b), lora, spec.outputAxis);
  };
  await saveCheckpoint(directory, {
    config: session.gpt.config,
    tokenizer,
    state: {
      specs: session.specs.filter(({ role }) => role !== 'adapter'),
      training: state.training,
      read: (_, name) => read(name),
    },
    trained: session.trained,
    training,
    resumable,
    tokenizerKeys,
    ...(labels && { labels }),
    ...(scheme && { rounded: scheme }),
    more: async (folder) => {
      const inner = join(folder, adapterName);
      await mkdir(inner);
      const { specs, gpt } = session;
      const base = join(run, baseName);
      await writeAdapter(inner, { config: gpt.config, lora, base, classifier: labels !== undefined, specs, state });
    },
  });
  return directory;
}

/** Gives the state of a resumed run its values: base, adapter, head and optimizer slots, bit for bit as they were. */
export async function* resumeMerged(
  session: Session,
  run: string,
  last: Checkpoint,
  options: Omit<FillOptions, 'resuming'>,
): AsyncGenerator<NoticeEvent> {
  const base = await openCheckpoint(join(run, baseName));
  try {
    yield* session.fill(base, { ...options, resuming: false });
  } finally {
    await base.close();
  }
  const { state } = session;
  const adapted = session.specs.filter(inAdapter);
  const adapter = await AdapterFile.open(join(last.directory, adapterName));
  try {
    for (const { name } of adapted) await state.write('parameter', name, await adapter.read(name));
  } finally {
    await adapter.close();
  }
  const specs = session.specs.filter((spec) => spec.role === 'adapter' || spec.role === 'head');
  const optional = specs.filter(({ role }) => role === 'adapter').map(({ name }) => name);
  await last.readInto({ specs, write: (slot, name, data) => state.write(slot, name, data) }, { optional });
  await last.readSlots(state);
}
