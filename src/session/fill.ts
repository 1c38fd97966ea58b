// From a checkpoint to the parameters of a model that may have grown: more rows of the token table, a new head, adapters.
import type { Checkpoint } from '../checkpoint/index.js';
import type { State } from '../engine/types.js';
import { initialize, type ParameterSpec } from '../model/index.js';

export interface FillOptions {
  readonly seed: number;
  /** Read the optimizer's slots too. */
  readonly resuming: boolean;
  /** Parameters that are initialized again, whatever the checkpoint has. */
  readonly fresh?: readonly string[];
}

/**
 * Fills `state`. What the checkpoint lacks gets initial values; new rows of what has a row for each token are the mean of the
 * old ones, so that a new token is at first neither likely nor unlikely.
 * @returns parameters with NaN or infinity in them
 */
export async function fillState(
  state: State,
  specs: readonly ParameterSpec[],
  checkpoint: Checkpoint | undefined,
  { seed, resuming, fresh = [] }: FillOptions,
): Promise<readonly string[]> {
  const stored = new Map(checkpoint?.specs.map((spec) => [spec.name, spec]));
  const isNew = ({ name }: { name: string }) => fresh.includes(name) || !stored.has(name);
  for (const { name, data } of initialize(specs.filter(isNew), seed)) await state.write('parameter', name, data);
  if (!checkpoint) return [];
  const known = state.specs.filter((spec) => !isNew(spec));
  /** Those that have more rows now: before, and now. */
  const growing = new Map(
    specs
      .filter((spec) => spec.perToken && !isNew(spec) && spec.shape[0]! > stored.get(spec.name)!.shape[0]!)
      .map(({ name, shape }) => [name, { rows: stored.get(name)!.shape[0]!, wanted: shape[0]! }]),
  );
  const { nonFinite } = await checkpoint.readInto({
    specs: known.map((spec) => {
      const rows = growing.get(spec.name)?.rows;
      return rows === undefined ? spec : { ...spec, shape: [rows, spec.shape[1]!] };
    }),
    write: (slot, name, data) => {
      const growth = growing.get(name);
      return state.write(slot, name, growth ? withMeanRows(data, growth.rows, growth.wanted) : data);
    },
  });
  if (resuming) await checkpoint.readSlots(state);
  return nonFinite;
}

/** A table [rows, C] with more rows, each the mean of those that were there. */
export function withMeanRows(table: Float32Array, rows: number, wanted: number): Float32Array {
  const width = table.length / rows;
  const grown = new Float32Array(wanted * width);
  grown.set(table);
  const mean = new Float64Array(width);
  for (let i = 0; i < table.length; i++) mean[i % width]! += table[i]! / rows;
  for (let row = rows; row < wanted; row++) grown.set(mean, row * width);
  return grown;
}
