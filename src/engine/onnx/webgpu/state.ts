// Parameters and slots in the GPU's memory. A run cannot write into a tensor it reads, so each update gives new
// tensors and the old ones are let go. What the host asks for is copied by small graphs: tensors themselves cannot be
// read (onnxruntime-node has no download, and ends the process when asked for one).
import { type Graph, GraphBuilder, sizeOf } from '../../../trace/index.js';
import { StateLayout } from '../../layout.js';
import type { ArraySpec, State, StateOptions } from '../../types.js';
import { type DeviceTensor, GraphSession, type SessionOptions } from '../session.js';
import { holdDevice } from './hold.js';

/** `cpu` runs the same graphs on host tensors: for tests where there is no adapter. */
export type Placement = Pick<SessionOptions, 'device' | 'threads'>;

export class DeviceState extends StateLayout implements State {
  private readonly tensors = new Map<string, DeviceTensor>();
  private readonly copies = new Map<string, Promise<GraphSession>>();
  private disposed = false;

  private constructor(
    specs: readonly ArraySpec[],
    options: StateOptions,
    private readonly placement: Placement,
  ) {
    super(specs, options);
  }

  /** All zeros. */
  static async create(specs: readonly ArraySpec[], options: StateOptions, placement: Placement): Promise<DeviceState> {
    const { device, threads } = placement;
    const state = new DeviceState(specs, options, { device, threads });
    await holdDevice({ device, threads });
    for (const { name } of specs)
      for (const { name: slot, shape } of state.arrays(name))
        await state.write(slot, name, new Float32Array(sizeOf(shape)));
    return state;
  }

  /** The tensor itself; it is replaced by the next update or write. */
  tensor(slot: string, name: string): DeviceTensor {
    this.shapeOf(slot, name);
    return this.tensors.get(key(slot, name))!;
  }

  /** Takes a tensor over and lets the one before it go. */
  replace(slot: string, name: string, tensor: DeviceTensor): void {
    this.shapeOf(slot, name);
    this.tensors.get(key(slot, name))?.dispose();
    this.tensors.set(key(slot, name), tensor);
  }

  async read(slot: string, name: string): Promise<Float32Array> {
    const session = await this.copy(this.shapeOf(slot, name), 'out');
    return (await session.run({ x: this.tensor(slot, name) }))['y'] as Float32Array;
  }

  async write(slot: string, name: string, data: Float32Array): Promise<void> {
    this.requireSize(slot, name, data);
    const session = await this.copy(this.shapeOf(slot, name), 'in');
    const { onDevice } = await session.runOnDevice({ x: data });
    this.replace(slot, name, onDevice['y']!);
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    this.close();
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
    for (const session of await Promise.all(this.copies.values())) await session.release();
    this.copies.clear();
  }

  private copy(shape: readonly number[], way: 'in' | 'out'): Promise<GraphSession> {
    const name = `${way} [${shape}]`;
    let session = this.copies.get(name);
    if (!session) {
      const onDevice = way === 'in' ? { onDevice: (output: string) => output === 'y' } : {};
      session = GraphSession.open(copyGraph(shape), { ...this.placement, ...onDevice });
      this.copies.set(name, session);
    }
    return session;
  }
}

function key(slot: string, name: string): string {
  return `${slot} ${name}`;
}

/**
 * x as y, and its first number for the host: what is copied in is let go only when the queue is waited for, which
 * reading a number does.
 */
function copyGraph(shape: readonly number[]): Graph {
  const builder = new GraphBuilder(`copy [${shape}]`);
  const x = builder.input('x', { shape, dtype: 'float32' });
  const flat = builder.add('Reshape', [x], { shape: [sizeOf(shape)] }, [{ shape: [sizeOf(shape)], dtype: 'float32' }]);
  const first = builder.add('Slice', flat, { begin: [0], size: [1] }, [{ shape: [1], dtype: 'float32' }]);
  builder.output('y', x);
  builder.output('first', first[0]!);
  return builder.build();
}
