import { type InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import type { PageFacts } from './payload.js';
import { SessionDecoder } from './session.js';

/** A model whose keys are the positions that it reads; its logit is their sum. */
function session(seen: { ids: number[]; positions: number[]; kept: number[]; mask: number }[]): InferenceSession {
  const numbers = (tensor: Tensor) => Array.from(tensor.data as BigInt64Array, Number);
  const run = async (feeds: Record<string, Tensor>) => {
    const kept = Array.from(feeds['past_key_values.0.key']!.data as Float32Array);
    const positions = numbers(feeds['position_ids']!);
    seen.push({ ids: numbers(feeds['input_ids']!), positions, kept, mask: feeds['attention_mask']!.dims[1]! });
    // [1, 2, T, 1]: the second head has the positions, negative.
    const heads = [kept.slice(0, kept.length / 2), positions].flat();
    const all = Float32Array.from([...heads, ...heads.map((position) => -position)]);
    const tensor = new Tensor('float32', all, [1, 2, heads.length, 1]);
    return {
      logits: new Tensor('float32', Float32Array.of(heads.reduce((sum, each) => sum + each, 0)), [1, 1, 1]),
      'present.0.key': tensor,
      'present.0.value': tensor,
    };
  };
  return { run } as unknown as InferenceSession;
}

const facts = { nLayer: 1, vocabSize: 1, blockSize: 3, reach: 3, cache: { heads: 2, width: 1 } };

test('rotary: a full context drops its oldest position, and the new token alone is read', async () => {
  const seen: Parameters<typeof session>[0] = [];
  const decoder = new SessionDecoder(session(seen), { ...facts, rotary: true } as PageFacts);
  for (const ids of [[7, 8], [9], [10], [11]]) await decoder.append(ids);
  expect(seen).toEqual([
    { ids: [7, 8], positions: [0, 1], kept: [], mask: 2 },
    { ids: [9], positions: [2], kept: [0, 1, -0, -1], mask: 3 },
    { ids: [10], positions: [3], kept: [1, 2, -1, -2], mask: 3 },
    { ids: [11], positions: [4], kept: [2, 3, -2, -3], mask: 3 },
  ]);
});

test('a sliding window: no more positions are kept than it reaches, within the context too', async () => {
  const seen: Parameters<typeof session>[0] = [];
  const decoder = new SessionDecoder(session(seen), { ...facts, blockSize: 9, rotary: true } as PageFacts);
  for (const ids of [[5, 6, 7, 8], [9], [10]]) await decoder.append(ids);
  expect(seen.map(({ positions, kept, mask }) => ({ positions, kept, mask }))).toEqual([
    { positions: [0, 1, 2, 3], kept: [], mask: 4 },
    { positions: [4], kept: [2, 3, -2, -3], mask: 3 },
    { positions: [5], kept: [3, 4, -3, -4], mask: 3 },
  ]);
});

test('other positions: a full context is a window that is read whole', async () => {
  const seen: Parameters<typeof session>[0] = [];
  const decoder = new SessionDecoder(session(seen), { ...facts, rotary: false } as PageFacts);
  for (const ids of [[7, 8], [9], [10], [11]]) await decoder.append(ids);
  expect(seen.slice(2)).toEqual([
    { ids: [8, 9, 10], positions: [0, 1, 2], kept: [], mask: 3 },
    { ids: [9, 10, 11], positions: [0, 1, 2], kept: [], mask: 3 },
  ]);
});
