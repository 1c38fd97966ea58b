// Where logits come from, one token after the other. Knows no engine: it is given a function.

/** A model that reads a text token by token. One that keeps keys and values only computes what is new. */
export interface Decoder {
  /** Reads `ids` after what it has read; resolves to the logits [V] of what comes next. */
  append(ids: readonly number[]): Promise<Float32Array>;
}

/**
 * A decoder that keeps nothing but the ids: every token costs a pass over the whole window, and once the context is
 * full the window slides.
 * @param logitsAfter the logits [V] that follow `window`, of 1 to `blockSize` ids
 */
export function windowDecoder(
  logitsAfter: (window: readonly number[]) => Promise<Float32Array>,
  blockSize: number,
): Decoder {
  let window: number[] = [];
  return {
    append(ids) {
      window = [...window, ...ids].slice(-blockSize);
      return logitsAfter(window);
    },
  };
}
