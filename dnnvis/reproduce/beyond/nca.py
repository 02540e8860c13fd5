"""Measure the growing automata: target reached, healed of a lost half, stable for 1,000 steps."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.network.network import Network
from dnnvis.training.nca_export import round_values, unpack_target
from dnnvis.training.nca_measure import GOAL_MSE, LASTING_STEPS, measure_growth
from dnnvis.training.nca_task import GROWTH_STEPS
from dnnvis.zoo.beyond.nca import NcaNet
from dnnvis.zoo.catalog import open_network

NETWORKS = ("nca-salamander", "nca-coffee")


def measure_nca(net: str | Network, seeds: Sequence[int] = (0, 1, 2)) -> dict[str, Any]:
    """Measure an automaton against the target in its card, once for each seed of the firing.

    Args:
        net: Name or file of the network, or the network itself.
        seeds: Seeds of the firing; the weights are the same.

    Returns:
        The steps, the goal, ``runs`` as ``training.nca_measure.measure_growth`` returns them, mean
        and worst error of ``grown``, ``damaged``, ``healed`` (over halves and seeds) and
        ``lasting``, the error of an ``empty`` grid, and whether all but it ``reached`` the goal.

    Raises:
        BadInput: It is no automaton, its card holds no target, or there are no seeds.
    """
    network = open_network(net) if isinstance(net, str) else net
    target = unpack_target(network.card)
    if not isinstance(network.module, NcaNet) or target is None:
        raise BadInput(f"{network.name} is no automaton whose card holds its target.")
    if not seeds:
        raise BadInput("Measure with at least one seed.")
    runs = [measure_growth(network.module, target.to(network.device), seed) for seed in seeds]
    errors = {
        "grown": [run["grown"] for run in runs],
        "damaged": [error for run in runs for error in run["damaged"].values()],
        "healed": [error for run in runs for error in run["healed"].values()],
        "lasting": [run["lasting"] for run in runs],
    }
    reached = max(*errors["grown"], *errors["healed"], *errors["lasting"]) <= GOAL_MSE
    about = network.card.about
    return {
        "network": network.name,
        "target": str(about.get("data", "")),
        "steps": {"grown": GROWTH_STEPS, "healed": 2 * GROWTH_STEPS, "lasting": LASTING_STEPS},
        "goal": GOAL_MSE,
        **{
            name: {"mean": round(fmean(values), 5), "worst": round(max(values), 5)}
            for name, values in errors.items()
        },
        "empty": round(runs[0]["empty"], 5),
        "reached": reached,
        "runs": [round_values(run) for run in runs],
        "learning_cpu_seconds": _sum_cost(about),
    }


def conclude_nca(scores: list[dict[str, Any]]) -> str:
    """Say in one sentence how well an automaton grows, heals and lasts, from one run a seed."""
    names = {"grown": "growing", "healed": "healing", "lasting": "lasting"}
    worst = {key: max(score[key]["worst"] for score in scores) for key in names}
    goal = scores[0]["goal"]
    missed = [names[key] for key, error in worst.items() if error > goal]
    verdict = "all within the goal" if not missed else f"beyond the goal in {', '.join(missed)}"
    return (
        f"At worst {worst['grown']:.4f} from its target after {GROWTH_STEPS} steps, "
        f"{worst['healed']:.4f} {GROWTH_STEPS} steps after losing a half, and "
        f"{worst['lasting']:.4f} at step {LASTING_STEPS:,} (mean squared error; goal {goal:g}): "
        f"{verdict}."
    )


def _sum_cost(about: dict[str, Any]) -> float:
    """Return the processor seconds of a training, with those of the runs that it begins after."""
    runs = [about, *about.get("earlier_runs", ())]
    return round(sum(float(run.get("learning_cpu_seconds", 0.0)) for run in runs), 1)
