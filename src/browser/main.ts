// The program of an exported page: opens the model that the page holds, and lets a person use it. Nothing is fetched.
import { parseTokenizer } from '../tokenizer/parse.js';
import { find } from './elements.js';
import { Labeller } from './labeller.js';
import { dataIds, readBytes, readFacts } from './payload.js';
import { openSession } from './session.js';
import { Writer } from './writer.js';

async function main(): Promise<void> {
  const facts = readFacts(document);
  const tokenizer = parseTokenizer(facts.tokenizer, 'the tokenizer', { endOfText: facts.endOfText });
  const [runtime, model] = [await readBytes(document, dataIds.runtime), await readBytes(document, dataIds.model)];
  const session = await openSession(runtime, model);
  if (facts.labels) new Labeller(session, tokenizer, facts);
  else await Writer.create(session, tokenizer, facts);
  find('status').textContent = 'ready';
}

main().catch((error: unknown) => {
  const status = find('status');
  status.className = 'error';
  status.textContent = error instanceof Error ? error.message : String(error);
});
