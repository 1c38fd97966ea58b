// `npm run bench [-- NAME...]`: runs the benches by name, each in a process of its own. Without a name: what takes minutes.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const arranged = {
  train: ['train.js'],
  'gpt2-4x64': ['train.js', '--model', 'gpt2-4x64', '--peer', 'eager'],
  'gpt2-1x512': ['train.js', '--model', 'gpt2-1x512', '--peer', 'eager'],
};
const files = readdirSync(here).filter((file) => file.endsWith('.js') && file !== 'run.js');
const benches = { ...Object.fromEntries(files.map((file) => [file.slice(0, -3), [file]])), ...arranged };
const usual = ['train', 'tokenizer'].filter((name) => existsSync(join(here, `${name}.js`)));

// Everything from the first flag on goes to the benches; behind the name of one, what names no bench as well.
const args = process.argv.slice(2);
const isFlag = (arg) => arg.startsWith('-');
const flagsFrom = args.findIndex((arg, i) => isFlag(arg) || (i > 0 && benches[arg] === undefined));
const names = flagsFrom < 0 ? args : args.slice(0, flagsFrom);
const flags = flagsFrom < 0 ? [] : args.slice(flagsFrom);
const unknown = names.filter((name) => benches[name] === undefined);
if (unknown.length > 0 || flags.includes('--help')) {
  if (unknown.length > 0) console.error(`error: no bench "${unknown[0]}"`);
  console.error(`benches: ${Object.keys(benches).join(', ')}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

let failed = 0;
for (const name of names.length > 0 ? names : usual) {
  const [script, ...own] = benches[name];
  console.log(`== ${name}`);
  const { status, signal } = spawnSync(process.execPath, [join(here, script), ...own, ...flags], { stdio: 'inherit' });
  if (signal !== null) console.error(`error: ${name} was ended by ${signal}`);
  if (status !== 0) failed += 1;
}
process.exit(failed > 0 ? 1 : 0);
