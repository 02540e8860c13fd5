"""Measure for ``dnnvis bench imagination`` what learning and judging a life network cost.

They stand beside the bare cost of their steps in the same run.
"""

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
from dnnvis.reproduce.imagination.evaluation import (
    BATCH_SIZE,
    BOARD_SIZE,
    imagine_boards,
    score_boards,
    test_boards,
)
from dnnvis.training.life_task import VALIDATION_INTERVAL_STEPS, LifeSetting, LifeTask
from dnnvis.training.loop import TrainingProgress, train
from dnnvis.zoo.life import LifeNet

MAX_COST_RATIO = 1.15  # most that the command may cost, times the bare steps
BASELINE_INTERVAL_STEPS = 5  # steps of the training after which one bare step is taken


@dataclass(frozen=True)
class ImaginationBenchConfig:
    """Say what is trained, and how much is judged."""

    #: Seed of the training.
    seed: int = 0
    #: Boards that are judged.
    boards: int = 10_000
    #: Alternating portions in which they are judged.
    rounds: int = 10
    #: Steps of training at most.
    max_steps: int = 20_000


def measure(config: ImaginationBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure processor seconds on one thread, and ratios.

    ``training``: one 3-step lean run until 99 % of the validation boards' final state are right,
    boards, validation and all, beside as many bare steps (forward, backward, clipping and Adam on
    one batch), measured in between. ``evaluation``: boards made, imagined and scored, beside
    forward passes and decodes alone.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        net, training = _measure_training(config, log)
        evaluation = _measure_evaluation(net, config, log)
    finally:
        torch.set_num_threads(threads)
    return (
        training
        | evaluation
        | {"generator": generator.measure(generator.GeneratorBenchConfig(), log)}
    )


def _measure_training(
    config: ImaginationBenchConfig, log: Callable[[str], None]
) -> tuple[LifeNet, dict[str, Any]]:
    task = LifeTask(LifeSetting(seed=config.seed, most=config.max_steps), keep_snapshots=False)
    baseline = _BaselineSteps(task)
    baseline_time = [0.0]

    def report(progress: TrainingProgress, steps: int, loss: float) -> None:
        if progress.step % BASELINE_INTERVAL_STEPS == 0:
            start = time.process_time()
            baseline.steps(1)
            baseline_time[0] += time.process_time() - start
        if task.reached == progress.step:
            task.steps = progress.step  # the cost is asked until then
        if progress.step % (20 * VALIDATION_INTERVAL_STEPS) == 0:
            log(f"  step {progress.step}, {progress.curve[-1][2]:.1%} right")

    baseline.steps(BASELINE_INTERVAL_STEPS)
    baseline.times.clear()
    start = time.process_time()
    with TemporaryDirectory() as folder:
        progress = train(task, Path(folder), report=report, score_every=VALIDATION_INTERVAL_STEPS)
    seconds = time.process_time() - start - baseline_time[0]
    reference = progress.step * sum(baseline.times) / len(baseline.times)
    assert isinstance(task.module, LifeNet)
    return task.module, {
        "training_cpu_s": round(seconds, 2),
        "training_steps": progress.step,
        "training_reached": task.reached is not None,
        "training_bare_cpu_s": round(reference, 2),
        "training_ratio": round(seconds / reference, 3),
        "training_asked": f"<= {MAX_COST_RATIO}",
    }


class _BaselineSteps:
    """Take the same network's steps on one batch, with nothing around them."""

    def __init__(self, task: LifeTask) -> None:
        torch.manual_seed(task.config.seed)
        self.net = LifeNet(task.config.spec).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=task.rate, fused=True)
        self.states: Tensor = task.batch(0)
        self.times: list[float] = []

    def steps(self, count: int) -> None:
        first, last = self.states[:, :1], self.states[:, -1:]
        for _ in range(count):
            start = time.process_time()
            hidden = self.net.states(first)
            last_loss = F.mse_loss(self.net.decoder(hidden[-1]), last)
            loss = (last_loss + F.mse_loss(self.net.decoder(hidden[0]), first)) / 2
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.optimizer.step()
            self.times.append(time.process_time() - start)


def _measure_evaluation(
    net: LifeNet, config: ImaginationBenchConfig, log: Callable[[str], None]
) -> dict[str, Any]:
    net = net.eval().to(memory_format=torch.channels_last)
    setting = LifeSetting()
    portion = max(config.boards // config.rounds, 1)
    x = torch.from_numpy(test_boards("half", portion, setting)[:, 0][:, None]).float()
    our_times, baseline_times = [], []
    paper_score = 0.0
    for number in range(config.rounds + 1):  # the first is a warm-up
        start = time.process_time()
        truth = test_boards("half", portion, setting)
        paper_score = score_boards(imagine_boards(net, truth[:, 0]), truth)["paper"]
        evaluation_end = time.process_time()
        with torch.inference_mode():
            for part in torch.split(x, BATCH_SIZE):
                net.imagine(part)
        if number:
            our_times.append(evaluation_end - start)
            baseline_times.append(time.process_time() - evaluation_end)
    log(f"  {portion} boards: {median(our_times):.3f} s, bare {median(baseline_times):.3f} s")
    return {
        "evaluation_boards": f"{portion * config.rounds} of {BOARD_SIZE[0]} x {BOARD_SIZE[1]}",
        "evaluation_cpu_s": round(sum(our_times), 2),
        "evaluation_bare_cpu_s": round(sum(baseline_times), 2),
        "evaluation_ratio": round(
            median(a / b for a, b in zip(our_times, baseline_times, strict=True)), 3
        ),
        "evaluation_asked": f"<= {MAX_COST_RATIO}",
        "evaluation_paper_score": round(paper_score, 4),
    }
