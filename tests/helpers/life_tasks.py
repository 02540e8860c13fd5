"""Small courses of life networks."""

import torch
from torch import Tensor

from dnnvis.training.life_task import LifeSetting, LifeTask

SMALL = LifeSetting(steps=2, game_steps=2, channels=4, size=8, batch=2, seed=3, goal=2.0)


def weights(course: LifeTask) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in course.module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)
