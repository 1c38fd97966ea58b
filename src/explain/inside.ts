// One pass over a text that also gives what lies inside: logits of every position, the logit lens, attention weights.
import { GptError } from '../errors.js';
import { insideStep } from '../model/index.js';
import type { Session } from '../session/session.js';
import type { Weights } from './heads.js';

export interface Inside {
  /** [T, V] */
  readonly logits?: Float32Array;
  /** [L + 1, T] */
  readonly lens?: { readonly ids: Int32Array; readonly probabilities: Float32Array };
  readonly weights?: Weights;
}

export interface Asked {
  readonly logits?: boolean;
  readonly lens?: boolean;
  readonly attention?: boolean;
}

/** More attention weights than this are not computed: as JSON they would be hundreds of MB. */
const mostWeights = 8e6;

/**
 * @param ids [T], at most the block size
 * @throws GptError `explain/long` for too many attention weights
 */
export async function insideOf(session: Session, ids: readonly number[], asked: Asked): Promise<Inside> {
  const { logits = false, lens = false, attention = false } = asked;
  const { nLayer: layers, nHead: heads } = session.gpt.config;
  const time = ids.length;
  const count = layers * heads * time ** 2;
  if (attention && count > mostWeights) {
    const most = Math.floor(Math.sqrt(mostWeights / layers / heads));
    throw new GptError('explain/long', `${time} tokens have ${Math.round(count / 1e6)} million attention weights`, {
      hint: `at most ${most} tokens can be shown with --attention`,
    });
  }
  const program = await session.compile(insideStep(session.gpt, { time, logits, lens, attention }));
  const found = await program.run({ ids: Int32Array.from(ids) });
  return {
    ...(logits && { logits: found['logits'] as Float32Array }),
    ...(lens && {
      lens: { ids: found['lens'] as Int32Array, probabilities: found['lensProbability'] as Float32Array },
    }),
    ...(attention && { weights: { layers, heads, time, data: found['attention'] as Float32Array } }),
  };
}
