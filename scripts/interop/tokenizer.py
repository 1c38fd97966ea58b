"""Our tokenizers in Python: each folder's tokenizer.json opens with tokenizers and with transformers' AutoTokenizer,
gives the ids that `gpt-cli tokenizer encode` gives, and gives the text back (of a character tokenizer, the characters
that it knows).

    python scripts/interop/tokenizer.py FOLDER...     # without folders: a char, a byte and a bpe tokenizer made here

Needs tokenizers and transformers, and a built dist/. Exits with 1 at the first difference.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer

root = Path(__file__).resolve().parents[2]

STRINGS = [
    "a",
    " ",
    "The miller's daughter couldn't sleep; she'd counted 12, 144 and 1728 sheep.",
    "  two  spaces   three \n\n\n lines\t\ttabs \r\n end  ",
    "小猫坐在窗台上，看着外面的雨。",
    "جلست القطة الصغيرة قرب النافذة",
    "👩‍👩‍👧 🇩🇪 👍🏽 e\u0301 é \U0001d400\U0010ffff",
    "def f(x):\n    return {'a': [1, 2, 3]}  # <0x41> <|endoft|>\n",
    "x\u0085y\u00a0z\u2003w\u3000v\u200bt\u2028q",
    "\ufeffmark \x00\x01\x7f\ufffd",
    "one<|endoftext|>two<|endoftext|>",
    "a" * 2000,
    "caf\u00e9 \u4f60\u597d never seen there",
]


def gpt_cli(*arguments):
    command = ["node", str(root / "bin" / "gpt-cli.js"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def make_tokenizers(folder):
    text = str(root / "data" / "stories.txt")
    for kind in ("char", "byte", "bpe"):
        extra = ["--vocab-size", "1000"] if kind == "bpe" else []
        gpt_cli("tokenizer", "train", *([] if kind == "byte" else [text]), "--kind", kind, *extra, "-o", str(folder / kind))
        yield folder / kind


def our_ids(folder, text, scratch):
    path = scratch / "text.txt"
    path.write_bytes(text.encode())
    # Python's libraries always read <|endoftext|> as a special token; ours does when asked to.
    return json.loads(gpt_cli("tokenizer", "encode", str(folder), "--input", str(path), "--special", "--json"))["ids"]


def known_part(text, tokenizer):
    """What a character tokenizer gives back: the characters that it knows, and <|endoftext|>."""
    parts = text.split("<|endoftext|>")
    return "<|endoftext|>".join("".join(c for c in part if tokenizer.token_to_id(c) is not None) for part in parts)


def check_prefix_space(scratch):
    """A corpus, which is encoded piece by piece, has as many tokens as the library finds in the whole."""
    text = root / "data" / "stories.txt"
    folder = scratch / "prefix"
    gpt_cli("tokenizer", "train", str(text), "--kind", "bpe", "--vocab-size", "400", "-o", str(folder))
    path = folder / "tokenizer.json"
    file = json.loads(path.read_text())
    file["pre_tokenizer"]["add_prefix_space"] = True
    path.write_text(json.dumps(file))
    size = ["--n-layer", "1", "--n-head", "1", "--n-embd", "8", "--block-size", "8", "--max-iters", "1", "--val-split", "0"]
    run = str(scratch / "run")
    gpt_cli("pretrain", str(text), "--tokenizer", str(folder), *size, "-o", run, "--quiet")
    ours = json.loads((scratch / "run" / "tokens" / "meta.json").read_text())["tokens"]
    theirs = len(Tokenizer.from_file(str(path)).encode(text.read_bytes().decode()).ids)
    assert ours == theirs, f"a corpus with a prefix space has {ours} tokens here, {theirs} there"
    print(f"a corpus with a prefix space: {ours} tokens, here and there")


def check(folder, scratch):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    unknown = tokenizer.token_to_id("<|unk|>")
    auto = None
    if (folder / "tokenizer_config.json").exists():
        from transformers import AutoTokenizer

        auto = AutoTokenizer.from_pretrained(str(folder))
        assert auto.unk_token_id == unknown, f"{folder}: unk is {auto.unk_token_id}"
        assert auto.eos_token_id == tokenizer.token_to_id("<|endoftext|>"), f"{folder}: eos is {auto.eos_token_id}"
    for text in STRINGS:
        ours = our_ids(folder, text, scratch)
        assert tokenizer.encode(text).ids == ours, f"{folder}: {text!r} is {tokenizer.encode(text).ids} there, {ours} here"
        back = text if unknown is None else known_part(text, tokenizer)
        kept = [id for id in ours if id != unknown]
        assert tokenizer.decode(kept, skip_special_tokens=False) == back, f"{folder}: {text!r} does not come back"
        if auto is not None:
            assert auto(text).input_ids == ours, f"{folder}: AutoTokenizer gives {auto(text).input_ids}, not {ours}"
            assert auto.decode(kept) == back, f"{folder}: {text!r} does not come back from AutoTokenizer"
    print(f"{folder}: {tokenizer.get_vocab_size()} ids, {len(STRINGS)} strings equal{' (AutoTokenizer too)' if auto else ''}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(name) for name in sys.argv[1:]] or list(make_tokenizers(Path(scratch)))
        for folder in folders:
            check(folder, Path(scratch))
        if not sys.argv[1:]:
            check_prefix_space(Path(scratch))
