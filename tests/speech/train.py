"""Trains the crisis scale: ``python -m tests.speech.train [--judge]``.

It writes ``bot/templates/crisis/weights.toml``, the same bytes for the same sentences. ``--judge`` writes nothing and
prints what list and scale do with sentences that neither the weights nor the limits have seen.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, Final

from bot.core.rules.crisis import CrisisKind, CrisisWords
from bot.core.rules.crisis_scale import CrisisScale, Families, Weighed, pieces
from bot.core.rules.phrases import plain_text
from bot.core.shipped import TEMPLATES, shipped
from tests.speech.crisis import Tally, answer, show, tally
from tests.speech.fit import SEED, Margin
from tests.speech.labelled import CARD, NONE, SOFT, Labelled, invented, judged, listed

WEIGHTS: Final = TEMPLATES / "crisis" / "weights.toml"
UNIT: Final = 0.02
"""A weight is a whole number of these."""
COST: Final = 0.6
"""How much a sentence on the wrong side costs, beside large weights."""
SOFT_IN_DANGER: Final = 0.35
"""What it costs to take distress for danger, beside taking everyday words for it."""
JUDGED_WORTH: Final = 1.5
"""What a sentence is worth that is like those we are judged by, beside one of our own."""
FOLDS, ROUNDS, ROUNDS_AFTER = 5, 12, 4
FALSE_CARDS, FALSE_SOFT = 0.02, 0.08
"""Shares of everyday sentences that may get the card and the soft line, where the limits are chosen."""
OUR_SHARE: Final = 0.75
"""Among our own everyday sentences, which are nearer to each other, so much less."""
ABOVE: Final = 0.03
"""How far a limit stands above the next everyday sentence."""
CALM: Final = -0.05
HEAD: Final = """\
# What each character, pair of characters, family of words and pair of families says (P27): learned from invented
# sentences by `python -m tests.speech.train`. Nobody edits it by hand: edit families.toml or tests/speech/data.
# A line of `weights`: what is seen, then danger, distress, and the kinds of danger in the order of `kinds`.
"""
Limits = Mapping[str, float]
OPEN: Final[Limits] = {"danger": 0.0, "distress": 0.0, "calm": CALM}


class Training:
    """All sentences as rows of numbered traits, and the models over them; the sentences to judge by come first."""

    def __init__(self) -> None:
        self.judged = judged()
        self.words = CrisisWords.from_data(shipped("crisis", "words.toml"))
        self.sentences = [*self.judged, *chain.from_iterable(map(self._pieces, chain(invented(), listed())))]
        self.families = Families(shipped("crisis", "families.toml"))
        seen = [self.families.traits(plain_text(one.say, self.words.replace)) for one in self.sentences]
        often = Counter(trait for traits in seen for trait in traits)
        self.traits = sorted(trait for trait, times in often.items() if times > 1 and not any(map(str.isspace, trait)))
        number = {trait: at for at, trait in enumerate(self.traits)}
        self.rows = [[(number[trait], size) for trait, size in traits.items() if trait in number] for traits in seen]
        self.danger = self._model(lambda one: one.level == CARD, lambda one: SOFT_IN_DANGER if one.level == SOFT else 1)
        self.distress = self._model(lambda one: one.level != NONE, lambda _: 1)
        self.kinds = [self._model(lambda one, kind=kind: one.danger is kind, lambda _: 1) for kind in CrisisKind]
        everybody = range(len(self.sentences))
        for model in (self.danger, self.distress):
            model.fit(everybody, ROUNDS)
        for model in self.kinds:
            model.fit([at for at in everybody if self.sentences[at].level == CARD], ROUNDS // 2)

    def _pieces(self, one: Labelled) -> Iterator[Labelled]:
        """An everyday text in the pieces in which it is weighed; of other texts nobody knows which piece is meant."""
        if one.level != NONE:
            yield one
        else:
            for piece in pieces(plain_text(one.say, self.words.replace)):
                yield replace(one, say=piece)

    def _model(self, yes: Callable[[Labelled], bool], worth: Callable[[Labelled], float]) -> Margin:
        """An untrained model in which the yes and the no sentences weigh the same in sum."""
        answers = [yes(one) for one in self.sentences]
        costs = [
            COST * worth(one) * (JUDGED_WORTH if at < len(self.judged) else 1) for at, one in enumerate(self.sentences)
        ]
        for_yes = sum(cost for cost, is_yes in zip(costs, answers, strict=True) if is_yes)
        even = (sum(costs) - for_yes) / for_yes
        return Margin(
            self.rows,
            answers,
            [cost * (even if is_yes else 1) for cost, is_yes in zip(costs, answers, strict=True)],
            len(self.traits),
        )

    def without(self, fold: Collection[int]) -> None:
        """Go on as if these sentences had never been seen, and all others had."""
        rest = [at for at in range(len(self.sentences)) if at not in fold]
        for model in (self.danger, self.distress):
            model.forget(fold)
            model.fit(rest, ROUNDS_AFTER)

    def data(self, limits: Limits) -> dict[str, Any]:
        """What ``weights.toml`` says."""
        models = (self.danger, self.distress, *self.kinds)
        told = {trait: [round(one.weights[at] / UNIT) for one in models] for at, trait in enumerate(self.traits)}
        return {
            "limits": limits,
            "kinds": [kind.value for kind in CrisisKind],
            "unit": UNIT,
            "bias": [round(one.bias, 3) for one in models],
            "weights": "\n".join(" ".join((trait, *map(str, w))) for trait, w in told.items() if any(w)),
        }

    def limits(self, weighed: Sequence[Weighed], known: Collection[int]) -> Limits:
        """The lowest limits that keep false alarms to their shares, among those we are judged by and among our own."""
        calm = [at for at in known if self.sentences[at].level == NONE]
        like = [weighed[at] for at in calm if at < len(self.judged)]
        own = [weighed[at] for at in calm if at >= len(self.judged)]
        return {
            "danger": max(
                _limit([one.danger for one in like], FALSE_CARDS),
                _limit([one.danger for one in own], OUR_SHARE * FALSE_CARDS),
            ),
            "distress": max(
                _limit([one.distress for one in like], FALSE_SOFT),
                _limit([one.distress for one in own], OUR_SHARE * FALSE_SOFT),
            ),
            "calm": CALM,
        }


def _limit(scores: Sequence[float], most: float) -> float:
    """A little above the highest score that may not pass."""
    return round(sorted(scores, reverse=True)[int(most * len(scores))] + ABOVE, 2)


class Folds:
    """All sentences in folds, each with the weights of a training that has not seen it."""

    def __init__(self, training: Training) -> None:
        self._training = training
        order = list(range(len(training.sentences)))
        random.Random(SEED).shuffle(order)
        self._folds = [order[start::FOLDS] for start in range(FOLDS)]
        self._data = [self._unseen(fold) for fold in self._folds]
        weighed: dict[int, Weighed] = {}
        for fold, data in zip(self._folds, self._data, strict=True):
            scale = CrisisScale(training.families, data)
            weighed |= {at: scale.weigh(plain_text(training.sentences[at].say, training.words.replace)) for at in fold}
        self.weighed = [weighed[at] for at in range(len(order))]

    def _unseen(self, fold: Collection[int]) -> dict[str, Any]:
        self._training.without(set(fold))
        return self._training.data(OPEN)

    def limits(self) -> Limits:
        """The limits to ship: chosen among all sentences, each weighed by models that have not seen it."""
        return self._training.limits(self.weighed, range(len(self.weighed)))

    def tally(self) -> Tally:
        """What the rules answer to each sentence to judge by, with weights and limits that are chosen without it."""
        told: Tally = Counter()
        for fold, data in zip(self._folds, self._data, strict=True):
            limits = self._training.limits(self.weighed, sorted(set(range(len(self.weighed))) - set(fold)))
            words = self._training.words.weighing(CrisisScale(self._training.families, {**data, "limits": limits}))
            judged = (self._training.judged[at] for at in fold if at < len(self._training.judged))
            told += tally(judged, partial(answer, words=words))
        return told


def write(data: Mapping[str, Any]) -> str:
    """``weights.toml``."""
    limits = "".join(f"{name} = {value}\n" for name, value in data["limits"].items())
    return (
        f"{HEAD}kinds = {json.dumps(data['kinds'])}\nunit = {data['unit']}\nbias = {data['bias']}\n"
        f"weights = '''\n{data['weights']}\n'''\n\n[limits]\n{limits}"
    )


def main() -> int:
    """Train, judge, and write unless only judging was asked for."""
    training = Training()
    whole = training.data(OPEN)
    folds = Folds(training)
    sys.stdout.write("\n".join((*show(folds.tally()), "")))
    if "--judge" not in sys.argv[1:]:
        WEIGHTS.write_text(write({**whole, "limits": folds.limits()}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
