"""Records of runs that never were, with numbers one can reckon by hand."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from dnnvis.reproduce.imagination.records import RunRecord, StageScores, TrainingSummary
from dnnvis.reproduce.imagination.rows import ROWS
from dnnvis.training.life_adversarial import AdversarialSetting

Both = tuple[float, float]  # half, chain


def scores(paper: float, **more: Any) -> dict[str, Any]:
    return {
        "paper": paper,
        "strict": paper / 2,
        "distinct": paper,
        "aligned": paper,
        "mcc": paper,
        "chance_corrected": paper,
        "most": 1.0,
        "accuracy": 0.999,
        "dead": 0,
        "trivial": {"all dead": 0.0, "the input": 0.02, "the final state": 0.04},
        "pairs": [[paper]],
        "per_state": [1.0, paper, 0.999],
        **more,
    }


def stage_of(name: str, paper: Both, **more: Any) -> StageScores:
    plain = name == "plain"
    setting = {} if plain else asdict(AdversarialSetting(adversarial=name == "adversarial"))
    probe = {"accuracy": [[0.7] * 9] * 2, "matching": [[0.0] * 9, [1.0] * 9], "majority": [0.7] * 9}
    return StageScores(
        10_000,
        0 if plain else 1600,
        0.0 if plain else 45.0,
        setting,
        {"half": scores(paper[0], **more), "chain": scores(paper[1], **more)},
        probe if plain else {},
    )


def record(
    row: str,
    seed: int,
    stages: Mapping[str, Both] | None = None,
    reached: int | None = 1000,
    order: Mapping[str, int | None] | None = None,
    **more: Any,
) -> RunRecord:
    """``order``: state -> the step at which it was learnt; the curve is made from it."""
    setting = ROWS[row].with_seed(seed)
    order = dict(order or {})
    names = [f"state {k}" for k in range(1, setting.steps)] if order else []
    columns = ["step", "loss", "accuracy", "state 0", *names]
    curve = [
        [
            step,
            0.1,
            _risen(step, order.get("final", reached)),
            1.0,
            *(_risen(step, order[name]) for name in names),
        ]
        for step in range(25, (reached or 1000) + 425, 25)
    ]
    training = TrainingSummary(
        reached, int(curve[-1][0]), 30.0, curve[-1][2], columns, curve, order
    )
    made = {"torch": "2", "python": "3.11", "cpu": "a machine", "when": "2026-01-01"}
    plain = RunRecord(row, seed, asdict(setting), training, {}, made)
    kept = {name: stage_of(name, paper, **more) for name, paper in (stages or {}).items()}
    return replace(plain, stages=kept)


def _risen(step: int, learnt: int | None) -> float:
    if learnt is None or step < learnt - 100:
        return 0.77
    return 0.99 if step >= learnt else 0.77 + 0.2 * (step - learnt + 100) / 100
