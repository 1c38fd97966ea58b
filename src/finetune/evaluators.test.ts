import type { Encoded } from '../dataset/index.js';
import type { ClassifierModel } from '../scoring/classifier-model.js';
import { initialState, withEvaluation } from '../train/state.js';
import { labelEvaluator } from './evaluators.js';

/** A model that gives every text label 0, of `count`. */
const constant = (count: number) =>
  ({
    predict: async (examples: readonly Encoded[]) => ({
      count,
      labels: new Int32Array(examples.length),
      probabilities: Float32Array.from({ length: examples.length * count }, (_, i) => (i % count === 0 ? 1 : 0)),
    }),
  }) as unknown as ClassifierModel;
const labelled = (...labels: number[]) => labels.map((label) => ({ label }) as Encoded);

test('an evaluation has the confusion matrix of the validation rows, which the training state does not keep', async () => {
  const measured = await labelEvaluator(constant(2), { train: labelled(0), validation: labelled(0, 0, 1) })();
  expect(measured).toMatchObject({
    accuracy: expect.closeTo(2 / 3, 12),
    confusion: [
      [2, 0],
      [1, 0],
    ],
  });
  const { evaluation, best } = withEvaluation(initialState(1), measured!);
  expect(evaluation).not.toHaveProperty('confusion');
  expect(best).toMatchObject({ accuracy: measured!.accuracy });
});

test('more than 50 labels have none', async () => {
  const measured = await labelEvaluator(constant(51), { train: labelled(0), validation: labelled(0, 50) })();
  expect(measured).toMatchObject({ accuracy: 0.5 });
  expect(measured).not.toHaveProperty('confusion');
});
