// A compiled function with its tf.Variables: read before each run, assigned after it. Runs one at a time.
import type { Program as Compiled, Feeds } from '../engine/index.js';
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import type { DType, TracedFunction } from '../trace/index.js';
import { hostNumbers } from './specs.js';

export class Program {
  private last: Promise<unknown> = Promise.resolve();
  private disposed = false;

  /** @param release gives back what the compiled function runs on */
  constructor(
    private readonly name: string,
    private readonly compiled: Compiled,
    private readonly traced: TracedFunction,
    private readonly release: () => Promise<void>,
  ) {}

  /** Runs after the runs before it; gives tensors by output, those of assignments apart. */
  run(feeds: Feeds): Promise<Record<string, tf.Tensor>> {
    if (this.disposed) throw new GptError('jit/disposed', `${this.name} was disposed`, { hint: 'call jit again' });
    return this.after(() => this.runNow(feeds));
  }

  dispose(): Promise<void> {
    if (this.disposed) return this.last.then(() => undefined);
    this.disposed = true;
    return this.after(async () => {
      await this.compiled.dispose();
      await this.release();
    });
  }

  private after<T>(f: () => Promise<T>): Promise<T> {
    const next = this.last.then(f);
    this.last = next.catch(() => undefined);
    return next;
  }

  private async runNow(feeds: Feeds): Promise<Record<string, tf.Tensor>> {
    const { graph, reads, writes } = this.traced;
    for (const variable of [...reads.values(), ...writes.values()]) this.requireAlive(variable);
    const variables = [...reads].map(([name, variable]) => [name, hostNumbers(variable, variable.dtype as DType)]);
    const numbers = await this.compiled.run({ ...feeds, ...Object.fromEntries(variables) });
    for (const variable of writes.values()) this.requireAlive(variable);
    const results: Record<string, tf.Tensor> = {};
    for (const { name, value } of graph.outputs) {
      const tensor = tf.tensor(numbers[name]!, [...value.shape], value.dtype);
      const variable = writes.get(name);
      if (variable) {
        variable.assign(tensor);
        tensor.dispose();
      } else results[name] = tensor;
    }
    return results;
  }

  private requireAlive(variable: tf.Variable): void {
    if (variable.isDisposed)
      throw new GptError('jit/variable', `variable ${variable.name} of ${this.name} was disposed`);
  }
}
