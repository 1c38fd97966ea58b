// `--no-repeat-ngram`: no sequence of tokens twice.
import { integer } from '../../config/setting.js';
import { type Filter, keep, NEVER } from './filter.js';

export const noRepeatNgramSetting = integer({
  min: 0,
  max: 1000000,
  default: 0,
  help: 'no sequence of n tokens twice, the prompt included; 0: any',
});

/**
 * Drops the tokens that would complete a sequence of `size` tokens that occurred before (Paulus et al. 2017, arXiv:1705.04304).
 * Where that is every token, none is dropped. 0 keeps all.
 */
export function noRepeatNgram(size: number): Filter {
  return (logits, { history }) => {
    if (size === 0 || history.length < size) return logits;
    const begin = history.slice(history.length - size + 1); // size - 1 tokens
    const banned = new Set<number>();
    for (let at = 0; at + size <= history.length; at++) {
      if (begin.every((id, i) => id === history[at + i])) banned.add(history[at + size - 1]!);
    }
    if (banned.size === 0) return logits;
    const left = keep(logits, (_, id) => !banned.has(id));
    return left.some((logit) => logit > NEVER) ? left : logits;
  };
}
