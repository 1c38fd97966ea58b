// Conversations: messages, the template that makes them text, and the text as ids. Knows no model.
export { defaultTemplate } from './default-template.js';
export { type Message, type MessageProblem, parseMessages, type Role } from './messages.js';
export { type ChatKeys, chatTemplateOf, endsOf, readChatKeys } from './read.js';
export { type ChatSegment, ChatTemplate, type RenderOptions } from './template.js';
