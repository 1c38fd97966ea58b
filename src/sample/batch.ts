// Texts decoded together: a text joins with its prompt, takes part in passes over one token of every text, and leaves when it is
// closed (continuous batching, Yu et al. 2022, Orca). Knows no engine: it is given the passes of a model.
import type { BatchModel } from './batch-model.js';
import type { KeyValueCache } from './cache.js';
import { CachePool } from './cache-pool.js';
import type { Decoder } from './decoder.js';
import type { PromptMemory } from './prompt-memory.js';

/** Up to so many ids are read one by one, which needs no pass of their own length. */
const fewIds = 2;

/** A text of the batch. */
interface Text {
  /** All ids that were read. */
  read: number[];
  /** How many positions are to be kept of it. */
  room: number;
  /** Its row in the pool; undefined before its turn, and where nothing is kept of it. */
  row: number | undefined;
  /** The prompt, where it was read at once, and the logits behind it. */
  prompt?: { readonly ids: readonly number[]; readonly logits: Float32Array };
  readonly memory: PromptMemory | undefined;
  /** Nothing is kept of it (any more): each token costs a pass over its window. */
  windowed: boolean;
  closed: boolean;
}

interface Request {
  readonly text: Text;
  readonly ids: readonly number[];
  readonly resolve: (logits: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

export class Batch {
  private pool: CachePool | undefined;
  /** The texts with a row, by row. */
  private readonly seated: Text[] = [];
  private waiting: Request[] = [];
  /** What must not happen during a pass. */
  private readonly changes: (() => void)[] = [];
  private running = false;
  /** Whether something was added since the last pass. */
  private asked = false;

  /** @param maxTexts that are decoded together; further ones wait until others are closed */
  constructor(
    private readonly model: BatchModel,
    private readonly maxTexts: number,
  ) {}

  /**
   * A text of its own. Close it when done.
   * @param length the most ids that will be read
   * @param memory what earlier texts left; of a prompt that begins like them only the rest is read
   */
  open(length: number, memory?: PromptMemory): Decoder {
    const windowed = this.model.kept === undefined;
    return this.decoderOf({
      read: [],
      room: this.model.roomFor(length),
      row: undefined,
      memory,
      windowed,
      closed: false,
    });
  }

  /** How many texts are decoded together now. */
  get texts(): number {
    return this.seated.length;
  }

  /** Resolves when no pass is under way: before the model is freed. */
  async idle(): Promise<void> {
    while (this.running) await new Promise((resolve) => setImmediate(resolve));
  }

  private decoderOf(text: Text): Decoder {
    return {
      append: (ids) =>
        new Promise((resolve, reject) => {
          this.waiting.push({ text, ids, resolve, reject });
          void this.run();
        }),
      fork: () => new Promise((resolve) => this.change(() => resolve(this.decoderOf(this.copyOf(text))))),
      close: () => {
        text.closed = true;
        this.waiting = this.waiting.filter((request) => request.text !== text);
        this.change(() => this.leave(text));
      },
    };
  }

  private change(change: () => void): void {
    this.changes.push(change);
    void this.run();
  }

  /** Passes as long as there is something to do. Between two of them all else has its turn: new texts, signals, sockets. */
  private async run(): Promise<void> {
    this.asked = true;
    if (this.running) return;
    this.running = true;
    try {
      while (this.asked) {
        this.asked = false;
        await new Promise((resolve) => setImmediate(resolve));
        for (const change of this.changes.splice(0)) change();
        if (await this.pass()) this.asked = true;
      }
    } catch (error) {
      for (const { reject } of this.waiting.splice(0)) reject(error);
    } finally {
      this.running = false;
    }
  }

  /**
   * Reads prompts, then one token of every text that asks for one. While texts are written, prompts wait unless they are more.
   * @returns whether there was anything to read
   */
  private async pass(): Promise<boolean> {
    this.seat();
    const ready = this.waiting.filter(({ text }) => text.windowed || text.row !== undefined);
    const next = ready.filter(({ text, ids }) => !text.windowed && text.read.length > 0 && ids.length === 1);
    const prompts = ready.filter((request) => !next.includes(request));
    const most = next.length === 0 ? prompts.length : Math.max(1, prompts.length - next.length);
    const taken = new Set([...next, ...prompts.slice(0, most)]);
    this.waiting = this.waiting.filter((request) => !taken.has(request));
    for (const request of prompts.slice(0, most)) await answer([request], async () => [await this.readPrompt(request)]);
    await answer(next, () => this.decode(next.map(({ text, ids }) => ({ text, id: ids[0]! }))));
    return taken.size > 0;
  }

  /** Gives waiting texts a row while there are free ones, and all of them the room that they need. */
  private seat(): void {
    const { blockSize, rotary, roomFor } = this.model;
    for (const { text, ids } of this.waiting) {
      const length = text.read.length + ids.length;
      if (length > blockSize && !rotary && !text.windowed) {
        this.leave(text);
        text.windowed = true;
      }
      if (text.windowed) continue;
      text.room = Math.max(text.room, roomFor(Math.min(length, blockSize)));
      if (text.row === undefined && this.seated.length < this.maxTexts) this.take(text);
    }
    this.arrange();
  }

  private take(text: Text): void {
    text.row = this.seated.length;
    this.seated.push(text);
  }

  /** Makes the pool fit the seated texts. */
  private arrange(): void {
    if (this.seated.length === 0) {
      this.pool = undefined;
      return;
    }
    const { kept, rowsFor } = this.model;
    const room = Math.max(...this.seated.map((text) => text.room));
    const rows = rowsFor(this.seated.length, room);
    const { pool } = this;
    if (pool && pool.shape.room === room && pool.capacity >= rows) return;
    const capacity = Math.max(rows, pool?.capacity ?? 0);
    this.pool = pool ? pool.resized(room, capacity) : new CachePool({ ...kept!, room }, capacity);
  }

  private cacheOf(text: Text): KeyValueCache {
    return this.pool!.rows[text.row!]!;
  }

  private copyOf(text: Text): Text {
    const made: Text = { ...text, read: [...text.read], memory: undefined, row: undefined };
    if (text.row !== undefined) {
      this.take(made);
      this.arrange();
      this.cacheOf(made).copyFrom(this.cacheOf(text));
    }
    return made;
  }

  /** The last row takes the free place, so that the rows in use stay the first ones. */
  private leave(text: Text): void {
    const { row } = text;
    if (row === undefined) return;
    const cache = this.cacheOf(text);
    text.memory?.keep(text.read, cache);
    const last = this.seated.pop()!;
    if (last !== text) {
      cache.copyFrom(this.cacheOf(last));
      last.row = row;
      this.seated[row] = last;
    }
    text.row = undefined;
    this.pool!.rows[this.seated.length]!.clear();
  }

  private async readPrompt({ text, ids }: Request): Promise<Float32Array> {
    const { model } = this;
    if (text.windowed) {
      text.read = [...text.read, ...ids];
      return model.window(text.read.slice(-model.blockSize));
    }
    const cache = this.cacheOf(text);
    let rest = ids;
    if (text.read.length === 0) {
      const recalled = text.memory?.recall(ids, cache) ?? 0;
      if (recalled === 0) return this.readFirst(text, ids, cache);
      text.read = ids.slice(0, recalled);
      rest = ids.slice(recalled);
    }
    if (rest.length > fewIds) {
      text.read = [...text.read, ...rest];
      return model.extend(rest, cache);
    }
    let logits: Float32Array | undefined;
    for (const id of rest) [logits] = await this.decode([{ text, id }]);
    return logits!;
  }

  /** A prompt from its beginning. One that another text has read as well is copied: the same numbers. */
  private async readFirst(text: Text, ids: readonly number[], cache: KeyValueCache): Promise<Float32Array> {
    const same = ({ prompt, read, row }: Text) =>
      prompt?.ids.length === ids.length &&
      (read.length === ids.length || !this.pool!.rows[row!]!.slid) &&
      prompt.ids.every((id, position) => id === ids[position]);
    const other = this.seated.find(same);
    if (other) cache.copyFrom(this.cacheOf(other), ids.length);
    const logits = other ? other.prompt!.logits : await this.model.prefill(ids, cache);
    text.read = [...ids];
    text.prompt = { ids, logits };
    return logits;
  }

  /** One more token of some of the seated texts. */
  private async decode(given: readonly { readonly text: Text; readonly id: number }[]): Promise<Float32Array[]> {
    const { model } = this;
    const pool = this.pool!;
    const rows = model.rowsFor(this.seated.length, pool.shape.room);
    const ids = new Int32Array(rows);
    for (const { text, id } of given) {
      ids[text.row!] = id;
      const cache = this.cacheOf(text);
      const { rotary, blockSize } = model;
      if (rotary && cache.position >= blockSize + rotary.beyond) cache.turnBack(rotary.beyond, rotary.frequencies);
    }
    const places = given.map(({ text }) => text.row!);
    const logits = await model.decode(ids, places, pool);
    const size = logits.length / rows;
    return given.map(({ text, id }, i) => {
      text.read.push(id);
      return logits.subarray(places[i]! * size, (places[i]! + 1) * size);
    });
  }
}

async function answer(requests: readonly Request[], read: () => Promise<readonly Float32Array[]>): Promise<void> {
  if (requests.length === 0) return;
  try {
    const logits = await read();
    for (const [i, { resolve }] of requests.entries()) resolve(logits[i]!);
  } catch (error) {
    for (const { reject } of requests) reject(error);
  }
}
