// "Did you mean": the known word nearest to a mistyped one.
import { distance } from 'fastest-levenshtein';

/** The candidate that differs least from `word` if it is close enough to be a slip; case, dashes and spaces do not count. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_\s]/g, '');
  const wanted = plain(word);
  let best: string | undefined;
  let smallest = Math.max(2, Math.floor(wanted.length * 0.4)) + 1;
  for (const candidate of candidates) {
    const difference = distance(wanted, plain(candidate));
    if (difference < smallest && difference < Math.max(wanted.length, 1)) {
      smallest = difference;
      best = candidate;
    }
  }
  return best;
}
