// Sums over the workers of a cluster by TensorFlow's collective operations: in a ring over gRPC, on GPUs by NCCL. Knows
// tensors; not what is trained.
import type { Cluster, Summands } from '../../../cluster/types.js';
import { GptError } from '../../../errors.js';
import { type Context, checked, TensorHandle, typeNumbers, withTensor } from '../native/index.js';
import type { Peers } from './peers.js';
import { taskName } from './server-def.js';

/** Names our group of workers to TensorFlow; there is no other. */
const groupKey = 1;

export type SummedType = 'float32' | 'float64' | 'int32';

export class Collectives implements Cluster {
  readonly rank: number;
  readonly size: number;
  /** TensorFlow identifies collectives by a number; a number keeps its type and length. */
  private readonly keys = new Map<string, TensorHandle>();
  private readonly numbers = new Map<number, TensorHandle>();
  private failure: GptError | undefined;

  constructor(
    private readonly context: Context,
    private readonly peers: Peers,
  ) {
    this.rank = peers.spec.rank;
    this.size = peers.spec.addresses.length;
  }

  async sum<T extends Summands>(values: T): Promise<T> {
    const type = values instanceof Float64Array ? 'float64' : 'int32';
    const given = this.tensor(values, type);
    let total: TensorHandle | undefined;
    try {
      total = await this.reduce(given, type, values.length, `host ${type}`);
      return this.read(total, type) as T;
    } finally {
      given.dispose();
      total?.dispose();
    }
  }

  /**
   * The sum of a tensor over the workers, on the tensor's type of device.
   * @param what distinguishes tensors of one length that are reduced at different places of the program
   * @param device a GPU's name within the worker, as `GPU:0`; default the CPU
   * @returns a tensor of the caller's to dispose
   * @throws GptError `cluster/worker-lost`
   */
  async reduce(
    input: TensorHandle,
    type: SummedType,
    length: number,
    what: string,
    device = 'CPU:0',
  ): Promise<TensorHandle> {
    if (this.failure) throw this.failure;
    const work = this.context.executeAsync('CollectiveReduceV2', {
      inputs: [input, this.number(this.size), this.number(groupKey), this.keyOf(`${what} ${type} ${length}`), []],
      attributes: {
        T: { type },
        merge_op: 'Add',
        final_op: 'Id',
        communication_hint: device.startsWith('GPU') ? 'nccl' : 'ring',
        timeout_seconds: { float: 0 },
        is_stateless: false,
        Nordering_token: 0,
        max_subdivs_per_device: -1,
      },
      device: `${taskName(this.rank)}/device:${device}`,
      outputs: 1,
    });
    try {
      const [total] = await this.peers.watch(work, (why) => this.context.abortCollectives(why));
      return total!;
    } catch (error) {
      if (!(error instanceof GptError)) throw error;
      this.failure = await this.peers.blame(error);
      throw this.failure;
    }
  }

  dispose(): void {
    for (const handle of [...this.keys.values(), ...this.numbers.values()]) handle.dispose();
    this.keys.clear();
    this.numbers.clear();
  }

  private keyOf(what: string): TensorHandle {
    let key = this.keys.get(what);
    if (!key) {
      key = this.tensor(Int32Array.of(this.keys.size + 1), 'int32', []);
      this.keys.set(what, key);
    }
    return key;
  }

  private number(value: number): TensorHandle {
    let handle = this.numbers.get(value);
    if (!handle) {
      handle = this.tensor(Int32Array.of(value), 'int32', []);
      this.numbers.set(value, handle);
    }
    return handle;
  }

  private tensor(values: Summands, type: 'float64' | 'int32', shape = [values.length]): TensorHandle {
    const { library } = this.context;
    const { api } = library;
    return withTensor(library, values, { shape, type: typeNumbers[type] }, (tensor) => {
      const handle = checked(api, 'make a tensor', (status) => api.TFE_NewTensorHandle(tensor, status));
      return new TensorHandle(library, handle);
    });
  }

  private read(handle: TensorHandle, type: 'float64' | 'int32'): Summands {
    const { api, view } = this.context.library;
    const tensor = checked(api, 'read a tensor', (status) => api.TFE_TensorHandleResolve(handle.pointer, status));
    try {
      const bytes = Number(api.TF_TensorByteSize(tensor!));
      const copy = bytes > 0 ? view(api.TF_TensorData(tensor!)!, bytes).slice(0) : new ArrayBuffer(0);
      return type === 'float64' ? new Float64Array(copy) : new Int32Array(copy);
    } finally {
      api.TF_DeleteTensor(tensor!);
    }
  }
}
