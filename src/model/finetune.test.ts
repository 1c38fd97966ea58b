// Finetuning's losses against PyTorch: test/goldens/finetune-*.json, written by scripts/goldens/finetune.py.
import * as tf from '../tf.js';
import { Classifier } from './classifier.js';
import { classifierLossStep, scoresStep } from './classifier-steps.js';
import type { Gpt } from './gpt.js';

import { adapterNames, type LoraConfig, loraSpecs, merged } from './lora.js';
import { headSpec, parameterSpecs } from './registry.js';
import { lossStep } from './steps.js';
import { assign, feed, gpt2Of, gradients } from './testing/eager.js';
import { type ChoiceGolden, type FinetuneGolden as Golden, finetuneGolden as golden } from './testing/golden.js';
import { withTrainable } from './trainable.js';

type Numbers = Record<string, number[]>;
/** The largest difference, relative to the largest magnitude expected. */
function relative(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const most = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / (most || 1);
}

function expectGradients(found: ReadonlyMap<string, tf.Tensor>, expected: Numbers): void {
  for (const [name, values] of Object.entries(expected)) {
    expect({ name, near: relative(found.get(name)!.dataSync(), values) < 1e-4 }).toEqual({ name, near: true });
  }
}

const shapeOf = ({ ids }: Golden) => ({ batchSize: ids.length, time: ids[0]!.length });

const headName = 'score.weight';

describe('a classifier equals PyTorch', () => {
  interface Case {
    lmCoef: number;
    weights: number[] | null;
    loss: number;
    labelLoss: number;
    lmLoss: number;
    scores: number[];
    gradients: Numbers;
  }
  const file = golden<{ positions: number[]; labels: number[]; losses: Record<string, Case> }>('classifier');
  const { config, parameters, ids, targets, positions, labels } = file;
  let gpt: Gpt;
  let classifier: Classifier;

  beforeAll(() => {
    gpt = gpt2Of(config);
    classifier = new Classifier(gpt, 3);
    for (const [name, data] of Object.entries(parameters)) if (name !== headName) assign(gpt, name, data);
    tf.tidy(() => classifier.variables.get(headName)!.assign(tf.tensor(parameters[headName]!, [3, config.nEmbd])));
  });
  afterAll(() => {
    classifier.dispose();
    gpt.dispose();
  });

  test.each(Object.entries(file.losses))('in loss and gradients: %s', (_, expected) => {
    const options = { lmCoef: expected.lmCoef, ...(expected.weights && { labelWeights: expected.weights }) };
    const step = classifierLossStep(classifier, shapeOf(file), options);
    tf.tidy(() => {
      const inputs = feed(step, { ids: ids.flat(), targets: targets.flat(), labels, positions });
      const { loss, gradients: found } = gradients(step, inputs);
      expect(relative(loss.dataSync(), [expected.loss])).toBeLessThan(1e-5);
      expectGradients(found, expected.gradients);
      const { labelLoss, lmLoss } = step.run(inputs);
      if (expected.lmCoef === 0) return;
      expect(relative(labelLoss!.dataSync(), [expected.labelLoss])).toBeLessThan(1e-5);
      expect(relative(lmLoss!.dataSync(), [expected.lmLoss])).toBeLessThan(1e-5);
    });
  });

  test('in its scores, whatever stands in the padding', () => {
    const step = scoresStep(classifier, shapeOf(file));
    tf.tidy(() => {
      const other = ids.map((row, i) => row.map((id, at) => (at > positions[i]! ? (id + 1) % config.vocabSize : id)));
      for (const batch of [ids, other]) {
        const { scores } = step.run(feed(step, { ids: batch.flat(), positions }));
        expect(relative(scores!.dataSync(), file.losses['plain']!.scores)).toBeLessThan(1e-5);
      }
    });
  });

  test('rows that fill up a batch change nothing', () => {
    const expected = file.losses['balanced']!;
    const options = { lmCoef: 0.5, labelWeights: expected.weights! };
    const step = classifierLossStep(classifier, { batchSize: 5, time: 6 }, options);
    tf.tidy(() => {
      const fill = { ids: new Array<number>(12).fill(0), targets: new Array<number>(12).fill(-1) };
      const inputs = feed(step, {
        ids: [...ids.flat(), ...fill.ids],
        targets: [...targets.flat(), ...fill.targets],
        labels: [...labels, -1, -1],
        positions: [...positions, 0, 0],
      });
      const { loss, gradients: found } = gradients(step, inputs);
      expect(relative(loss.dataSync(), [expected.loss])).toBeLessThan(1e-5);
      expectGradients(found, expected.gradients);
    });
  });
});

test('multiple choice equals PyTorch in loss, gradients and probabilities; a choice that is not there never wins', () => {
  const file = golden<ChoiceGolden>('choice');
  const { config, parameters, ids, targets, positions, counts, labels, lmCoef } = file;
  const gpt = gpt2Of(config);
  const classifier = new Classifier(gpt, 1);
  tf.tidy(() => {
    for (const [name, data] of Object.entries(parameters)) if (name !== headName) assign(gpt, name, data);
    classifier.variables.get(headName)!.assign(tf.tensor(parameters[headName]!, [1, config.nEmbd]));
    // Two examples of three rows each; the last row of the second is filling.
    const [batchSize, time, choices] = [2, ids[0]!.length, 3];
    const rows = { ids: [...ids.flat(), ...ids[0]!], positions: [...positions, 5], choices: counts };
    const step = classifierLossStep(classifier, { batchSize, time }, { lmCoef, choices });
    const inputs = feed(step, { ...rows, targets: [...targets.flat(), ...ids[0]!.map(() => -1)], labels });
    const { loss, gradients: found } = gradients(step, inputs);
    expect(relative(loss.dataSync(), [file.loss])).toBeLessThan(1e-5);
    expect(relative(step.run(inputs)['labelLoss']!.dataSync(), [file.labelLoss])).toBeLessThan(1e-5);
    expectGradients(found, file.gradients);
    const scoring = scoresStep(classifier, { batchSize, time }, choices);
    const shares = tf.softmax(scoring.run(feed(scoring, rows))['scores']!).arraySync() as number[][];
    expect(relative([...shares[0]!, ...shares[1]!], [...file.probabilities.flat(), 0])).toBeLessThan(1e-5);
  });
  classifier.dispose();
  gpt.dispose();
});

test('the loss of completions alone equals PyTorch, with its gradients', () => {
  const file = golden('instruct');
  const gpt = gpt2Of(file.config);
  const [ids, targets] = [file.ids.flat(), file.targets.flat()];
  const places = targets.flatMap((target, place) => (target < 0 ? [] : [place]));
  const chosen = places.map((place) => targets[place]!);
  const whole = { step: lossStep(gpt, shapeOf(file)), batch: { ids, targets } };
  const answers = places.length + 2;
  const alone = {
    step: lossStep(gpt, shapeOf(file), { answers }),
    batch: { ids, targets: [...chosen, -1, -1], places: [...places, 0, 0] },
  };
  expect(places.length).toBeLessThan(targets.length);
  tf.tidy(() => {
    for (const [name, data] of Object.entries(file.parameters)) assign(gpt, name, data);
    for (const { step, batch } of [whole, alone]) {
      const { loss, gradients: found } = gradients(step, feed(step, batch));
      expect(relative(loss.dataSync(), [file.loss])).toBeLessThan(1e-5);
      expectGradients(found, file.gradients);
    }
  });
  gpt.dispose();
});

describe('low-rank adapters', () => {
  const file = golden<{ lora: LoraConfig; adapters: Numbers; logits: number[]; merged: Numbers }>('lora');
  const { config, lora, parameters, adapters } = file;
  const batch = { ids: file.ids.flat(), targets: file.targets.flat() };

  test('have names, shapes, loss and gradients as in PyTorch', () => {
    const gpt = gpt2Of(config, { lora });
    tf.tidy(() => {
      for (const [name, data] of Object.entries({ ...parameters, ...adapters })) assign(gpt, name, data);
      expect(loraSpecs(parameterSpecs(config), lora).map(({ name }) => name)).toEqual(Object.keys(adapters));
      const step = lossStep(gpt, shapeOf(file));
      const { loss, gradients: found } = gradients(step, feed(step, batch));
      expect(relative(loss.dataSync(), [file.loss])).toBeLessThan(1e-5);
      expectGradients(found, file.gradients);
    });
    gpt.dispose();
  });

  test('merged into the weights give the same logits', () => {
    const gpt = gpt2Of(config);
    tf.tidy(() => {
      for (const [name, data] of Object.entries(parameters)) {
        const own = adapterNames(name);
        const [a, b] = [adapters[own.a], adapters[own.b]];
        const weight = Float32Array.from(data);
        const whole = a && b ? merged(weight, Float32Array.from(a), Float32Array.from(b), lora) : weight;
        if (file.merged[name]) expect(relative(whole, file.merged[name])).toBeLessThan(1e-6);
        assign(gpt, name, whole);
      }
      const logits = gpt.logits(tf.tensor2d(file.ids, undefined, 'int32'));
      expect(relative(logits.dataSync(), file.logits)).toBeLessThan(1e-5);
    });
    gpt.dispose();
  });

  test('are all that is trained, with the head', () => {
    const head = headSpec(config, 3);
    const specs = [...parameterSpecs(config), ...loraSpecs(parameterSpecs(config), lora), head];
    const trained = withTrainable(specs, { adaptersOnly: true }).filter(({ trainable }) => trainable);
    expect(trained.map(({ name }) => name)).toEqual([...Object.keys(adapters), headName]);
  });
});

test('with layer decay each block learns slower than the one above it, the embeddings slowest (GPT of 2 blocks)', () => {
  const config = golden('instruct').config;
  expect(config.nLayer).toBe(2);
  const head = headSpec(config, 3);
  const lora = loraSpecs(parameterSpecs(config), { rank: 1, alpha: 1 });
  const scaled = withTrainable([...parameterSpecs(config), ...lora, head], { layerDecay: 0.5 });
  const scaleOf = (prefix: string) => [
    ...new Set(scaled.filter(({ name }) => name.startsWith(prefix)).map((spec) => spec.learningRateScale)),
  ];
  expect(['wte', 'wpe', 'h.0.', 'h.1.', 'ln_f', 'score'].map(scaleOf)).toEqual([
    [0.125],
    [0.125],
    [0.25],
    [0.5],
    [1],
    [1],
  ]);
  expect(withTrainable(parameterSpecs(config), {}).every((spec) => spec.learningRateScale === undefined)).toBe(true);
});

test('freezing one block leaves the embeddings and the first block as they are', () => {
  const config = golden('instruct').config;
  const frozen = withTrainable(parameterSpecs(config), { freeze: 1 }).filter(({ trainable }) => !trainable);
  const names = parameterSpecs(config).map(({ name }) => name);
  expect(frozen.map(({ name }) => name)).toEqual(names.filter((name) => /^(wte|wpe|h\.0)\./.test(name)));
});
