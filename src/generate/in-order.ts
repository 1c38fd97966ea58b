// Several streams of events at the same time, read as if they came one after the other.

/**
 * Runs up to `together` of `count` streams at once and yields their events stream by stream: those of the first one as they come,
 * those of later ones when their turn is. Where the reader stops, all are ended.
 * @param start makes the stream of a number from 0
 */
export async function* inOrder<Event>(
  count: number,
  together: number,
  start: (index: number) => AsyncGenerator<Event>,
): AsyncGenerator<Event> {
  interface Stream {
    readonly source: AsyncGenerator<Event>;
    readonly events: Event[];
    done: boolean;
  }
  const streams = new Map<number, Stream>();
  let started = 0;
  let running = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  const drive = async (stream: Stream) => {
    try {
      for await (const event of stream.source) {
        stream.events.push(event);
        wake();
      }
    } catch (error) {
      failure ??= { error };
    }
    stream.done = true;
    running--;
    wake();
  };
  // Finished streams wait for their turn; so that they do not pile up, the newest is never far from the oldest.
  const fill = (first: number) => {
    while (running < together && started < count && started < first + 4 * together) {
      const stream: Stream = { source: start(started), events: [], done: false };
      streams.set(started++, stream);
      running++;
      void drive(stream);
    }
  };
  try {
    for (let first = 0; first < count; first++) {
      for (;;) {
        fill(first);
        const { events, done } = streams.get(first)!;
        yield* events.splice(0);
        if (failure) throw failure.error;
        if (done) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (events.length > 0 || streams.get(first)!.done || failure) resolve();
        });
      }
      streams.delete(first);
    }
  } finally {
    await Promise.all([...streams.values()].map(({ source }) => source.return(undefined)));
  }
}
