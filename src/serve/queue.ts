// Work that is done one piece at a time, in order, with a bounded number of waiting pieces. Knows no network.

/** There is no place to wait. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

export class Queue {
  private active = false;
  private readonly line: (() => void)[] = [];

  /** @param limit how many may wait besides the one that is served */
  constructor(private readonly limit: number) {}

  get running(): number {
    return this.active ? 1 : 0;
  }

  get waiting(): number {
    return this.line.length;
  }

  /**
   * Waits for its turn and takes it.
   * @returns ends the turn; calling it again does nothing
   * @throws QueueFull; the signal's reason when it is aborted while waiting
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.active) {
      if (this.line.length >= this.limit) throw new QueueFull(`${this.limit} requests are waiting`);
      await this.turn(signal);
    }
    this.active = true;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.line.shift();
      if (next) next();
      else this.active = false;
    };
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.line.splice(this.line.indexOf(take), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.line.push(take);
    });
  }
}
