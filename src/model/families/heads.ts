// What families ask of the number of heads.
import { GptError } from '../../errors.js';

/** @throws GptError `config/heads`, with a hint, where the channels cannot be shared out among the heads */
export function requireHeads(nEmbd: number, nHead: number): void {
  if (nEmbd % nHead === 0) return;
  const down = Math.max(1, Math.floor(nEmbd / nHead)) * nHead;
  const heads = Array.from({ length: nHead }, (_, i) => nHead - i).find((n) => nEmbd % n === 0) ?? 1;
  const hint = `try --n-embd ${nEmbd < nHead ? nHead * 32 : down}, or --n-head ${heads}`;
  throw new GptError('config/heads', `n-embd (${nEmbd}) is not divisible by n-head (${nHead})`, { hint });
}
