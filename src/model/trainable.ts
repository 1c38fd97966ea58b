// Which parameters a run trains, and how fast: all alike, with early blocks frozen or slower, or only adapters and head.
import type { ParameterSpec } from './config.js';

export interface Training {
  /** Leave the embeddings and this many blocks as they are; 0: train all. */
  readonly freeze?: number;
  /** Train only adapters and a classifier's head. */
  readonly adaptersOnly?: boolean;
  /** What the learning rate is multiplied with from each block to the one below it; 1: all alike. */
  readonly layerDecay?: number;
}

export interface Trained {
  readonly trainable: boolean;
  readonly learningRateScale?: number;
}

/**
 * The specs with `trainable: false` where a parameter is frozen, and with scales of the learning rate: head and last
 * norm 1, the last block `layerDecay`, each block below it as much less, the embeddings least (discriminative
 * finetuning, Howard and Ruder 2018, arXiv:1801.06146; the form is that of Clark et al. 2020, arXiv:2003.10555).
 */
export function withTrainable<Spec extends ParameterSpec>(
  specs: readonly Spec[],
  { freeze = 0, adaptersOnly = false, layerDecay = 1 }: Training,
): (Spec & Trained)[] {
  const blocks = Math.max(0, ...specs.map(({ block }) => (block ?? -1) + 1));
  return specs.map((spec) => {
    const { block, role } = spec;
    const early = block === undefined ? role === 'embedding' : block < freeze;
    const below = block === undefined ? (early ? blocks + 1 : 0) : blocks - block;
    const kept = adaptersOnly && role !== 'adapter' && role !== 'head';
    const scale = layerDecay === 1 ? {} : { learningRateScale: layerDecay ** below };
    return { ...spec, ...scale, trainable: !kept && !(freeze > 0 && early) };
  });
}
