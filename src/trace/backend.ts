// The tfjs backend `trace`: tfjs' own CPU backend, whose kernels go to the active recorder while there is one. tfjs' engine
// is global: programs may run other backends on it, and other copies of this file (the library's entries are bundles).
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import type { TensorSpec } from './graph.js';
import { activeRecorder, placeholderInfo, randomness } from './recorder.js';
import { activeOperations, engineInternals, whoAsks } from './scope.js';

/** `trace`, or `trace-2` and so on where another copy of this file has taken the name. Undefined until registered. */
let registeredName: string | undefined;

/** The name of this copy's backend; registers it. */
export function traceBackendName(): string {
  registeredName ??= register();
  return registeredName;
}

const drawing = new Set(
  'randomUniform randomUniformInt randomNormal randomStandardNormal truncatedNormal randomGamma rand dropout'.split(
    ' ',
  ),
);

/** tfjs' CPU backend, except that symbolic tensors have no numbers and reading one is an error. */
export class TraceBackend extends tf.MathBackendCPU {
  constructor() {
    super();
    // Else tfjs advertises tfjs-node on the console.
    (this as unknown as { firstUse: boolean }).firstUse = false;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    if (values !== undefined && activeRecorder()) {
      const names = activeOperations();
      if (names.some((name) => drawing.has(name))) throw randomness(whoAsks());
    }
    return super.write(values, shape, dtype);
  }

  override readSync(dataId: object): tf.BackendValues {
    this.refuseSymbolic(dataId);
    return super.readSync(dataId);
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    try {
      this.refuseSymbolic(dataId);
    } catch (error) {
      // The promise of a read in a trace is never settled; the trace itself fails.
      if (activeRecorder()?.fail(error)) return new Promise(() => {});
      throw error;
    }
    return super.read(dataId);
  }

  private refuseSymbolic(dataId: object): void {
    const maker = activeRecorder()?.makerOf(dataId);
    if (maker !== undefined)
      throw new GptError('trace/read', `${whoAsks()} reads the value of a traced tensor (made by ${maker})`, {
        hint: 'a traced step runs once without numbers: return the tensor as an output, or compute with tensors only',
      });
    if (isPlaceholder(this.data.get(dataId)))
      throw new GptError('trace/read', `${whoAsks()} reads a placeholder, which has no numbers`, {
        hint: 'assign a value to the variable first',
      });
  }
}

/**
 * Registers the backend `trace` and makes it tfjs' active one. Idempotent. Throws `trace/backend` where tfjs stays
 * on another one.
 */
export function ensureTraceBackend(): void {
  activateBackend(traceBackendName());
}

/** Runs `f` on the backend `trace`, then restores the one of before. */
export function onTraceBackend<T>(f: () => T): T {
  return restoringBackend(() => {
    ensureTraceBackend();
    return f();
  });
}

/** Runs `f`; then tfjs is on its backend of before, or on none where it had not started one. */
export function restoringBackend<T>(f: () => T): T {
  const engine = engineInternals();
  const before = engine.backendName;
  try {
    return f();
  } finally {
    if (before) activateBackend(before);
    else {
      engine.backendName = before;
      engine.backendInstance = null;
    }
  }
}

/** The priority is the lowest: tfjs never chooses this backend by itself. */
function register(): string {
  const taken = tf.engine().registryFactory;
  let name = 'trace';
  for (let copy = 2; name in taken; copy++) name = `trace-${copy}`;
  tf.registerBackend(name, () => new TraceBackend(), 0);
  for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel(recorded(kernel, name));
  return name;
}

/** Makes a registered backend the active one, at once. */
export function activateBackend(name: string): void {
  if (tf.engine().backendName === name) return;
  // The promise is settled already for a backend that starts synchronously; its result is checked here.
  tf.setBackend(name).catch(() => undefined);
  if (tf.engine().backendName !== name)
    throw new GptError('trace/backend', `tfjs did not switch to its backend ${name}`);
}

/**
 * A tensor that has a shape but takes no memory, for variables whose numbers live in an engine. Reading it is an
 * error, `variable.assign` gives it numbers. Needs `ensureTraceBackend()`.
 */
export function placeholder(spec: TensorSpec): tf.Tensor {
  ensureTraceBackend();
  return engineInternals().makeTensorFromTensorInfo(placeholderInfo(spec), tf.backend());
}

function recorded(kernel: tf.KernelConfig, backendName: string): tf.KernelConfig {
  const { kernelName, kernelFunc } = kernel;
  return {
    ...kernel,
    backendName,
    kernelFunc: (call) => {
      const recorder = activeRecorder();
      if (recorder) return recorder.kernel(kernelName, call.inputs, call.attrs ?? {}, () => kernelFunc(call));
      try {
        return kernelFunc(call);
      } catch (error) {
        for (const input of Object.values(call.inputs)) if (input) refusePlaceholder(kernelName, input);
        throw error;
      }
    },
  };
}

function refusePlaceholder(kernel: string, { dataId }: tf.TensorInfo): void {
  const { data } = tf.backend() as TraceBackend;
  if (data.has(dataId) && isPlaceholder(data.get(dataId)))
    throw new GptError('trace/read', `${kernel} needs the numbers of a placeholder`, {
      hint: 'assign a value to the variable first',
    });
}

function isPlaceholder(data: { values?: unknown; complexTensorInfos?: unknown }): boolean {
  return data.values === undefined && data.complexTensorInfos == null;
}
