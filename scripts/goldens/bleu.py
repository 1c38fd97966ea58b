"""Writes test/goldens/bleu.json: corpora with the BLEU and chrF of PyPI's sacrebleu.  python scripts/goldens/bleu.py"""

import json
import pathlib
import random

from sacrebleu.metrics import BLEU, CHRF

WORDS = "the a fox dog, \"sat\" on 3.14 1,000 mat. don't (well) über 10-year-old co-\noperate &quot;x&amp;y&quot; naïve 東京 🦊 end.  3, .5 x.y \u00a0 <skipped> e.g. A/B 50% #1 _z \x85 \u3000w".split(" ")


def corpus(draw, size, share):
    references = [" ".join(draw.choice(WORDS) for _ in range(draw.randrange(1, 14))) for _ in range(size)]
    hypotheses = []
    for reference in references:
        words = [word if draw.random() < share else draw.choice(WORDS) for word in reference.split(" ")]
        hypotheses.append(" ".join(words[: draw.randrange(1, len(words) + 1)] if draw.random() < 0.4 else words))
    return hypotheses, references


CASES = [
    (["The dog bit the man.", "It was not unexpected."], ["The dog had bit the man.", "No one was surprised."]),
    (["a b c d e"], ["a b c d e"]),
    (["", "x"], ["empty", "x y z"]),
    (["nothing"], ["alike"]),
    (["one two three"], ["one two four"]),
    ([" ", ""], ["a", "b"]),
] + [corpus(random.Random(seed), size, share) for seed, (size, share) in enumerate([(1, 0.9), (5, 0.5), (12, 0.8), (12, 0.97), (12, 0.1), (3, 0.3)])]

rows = []
for hypotheses, references in CASES:
    bleu, chrf = BLEU(), CHRF()
    rows.append(
        {
            "hypotheses": hypotheses,
            "references": references,
            "bleu": bleu.corpus_score(hypotheses, [references]).score,
            "chrf": chrf.corpus_score(hypotheses, [references]).score,
        }
    )
out = pathlib.Path(__file__).parents[2] / "test/goldens/bleu.json"
out.write_text(json.dumps({"bleuSignature": str(bleu.get_signature()), "chrfSignature": str(chrf.get_signature()), "rows": rows}, indent=1) + "\n")
