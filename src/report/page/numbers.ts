// Numbers as the page writes them.

/** Logs may hold anything. */
function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A whole number; empty for what is no finite number. */
export const count = (value: unknown): string => (isNumber(value) ? Math.round(value).toLocaleString('en-US') : '');

/** Significant digits, without an exponent where that is short; empty for what is no finite number. */
export function figure(value: unknown, digits = 4): string {
  if (!isNumber(value)) return '';
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential(digits - 2);
  return String(Number(value.toPrecision(digits)));
}

export const percent = (share: unknown): string => (isNumber(share) ? `${(100 * share).toFixed(1)} %` : '');

/** Seconds as 8s, 2m 05s, 1h 02m; empty for what is no finite number. */
export function duration(seconds: unknown): string {
  if (!isNumber(seconds)) return '';
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}
