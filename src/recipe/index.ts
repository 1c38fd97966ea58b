// The contract of recipe/: the settings for a text, a machine and a time.
export type { Given, Recipe } from './choose.js';
export { type PlannedRecipe, type Planning, planRecipe } from './plan.js';
export { type Shape, vocabSizes } from './shapes.js';
