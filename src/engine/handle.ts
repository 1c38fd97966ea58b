// Ownership of native objects: each is freed once, by dispose or, as a safety net, when nothing refers to it any more.
// A freed one gives no pointer.
import type { Pointer } from './koffi.js';

type Release = () => void;

let live = 0;

const lost = new FinalizationRegistry<Release>((release) => release());

/** Native objects that exist now: a number that must not grow from step to step. */
export function liveHandles(): number {
  return live;
}

export class Handle {
  private address: Pointer | undefined;
  private readonly release: Release;

  /**
   * Takes an object over.
   * @param what its kind, for errors
   * @param free called once with the pointer; must not refer to this handle
   */
  constructor(
    readonly what: string,
    pointer: Pointer | null,
    free: (pointer: Pointer) => void,
  ) {
    if (!pointer) throw new Error(`the library gave no ${what}`);
    this.address = pointer;
    live += 1;
    this.release = () => {
      live -= 1;
      free(pointer);
    };
    lost.register(this, this.release, this);
  }

  get disposed(): boolean {
    return this.address === undefined;
  }

  /** Throws for a freed object, so that native code never sees one. */
  get pointer(): Pointer {
    if (this.address === undefined) throw new Error(`use of a native ${this.what} that was freed`);
    return this.address;
  }

  /** Frees the object; later calls do nothing. */
  dispose(): void {
    if (this.address === undefined) return;
    this.address = undefined;
    lost.unregister(this);
    this.release();
  }
}
