// Jest compiles the source to CommonJS with a tfjs bundle of its own; people get the ES modules in dist/. Both must behave
// alike: the same exports, and the same bytes for training, finetuning, sampling and classifying.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as source from '../src/index.js';
import { someText, workspace } from './program.js';

const { path, write } = workspace();
const text = write('text.txt', someText(1500));
const rows = Array.from(
  { length: 48 },
  (_, i) => `item ${i % 7} of ${i} is ${i % 2 ? 'warm' : 'cold'},${i % 2 ? 'yes' : 'no'}`,
);
const labelled = write('labelled.csv', `text,label\n${rows.join('\n')}\n`);
const shape = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 32, batchSize: 4, dropout: 0.1, threads: 1 };
const schedule = { maxIters: 12, evalInterval: 6, evalIters: 2, logInterval: 6 };

/** Pretrains, finetunes, samples and classifies with either build; what it prints is the texts and scores. */
async function everything(
  library: typeof source,
  out: string,
  {
    text,
    labelled,
    shape,
    schedule,
  }: Record<'text' | 'labelled', string> & Record<'shape' | 'schedule', Record<string, unknown>>,
): Promise<string> {
  const layer = (values: Record<string, unknown>) => [{ name: 'options', values }] as const;
  for await (const event of library.pretrain({
    inputs: [text],
    out: `${out}/base`,
    layers: layer({ ...shape, ...schedule, tokenizer: 'bpe', vocabSize: 300 }),
  }))
    void event;
  for await (const event of library.finetune({
    data: labelled,
    out: `${out}/labels`,
    layers: layer({ from: `${out}/base`, batchSize: 4, threads: 1, ...schedule }),
  }))
    void event;
  const printed: unknown[] = [];
  const sampling = layer({ maxNewTokens: 24, numSamples: 2, temperature: 0.9, topK: 20, topP: 0.95, threads: 1 });
  for await (const event of library.sample({ run: `${out}/base`, prompt: 'Ada sees', layers: sampling }))
    if (event.event === 'sample') printed.push([event.text, event.tokens]);
  for await (const event of library.classify({
    run: `${out}/labels`,
    input: ['item 3 of 9 is warm', 'item 1 of 2 is cold'],
    layers: layer({ threads: 1 }),
  }))
    if (event.event === 'class') printed.push([event.label, event.scores]);
  return JSON.stringify(printed);
}

/** Every file of a run but those that hold times, versions and paths. */
function contents(directory: string): Record<string, string> {
  const varying = new Set(['config.json', 'log.jsonl', 'training_state.json', 'README.md', 'meta.json']);
  return Object.fromEntries(
    (readdirSync(directory, { recursive: true }) as string[])
      .filter((name) => statSync(join(directory, name)).isFile() && !varying.has(name.split(/[\\/]/).at(-1)!))
      .sort()
      .map((name) => [name, readFileSync(join(directory, name)).toString('base64')]),
  );
}

test('the ES modules that are shipped do what the tests test, byte for byte', async () => {
  const given = { text, labelled, shape, schedule };
  const tested = await everything(source, path('source'), given);

  const shipped = pathToFileURL(join(__dirname, '..', 'dist', 'index.js')).href;
  const program = `
    import * as library from ${JSON.stringify(shipped)};
    const everything = ${everything.toString()};
    const printed = await everything(library, ${JSON.stringify(path('dist'))}, ${JSON.stringify(given)});
    process.stdout.write(JSON.stringify({ printed, names: Object.keys(library) }));
  `;
  const options = { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } } as const;
  const { printed, names } = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], options),
  );

  expect(names).toEqual(Object.keys(source).sort());
  expect(printed).toBe(tested);
  const [ours, theirs] = [contents(path('source')), contents(path('dist'))];
  expect(Object.keys(ours).filter((name) => name.endsWith('model.safetensors'))).toHaveLength(4);
  expect(theirs).toEqual(ours);
});
