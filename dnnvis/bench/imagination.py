"""``dnnvis bench imagination``: what learning and judging a life network cost, beside the bare
cost of their steps in the same run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.bench import generator
from dnnvis.reproduce.imagination.evaluation import BATCH, SIZE, imagined, scores, test_boards
from dnnvis.training.life_task import EVERY, LifeCourse, LifeSetting
from dnnvis.training.loop import Progress, run
from dnnvis.zoo.life import LifeNet

ASKED = 1.15  # most that the command may cost, times the bare steps
BARE = 5  # steps of the training after which one bare step is taken


@dataclass(frozen=True)
class Plan:
    """``seed`` of the training; ``boards`` that are judged, in ``rounds`` alternating portions;
    ``most`` steps of training."""

    seed: int = 0
    boards: int = 10_000
    rounds: int = 10
    most: int = 20_000


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Processor seconds on one thread, and ratios. ``training``: one 3-step lean run until 99 %
    of the validation boards' final state are right, boards, validation and all, beside as many
    bare steps (forward, backward, clipping and Adam on one batch), measured in between.
    ``evaluation``: boards made, imagined and scored, beside forward passes and decodes alone."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        net, training = _training(plan, say)
        judging = _evaluation(net, plan, say)
    finally:
        torch.set_num_threads(threads)
    return training | judging | {"generator": generator.measure(generator.Plan(), say)}


def _training(plan: Plan, say: Callable[[str], None]) -> tuple[LifeNet, dict[str, Any]]:
    course = LifeCourse(LifeSetting(seed=plan.seed, most=plan.most), keep_moments=False)
    bare = _Bare(course)
    spent = [0.0]

    def report(progress: Progress, steps: int, loss: float) -> None:
        if progress.step % BARE == 0:
            began = time.process_time()
            bare.steps(1)
            spent[0] += time.process_time() - began
        if course.reached == progress.step:
            course.steps = progress.step  # the cost is asked until then
        if progress.step % (20 * EVERY) == 0:
            say(f"  step {progress.step}, {progress.curve[-1][2]:.1%} right")

    bare.steps(BARE)
    bare.times.clear()
    began = time.process_time()
    with TemporaryDirectory() as folder:
        progress = run(course, Path(folder), report=report, score_every=EVERY)
    seconds = time.process_time() - began - spent[0]
    reference = progress.step * sum(bare.times) / len(bare.times)
    assert isinstance(course.module, LifeNet)
    return course.module, {
        "training_cpu_s": round(seconds, 2),
        "training_steps": progress.step,
        "training_reached": course.reached is not None,
        "training_bare_cpu_s": round(reference, 2),
        "training_ratio": round(seconds / reference, 3),
        "training_asked": f"<= {ASKED}",
    }


class _Bare:
    """The same network's steps on one batch, with nothing around them."""

    def __init__(self, course: LifeCourse) -> None:
        torch.manual_seed(course.plan.seed)
        self.net = LifeNet(course.plan.spec).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=course.rate, fused=True)
        self.states: Tensor = course.batch(0)
        self.times: list[float] = []

    def steps(self, number: int) -> None:
        first, last = self.states[:, :1], self.states[:, -1:]
        for _ in range(number):
            began = time.process_time()
            hidden = self.net.states(first)
            last_loss = F.mse_loss(self.net.decoder(hidden[-1]), last)
            loss = (last_loss + F.mse_loss(self.net.decoder(hidden[0]), first)) / 2
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.optimizer.step()
            self.times.append(time.process_time() - began)


def _evaluation(net: LifeNet, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    net = net.eval().to(memory_format=torch.channels_last)
    setting = LifeSetting()
    portion = max(plan.boards // plan.rounds, 1)
    x = torch.from_numpy(test_boards("half", portion, setting)[:, 0][:, None]).float()
    ours, bare = [], []
    paper = 0.0
    for number in range(plan.rounds + 1):  # the first is a warm-up
        began = time.process_time()
        truth = test_boards("half", portion, setting)
        paper = scores(imagined(net, truth[:, 0]), truth)["paper"]
        between = time.process_time()
        with torch.inference_mode():
            for part in torch.split(x, BATCH):
                net.imagine(part)
        if number:
            ours.append(between - began)
            bare.append(time.process_time() - between)
    say(f"  {portion} boards: {median(ours):.3f} s, bare {median(bare):.3f} s")
    return {
        "evaluation_boards": f"{portion * plan.rounds} of {SIZE[0]} x {SIZE[1]}",
        "evaluation_cpu_s": round(sum(ours), 2),
        "evaluation_bare_cpu_s": round(sum(bare), 2),
        "evaluation_ratio": round(median(a / b for a, b in zip(ours, bare, strict=True)), 3),
        "evaluation_asked": f"<= {ASKED}",
        "evaluation_paper_score": round(paper, 4),
    }
