"""Writes test/goldens/search.json: beam search and n-gram blocking of transformers.

    python scripts/goldens/search.py        (PyTorch 2.13, transformers 5)

The model is a table: the logits of the next token depend on the last one alone, so that the test needs no network.
"""

import json
import pathlib

import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.generation import GenerationMixin
from transformers.generation.logits_process import NoRepeatNGramLogitsProcessor
from transformers.modeling_outputs import CausalLMOutput

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "goldens" / "search.json"
VOCABULARY, END = 11, 10


class Table(PreTrainedModel, GenerationMixin):
    config_class = PretrainedConfig
    main_input_name = "input_ids"

    def __init__(self, logits):
        super().__init__(PretrainedConfig(vocab_size=VOCABULARY, eos_token_id=END, is_encoder_decoder=False))
        self.table = torch.nn.Parameter(logits)
        self.post_init()

    def _init_weights(self, module):
        pass

    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}

    def forward(self, input_ids, **kwargs):
        return CausalLMOutput(logits=self.table[input_ids])


torch.manual_seed(1337)
table = torch.randn(VOCABULARY, VOCABULARY) * 1.5
table[:, END] -= 1.0
model = Table(table).eval()

searches = []
for options in [
    {"beams": 2, "maxNewTokens": 8},
    {"beams": 4, "maxNewTokens": 12},
    {"beams": 4, "maxNewTokens": 12, "lengthPenalty": 0.0},
    {"beams": 3, "maxNewTokens": 12, "lengthPenalty": 2.0},
    {"beams": 5, "maxNewTokens": 6, "lengthPenalty": -1.0},
    {"beams": 4, "maxNewTokens": 12, "noRepeatNgram": 2},
    {"beams": 3, "maxNewTokens": 10, "repetitionPenalty": 1.5},
    {"beams": 8, "maxNewTokens": 1},
]:
    prompt = [3, 1]
    found = model.generate(
        torch.tensor([prompt]),
        do_sample=False,
        use_cache=False,
        num_beams=options["beams"],
        num_return_sequences=options["beams"],
        max_new_tokens=options["maxNewTokens"],
        length_penalty=options.get("lengthPenalty", 1.0),
        no_repeat_ngram_size=options.get("noRepeatNgram", 0),
        repetition_penalty=options.get("repetitionPenalty", 1.0),
        eos_token_id=END,
        pad_token_id=END,
        return_dict_in_generate=True,
        output_scores=True,
    )
    texts = []
    for ids, score in zip(found.sequences.tolist(), found.sequences_scores.tolist()):
        own = ids[len(prompt) :]
        ended = END in own
        texts.append({"tokens": own[: own.index(END)] if ended else own, "ended": ended, "score": score})
    searches.append({"prompt": prompt, "options": options, "texts": texts})

blocked = []
for size, history in [(1, [1, 2]), (2, [1, 2, 3, 1]), (2, [4, 4]), (3, [1, 2, 3, 1, 2, 4, 1, 2]), (3, [1, 2]), (4, [5] * 6)]:
    scores = NoRepeatNGramLogitsProcessor(size)(torch.tensor([history]), torch.zeros(1, VOCABULARY))
    blocked.append({"size": size, "history": history, "ids": torch.isinf(scores[0]).nonzero().flatten().tolist()})

golden = {"end": END, "table": table.tolist(), "searches": searches, "blocked": blocked}
OUT.write_text(json.dumps(golden) + "\n")
