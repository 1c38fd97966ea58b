// Which parameters a run trains: all, or all but the first blocks, or only adapters and head.
import type { ParameterSpec } from './config.js';

export interface Training {
  /** Leave the embeddings and this many blocks as they are; 0: train all. */
  readonly freeze?: number;
  /** Train only adapters and a classifier's head. */
  readonly adaptersOnly?: boolean;
}

/** The specs with `trainable: false` where a parameter is left alone. */
export function withTrainable<Spec extends ParameterSpec>(
  specs: readonly Spec[],
  { freeze = 0, adaptersOnly = false }: Training,
): (Spec & { readonly trainable: boolean })[] {
  return specs.map((spec) => {
    const block = /^h\.(\d+)\./.exec(spec.name)?.[1];
    const early = block === undefined ? /^(wte|wpe)\./.test(spec.name) : Number(block) < freeze;
    const kept = adaptersOnly && !/\.lora_[AB]\.|^score\./.test(spec.name);
    return { ...spec, trainable: !kept && !(freeze > 0 && early) };
  });
}
