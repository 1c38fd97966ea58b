// The passes of a GPT that write text, one compiled program for each shape. Knows no tokenizer.
import type { Feeds, Program, StepFunction } from '../engine/index.js';
import {
  cacheShapeOf,
  decodeStep,
  exactBeyond,
  extendStep,
  type Gpt,
  keysName,
  logitsStep,
  prefillStep,
  reachOf,
  rotaryOf,
  valuesName,
} from '../model/index.js';
import { positionsBeyond } from '../ops/index.js';
import type { BatchModel, CachePool, CacheShape, KeyValueCache, Rotary } from '../sample/index.js';

export interface PassOptions {
  /**
   * Whether keys and values are kept on the host from token to token. Without: each token costs a pass over the whole
   * window, which on a device costs less than sending them there.
   */
  readonly caching: boolean;
  /** Texts that are decoded together. */
  readonly maxTexts: number;
  /** The fewest rows of a decoding pass: an engine may compute a single row in another order than one of several. */
  readonly fewestRows: number;
}

/** Lengths are rounded up to one of a few, so that a text costs few compilations. */
const shortest = 16;
/** From one number of rows to the next. */
const growth = 4;

const decodeName = (rows: number, room: number) => `decode ${rows}x${room}`;

export class Passes implements BatchModel {
  readonly blockSize: number;
  readonly kept: Omit<CacheShape, 'room'> | undefined;
  readonly rotary: Rotary | undefined;
  /** What was compiled. */
  readonly compiled = { programs: 0, seconds: 0 };
  /** The most positions that are kept. */
  private readonly reach: number;
  private readonly programs = new Map<string, Promise<Program>>();
  /** How many rows decoding passes have. */
  private readonly sizes: readonly number[];

  /** @param compile gives the model's programs; who closes the session disposes them */
  constructor(
    private readonly gpt: Gpt,
    private readonly compile: (step: StepFunction) => Promise<Program>,
    { caching, maxTexts, fewestRows }: PassOptions,
  ) {
    const { config } = gpt;
    this.blockSize = config.blockSize;
    this.reach = reachOf(config);
    this.kept = caching ? { layers: config.nLayer, ...cacheShapeOf(config) } : undefined;
    const frequencies = rotaryOf(config);
    this.rotary = frequencies && { frequencies, beyond: positionsBeyond(config.blockSize) };
    const most = Math.max(maxTexts, fewestRows);
    const steps = Array.from({ length: 16 }, (_, i) => growth ** i).filter((rows) => rows < most);
    this.sizes = [...new Set([...steps.map((rows) => Math.max(rows, fewestRows)), most])];
  }

  roomFor = (ids: number): number => Math.min(roundedUp(ids), this.reach);

  /** How long a text is padded to. */
  private timeFor(ids: number): number {
    const padded = Math.min(roundedUp(ids), this.blockSize);
    const exact = exactBeyond(this.gpt.config);
    if (exact === undefined) return padded;
    return ids > exact ? ids : Math.min(padded, exact);
  }

  /** A program that is there already is taken where it does not waste much; beams may be more than `maxTexts`. */
  rowsFor = (texts: number, room: number): number => {
    const fitting = this.sizes.filter((rows) => rows >= texts);
    const ready = fitting.find((rows) => rows <= growth * texts && this.programs.has(decodeName(rows, room)));
    return ready ?? fitting[0] ?? texts;
  };

  async prefill(ids: readonly number[], cache: KeyValueCache): Promise<Float32Array> {
    const time = this.timeFor(ids.length);
    const program = await this.program(`prefill ${time}`, () => prefillStep(this.gpt, { batchSize: 1, time }));
    const { logits, present } = await program.run(padded(ids, time));
    cache.append(present as Float32Array, time, ids.length);
    return logits as Float32Array;
  }

  async extend(ids: readonly number[], cache: KeyValueCache): Promise<Float32Array> {
    const time = Math.min(roundedUp(ids.length), this.blockSize);
    const { room } = cache.shape;
    const program = await this.program(`extend ${time} ${room}`, () =>
      extendStep(this.gpt, { batchSize: 1, time, room }),
    );
    const positions = Int32Array.from({ length: time }, (_, i) => Math.min(cache.position + i, this.blockSize - 1));
    const kept = { lengths: Int32Array.of(cache.length), places: Int32Array.of(cache.place) };
    const { logits, present } = await program.run({ ...padded(ids, time), positions, ...kept, ...keptFeeds(cache) });
    cache.append(present as Float32Array, time, ids.length);
    return logits as Float32Array;
  }

  async decode(ids: Int32Array, taking: readonly number[], pool: CachePool): Promise<Float32Array> {
    const rows = ids.length;
    const { room } = pool.shape;
    const program = await this.program(decodeName(rows, room), () => decodeStep(this.gpt, { batchSize: rows, room }));
    const caches = pool.rows.slice(0, rows);
    const positions = new Int32Array(rows);
    for (const row of taking) positions[row] = caches[row]!.position;
    const { logits, present } = await program.run({
      ids,
      positions,
      lengths: Int32Array.from(caches, ({ length }) => length),
      places: Int32Array.from(caches, ({ place }) => place),
      ...keptFeeds(pool.first(rows)),
    });
    for (const row of taking) caches[row]!.append(present as Float32Array, rows, 1, row);
    return logits as Float32Array;
  }

  async window(ids: readonly number[]): Promise<Float32Array> {
    const time = this.timeFor(ids.length);
    const program = await this.program(`window ${time}`, () => logitsStep(this.gpt, { batchSize: 1, time }));
    const { logits } = await program.run(padded(ids, time));
    return logits as Float32Array;
  }

  /** The program of a name, compiled when it is first asked for. */
  private program(name: string, step: () => StepFunction): Promise<Program> {
    let program = this.programs.get(name);
    if (program === undefined) {
      const began = performance.now();
      program = this.compile(step()).finally(() => {
        this.compiled.programs++;
        this.compiled.seconds += (performance.now() - began) / 1000;
      });
      this.programs.set(name, program);
    }
    return program;
  }
}

/** To a power of two. */
function roundedUp(ids: number): number {
  let length = shortest;
  while (length < ids) length *= 2;
  return length;
}

/** Keys and values by layer, as inputs of a pass. */
function keptFeeds({
  keys,
  values,
}: {
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}) {
  const feeds: Record<string, Feeds[string]> = {};
  keys.forEach((array, block) => {
    feeds[keysName(block)] = array;
    feeds[valuesName(block)] = values[block]!;
  });
  return feeds;
}

/** Inputs of a pass over one text that is padded on its right. */
function padded(window: readonly number[], time: number): Feeds {
  const ids = new Int32Array(time);
  ids.set(window);
  return { ids, last: Int32Array.of(window.length - 1) };
}
