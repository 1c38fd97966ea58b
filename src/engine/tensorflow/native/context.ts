// A TensorFlow runtime: devices, functions, operations run one at a time. Knows nothing of graphs of ours.

import { Handle } from '../../handle.js';
import { type OpAttribute, setAttribute } from './attributes.js';
import { type ConfigOptions, configProto } from './config.js';
import type { Pointer } from './ffi.js';
import type { Library } from './library.js';
import { checked, checkedAsync } from './status.js';
import { TensorHandle } from './tensor.js';

export interface RunDevice {
  /** As operations are placed on it: `/job:localhost/replica:0/task:0/device:CPU:0`. */
  readonly name: string;
  /** CPU, GPU, XLA_CPU... */
  readonly type: string;
  readonly memoryBytes: number;
}

export interface Execution {
  readonly inputs: readonly (Handle | readonly Handle[])[];
  readonly attributes?: Readonly<Record<string, OpAttribute>>;
  readonly device?: string | undefined;
  /** The most outputs that there may be. */
  readonly outputs: number;
}

export class Context extends Handle {
  private constructor(
    readonly library: Library,
    pointer: Pointer | null,
  ) {
    const { api } = library;
    super('context', pointer, (address) => api.TFE_DeleteContext(address));
  }

  /** TensorFlow keeps one pool of threads a process: the first context's number holds for all. */
  static open(library: Library, options: ConfigOptions): Context {
    const { api } = library;
    const config = configProto(options);
    const contextOptions = api.TFE_NewContextOptions();
    try {
      checked(api, 'take its settings', (status) =>
        api.TFE_ContextOptionsSetConfig(contextOptions, config, config.length, status),
      );
      const pointer = checked(api, 'start', (status) => api.TFE_NewContext(contextOptions, status));
      return new Context(library, pointer);
    } finally {
      api.TFE_DeleteContextOptions(contextOptions);
    }
  }

  devices(): RunDevice[] {
    const { api } = this.library;
    const list = checked(api, 'list its devices', (status) => api.TFE_ContextListDevices(this.pointer, status));
    if (!list) throw new Error('TensorFlow gave no list of devices');
    try {
      return Array.from({ length: api.TF_DeviceListCount(list) }, (_, index) => ({
        name: checked(api, 'name a device', (status) => api.TF_DeviceListName(list, index, status)),
        type: checked(api, 'name a device', (status) => api.TF_DeviceListType(list, index, status)),
        memoryBytes: Number(
          checked(api, 'measure a device', (status) => api.TF_DeviceListMemoryBytes(list, index, status)),
        ),
      }));
    } finally {
      api.TF_DeleteDeviceList(list);
    }
  }

  /** Joins a cluster for collective operations; `serverDef` is a serialized tensorflow.ServerDef. */
  enableCollectives(serverDef: Uint8Array): void {
    const { api } = this.library;
    checked(api, 'join the cluster', (status) =>
      api.TFE_EnableCollectiveOps(this.pointer, serverDef, serverDef.length, status),
    );
  }

  /** Ends every collective operation that waits now or comes later with an error. */
  abortCollectives(why: string): void {
    const { api } = this.library;
    const status = api.TF_NewStatus();
    try {
      api.TF_SetStatus(status, 14, why); // UNAVAILABLE
      api.TFE_AbortCollectiveOps(this.pointer, status);
    } finally {
      api.TF_DeleteStatus(status);
    }
  }

  /**
   * Asks another task of the cluster whether it lives.
   * @param task as `/job:worker/replica:0/task:1`
   * @returns what is wrong with it; undefined when it answered
   */
  async checkPeer(task: string, milliseconds: number): Promise<string | undefined> {
    const { api } = this.library;
    try {
      await checkedAsync(api, 'reach it', (status) =>
        call(api.TFE_CollectiveOpsCheckPeerHealth, [this.pointer, task, milliseconds, status]),
      );
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Makes a TF_Function callable by its name. */
  addFunction(native: Pointer): void {
    const { api } = this.library;
    checked(api, 'take a function', (status) => api.TFE_ContextAddFunction(this.pointer, native, status));
  }

  removeFunction(name: string): void {
    const { api } = this.library;
    checked(api, `forget ${name}`, (status) => api.TFE_ContextRemoveFunction(this.pointer, name, status));
  }

  /** Runs an operation or function by name, to its end; its outputs are the caller's to dispose. */
  execute(name: string, execution: Execution): TensorHandle[] {
    const { api } = this.library;
    const op = this.prepare(name, execution);
    const results: (Pointer | null)[] = new Array(execution.outputs).fill(null);
    const count: [number] = [execution.outputs];
    try {
      checked(api, `run ${name}`, (status) => api.TFE_Execute(op, results, count, status));
    } finally {
      api.TFE_DeleteOp(op);
    }
    return results.slice(0, count[0]).map((pointer) => new TensorHandle(this.library, pointer));
  }

  /** As `execute`, on a thread of its own: timers and signals go on meanwhile. */
  async executeAsync(name: string, execution: Execution): Promise<TensorHandle[]> {
    const { api } = this.library;
    const op = this.prepare(name, execution);
    const results: (Pointer | null)[] = new Array(execution.outputs).fill(null);
    const count: [number] = [execution.outputs];
    try {
      await checkedAsync(api, `run ${name}`, (status) => call(api.TFE_Execute, [op, results, count, status]));
    } finally {
      api.TFE_DeleteOp(op);
    }
    return results.slice(0, count[0]).map((pointer) => new TensorHandle(this.library, pointer));
  }

  private prepare(name: string, { inputs, attributes = {}, device }: Execution): Pointer {
    const { api } = this.library;
    const op = checked(api, `find ${name}`, (status) => api.TFE_NewOp(this.pointer, name, status));
    if (!op) throw new Error(`TensorFlow gave no operation ${name}`);
    try {
      if (device) checked(api, `place ${name}`, (status) => api.TFE_OpSetDevice(op, device, status));
      for (const [key, value] of Object.entries(attributes)) setAttribute(api, 'TFE_OpSetAttr', op, key, value);
      for (const input of inputs)
        checked(api, `take an input of ${name}`, (status) => {
          if (input instanceof Handle) api.TFE_OpAddInput(op, input.pointer, status);
          else {
            const list = input as readonly Handle[];
            api.TFE_OpAddInputList(
              op,
              list.map(({ pointer }) => pointer),
              list.length,
              status,
            );
          }
        });
      return op;
    } catch (error) {
      api.TFE_DeleteOp(op);
      throw error;
    }
  }
}

function call<A extends unknown[], R>(
  native: { async(...args: [...A, (error: Error | null, result: R) => void]): void },
  args: A,
): Promise<R> {
  return new Promise((resolve, reject) => {
    native.async(...args, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}
