"""Run ``dnnvis train life``: a network that imagines the Game of Life."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.training_run import check_network_name, create_output_folder
from dnnvis.core.errors import BadInput
from dnnvis.core.paths import networks_folder, user_data_folder

if TYPE_CHECKING:
    from dnnvis.training.life_adversarial import AdversarialTask
    from dnnvis.training.life_task import LifeSetting, LifeTask
    from dnnvis.training.loop import Report, TrainingProgress
    from dnnvis.zoo.life import LifeNet

    Task = LifeTask | AdversarialTask

PREVIEW_SIDE_AND_SEED = (
    20,
    11,
)  # rows and columns of the board that is shown while it learns, and its seed
TEST_BOARD_COUNT = 2000  # boards behind the scores in the card
ADVERSARIAL_SCORE_STEPS = 100  # steps between two looks in the adversarial stage


def life(
    steps: Annotated[int, typer.Option(help="Steps of the network.")] = 3,
    game_steps: Annotated[
        int | None, typer.Option(help="Steps of the game; as many as the network's if not said.")
    ] = None,
    autoencoder: Annotated[
        bool, typer.Option(help="Average the loss of encoder and decoder in.")
    ] = True,
    sharing: Annotated[bool, typer.Option(help="One cell for all steps.")] = True,
    cell: Annotated[
        str, typer.Option(help="lean (3x3, 1x1, 1x1) or faithful (3x3 three times).")
    ] = "lean",
    adversarial: Annotated[
        bool,
        typer.Option("--adversarial", help="A new decoder after that, beside a discriminator."),
    ] = False,
    channels: Annotated[int, typer.Option(min=1, help="Channels of the hidden state.")] = 20,
    residual: Annotated[bool, typer.Option(help="The next state is h + cell(h).")] = True,
    border: Annotated[str, typer.Option(help="dead or periodic.")] = "dead",
    board: Annotated[int, typer.Option(min=3, help="Rows and columns of training boards.")] = 16,
    most: Annotated[
        int, typer.Option(min=1, help="End after so many steps at the latest.")
    ] = 50_000,
    cap: Annotated[float, typer.Option(min=0, help="Processor seconds at most; 0: any.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    name: Annotated[str, typer.Option(help="Of the finished network.")] = "",
    work: Annotated[Path | None, typer.Option(help="Where the run keeps its progress.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the finished network, if not in your data.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 1,
    restart: Annotated[bool, typer.Option("--restart", help="Forget earlier progress.")] = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """A recurrent network on the Game of Life (half a minute for 3 steps on one core).

    It sees first and final states only. Stopped at any moment it goes on from there.
    """
    with options.report_errors(debug):
        if json_:
            options.print_json_line({"words": "Starting ..."})
        from dnnvis.core.run_lock import clear_run
        from dnnvis.training.life_task import LifeSetting, LifeTask, life_network_name

        options.set_threads(threads)
        setting = LifeSetting(
            steps=steps,
            game_steps=steps if game_steps is None else game_steps,
            autoencoder=autoencoder,
            shared=sharing,
            cell=cell,
            channels=channels,
            residual=residual,
            border=border,
            size=board,
            most=most,
            cap=cap,
            seed=options.check_seed(seed),
        )
        if adversarial and steps < 2:
            raise BadInput("The adversarial stage needs a network of at least two steps.")
        name = check_network_name(name) or life_network_name(setting)
        folder = work or user_data_folder() / "training" / f"{name}-seed{seed}"
        out = out or networks_folder()
        create_output_folder(out)  # before hours of learning, not after them
        if restart:
            clear_run(folder)
        task = LifeTask(setting)
        progress = _run_training(task, folder, json_, f"Learning {name}")
        _finish_training(task, progress, out, name, json_)
        if adversarial:
            _run_adversarial_stage(task, folder, out, name, json_)


def _run_adversarial_stage(
    task: "LifeTask", folder: Path, out: Path, name: str, as_json: bool
) -> None:
    from dnnvis.training.life_adversarial import AdversarialTask

    adversarial = AdversarialTask(task.network, task.config)
    progress = _run_training(
        adversarial, folder / "adversarial", as_json, f"Adversarial stage of {name}"
    )
    _finish_training(adversarial, progress, out, f"{name}-adversarial", as_json)


def _run_training(
    task: "Task", folder: Path, as_json: bool, description: str
) -> "TrainingProgress":
    from dnnvis.training.life_task import VALIDATION_INTERVAL_STEPS, LifeTask
    from dnnvis.training.loop import train

    every = VALIDATION_INTERVAL_STEPS if isinstance(task, LifeTask) else ADVERSARIAL_SCORE_STEPS
    with (_json_reporter if as_json else _progress_bar)(task, description) as report:
        return train(task, folder, report=report, score_every=every, save_every=20)


def _finish_training(
    task: "Task", progress: "TrainingProgress", out: Path, name: str, as_json: bool
) -> None:
    """Score the network, write it, and say what became of it."""
    from dnnvis.training.life_export import export_life as write_network

    if as_json:
        options.print_json_line(
            {
                "words": f"Scoring {name} on {2 * TEST_BOARD_COUNT} boards ...",
                **_preview_fields(task),
            }
        )
    scores = (
        score_network(task.network, task.config)
        if task.config.steps > 1 < task.config.game_steps
        else {}
    )
    card = write_network(task, progress, out, name=name, scores=scores)
    accuracy = progress.curve[-1][2]
    sentence = f"{name} tells {accuracy:.2%} of the cells of state {task.config.game_steps}"
    if not task.has_end:
        sentence += f" and did not reach {task.config.goal:.0%}"
    if scores:
        sentence += f"; the states in between score {scores['half']['paper']:.3f} (p = .5), "
        sentence += f"{scores['chain']['paper']:.3f} (chain)"
    path = out / f"{card.name}.safetensors"
    if as_json:
        options.print_json_line({"words": f"{sentence}.", "file": str(path), "scores": scores})
    else:
        print(f"{sentence}. It is in {path}.")


def score_network(
    net: "LifeNet", plan: "LifeSetting", board_count: int = TEST_BOARD_COUNT
) -> dict[str, Any]:
    """Score a network on fresh boards of both start distributions.

    Args:
        net: The network.
        plan: How it was trained: its steps of the game, and the border of its boards.
        board_count: Fresh boards of each distribution.

    Returns:
        The scores by name, None where one is not defined, of ``half`` and of ``chain``, with how
        many ``boards`` it was.
    """
    import numpy as np
    import torch

    from dnnvis.lenses.imagination.score import life_score
    from dnnvis.sources.life.rule import history
    from dnnvis.sources.life.starts import draw_boards

    scores = {}
    for k, kind in enumerate(("half", "chain")):
        first = draw_boards(
            kind,
            board_count,
            (PREVIEW_SIDE_AND_SEED[0],) * 2,
            np.random.default_rng([99, k]),
            plan.border,
        )
        truth = history(first, plan.game_steps, plan.border)
        with torch.inference_mode():
            parts = torch.from_numpy(first)[:, None].float().split(25)  # type: ignore[no-untyped-call]
            imagined = torch.cat([net.imagine(part) for part in parts]).numpy()
        score = life_score(imagined, truth)
        scores[kind] = {k: None if v != v else round(float(v), 4) for k, v in score.items()}
        scores[kind]["boards"] = board_count
    return scores


@contextmanager
def _progress_bar(task: "Task", description: str) -> "Iterator[Report]":
    from rich import progress as rich

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TextColumn("step {task.completed}"),
        rich.TimeElapsedColumn(),
        rich.TextColumn("loss {task.fields[loss]:.4f}  right {task.fields[right]}"),
    )
    bar = rich.Progress(*columns)
    bar_task = bar.add_task(description, total=None, loss=float("nan"), right="-")

    def report(progress: "TrainingProgress", steps: int, loss: float) -> None:
        bar.start()  # a run that is refused leaves no bar behind
        accuracy = "-"
        if progress.curve:
            final, _, *between = progress.curve[-1][2:3] + progress.curve[-1][3:]
            accuracy = " ".join(f"{value:.1%}" for value in (*between, final))
        total = steps if task.has_end else None
        bar.update(bar_task, completed=progress.step, total=total, loss=loss, right=accuracy)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def _json_reporter(task: "Task", description: str) -> "Iterator[Report]":
    """Print a JSON object a line, at every score, with what ``_preview_fields`` tells.

    ``accuracies`` by state of the network, ``stage`` learning or adversarial.
    """

    def report(progress: "TrainingProgress", steps: int, loss: float) -> None:
        if not progress.curve or progress.curve[-1][0] != progress.step:
            return
        _, _, accuracy, seconds, start, *between = progress.curve[-1]
        has_end = task.has_end
        seconds_left = (
            (steps - progress.step) * seconds / max(progress.step, 1) if has_end else None
        )
        options.print_json_line(
            {
                "words": description
                if has_end
                else f"{description}, not yet {task.config.goal:.0%} right",
                "done": progress.step,
                "total": steps if has_end else 0,
                "seconds_left": None if seconds_left is None else round(seconds_left, 1),
                "loss": round(loss, 6),
                "accuracy": accuracy,
                "accuracies": [start, *between, accuracy],
                **_preview_fields(task),
            }
        )

    yield report


def _preview_fields(task: "Task") -> dict[str, Any]:
    """Show what the network imagines of one board.

    ``imagined`` uint8 (steps + 1, H, W), the raw value 0 to 1 as 0 to 255, and ``truth`` uint8
    (game_steps + 1, H, W) of 0 and 1, both in base64.
    """
    import numpy as np
    import torch

    from dnnvis.sources.life.rule import history
    from dnnvis.sources.life.starts import draw_boards
    from dnnvis.training.life_task import LifeTask

    size = (PREVIEW_SIDE_AND_SEED[0], PREVIEW_SIDE_AND_SEED[0])
    first = draw_boards(
        "half", 1, size, np.random.default_rng(PREVIEW_SIDE_AND_SEED[1]), task.config.border
    )
    truth = history(first, task.config.game_steps, task.config.border)[0]
    with torch.inference_mode():
        prediction = task.network.imagine(torch.from_numpy(first)[:, None].float())[0]
    imagined = prediction.clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    stage = "learning" if isinstance(task, LifeTask) else "adversarial"
    return {
        "stage": stage,
        "size": size,
        "imagined": encode_base64(imagined),
        "truth": encode_base64(truth),
    }


def encode_base64(values: Any) -> str:
    """Encode the bytes of an array as JSON can hold them."""
    return base64.b64encode(values.tobytes()).decode("ascii")
