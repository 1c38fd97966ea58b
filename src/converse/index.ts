// Conversations with a model.
export { type Assistant, openAssistant } from './assistant.js';
export { type Answer, type AnswerEvent, Conversation } from './conversation.js';
export { type FittedPrompt, fitPrompt } from './fit.js';
