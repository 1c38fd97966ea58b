// What the benches have in common: where things are, what must be there, a folder to work in, how a run is made and judged.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The Python of the virtual environment that GPT_CLI_VENV names, or of .venv. */
export const python = join(process.env.GPT_CLI_VENV ?? join(root, '.venv'), 'bin', 'python');

export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

/** @param packages what the bench wants of Python, for the error */
export function requirePython(packages) {
  if (!existsSync(python)) fail(`no ${python} (set GPT_CLI_VENV to a virtual environment with ${packages})`);
}

/** @param file of dist/ */
export function requireBuilt(file = 'cli.js') {
  if (!existsSync(join(root, 'dist', file))) fail(`dist/${file} is missing (npm run build)`);
}

/** A folder that is gone when the bench ends. */
export function temporaryFolder(name = 'bench') {
  const folder = mkdtempSync(join(tmpdir(), `gpt-cli-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The folder, with packages of npm in its node_modules: fetched unless they are there whole. */
export function withPackages(folder, packages) {
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return folder; // what npm writes last
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags, ...packages], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

/** Runs a program on so many threads; the lines that it prints. */
export function linesOf(program, args, threads) {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), HF_HUB_OFFLINE: '1', NO_COLOR: '1' };
  const how = { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 };
  return execFileSync(program, args.map(String), how).trim().split('\n');
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
