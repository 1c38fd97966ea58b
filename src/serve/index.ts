// A model behind OpenAI's HTTP interface.
export { type RunningServer, startServer } from './server.js';
