// What the update of one array is told, however it is written.
import type { Coefficients } from '../../../optimizer/index.js';
import type { StateKind } from '../../types.js';
import type { BoundWriter } from '../bound.js';
import type { Variable } from '../variable.js';
import type { Ref } from '../writer.js';

/** The same for all arrays of a step. */
export interface CommonUpdate {
  /** bool []: false leaves everything as it is. */
  readonly ok: Ref;
  /** []: what gradients are multiplied with. */
  readonly scale: Ref;
  /** []: 1 / sqrt(1 - beta2^iteration) */
  readonly inverseRoot: Ref;
  readonly fixed: Pick<Coefficients, 'beta1' | 'rest1' | 'beta2' | 'rest2' | 'epsilon'>;
}

export interface ArrayUpdate {
  readonly gradient: Ref;
  readonly variables: Readonly<Record<StateKind, Variable>>;
  /** []: learningRate / (1 - beta1^iteration) */
  readonly stepSize: Ref;
  /** []: 1 - learningRate * weightDecay; none for arrays that are not decayed. */
  readonly kept?: Ref;
}

/** Begins the update of a step; what it gives is called for one array after the other. */
export type UpdateWriter = (writer: BoundWriter, common: CommonUpdate) => (array: ArrayUpdate) => void;
