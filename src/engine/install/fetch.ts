// Chooses how wheels are fetched: with the user's pip, or, without Python, by ourselves from a package index.
import { GptError } from '../../errors.js';
import type { LibraryDescription } from './description.js';
import { fetchFromIndex } from './package-index.js';
import type { Wheel } from './pins.js';
import { type Download, fetchWheel as fetchByPip } from './pip.js';
import { findPython, type Python } from './python.js';
import type { Environment } from './types.js';

export type FetchWheel = (wheel: Wheel, download: Omit<Download, 'python' | 'env'>) => Promise<string>;

/**
 * An index that is named is read without Python. Else pip fetches; where there is none, PIP_INDEX_URL names the index.
 * @throws GptError `setup/python`, `setup/pip`
 */
export function fetchingFrom({ title }: LibraryDescription, index: string | undefined, env: Environment): FetchWheel {
  if (index !== undefined) return (wheel, download) => fetchFromIndex(wheel, { ...download, index });
  let python: Python;
  try {
    python = findPython(title, env);
  } catch (error) {
    const configured = env['PIP_INDEX_URL'];
    if (!(error instanceof GptError) || !configured) throw error;
    return (wheel, download) => fetchFromIndex(wheel, { ...download, index: configured });
  }
  return (wheel, download) => fetchByPip(wheel, { ...download, python, env });
}
