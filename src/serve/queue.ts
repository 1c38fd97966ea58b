// Work that is done a few pieces at a time, in order, with a bounded number of waiting pieces. Knows no network.

/** There is no place to wait. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

export class Queue {
  private active = 0;
  private readonly line: (() => void)[] = [];

  /** @param limit how many may wait @param places how many are served at the same time */
  constructor(
    private readonly limit: number,
    private readonly places = 1,
  ) {}

  get running(): number {
    return this.active;
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
    if (this.active >= this.places && this.line.length >= this.limit)
      throw new QueueFull(`${this.limit} requests are waiting`);
    return this.join(signal);
  }

  /** As `enter`, however many wait: for the further parts of what has entered. */
  async join(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.active < this.places) this.active++;
    else await this.turn(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.line.shift();
      if (next) next();
      else this.active--;
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
