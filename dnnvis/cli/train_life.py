"""``dnnvis train life``: a network that imagines the Game of Life."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.core.errors import BadInput
from dnnvis.core.paths import user_data

if TYPE_CHECKING:
    from dnnvis.training.life_adversarial import AdversarialCourse
    from dnnvis.training.life_task import LifeCourse, LifeSetting
    from dnnvis.training.loop import Progress, Report
    from dnnvis.zoo.life import LifeNet

    Course = LifeCourse | AdversarialCourse

BOARD = 20, 11  # rows and columns of the board that is shown while it learns, and its seed
TESTED = 2000  # boards behind the scores in the card
LOOKS = 100  # steps between two looks in the adversarial stage


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
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """A recurrent network on the Game of Life (half a minute for 3 steps on one core).

    It sees first and final states only. Stopped at any moment it goes on from there.
    """
    with given.plainly(debug):
        if json_:
            given.say_line({"words": "Starting ..."})
        import torch

        from dnnvis.training.life_task import LifeCourse, LifeSetting, name_of
        from dnnvis.training.run_lock import forget

        torch.set_num_threads(threads)
        setting = LifeSetting(
            steps=steps, game_steps=steps if game_steps is None else game_steps,
            autoencoder=autoencoder, shared=sharing, cell=cell, channels=channels,
            residual=residual, border=border, size=board, most=most, cap=cap, seed=seed,
        )  # fmt: skip
        if adversarial and steps < 2:
            raise BadInput("The adversarial stage needs a network of at least two steps.")
        name = _checked(name) or name_of(setting)
        folder = work or user_data() / "training" / f"{name}-seed{seed}"
        out = out or user_data() / "networks"
        _made(out)  # before hours of learning, not after them
        if restart:
            forget(folder)
        course = LifeCourse(setting)
        progress = _trained(course, folder, json_, f"Learning {name}")
        _finish(course, progress, out, name, json_)
        if adversarial:
            _stage(course, folder, out, name, json_)


def _stage(course: "LifeCourse", folder: Path, out: Path, name: str, as_json: bool) -> None:
    from dnnvis.training.life_adversarial import AdversarialCourse

    later = AdversarialCourse(course.network, course.plan)
    progress = _trained(later, folder / "adversarial", as_json, f"Adversarial stage of {name}")
    _finish(later, progress, out, f"{name}-adversarial", as_json)


def _trained(course: "Course", folder: Path, as_json: bool, words: str) -> "Progress":
    from dnnvis.training.life_task import EVERY, LifeCourse
    from dnnvis.training.loop import run

    every = EVERY if isinstance(course, LifeCourse) else LOOKS
    with (_lines if as_json else _bar)(course, words) as report:
        return run(course, folder, report=report, score_every=every, save_every=20)


def _finish(course: "Course", progress: "Progress", out: Path, name: str, as_json: bool) -> None:
    """Score the network, write it, and say what became of it."""
    from dnnvis.training.life_export import life as write

    if as_json:
        given.say_line({"words": f"Scoring {name} on {2 * TESTED} boards ...", **_looked(course)})
    scores = (
        scores_of(course.network, course.plan)
        if course.plan.steps > 1 < course.plan.game_steps
        else {}
    )
    card = write(course, progress, out, name=name, scores=scores)
    accuracy = progress.curve[-1][2]
    words = f"{name} tells {accuracy:.2%} of the cells of state {course.plan.game_steps}"
    if not course.has_end:
        words += f" and did not reach {course.plan.goal:.0%}"
    if scores:
        words += f"; the states in between score {scores['half']['paper']:.3f} (p = .5), "
        words += f"{scores['chain']['paper']:.3f} (chain)"
    place = out / f"{card.name}.safetensors"
    if as_json:
        given.say_line({"words": f"{words}.", "file": str(place), "scores": scores})
    else:
        print(f"{words}. It is in {place}.")


def scores_of(net: "LifeNet", plan: "LifeSetting", number: int = TESTED) -> dict[str, Any]:
    """The scores of a network on fresh boards of both start distributions."""
    import numpy as np
    import torch

    from dnnvis.lenses.imagination.score import life_score
    from dnnvis.sources.life.rule import history
    from dnnvis.sources.life.starts import starts

    found = {}
    for k, kind in enumerate(("half", "chain")):
        first = starts(kind, number, (BOARD[0],) * 2, np.random.default_rng([99, k]), plan.border)
        truth = history(first, plan.game_steps, plan.border)
        with torch.inference_mode():
            parts = torch.from_numpy(first)[:, None].float().split(25)  # type: ignore[no-untyped-call]
            imagined = torch.cat([net.imagine(part) for part in parts]).numpy()
        score = life_score(imagined, truth)
        found[kind] = {k: None if v != v else round(float(v), 4) for k, v in score.items()}
        found[kind]["boards"] = number
    return found


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise BadInput(
            f"Nothing can be written to {folder} ({why.strerror}); name another folder with --out."
        ) from None


def _checked(name: str) -> str:
    if name and not all(letter.isalnum() or letter in "-_." for letter in name):
        raise BadInput(f"'{name}' cannot name a file; use letters, digits, - and _.")
    return name


# ---- telling ------------------------------------------------------------------------------


@contextmanager
def _bar(course: "Course", words: str) -> "Iterator[Report]":
    from rich import progress as rich

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TextColumn("step {task.completed}"),
        rich.TimeElapsedColumn(),
        rich.TextColumn("loss {task.fields[loss]:.4f}  right {task.fields[right]}"),
    )
    bar = rich.Progress(*columns)
    task = bar.add_task(words, total=None, loss=float("nan"), right="-")

    def report(progress: "Progress", steps: int, loss: float) -> None:
        bar.start()  # a run that is refused leaves no bar behind
        right = "-"
        if progress.curve:
            final, _, *between = progress.curve[-1][2:3] + progress.curve[-1][3:]
            right = " ".join(f"{value:.1%}" for value in (*between, final))
        total = steps if course.has_end else None
        bar.update(task, completed=progress.step, total=total, loss=loss, right=right)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def _lines(course: "Course", words: str) -> "Iterator[Report]":
    """A JSON object a line, at every score, with what ``_looked`` tells; ``accuracies`` by state
    of the network, ``stage`` learning or adversarial."""

    def report(progress: "Progress", steps: int, loss: float) -> None:
        if not progress.curve or progress.curve[-1][0] != progress.step:
            return
        _, _, accuracy, seconds, start, *between = progress.curve[-1]
        ends = course.has_end
        left = (steps - progress.step) * seconds / max(progress.step, 1) if ends else None
        given.say_line(
            {
                "words": words if ends else f"{words}, not yet {course.plan.goal:.0%} right",
                "done": progress.step,
                "total": steps if ends else 0,
                "seconds_left": None if left is None else round(left, 1),
                "loss": round(loss, 6),
                "accuracy": accuracy,
                "accuracies": [start, *between, accuracy],
                **_looked(course),
            }
        )

    yield report


def _looked(course: "Course") -> dict[str, Any]:
    """What the network imagines of one board: ``imagined`` uint8 (steps + 1, H, W), the raw
    value 0 to 1 as 0 to 255, and ``truth`` uint8 (game_steps + 1, H, W) of 0 and 1, both in
    base64."""
    import numpy as np
    import torch

    from dnnvis.sources.life.rule import history
    from dnnvis.sources.life.starts import starts
    from dnnvis.training.life_task import LifeCourse

    size = (BOARD[0], BOARD[0])
    first = starts("half", 1, size, np.random.default_rng(BOARD[1]), course.plan.border)
    truth = history(first, course.plan.game_steps, course.plan.border)[0]
    with torch.inference_mode():
        shown = course.network.imagine(torch.from_numpy(first)[:, None].float())[0]
    imagined = shown.clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    stage = "learning" if isinstance(course, LifeCourse) else "adversarial"
    return {"stage": stage, "size": size, "imagined": coded(imagined), "truth": coded(truth)}


def coded(values: Any) -> str:
    """The bytes of an array, as JSON can hold them."""
    return base64.b64encode(values.tobytes()).decode("ascii")
