// The settings of a run that shape a GPT-2, besides those of every family.
import { choice, toggle } from '../../../config/setting.js';
import { ffnSize, tie } from '../settings.js';
import { activationNames } from './config.js';

export const settings = {
  bias: toggle({ default: true, fixed: true, help: 'biases in linear layers and layer norms (GPT-2 has them)' }),
  position: choice(['learned', 'sinusoidal', 'rope'], {
    default: 'learned',
    fixed: true,
    help: 'position embeddings; a rope model opens in gpt-cli only, for rotary positions better choose --arch llama',
  }),
  activation: choice(activationNames, {
    default: 'gelu_new',
    fixed: true,
    help: "activation of the MLP; gelu_new is GPT-2's, the tanh form of GELU",
  }),
  ffnSize,
  tie,
};
