// One function of TensorFlow's, registered in a context: handles in, handles out. Knows nothing of steps or states.
import type { Context, Handle, TensorHandle } from './native/index.js';
import type { GraphWriter, Mode, Ref } from './writer.js';

/** Names are a context's own; one counter for all keeps them apart. */
let count = 0;

export class TfFunction {
  private disposed = false;

  private constructor(
    private readonly context: Context,
    readonly name: string,
    readonly mode: Mode,
    private readonly outputs: number,
    private readonly device: string | undefined,
  ) {}

  /**
   * Registers a graph as a function and frees the graph.
   * @param controls operations that run though nothing reads them: assignments
   */
  static register(
    context: Context,
    writer: GraphWriter,
    ports: {
      name: string;
      inputs: readonly Ref[];
      outputs: readonly Ref[];
      controls?: readonly Ref[];
      device?: string;
    },
  ): TfFunction {
    // Through Identity: an output may be an input, a constant, or twice.
    const outputs = ports.outputs.map((ref) => writer.op('Identity', [ref]));
    const name = `${ports.name.replaceAll(/[^A-Za-z0-9]+/g, '_')}_${count++}`;
    const native = writer.toFunction(name, ports.inputs, outputs, ports.controls);
    try {
      context.addFunction(native.pointer);
    } finally {
      native.dispose();
      writer.dispose();
    }
    return new TfFunction(context, name, writer.manner.mode, outputs.length, ports.device);
  }

  /** Runs it aside; the outputs are the caller's to dispose. XLA compiles it in its first run. */
  run(inputs: readonly Handle[]): Promise<TensorHandle[]> {
    if (this.disposed) throw new Error(`use of the function ${this.name} after it was disposed`);
    return this.context.executeAsync(this.name, this.execution(inputs));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    if (!this.context.disposed) this.context.removeFunction(this.name);
  }

  private execution(inputs: readonly Handle[]) {
    const attributes = this.mode === 'xla' ? { _XlaMustCompile: true } : {};
    return { inputs, attributes, outputs: this.outputs, device: this.device };
  }
}
