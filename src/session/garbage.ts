// Arrays outside V8's heap are freed when their small owners in it are collected, which may be long after their last use: saving a
// model tensor by tensor can hold all of it once more.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Has unused arrays freed each time that so many bytes were allocated. */
export class GarbageCollection {
  private allocated = 0;
  private collect: (() => void) | undefined;

  constructor(private readonly every = 2 ** 28) {}

  /** Call it when an array of so many bytes was made, and those before it are no longer used. */
  count(bytes: number): void {
    this.allocated += bytes;
    if (this.allocated < this.every) return;
    this.allocated = 0;
    this.collect ??= collector();
    this.collect();
  }
}

/** V8's own function, which it gives to contexts that are made while the flag is set. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}
