// Finds the name a person probably meant, for error messages.
import { closest, distance } from 'fastest-levenshtein';

/** The candidate most like `name`, or undefined when none is close enough to be worth naming. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const wanted = name.toLowerCase();
  const lower = candidates.map((candidate) => candidate.trim().toLowerCase());
  const index = lower.indexOf(closest(wanted, lower));
  const found = lower[index]!;
  const close = distance(wanted, found) <= Math.max(2, Math.floor(wanted.length / 2));
  return close || (found.length > 2 && (found.includes(wanted) || wanted.includes(found)))
    ? candidates[index]
    : undefined;
}

/** `"a", "b" and 3 more`: a list for a message, cut after `limit`. */
export function quoteList(names: readonly string[], limit = 12): string {
  const shown = names.slice(0, limit).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
