// Cuts a text at the first stop string, while it is still being written.
import { GptError } from '../errors.js';

/** Lets text through, but holds back an end that may yet become a stop string: not even a part of one gets out. */
export class StopWatch {
  private held = '';

  /** @throws GptError sample/stop for an empty stop string */
  constructor(private readonly stops: readonly string[]) {
    if (stops.includes('')) {
      throw new GptError('sample/stop', 'a stop string is empty', { hint: 'omit --stop to continue' });
    }
  }

  /** @returns the text that is safe to show; `stopped` once a stop string has come, and nothing after that */
  push(text: string): { readonly text: string; readonly stopped: boolean } {
    this.held += text;
    const found = this.stops.map((stop) => this.held.indexOf(stop)).filter((at) => at >= 0);
    if (found.length > 0) {
      const before = this.held.slice(0, Math.min(...found));
      this.held = '';
      return { text: before, stopped: true };
    }
    const safe = this.held.length - this.openEnd();
    const out = this.held.slice(0, safe);
    this.held = this.held.slice(safe);
    return { text: out, stopped: false };
  }

  /** What was held back and became no stop string. */
  flush(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  /** The length of the longest end that begins a stop string. */
  private openEnd(): number {
    const longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, this.held.length); length > 0; length--) {
      const end = this.held.slice(-length);
      if (this.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
