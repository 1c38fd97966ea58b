// Texts with tiny random models of every family: the same with a cache, without, alone, in a batch, and in pieces.
import { resolve } from '../config/index.js';
import { type GptConfig, initialize, parameterSpecs, rotaryOf } from '../model/index.js';
import { familyCases } from '../model/testing/families.js';
import { PromptMemory } from '../sample/index.js';
import { Session } from '../session/session.js';
import { byteTokenizer } from '../tokenizer/index.js';
import { TextModel } from './text-model.js';

const machine = resolve('eval', [{ name: 'test', values: { threads: 1, backend: 'onnx' } }]).values;
const tokenizer = byteTokenizer();

/** A model whose logits are far apart. */
async function withModel(
  config: GptConfig,
  use: (make: (caching: boolean) => TextModel) => Promise<void>,
): Promise<void> {
  const session = await Session.open(machine, config, tokenizer, { training: false });
  try {
    for (const { name, data } of initialize(parameterSpecs(config), 3))
      await session.state.write(
        'parameter',
        name,
        data.map((x, i) => 5 * x + 0.1 * Math.sin(i)),
      );
    await use(
      (caching) => new TextModel(session.gpt, tokenizer, (step) => session.compile(step), { caching, maxTexts: 4 }),
    );
  } finally {
    await session.close();
  }
}

async function tokensOf(model: TextModel, ids: readonly number[], options: object, memory?: PromptMemory) {
  let pieces = '';
  for await (const event of model.generate({ ids }, options, { memory })) {
    if (event.kind === 'piece') pieces += event.text;
    else {
      expect(pieces).toBe(event.text);
      return event.tokens;
    }
  }
  throw new Error('no end');
}

const prompts = [[3, 1, 4], [1], [5, 9, 2, 6, 5], [3, 1, 4], [8, 8], [7, 1, 2]];

test.each(Object.entries(familyCases))(
  '%s: greedy and seeded texts do not depend on how they are computed',
  async (_, family) => {
    const config = { ...family, blockSize: 16 } as GptConfig;
    await withModel(config, async (make) => {
      // Rotary models slide: what they have read before differs from a window that is read again.
      const maxNewTokens = rotaryOf(config) ? 11 : 20;
      const how = (index: number) => (index % 2 === 0 ? { greedy: true, maxNewTokens } : { seed: index, maxNewTokens });
      const all = (model: TextModel) => Promise.all(prompts.map((ids, i) => tokensOf(model, ids, how(i))));
      const batched = await all(make(true));
      expect(batched.map(({ length }) => length)).toEqual(prompts.map(() => maxNewTokens));
      expect(await all(make(false))).toEqual(batched);
      const alone = make(true);
      for (const [i, ids] of prompts.entries()) expect(await tokensOf(alone, ids, how(i))).toEqual(batched[i]);
    });
  },
);

test('one rotary block that slides writes what it would write from its window alone, far beyond the context', async () => {
  for (const name of ['llama, grouped queries, untied', 'gpt2, ReLU, untied, rotary']) {
    const config = { ...familyCases[name]!, nLayer: 1 } as GptConfig;
    await withModel(config, async (make) => {
      const options = { greedy: true, maxNewTokens: 60 }; // of a context of 8
      const [slid, other] = await Promise.all(
        [prompts[0]!, prompts[2]!].map((ids) => tokensOf(make(true), ids, options)),
      );
      expect(slid).toEqual(await tokensOf(make(false), prompts[0]!, options));
      expect(other).toEqual(await tokensOf(make(false), prompts[2]!, options));
    });
  }
});

test.each(['llama, sliding window', 'qwen3, sliding window in one block'])(
  '%s: what is written beyond the window is what a pass over the whole text predicts',
  async (name) => {
    const config = { ...familyCases[name]!, blockSize: 64 } as GptConfig;
    await withModel(config, async (make) => {
      const how = (index: number) => ({ ...(index % 2 === 0 ? { greedy: true } : { seed: index }), maxNewTokens: 50 });
      const batched = make(true);
      const found = await Promise.all(prompts.map((ids, i) => tokensOf(batched, ids, how(i))));
      for (const [i, ids] of prompts.entries()) expect(await tokensOf(make(false), ids, how(i))).toEqual(found[i]);
    });
  },
);

test.each(['llama, sliding window', 'qwen3, sliding window in one block', 'qwen3'])(
  '%s: a text that continues an earlier one reads only what is new',
  async (name) => {
    await withModel({ ...familyCases[name]!, blockSize: 64 } as GptConfig, async (make) => {
      const memory = new PromptMemory();
      const options = { seed: 4, maxNewTokens: 12 };
      let ids = prompts[2]!;
      let reused = 0;
      for (let turn = 0; turn < 3; turn++) {
        const written = await tokensOf(make(true), ids, options, memory);
        expect(written).toEqual(await tokensOf(make(false), ids, options));
        expect(memory.reused).toBe(reused);
        reused = ids.length + written.length - 1; // nothing was read behind the last token
        ids = [...ids, ...written, 4, 2, 9];
      }
    });
  },
);

test('where every block has a window a text has no end: beyond the context it is that of a larger context', async () => {
  const written = async (blockSize: number, caching: boolean) => {
    const found: (readonly number[])[] = [];
    const config = { ...familyCases['llama, sliding window']!, blockSize } as GptConfig;
    await withModel(config, async (make) => {
      for (const seed of [1, 2]) found.push(await tokensOf(make(caching), prompts[2]!, { seed, maxNewTokens: 60 }));
    });
    return found;
  };
  const expected = await written(80, false);
  expect(await written(8, true)).toEqual(expected);
  expect(new Set(expected.flat()).size).toBeGreaterThan(6);
});

test('beam search with a cache finds what it finds without one, and nothing better is greedy', async () => {
  const config = { ...familyCases['llama, grouped queries, untied']!, blockSize: 16 } as GptConfig;
  await withModel(config, async (make) => {
    const settings = resolve('sample', [
      { name: 'test', values: { beams: 4, maxNewTokens: 8, lengthPenalty: 0 } },
    ]).values;
    const found = await make(true).beams({ ids: prompts[0]! }, settings);
    const again = await make(false).beams({ ids: prompts[0]! }, settings);
    expect(found.map(({ tokens }) => tokens)).toEqual(again.map(({ tokens }) => tokens));
    const [greedy] = await make(true).beams({ ids: prompts[0]! }, { ...settings, beams: 1 });
    expect(found[0]!.score).toBeGreaterThanOrEqual(greedy!.score);
  });
});
