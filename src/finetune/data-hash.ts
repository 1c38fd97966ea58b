// What identifies the data of a finetuning run, so that a resumed run can tell whether it is the same.
import { createHash } from 'node:crypto';
import type { Encoded } from '../dataset/index.js';
import { hash32 } from '../rng.js';

/**
 * SHA-256, in hexadecimal, of all that a run is trained and validated on: every token, target and label of both parts, the
 * names of the labels, the template of prompts.
 */
export function hashOf({
  train,
  validation,
  labels = [],
  template,
}: {
  readonly train: readonly Encoded[];
  readonly validation: readonly Encoded[];
  readonly labels?: readonly string[] | undefined;
  readonly template: string;
}): string {
  const hash = createHash('sha256').update(JSON.stringify([labels, template, train.length, validation.length]));
  for (const { ids, targets, label } of [...train, ...validation]) {
    hash.update(Int32Array.of(ids.length, targets.length, label));
    hash.update(Int32Array.from(ids)).update(Int32Array.from(targets));
  }
  return hash.digest('hex');
}

/** What runs recorded before `hashOf`: the training rows, without where an answer begins. */
export function fingerprintOf(examples: readonly Encoded[]): number {
  let key = examples.length;
  for (const { ids, targets, label } of examples) key = hash32(key, label, ...ids, ...targets.subarray(-1));
  return key;
}
