"""The peer of bench/tokenizer.js: Python's tokenizers on one thread. Reads one command a line and answers with a line
of JSON. Usage: python bench/tokenizer.py TEXT VOCAB_SIZE"""
import json
import os
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402  (reads the variables above)
from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: E402

END_OF_TEXT = "<|endoftext|>"
text = open(sys.argv[1], encoding="utf-8", newline="").read()
documents = text.split(END_OF_TEXT)
lines = [line for document in documents for line in document.splitlines(keepends=True)]
vocab_size = int(sys.argv[2])


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    start = time.perf_counter()
    tokenizer.train_from_iterator(documents, trainer)
    return time.perf_counter() - start, tokenizer


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


for command in sys.stdin:
    command = command.strip()
    if command == "version":
        answer = {"version": tokenizers.__version__}
    elif command == "train":
        seconds, trained = train()
        answer = {"seconds": seconds, "json": trained.to_str()}
    else:  # a fresh tokenizer each time, its cache empty; both of its ways, the quicker one counts
        by_document, encodings = timed(lambda: Tokenizer.from_str(trained.to_str()).encode_batch_fast(documents))
        by_line, _ = timed(lambda: Tokenizer.from_str(trained.to_str()).encode_batch_fast(lines))
        ids = [encoding.ids for encoding in encodings]
        answer = {"seconds": min(by_document, by_line), "byDocument": by_document, "byLine": by_line, "ids": ids}
    print(json.dumps(answer), flush=True)
