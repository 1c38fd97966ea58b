// optimizer.safetensors: the optimizer's slots of every trained parameter, under torch's names where torch has one
// (`exp_avg.wte.weight`). Knows no particular optimizer.
import { join } from 'node:path';
import type { Slot, State } from '../engine/types.js';
import { GptError } from '../errors.js';
import { exists } from '../files/index.js';
import { SafetensorsFile, type TensorSource } from './safetensors/index.js';

/** What trained a checkpoint, as training_state.json keeps it. */
export interface OptimizerRecord {
  readonly name: string;
  readonly settings: Readonly<Record<string, number | boolean>>;
}

/** That of checkpoints which do not say. */
export const unrecorded: OptimizerRecord = { name: 'adamw', settings: {} };

export const optimizerFile = 'optimizer.safetensors';

function storedName(slot: Slot, parameter: string): string {
  return `${slot.stored}.${parameter}`;
}

/** Every slot of a state, those of one kind next to each other. */
export function slotTensors(state: Pick<State, 'specs' | 'slots' | 'read'>): TensorSource[] {
  const byKind = new Map<string, TensorSource[]>();
  for (const { name } of state.specs)
    for (const slot of state.slots(name)) {
      const read = () => state.read(slot.name, name);
      const source = { name: storedName(slot, name), shape: slot.shape, read };
      byKind.set(slot.stored, [...(byKind.get(slot.stored) ?? []), source]);
    }
  return [...byKind.values()].flat();
}

/**
 * Fills the slots of a state.
 * @param record what trained the checkpoint
 * @throws GptError `checkpoint/optimizer` for a state of another optimizer, `checkpoint/missing` without the file,
 * `checkpoint/tensor` if names or shapes differ
 */
export async function readSlots(
  directory: string,
  record: OptimizerRecord,
  state: Pick<State, 'specs' | 'slots' | 'optimizer' | 'write'>,
): Promise<void> {
  const wanted = state.optimizer?.name;
  if (wanted !== record.name)
    throw new GptError('checkpoint/optimizer', `${directory} was trained with ${record.name}, not with ${wanted}`, {
      hint: `resume it with --optimizer ${record.name}, or start a new run from its weights with --init`,
    });
  const path = join(directory, optimizerFile);
  if (!(await exists(path))) {
    throw new GptError('checkpoint/missing', `${directory} has no ${optimizerFile}`, {
      hint: 'only the last/ checkpoint of a run can be resumed; others can be continued with --init',
    });
  }
  const file = await SafetensorsFile.open(path);
  try {
    for (const { name } of state.specs)
      for (const slot of state.slots(name)) {
        const stored = storedName(slot, name);
        const found = file.entry(stored).shape;
        if (found.join() !== slot.shape.join())
          throw new GptError(
            'checkpoint/tensor',
            `${path} has "${stored}" as [${found.join(', ')}], expected [${slot.shape.join(', ')}]`,
            { hint: 'the checkpoint belongs to another model' },
          );
        await state.write(slot.name, name, await file.read(stored));
      }
  } finally {
    await file.close();
  }
}
