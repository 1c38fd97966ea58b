import { sampleText } from './text-sample.js';

async function* pieces(...texts: string[]) {
  for (const text of texts) yield { text, endOfDocument: true };
}

test('a short text is kept whole, its bytes are counted as UTF-8', async () => {
  const text = 'Größe '.repeat(30_000);
  const { bytes, chunks } = await sampleText(pieces(text, 'end'));
  expect(chunks.join('')).toBe(`${text}end`);
  expect(bytes).toBe(Buffer.byteLength(text) + 3);
});

test('of a long text chunks from all over it are kept, in their order', async () => {
  const chunk = 1 << 16;
  const labelled = Array.from({ length: 1000 }, (_, i) =>
    String(i)
      .padStart(8, '0')
      .repeat(chunk / 8),
  );
  const { bytes, chunks } = await sampleText(pieces(...labelled));
  expect(bytes).toBe(1000 * chunk);
  expect(chunks.length).toBeGreaterThanOrEqual(32);
  expect(chunks.length).toBeLessThanOrEqual(64);
  const indices = chunks.map((each) => Number(each.slice(0, 8)));
  const steps = new Set(indices.slice(1).map((index, i) => index - indices[i]!));
  expect(steps).toEqual(new Set([16]));
  expect(indices[0]).toBe(0);
});
