import { parseMessages } from './messages.js';

test("OpenAI's and ShareGPT's form, parts of text, and calls without content are read", () => {
  const call = { id: '1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } };
  const list = [
    { role: 'developer', content: 'be brief' },
    { from: 'human', value: 'weather?' },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: '1', content: 'sun', extra: 1 },
    {
      from: 'gpt',
      value: [
        { type: 'text', text: 'Sun' },
        { type: 'text', text: 'ny.' },
      ],
    },
  ];
  expect(parseMessages(list, 'form')).toEqual([
    { role: 'developer', content: 'be brief' },
    { role: 'user', content: 'weather?' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ ...call, function: { name: 'weather', arguments: { city: 'Rome' } } }],
    },
    { role: 'tool', tool_call_id: '1', content: 'sun' },
    { role: 'assistant', content: 'Sunny.' },
  ]);
});

test.each([
  ['no list', 'x', { malformed: true, message: 'form' }],
  ['no message', [1], { malformed: true, message: 'form' }],
  [
    'a role of no one',
    [{ role: 'constructor', content: 'x' }],
    { code: 'role', detail: 'message 1 has "constructor"' },
  ],
  ['no content', [{ role: 'assistant', content: null }], { code: 'content', detail: 'message 1' }],
  ['an image', [{ role: 'user', content: [{ type: 'image_url' }] }], { code: 'content', detail: 'message 1' }],
])('%s is a problem', (_, list, problem) => {
  expect(parseMessages(list, 'form')).toMatchObject(problem);
});
