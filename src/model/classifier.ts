// A GPT with a linear head that reads one position of each text (GPT-1; transformers' GPT2ForSequenceClassification).
import { dropout, embedding } from '../ops/index.js';
import * as tf from '../tf.js';
import type { GptOptions } from './family.js';
import type { Gpt } from './gpt.js';
import { headSpec } from './registry.js';

/** What a classifier computes from one batch. */
export interface Reading {
  /** [B*T, C] */
  readonly hidden: tf.Tensor;
  /** [B, L], L labels */
  readonly scores: tf.Tensor;
}

export class Classifier {
  /** Those of the GPT, then the head. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  private readonly head: tf.Variable;

  constructor(
    readonly gpt: Gpt,
    readonly labelCount: number,
  ) {
    const { name, shape } = headSpec(gpt.config, labelCount);
    this.head = tf.tidy(() => tf.variable(tf.zeros([...shape])));
    this.variables = new Map([...gpt.variables, [name, this.head]]);
  }

  /**
   * @param ids int32 [B, T]
   * @param positions int32 [B], where the head reads; what stands right of it does not matter
   */
  read(ids: tf.Tensor, positions: tf.Tensor, options: Pick<GptOptions, 'dropout' | 'edit'> = {}): Reading {
    const { dropout: rate } = this.gpt.config;
    const [batch, time] = ids.shape as [number, number];
    const hidden = this.gpt.hidden(ids, options);
    const rows = tf.add(tf.range(0, batch * time, time, 'int32'), positions); // row b*T + positions[b]
    const read = dropout(embedding(hidden, rows), rate, options.dropout, this.gpt.masks); // [B, C]
    return { hidden, scores: tf.matMul(read, this.head, false, true) };
  }

  /** Frees the head; the GPT is its owner's. */
  dispose(): void {
    this.head.dispose();
  }
}
