// The chat template of models that bring none: `User: ...`, `Assistant: ...`, one turn a line, the end-of-text token behind
// every turn of the assistant.

/** Jinja, as transformers reads it. */
export const defaultTemplate = [
  '{%- for message in messages -%}',
  "{%- if message['role'] == 'system' or message['role'] == 'developer' -%}",
  "{{ message['content'] + '\\n' }}",
  "{%- elif message['role'] == 'user' -%}",
  "{{ 'User: ' + message['content'] + '\\n' }}",
  "{%- elif message['role'] == 'assistant' and not message['tool_calls'] -%}",
  "{{ 'Assistant: ' + message['content'] + eos_token + '\\n' }}",
  '{%- else -%}',
  "{{ raise_exception('the chat template knows no tools') }}",
  '{%- endif -%}',
  '{%- endfor -%}',
  "{%- if add_generation_prompt -%}{{ 'Assistant:' }}{%- endif -%}",
].join('');
