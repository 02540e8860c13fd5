"""What is asked for, and the steps that it takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.introspect.fit import FitConfig
from dnnvis.network.snapshots import snapshots_path
from dnnvis.reproduce.common import ReproductionConfig
from dnnvis.training.net1_task import Net1Setting

NETS = ("net1", "sister", "net2")  # sister: Net1 trained on noise
NET_TITLES = {"net1": "Net1", "sister": "Net1, noise-trained", "net2": "Net2"}
MODEL_NAMES = {"net1": "net1-mnist", "sister": "net1-mnist-noise", "net2": "net2-cifar10"}
STEP_KINDS = ("map", "twin", "noise", "attack", "learning")
STEP_LABELS = {
    "map": "map",
    "twin": "a second map",
    "noise": "noise",
    "attack": "attacks",
    "learning": "learning record",
}
SECOND_SEED_OFFSET = 1000  # added to the seed of the second map of one network
SIGMAS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
SAMPLE_DIGIT = 907  # of MNIST's test digits, figure 5
MNIST_PATHS = ("MNIST", "mnist", ".")
CIFAR_PATHS = ("cifar10-jpg.tar", "cifar10-jpg", "cifar10", "cifar-10")


@dataclass(frozen=True)
class NoiseConfig:
    """How much noise is drawn (section 3.4)."""

    #: Noisy copies of each picture at every sigma.
    copies: int = 200
    #: Test pictures.
    pictures: int = 200


@dataclass(frozen=True)
class AttackConfig:
    """Which attacks are made (section 3.5), every other class as target."""

    #: Right test pictures of every class.
    each: int = 10
    #: Steps of one attack.
    steps: int = 100
    #: Change of a pixel in one step, of its range [0, 1].
    eps: float = 0.01


@dataclass(frozen=True)
class IntrospectionConfig(ReproductionConfig):
    """What is asked for: ``seeds`` of classifier and map.

    ``work`` holds networks, hidden vectors and maps.
    """

    #: Folder with MNIST and CIFAR-10.
    data: Path
    #: Where trained Net1s may lie (``out-SEED-0`` clean, ``out-SEED-1`` noise-trained), and a
    #: Net2 with moments of its training (``out-net2``).
    networks: Path | None = None
    #: "net1" (with its sister), "net2" or both.
    nets: tuple[str, ...] = ("net1", "net2")
    #: Examples of each data set at most; 0 for all.
    limit: int = 0
    #: How maps are fitted; the seed is replaced by each map's.
    wishes: FitConfig = field(default_factory=FitConfig)
    #: How a Net1 is trained that lies nowhere.
    net1_setting: Net1Setting = field(default_factory=Net1Setting)
    #: By network; "sister" is the noise-trained Net1.
    noise: dict[str, NoiseConfig] = field(
        default_factory=lambda: {
            "net1": NoiseConfig(),
            "sister": NoiseConfig(),
            "net2": NoiseConfig(20, 50),
        }
    )
    #: By network.
    attack: dict[str, AttackConfig] = field(
        default_factory=lambda: {"net1": AttackConfig(), "net2": AttackConfig(3)}
    )

    def __post_init__(self) -> None:
        for net in self.nets:
            if net not in ("net1", "net2"):
                raise BadInput(f"There is no network '{net}' here; there are net1 and net2.")
        if not self.seeds or not self.nets:
            raise BadInput("Say at least one seed and one network.")

    @property
    def steps(self) -> list["Step"]:
        """All steps, in the order in which they are done."""
        steps: list[Step] = []
        if "net1" in self.nets:
            for seed in self.seeds:
                seeds = (seed,)
                steps.append(Step("map", "net1", seeds))
                if seed == self.seeds[0]:
                    steps.append(Step("twin", "net1", seeds))
                steps += [
                    Step("map", "sister", seeds),
                    Step("noise", "net1", seeds),
                    Step("noise", "sister", seeds),
                    Step("attack", "net1", seeds),
                ]
        if "net2" in self.nets:
            steps += [Step("map", "net2", (seed,)) for seed in self.seeds]
            steps += [Step(kind, "net2", self.seeds) for kind in ("noise", "attack")]
            if self.learning is not None:
                steps.append(Step("learning", "net2", self.seeds[:1]))
        return steps

    @property
    def learning(self) -> Path | None:
        """The weights of a Net2 that kept moments of its training, where one lies."""
        if self.networks is None:
            return None
        weights = self.networks / "out-net2" / f"{MODEL_NAMES['net2']}.safetensors"
        return weights if snapshots_path(weights).is_file() else None

    def data_path(self, net: str) -> Path:
        """Return where the network's pictures lie; raise BadInput where they do not."""
        names = CIFAR_PATHS if net == "net2" else MNIST_PATHS
        candidates = [self.data / name for name in names]
        path = next((candidate for candidate in candidates if _holds_dataset(candidate, net)), None)
        if path is None:
            raise BadInput(
                f"{self.data} holds no {names[0]}: give the folder with --data, or make fewer "
                "networks with --nets."
            )
        return path

    def record_settings(self, step: "Step", seed: int) -> dict[str, Any]:
        """Return what a record depends on, besides the network and the data's pictures."""
        settings: dict[str, Any] = {
            "limit": self.limit,
            "wishes": vars(self.wishes) | {"seed": seed},
        }
        if step.kind == "noise":
            settings |= vars(self.noise[step.net]) | {"sigmas": list(SIGMAS)}
        if step.kind == "attack":
            settings |= vars(self.attack[step.net])
        return settings


def _holds_dataset(path: Path, net: str) -> bool:
    if net == "net2":
        return path.is_file() or (path / "test").is_dir()
    files = ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz")
    folders = (path, path / "raw", path / "MNIST" / "raw")
    return any((folder / file).is_file() for folder in folders for file in files)


@dataclass(frozen=True)
class Step:
    """One step; Net2's noise and attacks are run once and read on the maps of all its seeds."""

    #: One of STEP_KINDS.
    kind: str
    #: One of NETS.
    net: str
    #: Seeds that it writes a record for.
    seeds: tuple[int, ...]

    def __str__(self) -> str:
        seeds = ", ".join(map(str, self.seeds))
        return f"{NET_TITLES[self.net]}, seed {seeds}: {STEP_LABELS[self.kind]}"
