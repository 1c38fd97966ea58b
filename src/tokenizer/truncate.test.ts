import { trainBpeTokenizer } from './bpe-train.js';
import { withVocabSize } from './truncate.js';

async function* documents(text: string) {
  yield { text, endOfDocument: true };
}

test('fewer merges are the tokenizer that a smaller vocabulary gives', async () => {
  const text = 'she sells sea shells by the sea shore, the shells she sells are surely sea shells. '.repeat(3);
  const large = await trainBpeTokenizer(documents(text), { vocabSize: 300 });
  for (const vocabSize of [257, 260, 275, large.vocabSize]) {
    const small = await trainBpeTokenizer(documents(text), { vocabSize });
    const cut = withVocabSize(large, vocabSize);
    expect(cut.vocabSize).toBe(vocabSize);
    expect(cut.encode(text)).toEqual(small.encode(text));
    expect(cut.decode(cut.encode(text))).toBe(text);
  }
});
