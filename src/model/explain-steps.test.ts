// Gradients by embeddings and patched residual streams against PyTorch: test/goldens/explain.json, written by
// scripts/goldens/explain.py. Then what must hold of any model.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine, type Program } from '../engine/index.js';
import * as tf from '../tf.js';
import type { StepFunction } from '../trace/step.js';
import { Classifier } from './classifier.js';
import { gradientStep, type Predictor, patchingStep, predictionStep } from './explain-steps.js';
import type { Gpt2Config } from './families/gpt2/config.js';
import { Gpt } from './gpt.js';
import { headSpec, parameterSpecs } from './registry.js';
import { familyCases } from './testing/families.js';

interface Case {
  parameters: Record<string, number[]>;
  weights: number[];
  attribution: { score: number; product: number[]; integrated: number[] };
  patching: { source: number; base: number; patched: number[][] };
}
const golden: { config: Gpt2Config; ids: number[]; against: number[]; baseline: number[]; steps: number } & Record<
  'gpt' | 'classifier',
  Case
> = JSON.parse(readFileSync(join(__dirname, '../../test/goldens/explain.json'), 'utf8'));

/** Runs a step on an engine, with the predictor's parameters. */
type Run = (step: StepFunction, values: Record<string, ArrayLike<number>>) => Promise<Record<string, Float32Array>>;

async function withEngine(
  predictor: Predictor,
  parameters: Record<string, number[]>,
  work: (run: Run) => Promise<void>,
) {
  const engine = await openEngine({ backend: 'onnx', device: 'cpu' });
  try {
    const gpt = predictor instanceof Classifier ? predictor.gpt : predictor;
    const head = predictor instanceof Classifier ? [headSpec(gpt.config, predictor.labelCount)] : [];
    const state = await engine.createState([...parameterSpecs(gpt.config), ...head], { training: false });
    for (const [name, data] of Object.entries(parameters))
      await state.write('parameter', name, Float32Array.from(data));
    const programs = new Map<StepFunction, Promise<Program>>();
    await work(async (step, values) => {
      if (!programs.has(step)) programs.set(step, engine.compile(step, state));
      const program = await programs.get(step)!;
      const feeds = Object.entries(step.inputs).map(([name, { dtype }]) => {
        const Kind = dtype === 'int32' ? Int32Array : Float32Array;
        return [name, Kind.from(values[name]!)] as const;
      });
      const found = await program.run(Object.fromEntries(feeds));
      return found as Record<string, Float32Array>;
    });
    for (const program of programs.values()) await (await program).dispose();
  } finally {
    await engine.dispose();
  }
}

const { config, ids, against, baseline, steps } = golden;
const time = ids.length;
const last = time - 1;

describe.each(['gpt', 'classifier'] as const)('a %s equals PyTorch', (kind) => {
  const { parameters, weights, attribution, patching } = golden[kind];
  let gpt: Gpt;
  let predictor: Predictor;
  beforeAll(async () => {
    gpt = await Gpt.create(config);
    predictor = kind === 'gpt' ? gpt : new Classifier(gpt, weights.length);
  });
  afterAll(() => {
    if (predictor !== gpt) predictor.dispose();
    gpt.dispose();
  });
  const dot = (logits: Float32Array, row: number) =>
    weights.reduce((sum, weight, i) => sum + weight * logits[row * weights.length + i]!, 0);
  const near = (found: ArrayLike<number>, expected: readonly number[]) => {
    expect(Array.from(found)).toEqual(expected.map((value) => expect.closeTo(value, 4)));
  };

  test('in gradient x input and in integrated gradients', () =>
    withEngine(predictor, parameters, async (run) => {
      const step = gradientStep(predictor, time);
      const inputs = { ids, baseline, position: [last], weights };
      const { score, product } = await run(step, { ...inputs, fraction: [1] });
      near(score!, [attribution.score]);
      near(product!, attribution.product);
      const integrated = new Float32Array(time);
      for (let i = 0; i < steps; i++) {
        const { path } = await run(step, { ...inputs, fraction: [(i + 0.5) / steps] });
        path!.forEach((value, t) => {
          integrated[t]! += value / steps;
        });
      }
      near(integrated, attribution.integrated);
    }));

  test('in the prediction with the residual stream patched at each layer and position', () =>
    withEngine(predictor, parameters, async (run) => {
      const layers = config.nLayer + 1;
      const batchSize = 2 + layers * time;
      const { logits } = await run(patchingStep(predictor, { batchSize, time }), {
        ids: [...ids, ...Array.from({ length: batchSize - 1 }, () => against).flat()],
        layers: [-1, -1, ...Array.from({ length: layers * time }, (_, i) => Math.floor(i / time))],
        places: [0, 0, ...Array.from({ length: layers * time }, (_, i) => i % time)],
        positions: Array.from({ length: batchSize }, () => last),
      });
      near([dot(logits!, 0), dot(logits!, 1)], [patching.source, patching.base]);
      near(
        patching.patched.flat().map((_, i) => dot(logits!, 2 + i)),
        patching.patched.flat(),
      );
    }));
});

describe.each(Object.entries(familyCases))('%s', (_name, family) => {
  const random = (name: string, size: number) =>
    Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + name.length));
  const parameters = Object.fromEntries(
    parameterSpecs(family).map(({ name, shape }) => [
      name,
      random(
        name,
        shape.reduce((a, b) => a * b, 1),
      ),
    ]),
  );
  const text = [3, 1, 4, 1, 5];
  const other = [3, 1, 2, 1, 5];
  const weights = Array.from({ length: family.vocabSize }, (_, i) => (i === 2 ? 1 : i === 6 ? -1 : 0));
  const score = (logits: ArrayLike<number>) => logits[2]! - logits[6]!;

  test('the gradient is the slope of the prediction along the line between two texts', async () => {
    const gpt = await Gpt.create(family);
    await withEngine(gpt, parameters, async (run) => {
      const step = gradientStep(gpt, text.length);
      const at = (fraction: number) =>
        run(step, { ids: text, baseline: other, position: [4], weights, fraction: [fraction] });
      const { logits } = await run(predictionStep(gpt, { batchSize: 2, time: 5 }), {
        ids: [...text, ...other],
        positions: [4, 4],
      });
      expect((await at(1)).score![0]).toBeCloseTo(score(logits!), 4);
      expect((await at(0)).score![0]).toBeCloseTo(score(logits!.subarray(family.vocabSize)), 4);
      const h = 1 / 512;
      const [before, middle, after] = [await at(0.5 - h), await at(0.5), await at(0.5 + h)];
      const slope = (after.score![0]! - before.score![0]!) / (2 * h);
      const { path } = middle;
      expect(path!.reduce((a, b) => a + b, 0)).toBeCloseTo(slope, 1);
      expect(Array.from(path!, (value) => value !== 0)).toEqual([false, false, true, false, false]);
    });
    gpt.dispose();
  });

  test('patched after the last block where it is read, a prediction is that of the source', async () => {
    const gpt = await Gpt.create(family);
    await withEngine(gpt, parameters, async (run) => {
      const { logits } = await run(patchingStep(gpt, { batchSize: 4, time: 5 }), {
        ids: [...text, ...other, ...other, ...other],
        layers: [-1, -1, family.nLayer, 0],
        places: [0, 0, 4, 2],
        positions: [4, 4, 4, 4],
      });
      const row = (i: number) => Array.from(logits!.subarray(i * family.vocabSize, (i + 1) * family.vocabSize));
      const source = row(0).map((value) => expect.closeTo(value, 4));
      expect(row(2)).toEqual(source);
      expect(row(3)).toEqual(source); // the embedding of the only token that differs
      expect(row(1)).not.toEqual(source);
    });
    gpt.dispose();
  });
});

test('of a linear model gradient x input sums up to the score', async () => {
  // No blocks, and a head on the embeddings: the last norm is the only thing that is not linear, so it is taken away.
  const linear = { ...config, nLayer: 0 };
  const gpt = await Gpt.create(linear);
  const model = (gpt as unknown as { model: { normalize: (x: tf.Tensor) => tf.Tensor } }).model;
  model.normalize = (x) => tf.mul(x, 1);
  const { weights } = golden.gpt;
  const parameters = Object.fromEntries(
    parameterSpecs(linear).map(({ name }) => [
      name,
      name === 'wpe.weight' ? golden.gpt.parameters[name]!.map(() => 0) : golden.gpt.parameters[name]!,
    ]),
  );
  await withEngine(gpt, parameters, async (run) => {
    const inputs = { ids, baseline, position: [last], weights, fraction: [1] };
    const { score, product } = await run(gradientStep(gpt, time), inputs);
    expect(product!.reduce((a, b) => a + b, 0)).toBeCloseTo(score![0]!, 5);
    expect(Array.from(product!.subarray(0, last))).toEqual(Array(last).fill(0));
  });
  gpt.dispose();
});
