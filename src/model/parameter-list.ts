// Writes down the parameters of a model in the order in which they are used.
import type { Initialization, ParameterSpec } from './config.js';

type Matrix = Omit<ParameterSpec, 'name' | 'shape' | 'decay' | 'init' | 'role'> & {
  readonly role?: ParameterSpec['role'];
};

export const normal = (deviation: number): Initialization => ({ kind: 'normal', deviation });

/** A list to add parameters to. Matrices are decayed, vectors are not. */
export class ParameterList {
  readonly specs: ParameterSpec[] = [];

  /** @param init default: normal with a deviation of 0.02 (GPT-2) */
  matrix(name: string, shape: readonly number[], attributes: Matrix = {}, init: Initialization = normal(0.02)): void {
    this.specs.push({ name, shape, decay: true, init, role: 'matrix', ...attributes });
  }

  vector(name: string, length: number, kind: 'zeros' | 'ones', block?: number): void {
    const place = block === undefined ? {} : { block };
    this.specs.push({ name, shape: [length], decay: false, init: { kind }, role: 'vector', ...place });
  }
}
