// Answers to requests that are not served, in the form of OpenAI's errors.
import { GptError } from '../errors.js';

export type RefusalStatus = 400 | 401 | 403 | 404 | 413 | 415 | 429 | 500 | 503;

/** A request that is not served, with its HTTP status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: RefusalStatus,
    message: string,
    /** OpenAI's `code` and `param`. */
    readonly details: { readonly code?: string; readonly param?: string } = {},
  ) {
    super(message);
  }

  body(): unknown {
    const type =
      this.status === 429 ? 'rate_limit_error' : this.status >= 500 ? 'server_error' : 'invalid_request_error';
    const { code = null, param = null } = this.details;
    return { error: { message: this.message, type, param, code } };
  }
}

/** What a request is answered with when `error` was thrown. A bug keeps its text to itself. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof GptError) {
    const { message, hint, code } = error;
    const details = code === 'chat/template' ? { param: 'messages' } : {};
    return new Refusal(400, hint ? `${message} (${hint})` : message, details);
  }
  return new Refusal(500, 'the server failed; its log has the reason');
}
