import { join } from 'node:path';
import { saveCheckpoint } from '../checkpoint/index.js';
import { content, MemoryState, temporaryFolder, tiny } from '../checkpoint/testing/fixtures.js';
import { Classifier } from '../model/classifier.js';
import { Gpt } from '../model/gpt.js';
import { GptLayer } from '../model/layers/base.js';
import { type GptConfig, headSpec, parameterSpecs } from '../model/registry.js';
import { familyCases } from '../model/testing/families.js';
import * as tf from '../tf.js';
import { asLayersModel } from './index.js';

const folder = temporaryFolder();
const ids = () => tf.tensor2d([1, 5, 256, 0, 9, 9, 2, 40, 41, 42], [2, 5], 'int32');
const values = (x: tf.Tensor) => Array.from(x.dataSync());

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

/** A checkpoint with random numbers, and the model of the program with the same. */
async function saved(changes: object = {}, labels?: readonly string[]) {
  const config = { ...tiny, ...changes } as GptConfig;
  const head = labels ? [headSpec(config, labels.length)] : [];
  const state = new MemoryState([...parameterSpecs(config), ...head], true, 3);
  const path = join(folder(), 'checkpoint');
  await saveCheckpoint(path, {
    ...content(),
    config,
    state,
    trained: undefined,
    resumable: false,
    ...(labels && { labels }),
  });
  const gpt = await Gpt.create(config);
  const classifier = labels && new Classifier(gpt, labels.length);
  for (const [name, variable] of (classifier ?? gpt).variables)
    variable.assign(tf.tensor(await state.read('parameter', name), variable.shape));
  return { path, gpt, classifier };
}

/** What `model.save` and `tf.loadLayersModel` make of a model, by way of JSON and bytes. */
async function reloaded(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const { weightData, ...rest } = artifacts!;
  const stored = { ...JSON.parse(JSON.stringify(rest)), weightData: (weightData as ArrayBuffer).slice(0) };
  return tf.loadLayersModel(tf.io.fromMemory(stored));
}

test.each<[string, object]>([
  ...Object.entries(familyCases).map(([name, config]): [string, object] => [name, { ...config, vocabSize: 257 }]),
  ['GPT-2', {}],
  ['no biases', { bias: false }],
  ['rotary positions', { position: 'rope' }],
  ['sines', { position: 'sinusoidal' }],
])(
  'a checkpoint of %s gives the logits of the program, bit for bit, and keeps them when saved and loaded',
  async (_, changes) => {
    const { path, gpt } = await saved(changes);
    const model = await asLayersModel(path);
    const logits = model.predict(ids()) as tf.Tensor;
    expect(logits.shape).toEqual([2, 5, 257]);
    const expected = values(gpt.logits(ids()));
    expect(values(logits)).toEqual(expected);
    const again = await reloaded(model);
    expect(values(again.predict(ids()) as tf.Tensor)).toEqual(expected);
    expect(again.countParams()).toBe(model.countParams());
    // Another length and another batch.
    expect((again.predict(tf.zeros([1, 8], 'int32')) as tf.Tensor).shape).toEqual([1, 8, 257]);
  },
);

test('the output layer is the token embedding: one weight, trained from both ends', async () => {
  const { path, gpt } = await saved();
  const model = await asLayersModel(path);
  const parameters = parameterSpecs(gpt.config).reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
  expect(model.countParams()).toBe(parameters);
  const loss = (logits: tf.Tensor) => tf.mean(tf.square(logits)) as tf.Scalar;
  const byProgram = tf.variableGrads(() => loss(gpt.logits(ids())), [gpt.variables.get('wte.weight')!]).grads;
  const table = model.trainableWeights[0]!.read() as tf.Variable;
  const byModel = tf.variableGrads(() => loss(model.apply(ids()) as tf.Tensor), [table]).grads;
  const [ours, theirs] = [byProgram, byModel].map((grads) => values(Object.values(grads)[0]!));
  ours!.forEach((g, i) => {
    expect(theirs![i]).toBeCloseTo(g, 4);
  });
});

test('a step of model.fit is a step along the gradient of the program', async () => {
  const { path, gpt } = await saved({ nLayer: 1 });
  const model = await asLayersModel(path);
  const targets = tf.reshape(tf.oneHot(tf.reshape(ids(), [-1]) as tf.Tensor1D, 257), [2, 5, 257]);
  const loss = (y: tf.Tensor, logits: tf.Tensor) =>
    tf.losses.softmaxCrossEntropy(tf.reshape(y, [-1, 257]), tf.reshape(logits, [-1, 257]));
  model.compile({ optimizer: tf.train.sgd(0.5), loss });
  await model.fit(ids(), targets, { epochs: 1, verbose: 0 });

  const variables = [...gpt.variables.values()];
  const { grads } = tf.variableGrads(() => loss(targets, gpt.logits(ids())) as tf.Scalar, variables);
  const fitted = new Map(model.layers.flatMap((layer) => parametersOf(layer)));
  for (const [name, variable] of gpt.variables) {
    const expected = values(tf.sub(variable, tf.mul(grads[variable.name]!, 0.5)));
    values(fitted.get(name)!).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  }
});

const parametersOf = (layer: tf.layers.Layer) => (layer instanceof GptLayer ? layer.parameters(`${layer.name}.`) : []);

test('a classifier reads one position of each text', async () => {
  const { path, classifier } = await saved({}, ['no', 'yes', 'maybe']);
  const model = await asLayersModel(path);
  const at = tf.tensor1d([4, 2], 'int32');
  const expected = values(classifier!.read(ids(), at).scores);
  expect(values(model.predict([ids(), at]) as tf.Tensor)).toEqual(expected);
  expect(values((await reloaded(model)).predict([ids(), at]) as tf.Tensor)).toEqual(expected);
});

test('what is no checkpoint is an error, and leaves no variable', async () => {
  const before = tf.memory().numTensors;
  await expect(asLayersModel(join(folder(), 'nothing'))).rejects.toMatchObject({ code: 'checkpoint/missing' });
  expect(tf.memory().numTensors).toBe(before);
});
