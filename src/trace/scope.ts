// What tfjs is doing right now, for error messages: the names of the operations being run.
import * as tf from '../tf.js';

/** The parts of tfjs' engine that a trace looks at or guards; public there, but untyped. */
export interface EngineInternals {
  readonly state: {
    readonly scopeStack: readonly { readonly name: string }[];
    activeTape: unknown[] | null;
    gradientDepth: number;
  };
  /** The active backend; both are empty until tfjs starts one. */
  backendName: string | null | undefined;
  backendInstance: tf.KernelBackend | null | undefined;
  incRef(tensor: tf.Tensor, backend: tf.KernelBackend | null): void;
  isTapeOn(): boolean;
  trackTensor(tensor: tf.Tensor, backend: tf.KernelBackend): void;
  disposeTensor(tensor: tf.Tensor): void;
  disposeVariable(variable: tf.Variable): void;
  makeTensorFromTensorInfo(info: tf.TensorInfo, backend?: tf.KernelBackend): tf.Tensor;
  gradients(
    f: () => tf.Tensor,
    xs: tf.Tensor[],
    dy: tf.Tensor | null,
    allowNoGradients: boolean,
  ): { value: tf.Tensor; grads: (tf.Tensor | undefined)[] };
}

export function engineInternals(): EngineInternals {
  return tf.engine() as unknown as EngineInternals;
}

/** tfjs names the scope of an operation so; other scopes are tidies. */
const suffix = '__op';

/** tfjs' operations under way, outermost first: ['dropout', 'randomUniform']. */
export function activeOperations(): string[] {
  return engineInternals()
    .state.scopeStack.filter(({ name }) => name.endsWith(suffix))
    .map(({ name }) => name.slice(0, -suffix.length));
}

/** For messages: `tf.dropout > tf.randomUniform`, or 'your own code' where tfjs is not running an operation. */
export function whoAsks(): string {
  const names = activeOperations();
  return names.length > 0 ? names.map((name) => `tf.${name}`).join(' > ') : 'your own code';
}
