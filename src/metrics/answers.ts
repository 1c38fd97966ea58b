// Generated answers against the accepted ones: exact match and F1 as SQuAD counts them (Rajpurkar et al. 2016,
// arXiv:1606.05250). Knows strings only.

/** Python's string.punctuation, which SQuAD's script removes. */
const punctuation = /[!-/:-@[-`{-~]/g;

/** Lower case, without ASCII punctuation and the words a, an and the; runs of white space are one space. */
export function normalizeAnswer(text: string): string {
  const words = text.toLowerCase().replace(punctuation, '').replace(articles, ' ');
  return words.split(/\s+/).filter(Boolean).join(' ');
}

/** `\b` of Python knows the letters of all scripts, that of JavaScript ASCII only. */
const articles = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** Whether a prediction is one of the answers, both normalized. */
export function exactMatch(prediction: string, answers: readonly string[]): boolean {
  const own = normalizeAnswer(prediction);
  return answers.some((answer) => normalizeAnswer(answer) === own);
}

/** The best F1, in [0, 1], that the words of a prediction have with those of an answer, each word counted as often as it occurs. */
export function wordF1(prediction: string, answers: readonly string[]): number {
  const own = wordsOf(prediction);
  return Math.max(...answers.map((answer) => overlap(own, wordsOf(answer))));
}

const wordsOf = (text: string) => normalizeAnswer(text).split(' ').filter(Boolean);

function overlap(predicted: readonly string[], expected: readonly string[]): number {
  if (predicted.length === 0 || expected.length === 0) return Number(predicted.length === expected.length);
  const left = new Map<string, number>();
  for (const word of expected) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of predicted) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common++;
  }
  return (2 * common) / (predicted.length + expected.length);
}
