// Lengths of time as people write them.

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Seconds in `500ms`, `90s`, `10m`, `1h30m` or `1d`; undefined for anything else and for nothing at all. */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim().toLowerCase().replace(/\s+/g, '');
  if (!WHOLE.test(compact)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of compact.matchAll(PART)) seconds += Number(count) * UNITS[unit!]!;
  return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
}
