// The file next to an exported classifier: transformers.js has pipelines for encoders only, by the name of their class.

export const classifierLoader = `// Labels for texts: node classify.mjs "text" ["another text" ...]. Needs npm install @huggingface/transformers.
// transformers.js picks a classifier's class by model_type and knows encoders only. Which class it is does not matter here: the
// graph reads input_ids and attention_mask and gives logits, whatever the model.
import { fileURLToPath } from 'node:url';
import {
  AutoTokenizer,
  DistilBertForSequenceClassification,
  env,
  TextClassificationPipeline,
} from '@huggingface/transformers';

/** @param dtype fp32, fp16, q8 or q4 @returns a pipeline: texts to [{ label, score }] */
export async function load(dtype = 'fp32', folder = fileURLToPath(new URL('.', import.meta.url))) {
  env.allowRemoteModels = false;
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const model = await DistilBertForSequenceClassification.from_pretrained(folder, { dtype });
  return new TextClassificationPipeline({ task: 'text-classification', model, tokenizer });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const classify = await load();
  for (const text of process.argv.slice(2)) console.log(text, await classify(text, { top_k: null }));
}
`;
