// A flag that is no setting of a run: a whole number in a range.
import { GptError } from '../errors.js';
import { visibleLine } from './terminal-text.js';

/** @throws GptError `cli/number`, naming the flag */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new GptError('cli/number', `${flag} must be a whole number from ${min} to ${max}, got "${visibleLine(text)}"`);
}
