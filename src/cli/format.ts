// Numbers, times and tables as people read them.
import stringWidth from 'string-width';
import { unpainted, visibleLine } from './terminal-text.js';

/** 809856 as 809,856. */
export const count = (n: number): string => Math.round(n).toLocaleString('en-US');

/** 809856 as 0.81M: three digits. */
export function short(n: number): string {
  for (const [unit, size] of [
    ['B', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (Math.abs(n) >= size * 0.9995 || (unit !== 'k' && Math.abs(n) >= size / 2))
      return `${(n / size).toPrecision(3)}${unit}`;
  }
  return String(Number(n.toPrecision(3)));
}

/** Seconds as 8.4s, 2m 05s, 1h 02m, 3d 04h. */
export function time(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

/** 0.1234 as 12.3 %. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A loss with four decimals; NaN and the infinities by name. */
export const loss = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : String(value));

/** A learning rate in three digits: 9.53e-4. */
export const rate = (value: number): string => (value === 0 ? '0' : value.toExponential(2));

/** Whether it is all ASCII and what charts and bars are made of: one column each. */
export const isNarrow = (text: string): boolean => /^[\x20-\x7e\u2500-\u259f\u2800-\u28ff]*$/.test(text);

/** Columns of a terminal that a text takes: 2 for East Asian wide characters and emoji, 0 for combining ones. */
export function width(text: string): number {
  const shown = unpainted(text);
  return isNarrow(shown) ? shown.length : stringWidth(shown, { countAnsiEscapeCodes: true });
}

/** Padded with blanks to a width of the terminal. */
export const padEnd = (text: string, to: number): string => text + ' '.repeat(Math.max(0, to - width(text)));
export const padStart = (text: string, to: number): string => ' '.repeat(Math.max(0, to - width(text))) + text;

/** Columns as wide as their widest cell, each on one line; the columns named in `right` are aligned to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const cells = rows.map((row) => row.map(visibleLine));
  const widths: number[] = [];
  for (const row of cells) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  return cells.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? padStart(cell, widths[i]!) : padEnd(cell, widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
