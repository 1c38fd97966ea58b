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

/**
 * Reads a text token by token, as Batch does in the program. When all positions that the model sees are kept, rotary positions grow
 * and the oldest one is dropped; with other positions, beyond the context, every token costs a pass over the whole window.
 */
export class SessionDecoder implements LogitSource {
  private read: number[] = [];
  /** Of the next token. */
  private position = 0;
  private past: Record<string, Tensor>;
  /** How many positions `past` has. */
  private kept = 0;
  private windowed = false;

  constructor(
    private readonly session: InferenceSession,
    private readonly facts: PageFacts,
  ) {
    this.past = this.nothing();
  }

  async append(ids: readonly number[]): Promise<Float32Array> {
    const { blockSize, reach, vocabSize, rotary } = this.facts;
    this.windowed ||= this.read.length + ids.length > blockSize && !rotary;
    this.read = [...this.read, ...ids].slice(-blockSize);
    if (this.windowed) this.position = 0;
    this.forget(this.windowed ? this.kept : this.kept + ids.length - reach);
    const fresh = this.windowed ? this.read : ids;
    const outputs = await this.session.run({
      input_ids: row(fresh),
      attention_mask: row(Array(this.kept + fresh.length).fill(1)),
      position_ids: row(fresh.map((_, i) => this.position + i)),
      ...this.past,
    });
    this.position += fresh.length;
    this.kept += fresh.length;
    const kept = Object.entries(outputs).filter(([name]) => name.startsWith('present.'));
    this.past = Object.fromEntries(kept.map(([name, value]) => [name.replace('present', 'past_key_values'), value]));
    return (outputs['logits']!.data as Float32Array).slice(-vocabSize);
  }

  /** Drops so many of the oldest positions, at most all. */
  private forget(positions: number): void {
    const count = Math.min(this.kept, positions);
    if (count <= 0) return;
    this.past = mapped(this.past, (tensor) => withoutOldest(tensor, count));
    this.kept -= count;
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

const mapped = <T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));

/** @param kept float32 [1, K, T, D] @returns [1, K, T - count, D] */
function withoutOldest(kept: Tensor, count: number): Tensor {
  const [, heads, time, width] = kept.dims as [number, number, number, number];
  const size = (time - count) * width;
  const data = new Float32Array(heads * size);
  for (let head = 0; head < heads; head++) {
    const end = (head + 1) * time * width;
    data.set((kept.data as Float32Array).subarray(end - size, end), head * size);
  }
  return new Tensor('float32', data, [1, heads, time - count, width]);
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
