// Every call that reports a status goes through here: what TensorFlow says is wrong is thrown.
import { GptError } from '../../../errors.js';
import type { Pointer, TensorflowApi } from './ffi.js';

/** TensorFlow's codes that say something about the world rather than about our program. */
const codes: Readonly<Record<number, string>> = {
  1: 'cancelled',
  4: 'deadline',
  8: 'memory',
  10: 'aborted',
  14: 'unavailable',
};

/**
 * Calls `run` with a status of its own and throws what it reports.
 * @param what completes "TensorFlow could not ..."
 * @throws GptError `tensorflow/memory`, `tensorflow/unavailable`, ... for what a person may mend; Error for a bug
 */
export function checked<T>(api: TensorflowApi, what: string, run: (status: Pointer) => T): T {
  const status = api.TF_NewStatus();
  try {
    const result = run(status);
    throwUnlessFine(api, what, status);
    return result;
  } finally {
    api.TF_DeleteStatus(status);
  }
}

/** As `checked`, for a call that takes its time elsewhere. */
export async function checkedAsync<T>(
  api: TensorflowApi,
  what: string,
  run: (status: Pointer) => Promise<T>,
): Promise<T> {
  const status = api.TF_NewStatus();
  try {
    const result = await run(status);
    throwUnlessFine(api, what, status);
    return result;
  } finally {
    api.TF_DeleteStatus(status);
  }
}

function throwUnlessFine(api: TensorflowApi, what: string, status: Pointer): void {
  const code = api.TF_GetCode(status);
  if (code === 0) return;
  const message = `TensorFlow could not ${what}: ${shortened(api.TF_Message(status))}`;
  const kind = codes[code];
  if (kind) throw new GptError(`tensorflow/${kind}`, message);
  throw new Error(`${message} (code ${code})`);
}

/** The first line, without the node that it happened in. */
function shortened(message: string): string {
  const [line] = message.split('\n');
  return line!.slice(0, 600);
}
