"""Writes test/goldens/tokenizer/*.json with Python's tokenizers library: vocabularies trained by its BpeTrainer, and
the ids of tricky strings under several pre-tokenizers. All texts are made here.

    python scripts/goldens/tokenizer.py        # needs: pip install tokenizers
"""
import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

out = Path(__file__).resolve().parents[2] / "test" / "goldens" / "tokenizer"

PROSE = """The miller's daughter couldn't sleep; she'd counted 12, 144 and 1728 sheep, and they'll be back, she said.
  "We've all been there," said the cat. I'm told that it isn't easy -- but what's easy?\n\n\tNothing, nothing, nothing...
for (let i = 0; i < 10; i++) {\n    total += values[i]; // add it up\n}\n
小猫坐在窗台上，看着外面的雨。雨下得很大，小猫不想出去。
جلست القطة الصغيرة قرب النافذة ونظرت إلى المطر. كان المطر غزيرا.
Кошка сидела у окна и смотрела на дождь. 猫は窓辺に座って雨を見ていた。
=== ==== ===== ------ ------- -------- ........ !!!! ??? 😀😀 👩‍👩‍👧 naïve café Ångström
"""
STRINGS = [
    "",
    " ",
    "a",
    "The cat said nothing.",
    "it's they'll we've I'm you'd don't can't 's 'S 'LL 'Re''s 'l 'r",
    "  two  spaces   three \n\n\n lines\t\ttabs \r\n end  ",
    "trailing \n",
    "x\u0085y\u00a0z\u2003w\u3000v\ufeffu\u200bt\u180es\u1680r\u2028q",
    "小猫坐在窗台上，看着外面的雨。",
    "جلست القطة الصغيرة قرب النافذة",
    "Кошка сидела у окна 猫は窓辺に座って",
    "😀 👩‍👩‍👧 🇩🇪 👍🏽 e\u0301 é \U0001d400\U0001d7ce",
    "def f(x):\n    return {'a': [1, 2, 3]}  # comment\n",
    "1234567890 3.14 1,000,000 ٣٤٥ ½ Ⅷ ²",
    "------------------------- ======= ........",
    "nothingnothingnothing",
    "a" * 300,
    "<|endoft|> <|end|> </s>",
    "\x00\x01\x7f",
    "ſ K 'ſ 'K",
    "a\u0085lines\u0085\u2003b \ufefflines\ufeff said lines\u3000said",
    "cafe\u0301 café n\u0303 ñ Å A\u030a",
    "It'S 12345\n\n a1\nb2  c!\r\n\r\n",
]


def make(pre_tokenizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train(pieces, vocab_size):
    tokenizer = make()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(pieces, trainer)
    return tokenizer


def write(name, value):
    (out / name).write_text(json.dumps(value, ensure_ascii=True, indent=None, separators=(",", ":")) + "\n")


def training_cases():
    rng = random.Random(1)
    runs = " ".join(rng.choice("ab-=") * rng.randint(1, 40) for _ in range(300))
    mixed = " ".join("".join(rng.choice("aab") for _ in range(rng.randint(1, 30))) for _ in range(200))
    cases = {
        "prose": ([PROSE], 400),
        "runs of one character": ([runs], 330),
        "words of two letters": ([mixed], 700),
        "exhausted": (["aaabdaaabac"], 5000),
        "several documents": (["one two", "two three", "three four\n"], 275),
    }
    result = []
    for name, (pieces, vocab_size) in cases.items():
        model = json.loads(train(pieces, vocab_size).to_str())["model"]
        tokens = sorted(model["vocab"], key=model["vocab"].get)
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
        result.append({"name": name, "pieces": pieces, "vocabSize": vocab_size, "tokens": tokens, "merges": merges})
    return result


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(pattern if isinstance(pattern, str) else Regex(pattern[0]), behavior, invert=invert)


def bytes_after(*stages, **options):
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False) if not options else pre_tokenizers.ByteLevel(**options)
    return pre_tokenizers.Sequence([*stages, last])


LLAMA = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = LLAMA.replace(r"\p{N}{1,3}", r"\p{N}")
POSSESSIVE = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
CASED = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
PUNCTUATED = r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def encoding_cases(base):
    variants = {
        "ByteLevel": pre_tokenizers.ByteLevel(add_prefix_space=False),
        "ByteLevel with a prefix space": pre_tokenizers.ByteLevel(add_prefix_space=True),
        "GPT-2 split": bytes_after(split((GPT2,))),
        "Llama 3": bytes_after(split((LLAMA,))),
        "possessive": bytes_after(split((POSSESSIVE,))),
        "cased": bytes_after(split((CASED,))),
        "digits, kana, punctuation": bytes_after(split((r"\p{N}{1,3}",)), split((r"[一-龥\u3040-ゟ゠-ヿ]+",)), split((PUNCTUATED,))),
        "digits one by one": bytes_after(pre_tokenizers.Digits(individual_digits=True), add_prefix_space=False),
        "digits together": bytes_after(pre_tokenizers.Digits(individual_digits=False), add_prefix_space=False),
        "merged with previous": bytes_after(split((r"[ .]",), "merged_with_previous")),
        "merged with next": bytes_after(split((r"[ .]",), "merged_with_next")),
        "contiguous": bytes_after(split((r"[ .\n]",), "contiguous")),
        "Qwen2": bytes_after(split((QWEN,))),
        "digits with a prefix space": bytes_after(pre_tokenizers.Digits(individual_digits=False), add_prefix_space=True),
        "Llama 3 with a prefix space": bytes_after(split((LLAMA,)), add_prefix_space=True, use_regex=False),
        "removed": bytes_after(split((r"\s+",), "removed")),
        "inverted": bytes_after(split((r"\p{L}+",), "removed", invert=True)),
        "a plain string": bytes_after(split(" the")),
        "script": bytes_after(split((r"\p{Han}+|\p{Cyrillic}+|[^\p{^L}]+",))),
    }
    cases = []

    def add(name, tokenizer):
        full = json.loads(tokenizer.to_str())
        model = full["model"]
        del model["vocab"], model["merges"]
        cases.append({"name": name, "file": full, "ids": [tokenizer.encode(text).ids for text in STRINGS]})

    def variant(pre_tokenizer):
        full = json.loads(base.to_str())
        full["pre_tokenizer"] = json.loads(make(pre_tokenizer).to_str())["pre_tokenizer"]
        return Tokenizer.from_str(json.dumps(full))

    for name, pre_tokenizer in variants.items():
        add(name, variant(pre_tokenizer))
    normalized = variant(variants["Llama 3"])
    normalized.normalizer = normalizers.NFC()
    add("NFC", normalized)
    spaces = variant(variants["ByteLevel"])
    spaces.add_tokens([AddedToken("  ", normalized=False), AddedToken("    ", normalized=False), AddedToken("nothing", single_word=True, normalized=False)])
    add("added tokens", spaces)
    stripped = variant(variants["ByteLevel"])
    stripped.add_tokens([AddedToken("lines", lstrip=True, rstrip=True, normalized=False), AddedToken("said", lstrip=True, normalized=False)])
    add("added tokens that strip", stripped)
    normal = variant(variants["ByteLevel"])
    normal.normalizer = normalizers.NFC()
    normal.add_tokens([AddedToken("cafe\u0301", normalized=True), AddedToken("n\u0303", normalized=False), AddedToken("ñ", normalized=False, single_word=True)])
    add("added tokens and a normalizer", normal)
    prefixed = variant(variants["ByteLevel with a prefix space"])
    prefixed.add_tokens([AddedToken("said", normalized=False), AddedToken("\n", normalized=False)])
    add("added tokens and a prefix space", prefixed)
    whole = json.loads(variant(variants["ByteLevel"]).to_str())
    whole["model"]["ignore_merges"] = True
    add("ignore_merges", Tokenizer.from_str(json.dumps(whole)))
    return cases


def char_case():
    """A character tokenizer as we write it, and its ids there. The last token but one is for unknown characters."""
    characters = sorted(set("hello, wörld\n😀"))
    vocab = {character: i for i, character in enumerate(characters)}
    vocab["<|unk|>"] = len(vocab)
    vocab["<|endoftext|>"] = len(vocab)
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    file = json.loads(Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<|unk|>")).to_str())
    file["added_tokens"] = [{"id": vocab[token], "content": token, **flags} for token in ("<|unk|>", "<|endoftext|>")]
    file["decoder"] = {"type": "Fuse"}
    file["model"]["several_documents"] = True
    tokenizer = Tokenizer.from_str(json.dumps(file))
    texts = [*STRINGS, "hello<|unk|>wörld<|endoftext|>hello", "hello, wörld 😀😁 wo\u0308rld"]
    encoded = [tokenizer.encode(text).ids for text in texts]
    decoded = [tokenizer.decode(ids) for ids in encoded]
    return {"characters": characters, "file": file, "texts": texts, "ids": encoded, "decoded": decoded}


if __name__ == "__main__":
    out.mkdir(parents=True, exist_ok=True)
    write("training.json", training_cases())
    write("char.json", char_case())
    base = train([PROSE], 420)
    model = json.loads(base.to_str())["model"]
    write("encoding.json", {"vocab": model["vocab"], "merges": model["merges"], "strings": STRINGS, "cases": encoding_cases(base)})
