// Where logits come from, one token after the other. Knows no engine.

/** A model that reads a text token by token. One that keeps keys and values only computes what is new. */
export interface LogitSource {
  /** Reads `ids` after what it has read; resolves to the logits [V] of what comes next. */
  append(ids: readonly number[]): Promise<Float32Array>;
}

/** One that shares a model with others. */
export interface Decoder extends LogitSource {
  /** Another decoder that has read the same. */
  fork(): Promise<Decoder>;
  /** Frees what is kept of the text; nothing is read after that. */
  close(): void;
}
