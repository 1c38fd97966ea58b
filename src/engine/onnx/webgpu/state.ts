// Parameters and moments in the GPU's memory. A run cannot write into a tensor it reads, so each update gives new
// tensors and the old ones are let go. What the host asks for is copied by small graphs: tensors themselves cannot be
// read (onnxruntime-node has no download, and ends the process when asked for one).
import { GptError } from '../../../errors.js';
import { type Graph, GraphBuilder, sizeOf } from '../../../trace/index.js';
import { isTrainable } from '../../host-state.js';
import type { ArraySpec, State, StateKind } from '../../types.js';
import { type DeviceTensor, GraphSession, type SessionOptions } from '../session.js';
import { holdDevice } from './hold.js';

/** `cpu` runs the same graphs on host tensors: for tests where there is no adapter. */
export type Placement = Pick<SessionOptions, 'device' | 'threads'>;

export class DeviceState implements State {
  private readonly tensors = new Map<string, DeviceTensor>();
  private readonly copies = new Map<string, Promise<GraphSession>>();
  private readonly byName: ReadonlyMap<string, ArraySpec>;
  private disposed = false;

  private constructor(
    readonly specs: readonly ArraySpec[],
    readonly training: boolean,
    private readonly placement: Placement,
  ) {
    this.byName = new Map(specs.map((spec) => [spec.name, spec]));
    if (this.byName.size !== specs.length) throw new GptError('engine/state', 'two arrays have the same name');
  }

  /** All zeros. */
  static async create(specs: readonly ArraySpec[], training: boolean, placement: Placement): Promise<DeviceState> {
    const { device, threads } = placement;
    const state = new DeviceState(specs, training, { device, threads });
    await holdDevice({ device, threads });
    for (const { name, shape } of specs)
      for (const kind of state.kindsOf(name)) await state.write(kind, name, new Float32Array(sizeOf(shape)));
    return state;
  }

  /** The tensor itself; it is replaced by the next update or write. */
  tensor(kind: StateKind, name: string): DeviceTensor {
    this.check(kind, name);
    return this.tensors.get(key(kind, name))!;
  }

  /** Takes a tensor over and lets the one before it go. */
  replace(kind: StateKind, name: string, tensor: DeviceTensor): void {
    this.check(kind, name);
    this.tensors.get(key(kind, name))?.dispose();
    this.tensors.set(key(kind, name), tensor);
  }

  async read(kind: StateKind, name: string): Promise<Float32Array> {
    const { shape } = this.check(kind, name);
    const session = await this.copy(shape, 'out');
    return (await session.run({ x: this.tensor(kind, name) }))['y'] as Float32Array;
  }

  async write(kind: StateKind, name: string, data: Float32Array): Promise<void> {
    const { shape } = this.check(kind, name);
    if (data.length !== sizeOf(shape))
      throw new GptError('engine/state', `${name} of ${sizeOf(shape)} numbers was given ${data.length}`);
    const session = await this.copy(shape, 'in');
    const { onDevice } = await session.runOnDevice({ x: data });
    this.replace(kind, name, onDevice['y']!);
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
    for (const session of await Promise.all(this.copies.values())) await session.release();
    this.copies.clear();
  }

  /** Names of what is trained, in the specs' order. */
  trainableNames(): string[] {
    return this.training ? this.specs.filter(isTrainable).map(({ name }) => name) : [];
  }

  private kindsOf(name: string): readonly StateKind[] {
    const trained = this.training && isTrainable(this.byName.get(name)!);
    return trained ? ['parameter', 'firstMoment', 'secondMoment'] : ['parameter'];
  }

  private check(kind: StateKind, name: string): ArraySpec {
    if (this.disposed) throw new Error('the state was disposed');
    const spec = this.byName.get(name);
    if (!spec) throw new GptError('engine/state', `the state holds no array ${JSON.stringify(name)}`);
    if (!this.kindsOf(name).includes(kind))
      throw new GptError('engine/state', `${name} is not trained, so it has no ${kind}`);
    return spec;
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

function key(kind: StateKind, name: string): string {
  return `${kind} ${name}`;
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
