// Several streams of events as one, in the order in which they come.

/** Where the reader stops or a stream fails, all are ended. */
export async function* interleaved<Event>(streams: readonly AsyncGenerator<Event>[]): AsyncGenerator<Event> {
  const step = async (stream: AsyncGenerator<Event>) => ({ stream, result: await stream.next() });
  const next = new Map(streams.map((stream) => [stream, step(stream)]));
  try {
    while (next.size > 0) {
      const { stream, result } = await Promise.race(next.values());
      if (result.done) next.delete(stream);
      else {
        yield result.value;
        next.set(stream, step(stream));
      }
    }
  } finally {
    for (const pending of next.values()) pending.catch(() => {}); // one failure is reported, not each
    for (const stream of next.keys()) stream.return(undefined).catch(() => {});
  }
}
