// What labelled examples say, as plain text: for training a tokenizer on them.
import { type Example, questionOf, renderPrompt } from '../dataset/index.js';
import type { TextPiece } from '../tokenizer/index.js';

/** What a tokenizer is trained on when the model begins from scratch: all that the training examples say. */
export async function* textsOf(examples: readonly Example[], template: string): AsyncGenerator<TextPiece> {
  for (const example of examples) yield { text: textOf(example, template), endOfDocument: true };
}

/** As the default chat template begins a turn. */
const speakers: Readonly<Record<string, string>> = { user: 'User: ', assistant: 'Assistant: ' };

function textOf(example: Example, template: string): string {
  switch (example.kind) {
    case 'instruct':
      return `${renderPrompt(template, example.fields)}${example.completion}`;
    case 'chat':
      return example.messages.map(({ role, content }) => `${speakers[role] ?? ''}${content}\n`).join('');
    default:
      return questionOf(example);
  }
}
