"""Trains the scale of intents: ``python -m tests.speech.train_intents`` (``make speech``).

It writes ``bot/templates/speech/intents.toml`` from the sentences of ``bot/templates/speech/said``, the same bytes for
the same sentences, and prints how often the first and the first three readings are right for sentences that the
weights have not seen (cross-validation).
"""

import hashlib
import json
import random
import sys
import tomllib
from collections.abc import Sequence
from math import sqrt
from typing import Final

from bot.core.rules.intent import Intents, negates, pieces
from bot.core.shipped import TEMPLATES
from tests.speech.fit import SEED, Margin

SAID: Final = TEMPLATES / "speech" / "said"
WEIGHTS: Final = TEMPLATES / "speech" / "intents.toml"
UNIT, LEAST = 0.05, 0.1
"""A weight is a whole number of ``UNIT``; smaller ones than ``LEAST`` are left out."""
MEANT, NOT_MEANT = 4.0, 0.5
"""What it costs to miss a sentence of an intent, and to take another one for it, beside large weights."""
ROUNDS, FOLDS = 8, 5
HEAD: Final = "# 由 python -m tests.speech.train_intents 从 said/ 里编的句子学来，不要手改。\n"


def sentences() -> dict[str, dict[str, list[str]]]:
    """``command`` and ``other``: the sentences of each intent."""
    found: dict[str, dict[str, list[str]]] = {"command": {}, "other": {}}
    for path in sorted(SAID.glob("*.toml")):
        for kind, many in tomllib.loads(path.read_text(encoding="utf-8")).items():
            found[kind] |= {intent: said.split("|") for intent, said in many.items()}
    return found


def digest() -> str:
    """Changes with every sentence, and with nothing else."""
    return hashlib.sha256(json.dumps(sentences(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def learned(examples: Sequence[tuple[str, str]], others: Sequence[str]) -> dict[str, object]:
    """The data of a scale, from pairs of intent and sentence."""
    numbers: dict[str, int] = {}
    rows = []
    for _, said in examples:
        found = sorted(pieces(said))
        rows.append([(numbers.setdefault(piece, len(numbers)), 1 / sqrt(len(found))) for piece in found])
    kinds = sorted({intent for intent, _ in examples})
    told: dict[str, list[str]] = {piece: [] for piece in numbers}
    bias: list[float] = []
    names = list(numbers)
    for at, kind in enumerate(kinds):
        yes = [intent == kind for intent, _ in examples]
        model = Margin(rows, yes, [MEANT if one else NOT_MEANT for one in yes], len(numbers))
        model.fit(range(len(rows)), ROUNDS)
        bias.append(round(model.bias, 3))
        for number, weight in enumerate(model.weights):
            if abs(weight) >= LEAST:
                told[names[number]].append(f"{at}:{round(weight / UNIT)}")
    weights = "\n".join(f"{piece} {' '.join(pairs)}" for piece, pairs in sorted(told.items()) if pairs)
    nay = [kind for kind in kinds if _negating(examples, kind)]
    return {"kinds": kinds, "bias": bias, "others": list(others), "negates": nay, "unit": UNIT, "weights": weights}


def _negating(examples: Sequence[tuple[str, str]], kind: str) -> bool:
    """Whether a no belongs to how this is said: one sentence in eight has one."""
    told = [negates(said) for one, said in examples if one == kind]
    return 8 * sum(told) > len(told)


def judged(examples: Sequence[tuple[str, str]], others: Sequence[str]) -> tuple[float, float]:
    """Shares of unseen sentences of which the first, and one of the first three readings, is right."""
    shuffled = list(examples)
    random.Random(SEED).shuffle(shuffled)
    first = three = 0
    for fold in range(FOLDS):
        seen = [one for at, one in enumerate(shuffled) if at % FOLDS != fold]
        scale = Intents(learned(seen, others))
        kinds = {intent for intent, _ in seen}
        for intent, said in shuffled[fold::FOLDS]:
            ranked = [one.intent for one in scale.ranked(said, kinds)[:3]]
            first += ranked[:1] == [intent]
            three += intent in ranked
    return first / len(shuffled), three / len(shuffled)


def written(data: dict[str, object]) -> str:
    """The file."""
    names = ("kinds", "bias", "others", "negates")
    lists = "".join(f"{name} = {json.dumps(data[name], ensure_ascii=False)}\n" for name in names)
    return f"{HEAD}sentences = \"{digest()}\"\nunit = {UNIT}\n{lists}weights = '''\n{data['weights']}\n'''\n"


def main(arguments: Sequence[str]) -> int:
    """Write the weights; ``--judge`` prints the figures of cross-validation too."""
    found = sentences()
    examples = [(intent, said) for many in found.values() for intent, told in many.items() for said in told]
    others = sorted(found["other"])
    WEIGHTS.write_text(written(learned(examples, others)), encoding="utf-8")
    sys.stdout.write(f"{len(examples)} sentences, {len({one for one, _ in examples})} intents\n")
    if "--judge" in arguments:
        first, three = judged(examples, others)
        sys.stdout.write(f"unseen: the first reading is right in {first:.1%}, one of three in {three:.1%}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
