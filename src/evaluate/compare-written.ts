// What a model answers, compared with the answers of the data: BLEU and chrF.
import type { Encoded, Example } from '../dataset/index.js';
import type { PhaseEvent, WrittenScores } from '../events.js';
import { bleu, bleuSignature, chrf, chrfSignature } from '../metrics/index.js';
import { phase } from '../session/phase.js';
import type { Session } from '../session/session.js';
import { type Writing, writeGreedily } from './write-greedily.js';

/**
 * Writes the last answer of each example.
 * @param rows the data; of those that could be encoded `examples` has the ids, under the same place
 */
export async function* compareWritten(
  session: Session,
  rows: readonly Example[],
  examples: readonly Encoded[],
  writing: Writing,
): AsyncGenerator<PhaseEvent, WrittenScores> {
  const answers = new Map(rows.map((row) => [row.place, answerOf(row)]));
  const references = examples.map(({ place }) => answers.get(place!)!);
  const asked = examples.map((example) => ({ prompt: promptOf(example), stop: [] }));
  const hypotheses = yield* phase('writing answers', (report) => writeGreedily(session, asked, writing, report));
  return {
    ...{ bleu: bleu(hypotheses, references), bleuSignature },
    ...{ chrf: chrf(hypotheses, references), chrfSignature },
  };
}

function answerOf(row: Example): string {
  if (row.kind === 'instruct') return row.completion;
  if (row.kind !== 'chat') throw new TypeError(`a row of kind ${row.kind} has no answer`);
  return row.messages.findLast(({ role }) => role === 'assistant')?.content ?? '';
}

/** What stands before the last answer. */
function promptOf({ ids, targets }: Encoded): number[] {
  let first = targets.findLastIndex((target) => target >= 0);
  while (first > 0 && targets[first - 1]! >= 0) first--;
  return [...ids.subarray(0, first + 1)];
}
