// Every head of a model, scored on random tokens that are repeated (Olsson et al. 2022, arXiv:2209.11895).
import { GptError } from '../errors.js';
import { Random } from '../rng.js';
import type { Session } from '../session/session.js';
import type { ScoredHeads } from './explanation.js';
import { headScores, nameOf } from './heads.js';
import { insideOf } from './inside.js';

/** How many random tokens there are; the same follow again. */
const mostRepeated = 32;

/** Scores over the second time only. @throws GptError `explain/heads` for a context of less than four tokens */
export async function scoreHeads(session: Session, seed: number): Promise<ScoredHeads> {
  const { vocabSize, blockSize } = session.gpt.config;
  const half = Math.min(mostRepeated, Math.floor(blockSize / 2));
  if (half < 2) throw new GptError('explain/heads', `a context of ${blockSize} tokens is too short to score heads`);
  const random = new Random(seed);
  const once = Array.from({ length: half }, () => random.integer(vocabSize));
  const ids = [...once, ...once];
  const { weights } = await insideOf(session, ids, { attention: true });
  const heads = headScores(weights!, ids, half).map((scores) => {
    const name = nameOf(scores);
    return name === undefined ? scores : { ...scores, name };
  });
  return { heads, headTokens: ids };
}
