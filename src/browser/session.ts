// The exported model in onnxruntime's WebAssembly: texts to logits, keys and values kept from token to token.
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import type { LogitSource } from '../sample/decoder.js';
import type { PageFacts } from './payload.js';

export async function openSession(runtime: Uint8Array, model: Uint8Array): Promise<InferenceSession> {
  env.wasm.wasmBinary = runtime;
  env.wasm.numThreads = 1; // more need a server's headers
  env.logLevel = 'error';
  return InferenceSession.create(model, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
}

/** Reads a text token by token. When the context is full the window slides, and every token costs a pass over all of it. */
export class SessionDecoder implements LogitSource {
  private read: number[] = [];
  private past: Record<string, Tensor>;
  private sliding = false;

  constructor(
    private readonly session: InferenceSession,
    private readonly facts: PageFacts,
  ) {
    this.past = this.nothing();
  }

  async append(ids: readonly number[]): Promise<Float32Array> {
    const { blockSize, vocabSize } = this.facts;
    this.sliding ||= this.read.length + ids.length > blockSize;
    this.read = [...this.read, ...ids].slice(-blockSize);
    const fresh = this.sliding ? this.read : ids;
    const outputs = await this.session.run({
      input_ids: row(fresh),
      attention_mask: row(this.read.map(() => 1)),
      position_ids: row(fresh.map((_, i) => this.read.length - fresh.length + i)),
      ...(this.sliding ? this.nothing() : this.past),
    });
    if (!this.sliding) {
      const kept = Object.entries(outputs).filter(([name]) => name.startsWith('present.'));
      this.past = Object.fromEntries(kept.map(([name, value]) => [name.replace('present', 'past_key_values'), value]));
    }
    return (outputs['logits']!.data as Float32Array).slice(-vocabSize);
  }

  /** Keys and values of no position. */
  private nothing(): Record<string, Tensor> {
    const { nLayer, cache } = this.facts;
    const empty = () => new Tensor('float32', new Float32Array(0), [1, cache.heads, 0, cache.width]);
    const names = Array.from({ length: nLayer }, (_, block) =>
      ['key', 'value'].map((part) => `past_key_values.${block}.${part}`),
    );
    return Object.fromEntries(names.flat().map((name) => [name, empty()]));
  }
}

/** A classifier's scores of a text: logits of the labels. */
export async function scoresOf(session: InferenceSession, ids: readonly number[]): Promise<Float32Array> {
  const outputs = await session.run({ input_ids: row(ids), attention_mask: row(ids.map(() => 1)) });
  return outputs['logits']!.data as Float32Array;
}

/** int64 [1, T] */
function row(values: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
}
