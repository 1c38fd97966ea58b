// Log-likelihoods of continuations. Continuations that are read alike, such as choices of one token after the same text, share
// a row of a batch, and only the places that are scored are projected to the vocabulary.
import { ignored, planOnce } from '../dataset/index.js';
import type { Program } from '../engine/types.js';
import { GptError } from '../errors.js';
import { tokenLossesStep } from '../model/index.js';
import type { Session } from '../session/session.js';
import type { ScoreOptions } from './answers.js';
import { textsInBatch } from './batch-size.js';

/** A text of which the end is scored. */
export interface Continuation {
  /** At most the block size and one. */
  readonly ids: Int32Array;
  /** The first token that is scored, at least 1. A negative token is not scored. */
  readonly from: number;
}

/** Texts with the same tokens to read, and where each is scored. */
interface SharedRow {
  readonly read: Int32Array;
  readonly scored: { readonly index: number; readonly from: number; readonly ids: Int32Array }[];
}

/**
 * Nats, one sum for each continuation, in their order; null when `signal` stopped it.
 * @throws GptError `eval/nan` where the model gives no finite number
 */
export async function logLikelihoods(
  session: Session,
  continuations: readonly Continuation[],
  { signal, report }: ScoreOptions = {},
): Promise<Float64Array | null> {
  const { gpt } = session;
  const { blockSize } = gpt.config;
  const rows = sharedRows(continuations);
  const lengths = rows.map(({ read }) => read.length);
  const batchSize = textsInBatch(gpt.config, lengths);
  const programs = new Map<string, Promise<Program>>();
  const sums = new Float64Array(continuations.length);
  let done = 0;
  for (const { length, rows: planned } of planOnce(lengths, { batchSize, blockSize })) {
    if (signal?.aborted) return null;
    const ids = new Int32Array(batchSize * length);
    const targets: number[] = [];
    const places: number[] = [];
    const owners: number[] = [];
    for (const [row, which] of planned.entries()) {
      ids.set(rows[which]!.read, row * length);
      for (const { index, from, ids: whole } of rows[which]!.scored) {
        for (let at = from; at < whole.length; at++) {
          targets.push(whole[at]!);
          places.push(row * length + at - 1);
          owners.push(index);
        }
      }
    }
    const answers = Math.max(8, 2 ** Math.ceil(Math.log2(targets.length))); // few programs
    const key = `${length} ${answers}`;
    const program = programs.get(key) ?? session.compile(tokenLossesStep(gpt, { batchSize, time: length }, answers));
    programs.set(key, program);
    const { losses } = await (await program).run({
      ids,
      targets: filled(targets, answers, ignored),
      places: filled(places, answers, 0),
    });
    owners.forEach((owner, i) => {
      sums[owner]! -= losses![i]!;
    });
    done += planned.reduce((sum, which) => sum + rows[which]!.scored.length, 0);
    report?.(done);
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
  }
  if (!sums.every(Number.isFinite)) throw new GptError('eval/nan', 'the model gives log-likelihoods that are NaN');
  return sums;
}

function sharedRows(continuations: readonly Continuation[]): SharedRow[] {
  const rows = new Map<string, SharedRow>();
  for (const [index, { ids, from }] of continuations.entries()) {
    const read = ids.subarray(0, -1).map((id) => Math.max(id, 0));
    const key = read.join(' ');
    const row = rows.get(key) ?? { read, scored: [] };
    rows.set(key, row);
    row.scored.push({ index, from, ids });
  }
  return [...rows.values()];
}

function filled(values: readonly number[], length: number, filler: number): Int32Array {
  const array = new Int32Array(length).fill(filler);
  array.set(values);
  return array;
}
