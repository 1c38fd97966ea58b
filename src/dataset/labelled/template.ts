// How the fields of a row become the text before an answer. Knows no tokens; of conversations see src/chat.

import { nearest } from '../../config/nearest.js';
import { GptError } from '../../errors.js';
import { quoteList } from '../quote-list.js';
import type { Columns } from './columns.js';

const placeholder = /\{([^{}\n]+)\}/g;

/** The prompt alone where there is one; an instruction with its input otherwise. */
export function defaultTemplate(columns: Columns): string {
  if (columns.kind === 'completion') return `{${columns.prompt}}`;
  if (columns.kind !== 'alpaca') return '';
  const input = columns.input === undefined ? '' : `\nInput: {${columns.input}}`;
  return `Instruction: {${columns.instruction}}${input}\nAnswer:\n`;
}

/**
 * Refuses a template that names a column which is not there, or none at all.
 * @throws GptError `data/template`
 */
export function checkTemplate(template: string, columns: Columns, names: readonly string[]): void {
  if (columns.kind === 'messages') {
    throw new GptError('data/template', '--prompt-template does not apply to conversations', { hint: 'leave it out' });
  }
  const used = [...template.matchAll(placeholder)].map((match) => match[1]!);
  if (used.length === 0) {
    throw new GptError('data/template', `the prompt template ${JSON.stringify(template)} names no column`, {
      hint: `write one in braces: {${names[0] ?? 'prompt'}}`,
    });
  }
  const answer = columns.kind === 'completion' ? columns.completion : columns.kind === 'alpaca' ? columns.output : '';
  for (const name of used) {
    if (name === answer) {
      throw new GptError('data/template', `the prompt template names {${name}}, the column of the answer`, {
        hint: 'the answer follows the prompt by itself; leave it out',
      });
    }
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    throw new GptError('data/template', `the prompt template names {${name}}; the columns are ${quoteList(names)}`, {
      hint: near === undefined ? 'use one of them' : `did you mean {${near}}?`,
    });
  }
}

/** Fills in the fields. A line whose fields are all empty is omitted, so that an example without input has no "Input:". */
export function renderPrompt(template: string, fields: Readonly<Record<string, string>>): string {
  const lines = template.split('\n').filter((line) => {
    const used = [...line.matchAll(placeholder)];
    return used.length === 0 || used.some((match) => (fields[match[1]!] ?? '') !== '');
  });
  return lines.join('\n').replace(placeholder, (_, name: string) => fields[name] ?? '');
}
