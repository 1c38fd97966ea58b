// The result of `eval --suite` as lines for a person.
import type { Estimate, SuiteEvent } from '../events.js';
import { count, table } from './format.js';

/** `62.50 % ± 4.84` */
function percent({ mean, error }: Estimate): string {
  const share = `${(100 * mean).toFixed(2)} %`;
  return error === null ? share : `${share} ± ${(100 * error).toFixed(2)}`;
}

/** Accuracies with their standard errors, in percent. */
export function suiteLines({ choices, pairs, answers }: SuiteEvent): string[] {
  const rows: string[][] = [];
  if (choices) {
    rows.push(['multiple choice', count(choices.examples)]);
    rows.push(['  accuracy', percent(choices.accuracy)]);
    rows.push(['  accuracy per token', percent(choices.accuracyPerToken)]);
    rows.push(['  accuracy per byte', percent(choices.accuracyPerByte)]);
  }
  if (pairs) {
    rows.push(['minimal pairs', count(pairs.examples)]);
    rows.push(['  accuracy', percent(pairs.accuracy)]);
  }
  if (answers) {
    rows.push(['answers', count(answers.examples)]);
    rows.push(['  exact match', percent(answers.exactMatch)]);
    rows.push(['  F1', percent(answers.f1)]);
  }
  return table(rows);
}
