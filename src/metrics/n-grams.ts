// What BLEU and chrF count. White space is Python's, so that numbers are those of sacrebleu.

const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const spaces = new RegExp(`${space}+`);
const spacesAtEnd = new RegExp(`${space}+$`);

export const words = (text: string) => text.split(spaces).filter(Boolean);

export const withoutEnd = (text: string) => text.replace(spacesAtEnd, '');

/** How often each run of `n` items occurs. */
export function countNgrams(items: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= items.length; i++) {
    const gram = items.slice(i, i + n).join('\n');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Of n-grams of a text those that occur in another, each at most as often as there. */
export function countCommon(own: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let common = 0;
  for (const [gram, count] of own) common += Math.min(count, other.get(gram) ?? 0);
  return common;
}
