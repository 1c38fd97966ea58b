// What was read, kept from one text to the next: what their beginnings share is read once.
import { KeyValueCache } from './cache.js';

export class PromptMemory {
  private cache: KeyValueCache | undefined;
  /** As many as positions are in the cache. */
  private ids: readonly number[] = [];
  /** Of the last prompt, how many ids were not read again. */
  reused = 0;

  /**
   * Gives a text's cache the part of its prompt that was read before, at least the last id excepted. A cache that slid no longer has
   * the beginning: it serves only a prompt that begins with all that was read.
   * @returns how many ids that is
   */
  recall(prompt: readonly number[], cache: KeyValueCache): number {
    let shared = 0;
    const most = Math.min(this.ids.length, prompt.length - 1);
    while (shared < most && this.ids[shared] === prompt[shared]) shared++;
    this.reused = this.cache?.slid && shared < this.ids.length ? 0 : shared;
    if (this.reused > 0) cache.copyFrom(this.cache!, this.reused);
    return this.reused;
  }

  /** Keeps what a text has read. */
  keep(ids: readonly number[], cache: KeyValueCache): void {
    if (this.cache?.shape.room !== cache.shape.room) this.cache = new KeyValueCache(cache.shape);
    this.cache.copyFrom(cache);
    this.ids = [...ids];
  }
}
