// A stream of text as whole lines, each with its worker's name before it.

/** Gives a sink for pieces of text; `end` writes what has no line end yet. */
export function prefixed(prefix: string, write: (line: string) => void): { add(text: string): void; end(): void } {
  let open = '';
  return {
    add(text) {
      const lines = (open + text).split('\n');
      open = lines.pop()!;
      for (const line of lines) write(`${prefix}${line}\n`);
    },
    end() {
      if (open !== '') write(`${prefix}${open}\n`);
      open = '';
    },
  };
}
