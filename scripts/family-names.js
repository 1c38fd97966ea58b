// Part of `npm run check`: outside of src/model/families no file may name a tensor or a config.json key of a family. A family's
// words are the snake_case names in its folder and the first parts of its tensors' names (`wte` of `wte.weight`); not its own are
// those that all models in Hugging Face's format share. Tests, comments and the values of enumerations in help texts are free.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Keys of config.json that transformers has for every model. */
const shared = new Set([
  'model_type',
  'vocab_size',
  'tie_word_embeddings',
  'torch_dtype',
  'gpt_cli',
  'initializer_range',
]);

const snakeCase = /(?<![\w./-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?!\w)/g;
const tensorName = /['"`]([a-z][a-z0-9_]*)\.(?:weight|bias|\$\{)/g;

function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}

/** The words of a family: snake_case names, and the modules that its tensors lie in. */
export function wordsOf(texts) {
  const code = texts.map(withoutComments);
  const names = code.flatMap((text) => text.match(snakeCase) ?? []).filter((name) => !shared.has(name));
  const modules = code.flatMap((text) => [...text.matchAll(tensorName)].map(([, name]) => name));
  return { names: new Set(names), modules: new Set(modules) };
}

/** Lines that use a family's words. */
export function offences(text, { names, modules }) {
  return withoutComments(text)
    .split('\n')
    .flatMap((line, at) => {
      if (/^(import|export) .* from |^} from /.test(line)) return [];
      const named = (line.match(snakeCase) ?? []).filter((name) => names.has(name) && !modules.has(name));
      const opened = [...line.matchAll(/['"`^(|/]([a-z][a-z0-9_]*)\\?\.(?=weight\b|bias\b|\\?\d|\\d|\$\{)/g)].map(
        ([, name]) => name,
      );
      const tensors = opened.filter((name) => modules.has(name));
      return [...named, ...tensors].map((word) => ({ line: at + 1, word }));
    });
}

function sources(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !/(^|[\\/])testing[\\/]/.test(name))
    .map((name) => join(folder, name));
}

function main() {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const families = join(root, 'src/model/families');
  const words = wordsOf(sources(families).map((path) => readFileSync(path, 'utf8')));
  const found = sources(join(root, 'src'))
    .filter((path) => !path.startsWith(families))
    .flatMap((path) =>
      offences(readFileSync(path, 'utf8'), words).map(({ line, word }) => `${relative(root, path)}:${line}: ${word}`),
    );
  if (found.length === 0) return;
  console.error(`names of a model family outside of src/model/families:\n${found.join('\n')}`);
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
