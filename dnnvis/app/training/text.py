"""Texts of the Train panel and command lines of its runs, without any Qt."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dnnvis.core.formatting import format_value
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.training_status import TrainingStatus
from dnnvis.core.translation.catalog import tr
from dnnvis.session.state import TrainChoice

MAX_STEPS = 8
# Processor seconds of a whole run by steps of the network (shared/research/imagination.md,
# section 1, means of the runs that reached 99 %); beyond them nothing was measured.
RUN_SECONDS = {
    "lean": {1: 8.0, 2: 14.0, 3: 33.0, 4: 115.0},
    "faithful": {1: 15.0, 2: 40.0, 3: 80.0},
}
STAGE_SECONDS = 60.0
FIRST_LOOK_PENDING = (
    "What the network imagines of one board is shown at its first look, every 25 steps ..."
)
STRIP_HELP = (
    "While it learns, this shows what the network imagines of one board: its true states, what the "
    "decoder makes of each inner state, and what of that is wrong."
)
ADVERSARIAL_LOSS_TITLE = "loss, the generator's included"
ADVERSARIAL_NOTE = "The adversarial stage: a new decoder learns, encoder and cell stay as they are."
IDENTITY_FIELDS = ("steps", "game_steps", "autoencoder", "shared", "cell", "border", "seed")


def work_folder(choice: TrainChoice, name: str, data: Path) -> Path:
    """Return the folder in which the run stores its progress, the command's own.

    Args:
        choice: What is trained; its seed is part of the folder's name.
        name: The network's name.
        data: The folder of the user's data.

    Returns:
        The folder below ``data``.
    """
    seed = f"-seed{choice.seed}"
    return data / "training" / f"{name.removesuffix(seed)}{seed}"


def network_file(name: str, data: Path) -> Path:
    """Return the path of the finished network."""
    return data / "networks" / f"{name}.safetensors"


def adversarial_file(file: Path) -> Path:
    """Return the path of the network of the adversarial stage."""
    return file.with_name(f"{file.stem}-adversarial{file.suffix}")


def build_train_args(
    choice: TrainChoice, name: str, data: Path, *, max_steps: int = 0, restart: bool = False
) -> list[str]:
    """Build the arguments of ``dnnvis train life`` for a choice.

    Args:
        choice: What is trained.
        name: The network's name.
        data: The folder of the user's data.
        max_steps: Steps at most; 0 for as many as it takes.
        restart: Whether to start over instead of continuing.

    Returns:
        The arguments, without the program's name.
    """
    args = ["train", "life", "--steps", str(choice.steps), "--game-steps", str(choice.game)]
    args += ["--cell", choice.cell, "--border", choice.border, "--seed", str(choice.seed)]
    args += [] if choice.autoencoder else ["--no-autoencoder"]
    args += [] if choice.shared else ["--no-sharing"]
    args += ["--adversarial"] if choice.adversarial and not max_steps else []
    args += ["--most", str(max_steps)] if max_steps else []
    args += ["--restart"] if restart else []
    args += ["--name", name, "--work", str(work_folder(choice, name, data))]
    return [*args, "--out", str(network_file(name, data).parent)]


def choice_error(choice: TrainChoice) -> str:
    """Return why this choice cannot be trained, in a sentence; "" where it can.

    What the network can see is checked by the training itself.
    """
    if not all(letter.isalnum() or letter in "-_." for letter in choice.name):
        return tr("'{name}' cannot name a file; use letters, digits, - and _.", name=choice.name)
    if choice.name.startswith("."):
        return tr(
            "A name that begins with a dot would hide the file; use letters, digits, - and _."
        )
    if choice.adversarial and choice.steps < 2:
        return tr("The adversarial stage needs a network of at least two steps.")
    return ""


def describe_plan(choice: TrainChoice, name: str) -> str:
    """Describe what will be trained, and about how long it takes."""
    game = tr("{game} step later" if choice.game == 1 else "{game} steps later", game=choice.game)
    text = tr(
        "{name} learns to tell the board {game} from pairs of a first and a last board alone",
        name=name,
        game=game,
    )
    text += tr(
        "; what it imagines in between is its own. {duration}", duration=describe_duration(choice)
    )
    if choice.adversarial:
        text += tr(" Then a new decoder learns beside a discriminator (about a minute more).")
    return text


def describe_duration(choice: TrainChoice) -> str:
    """Describe the time it takes on a free core, as measured."""
    seconds = RUN_SECONDS[choice.cell].get(choice.steps)
    if seconds is None:
        return tr(
            "How long {steps} steps take with this cell was not measured: minutes, hours, or it "
            "never gets beyond an all-dead answer. Stop loses nothing.",
            steps=choice.steps,
        )
    text = tr("About {duration} on a free core", duration=round_duration(seconds))
    if choice.cell == "lean" and choice.steps == 4:
        return tr("{text}; one of three runs did not get there.", text=text)
    return f"{text}."


def round_duration(seconds: float) -> str:
    """Round a time as people estimate it."""
    if seconds < 25:
        return tr("{count} seconds", count=max(5, round(seconds / 5) * 5))
    if seconds < 45:
        return tr("half a minute")
    minutes = max(1, round(seconds / 60))
    return tr("a minute") if minutes == 1 else tr("{count} minutes", count=minutes)


def is_same_run(choice: TrainChoice, status: TrainingStatus) -> bool:
    """Return whether the run in the folder is one of this choice."""
    expected = {name: getattr(choice, name) for name in IDENTITY_FIELDS} | {
        "game_steps": choice.game
    }
    return all(status.setting.get(name) == value for name, value in expected.items())


def is_done(choice: TrainChoice, status: TrainingStatus | None) -> bool:
    """Return whether nothing is left to do."""
    if status is None or not status.finished:
        return False
    return not choice.adversarial or (status.later is not None and status.later.finished)


def describe_status(choice: TrainChoice, name: str, status: TrainingStatus) -> str:
    """Describe the status of a run, and what Train does about it.

    Args:
        choice: What the form chooses.
        name: The network's name.
        status: The status read from the run's folder.

    Returns:
        One or two sentences.
    """
    if not is_same_run(choice, status):
        return tr(
            "A run of the name {name} has other settings ({settings}). Choose another name, or "
            "begin anew, which forgets it.",
            name=name,
            settings=describe_settings(status.setting),
        )
    if is_done(choice, status):
        last = status.later if choice.adversarial and status.later else status
        network_name = f"{name}-adversarial" if last is status.later else name
        return tr("{result} Open shows it.", result=describe_result(network_name, last, choice))
    if status.finished and choice.adversarial:
        at = (
            tr(" stands at step {step}", step=status.later.step)
            if status.later
            else tr(" is to come")
        )
        result = describe_result(name, status, choice)
        return tr("{result} Its adversarial stage{at}; Train goes on there.", result=result, at=at)
    text = tr(
        "{name} stands at step {step:,}{accuracy}",
        name=name,
        step=status.step,
        accuracy=_format_accuracy(status),
    )
    text += tr("; Train goes on from there.")
    if status.written == status.step:
        text += tr(" It was kept as it is there: Open shows it.")
    return text


def describe_moment(k: int, snapshots: Sequence[int]) -> str:
    """Describe which moment of its training a network is shown at."""
    if k == len(snapshots) - 1:
        text = "Training: {count:,} steps, here at its end. Drag the curve to go back."
        return tr(text, count=snapshots[-1])
    return tr("Training: step {step:,} of {count:,}.", step=snapshots[k], count=snapshots[-1])


def describe_network_training(info: NetworkInfo | None) -> str:
    """Describe what is known of the training of the network that runs."""
    if info is None:
        return ""
    if info.losses:
        text = "The loss of {network} over its training; no moment of it was kept."
        return tr(text, network=info.name)
    return tr("Nothing is known of how {network} was trained.", network=info.name)


def describe_result(name: str, status: TrainingStatus, choice: TrainChoice) -> str:
    """Describe how good a written network is.

    Args:
        name: The network's name.
        status: The status of its run; the last row of the curve holds the accuracy.
        choice: What was trained.

    Returns:
        One sentence.
    """
    accuracy = status.curve[-1][2] if status.curve else 0.0
    text = tr(
        "{name} tells {percent} of the cells of state {game}",
        name=name,
        percent=format_percent(accuracy),
        game=choice.game,
    )
    target = status.setting.get("goal", 0.99)
    if accuracy < target and "stage" not in status.setting:
        text += tr(" (it did not reach {target:.0%})", target=target)
    scores = describe_scores(status.scores)
    return f"{text}; {scores}." if scores else f"{text}."


def describe_scores(scores: Mapping[str, Any]) -> str:
    """Describe the scores of the states in between, by the paper's equation 1."""
    parts = [
        f"{format_value(scores[kind]['paper'], '.3f')} ({kind_label})"
        for kind, kind_label in (("half", "p = .5"), ("chain", "chain"))
        if isinstance(scores.get(kind), Mapping) and _is_number(scores[kind].get("paper"))
    ]
    return tr("the states in between score {parts}", parts=", ".join(parts)) if parts else ""


def describe_settings(setting: Mapping[str, Any]) -> str:
    """Describe settings as in ``3 of 3 steps, lean, seed 0``."""
    parts = [
        tr(
            "{steps} network / {game_steps} game steps",
            steps=setting.get("steps"),
            game_steps=setting.get("game_steps"),
        )
    ]
    parts += [str(setting.get("cell")), tr("{border} border", border=setting.get("border"))]
    parts += [] if setting.get("autoencoder") else [tr("no autoencoder loss")]
    parts += [] if setting.get("shared") else [tr("weights not shared")]
    return ", ".join([*parts, tr("seed {seed}", seed=setting.get("seed"))])


def describe_learning_order(
    choice: TrainChoice, names: Sequence[str], first: Sequence[int | None]
) -> str:
    """Describe when each state was first right to 98 %, the start's autoencoder left out.

    Also states why there are no states in between where network and game take different numbers of
    steps.

    Args:
        choice: What is trained.
        names: Names of the states, that of the start first.
        first: Step at which each state was first right; None where it is not yet.

    Returns:
        One line; "" where there are no states.
    """
    parts = [
        tr("{name} at training step {step:,}", name=name, step=step)
        if step is not None
        else tr("{name} not yet", name=name)
        for name, step in zip(names[1:], first[1:], strict=True)
    ]
    if not parts:
        return ""
    note = tr(" · only {first} and {last} have a true counterpart", first=names[0], last=names[-1])
    shown = "" if choice.game == choice.steps else note
    return tr("98 % right: {parts}{note}", parts=", ".join(parts), note=shown)


def format_percent(value: float) -> str:
    """Format a fraction as per cent; never 100 % where it is not."""
    if value >= 1:
        return "100 %"
    text = format_value(100 * min(value, 0.9999), f".{2 if value > 0.9 else 1}f")
    return f"{text} %"


def _format_accuracy(status: TrainingStatus) -> str:
    return (
        tr(" ({percent} right)", percent=format_percent(status.curve[-1][2]))
        if status.curve
        else ""
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
