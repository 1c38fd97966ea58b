// What the benches of pretraining quality share: a text and its held-out tenth, our program, and nanoGPT's recipe in PyTorch.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, python, root } from './common.js';

/** Files of the first nine tenths of a text, by characters, and of the last one. */
export function splitText(text, folder) {
  const characters = readFileSync(text, 'utf8');
  const cut = Math.floor(characters.length * 0.9);
  const [training, heldOut] = [join(folder, 'training.txt'), join(folder, 'held-out.txt')];
  writeFileSync(training, characters.slice(0, cut));
  writeFileSync(heldOut, characters.slice(cut));
  return { training, heldOut };
}

/** Runs a command of ours: its seconds, and the last event. */
export function program(threads, ...args) {
  const words = [join(root, 'bin', 'gpt-cli.js'), ...args, '--threads', threads, '--json'];
  const began = performance.now();
  const printed = execFileSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return { seconds: (performance.now() - began) / 1000, last: JSON.parse(printed.trim().split('\n').at(-1)) };
}

/** The flags of one argument. */
export const flagsOf = (text) => text.split(' ').filter(Boolean);

/** nanoGPT's recipe for a CPU: seconds without the measurement, bits per byte of the held-out tenth. */
export function nanoGpt({ text, steps, threads, seed = 1337 }) {
  const script = join(root, 'bench', 'peers', 'nanogpt.py');
  const flags = ['--text', text, '--steps', steps, '--threads', threads, '--seed', seed];
  const began = performance.now();
  const { measuring, bitsPerByte } = JSON.parse(linesOf(python, [script, ...flags], threads).at(-1));
  const seconds = (performance.now() - began) / 1000 - measuring;
  return { who: 'PyTorch, nanoGPT', steps: Number(steps), seconds, bitsPerByte };
}
