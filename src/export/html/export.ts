// A checkpoint as one HTML file that runs the model in a browser, without a server and without a network.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PageFacts } from '../../browser/payload.js';
import { readChatKeys } from '../../chat/index.js';
import { packageRoot } from '../../config/files.js';
import { GptError } from '../../errors.js';
import { explain, makeFolder, replaceFile } from '../../files/index.js';
import { scoresChoices } from '../../model/choice-labels.js';
import { countParameters } from '../../model/config.js';
import { cacheShapeOf, familyOf, reachOf, rotaryOf } from '../../model/registry.js';
import { onnxModel } from '../onnx/model.js';
import type { OnnxDtype } from '../onnx/weights.js';
import { type ExportOptions, readParameters, requireRunning, type Source, withSource } from '../source.js';
import { page } from './page.js';

export interface HtmlOptions extends ExportOptions {
  readonly dtype: OnnxDtype;
}

/** Of the ONNX model: a browser holds the page's text and what it unpacks several times. */
const mostBytes = 256 * 2 ** 20;

/**
 * Writes the file whole, or leaves what was there.
 * @param path a run folder, a checkpoint folder or a Hugging Face folder
 * @returns bytes of the file
 * @throws GptError `export/...` for what cannot be exported, with the reason
 */
export async function exportHtml(path: string, options: HtmlOptions): Promise<{ readonly bytes: number }> {
  const { out, dtype, overwrite = false, signal } = options;
  if (out === '' || out === '-') {
    const what = out === '' ? 'the name of the file to write is empty' : 'a page is not written to standard output';
    throw new GptError('export/out', what, { hint: 'name a file with -o' });
  }
  if (!overwrite && (await stat(out).catch(() => undefined)))
    throw new GptError('export/exists', `${out} is already there`, { hint: 'choose another name, or --overwrite' });
  return withSource(path, async (source) => {
    const { checkpoint } = source;
    const { config, labels } = checkpoint;
    const parameters = await readParameters(checkpoint, options, dtype === 'f16');
    const model = onnxModel({ config, parameters, labels }, dtype);
    if (model.length > mostBytes) {
      const size = (model.length / 1e6).toFixed(0);
      throw new GptError('export/size', `as ${dtype} the model has ${size} MB; a page holds ${mostBytes / 1e6} MB`, {
        hint: dtype === 'q4' ? 'export it with --format onnx' : 'choose --dtype q8 or q4',
      });
    }
    const text = page({
      facts: await factsOf(source, basename(resolve(path))),
      ...(await program()),
      model: await promisify(gzip)(model),
    });
    requireRunning(out, signal);
    try {
      await makeFolder(dirname(out));
      await replaceFile(out, text);
    } catch (error) {
      throw explain(error, out);
    }
    return { bytes: Buffer.byteLength(text) };
  });
}

/** What scripts/build.js made of src/browser. */
async function program() {
  const file = (name: string) => readFile(join(packageRoot(), 'dist', 'browser', name));
  return {
    script: (await file('page.js')).toString(),
    style: (await file('style.css')).toString(),
    runtime: await file('runtime.wasm.gz'),
  };
}

async function factsOf({ checkpoint, tokenizer, files }: Source, name: string): Promise<PageFacts> {
  const { config, labels, directory, specs } = checkpoint;
  const { template, tokens } = await readChatKeys(directory);
  const parameters = countParameters(specs).toLocaleString('en-US');
  const ends = [files.generationKeys?.['eos_token_id']].flat();
  return {
    name,
    summary: `${familyOf(config).name}, ${parameters} parameters, context of ${config.blockSize} tokens.`,
    ...{ nLayer: config.nLayer, vocabSize: config.vocabSize, blockSize: config.blockSize },
    reach: reachOf(config),
    cache: cacheShapeOf(config),
    rotary: rotaryOf(config) !== undefined,
    ...(labels && { labels, choices: scoresChoices(labels) }),
    tokenizer: tokenizer.toJSON(),
    endOfText: tokenizer.decode([tokenizer.endOfText], { special: true }),
    ...(template !== undefined && { chat: { template, tokens } }),
    ends: ends.filter((id) => typeof id === 'number'),
  };
}
