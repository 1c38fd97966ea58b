import { errorOf } from '../fixtures.js';
import { type DecideOptions, decideTask } from './columns.js';

const decide = (names: string, options?: DecideOptions) => decideTask(names.split(' '), options);

test.each([
  ['text label', 'classify', { kind: 'classify', text: 'text', label: 'label' }],
  ['sentence label', 'classify', { kind: 'classify', text: 'sentence', label: 'label' }],
  ['id Review Sentiment', 'classify', { kind: 'classify', text: 'Review', label: 'Sentiment' }],
  [
    'idx premise hypothesis label',
    'classify',
    { kind: 'classify', text: 'premise', second: 'hypothesis', label: 'label' },
  ],
  [
    'sentence1 sentence2 label',
    'classify',
    { kind: 'classify', text: 'sentence1', second: 'sentence2', label: 'label' },
  ],
  ['quote label', 'classify', { kind: 'classify', text: 'quote', label: 'label' }],
  [
    'context question choices label',
    'choice',
    { kind: 'choice', texts: ['context', 'question'], choices: ['choices'], label: 'label' },
  ],
  [
    'id startphrase sent1 sent2 ending0 ending1 ending2 label', // SWAG
    'choice',
    { kind: 'choice', texts: ['startphrase'], choices: ['ending0', 'ending1', 'ending2'], label: 'label' },
  ],
  [
    'article question options answer', // RACE
    'choice',
    { kind: 'choice', texts: ['article', 'question'], choices: ['options'], label: 'answer' },
  ],
  [
    'InputSentence1 InputSentence2 RandomFifthSentenceQuiz1 RandomFifthSentenceQuiz2 AnswerRightEnding', // ROCStories
    'choice',
    {
      kind: 'choice',
      texts: ['InputSentence1', 'InputSentence2'],
      choices: ['RandomFifthSentenceQuiz1', 'RandomFifthSentenceQuiz2'],
      label: 'AnswerRightEnding',
    },
  ],
  ['prompt completion', 'instruct', { kind: 'completion', prompt: 'prompt', completion: 'completion' }],
  ['question answer', 'instruct', { kind: 'completion', prompt: 'question', completion: 'answer' }],
  ['source target', 'instruct', { kind: 'completion', prompt: 'source', completion: 'target' }],
  [
    'instruction input output',
    'instruct',
    { kind: 'alpaca', instruction: 'instruction', input: 'input', output: 'output' },
  ],
  ['instruction output', 'instruct', { kind: 'alpaca', instruction: 'instruction', output: 'output' }],
  ['messages', 'instruct', { kind: 'messages', messages: 'messages' }],
  ['text', 'text', { kind: 'text', text: 'text' }],
  ['title text url', 'text', { kind: 'text', text: 'text' }],
])('columns %j are %s', (names, task, columns) => {
  const decision = decide(names);
  expect([decision.task, decision.columns]).toEqual([task, columns]);
});

test('the reason names the columns and what follows', () => {
  expect(decide('sentence label').reason).toBe('classification: text in "sentence", labels in "label"');
  expect(decide('text').reason).toBe('continued text from column "text": there is no label');
  expect(decide('prompt completion').reason).toMatch(/the loss is on the second only/);
});

test('columns and task can be chosen', () => {
  expect(decide('body verdict', { textColumns: ['body'], labelColumn: 'verdict' }).columns).toEqual({
    kind: 'classify',
    text: 'body',
    label: 'verdict',
  });
  expect(decide('a b c', { textColumns: ['a', 'c'], labelColumn: 'b' }).columns).toMatchObject({
    text: 'a',
    second: 'c',
  });
  expect(
    decide('english french', { task: 'instruct', textColumns: ['english'], labelColumn: 'french' }).columns,
  ).toEqual({
    kind: 'completion',
    prompt: 'english',
    completion: 'french',
  });
  expect(decide('text label', { task: 'text' }).columns).toEqual({ kind: 'text', text: 'text' });
  expect(decide('text', { task: 'classify', needLabel: false }).columns).toEqual({ kind: 'classify', text: 'text' });
});

test('choices without an answer are for choosing, not for training', async () => {
  const wanted = { kind: 'choice', texts: ['question'], choices: ['choices'] };
  expect(decide('question choices', { task: 'choice', needLabel: false }).columns).toEqual(wanted);
  expect((await errorOf(() => decide('question choices', { task: 'choice' }))).message).toMatch(
    'no column for multiple',
  );
  expect(decide('a choices c', { task: 'choice', textColumns: ['a'], labelColumn: 'c' }).columns).toEqual({
    kind: 'choice',
    texts: ['a'],
    choices: ['choices'],
    label: 'c',
  });
});

test('wrong columns: the error lists what is there and the nearest match (mlx-examples#630, mlx-examples#199)', async () => {
  const named = await errorOf(() => decide('text label', { labelColumn: 'lable', name: 'train.csv' }));
  expect(named.message).toBe('train.csv has no column "lable"; the columns are "text", "label"');
  expect(named.hint).toBe('did you mean --label-column "label"?');
  const typo = await errorOf(() => decide('promt completion', { name: 'a.jsonl' }));
  expect(typo.message).toMatch('the columns are "promt", "completion"');
  expect(typo.hint).toMatch('is "promt" meant to be "prompt"?');
  const noText = await errorOf(() => decide('alpha beta label'));
  expect(noText.hint).toMatch('--text-column');
  const noLabel = await errorOf(() => decide('text lable', { task: 'classify' }));
  expect(noLabel.hint).toMatch('is "lable" meant to be "label"?');
});

test('a file without a header line is recognised', async () => {
  const error = await errorOf(() =>
    decideTask(['3', 'Wall St. Bears Claw Back Into the Black (Reuters)', 'Short sellers'], {}),
  );
  expect(error.hint).toMatch('put the names of the columns above it');
});
