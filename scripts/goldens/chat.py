"""Writes test/goldens/chat.json: what transformers makes of conversations with chat templates of several styles.

    python scripts/goldens/chat.py        (transformers 5)

Templates are written for this test, in the styles that models use: ChatML with a default system prompt, header tokens with
trimmed contents, and one with tools whose earlier reasoning is dropped.
"""

import json
import pathlib

from transformers.utils.chat_template_utils import render_jinja_template

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens" / "chat.json"

CHATML = """{% for message in messages %}
    {% if loop.first and message.role != 'system' %}{{ '<|im_start|>system\\nBe helpful.<|im_end|>\\n' }}{% endif %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
    {%- if not loop.last %}
    {% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

HEADERS = """{%- set loop_messages = messages -%}
{%- for message in loop_messages -%}
{%- if message['role'] not in ['system', 'user', 'assistant'] -%}{{ raise_exception('unknown role ' ~ message['role']) }}{%- endif -%}
{%- set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' -%}
{%- if loop.index0 == 0 -%}{%- set content = bos_token + content -%}{%- endif -%}
{{- content -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}{%- endif -%}"""

TOOLS = """{%- if tools %}
<|im_start|>system
{%- if messages[0].role == 'system' %}
{{ '\\n' + messages[0].content }}
{%- endif %}
{{ '\\n# Tools' }}
{%- for tool in tools %}
{{- '\\n' }}{{ tool | tojson }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last=messages | length - 1) %}
{%- for message in messages[::-1] %}
  {%- set index = (messages | length - 1) - loop.index0 %}
  {%- if message.role == 'user' and ns.last == messages | length - 1 and not loop.first %}
    {%- set ns.last = index %}
  {%- endif %}
{%- endfor %}
{%- for message in messages %}
  {%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
  {%- elif message.role == 'assistant' %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if '</think>' in content and loop.index0 < ns.last %}
      {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {{- '<|im_start|>assistant\\n' + content }}
    {%- for call in message.tool_calls or [] %}
      {%- if (loop.first and content) or not loop.first %}{{- '\\n' }}{%- endif %}
      {{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
      {{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}
      {{- '}\\n</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
  {%- elif message.role == 'tool' %}
    {%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{{- '<|im_start|>user' }}{%- endif %}
    {{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
    {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|im_end|>\\n' }}{%- endif %}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""

# src/chat/default-template.ts
DEFAULT = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'system' or message['role'] == 'developer' -%}"
    "{{ message['content'] + '\\n' }}{%- elif message['role'] == 'user' -%}"
    "{{ 'User: ' + message['content'] + '\\n' }}{%- elif message['role'] == 'assistant' and not message['tool_calls'] -%}"
    "{{ 'Assistant: ' + message['content'] + eos_token + '\\n' }}{%- else -%}"
    "{{ raise_exception('the chat template knows no tools') }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}"
    "{{ 'Assistant:' }}{%- endif -%}"
)

turn = lambda role, content, **more: {"role": role, "content": content, **more}
CONVERSATIONS = {
    "question": [turn("user", "Hello there ")],
    "dialogue": [
        turn("system", "Be brief."),
        turn("user", " What is\n2 + 2?"),
        turn("assistant", "4"),
        turn("user", "And ü × 3?"),
        turn("assistant", "12\n"),
        turn("user", "Thanks <b>"),
    ],
    "thought": [
        turn("user", "a"),
        turn("assistant", "<think>\nhm\n</think>\n\nb"),
        turn("user", "c"),
        turn("assistant", "<think>\nso\n</think>\n\nd"),
    ],
}
CALL = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Zürich", "days": [1, 2]}}}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
TOOL_TALK = [
    turn("user", "weather?"),
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    turn("tool", "sun", tool_call_id="1"),
    turn("tool", "rain", tool_call_id="2"),
    turn("assistant", "Sunny."),
]

cases = []
for name, template in {"default": DEFAULT, "chatml": CHATML, "headers": HEADERS, "tools": TOOLS}.items():
    talks = dict(CONVERSATIONS)
    if name == "tools":
        talks["tools"] = TOOL_TALK
    for talk, messages in talks.items():
        for generate in (False, True):
            tools = [WEATHER] if talk == "tools" else None
            rendered, _ = render_jinja_template(
                [messages],
                tools=tools,
                chat_template=template,
                add_generation_prompt=generate,
                bos_token="<|begin|>",
                eos_token="<|end|>",
            )
            cases.append(
                {"template": name, "talk": talk, "messages": messages, "tools": tools, "generate": generate, "text": rendered[0]}
            )

templates = {"default": DEFAULT, "chatml": CHATML, "headers": HEADERS, "tools": TOOLS}
OUT.write_text(json.dumps({"templates": templates, "cases": cases}, ensure_ascii=False) + "\n")
