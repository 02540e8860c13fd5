"""What is asked for, and the steps that it takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.introspect.fit import Wishes
from dnnvis.network.snapshots import moments_beside
from dnnvis.training.net1_task import Net1Setting

NETS = ("net1", "sister", "net2")  # sister: Net1 trained on noise
TITLES = {"net1": "Net1", "sister": "Net1, noise-trained", "net2": "Net2"}
NAMES = {"net1": "net1-mnist", "sister": "net1-mnist-noise", "net2": "net2-cifar10"}
KINDS = ("map", "twin", "noise", "attack", "learning")
WORDS = {
    "map": "map", "twin": "a second map", "noise": "noise", "attack": "attacks",
    "learning": "learning record",
}  # fmt: skip
TWIN = 1000  # added to the seed of the second map of one network
SIGMAS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
SAMPLE = 907  # of MNIST's test digits, figure 5
MNIST = ("MNIST", "mnist", ".")
CIFAR = ("cifar10-jpg.tar", "cifar10-jpg", "cifar10", "cifar-10")


@dataclass(frozen=True)
class Noise:
    """Section 3.4: ``copies`` of each of ``pictures`` test pictures at every sigma."""

    copies: int = 200
    pictures: int = 200


@dataclass(frozen=True)
class Attack:
    """Section 3.5: every other class as target of ``each`` right test pictures of every class,
    ``steps`` steps of ``eps``."""

    each: int = 10
    steps: int = 100
    eps: float = 0.01


@dataclass(frozen=True)
class Order:
    """``seeds`` of classifier and map; ``data`` the folder with MNIST and CIFAR-10; ``networks``
    where trained Net1s may lie (``out-SEED-0`` clean, ``out-SEED-1`` noise-trained), and a Net2
    with moments of its training (``out-net2``); ``work``
    holds networks, hidden vectors and maps, ``out`` the results; ``limit`` examples of each data
    set at most, 0 = all; ``course`` trains a Net1 that lies nowhere."""

    seeds: tuple[int, ...]
    data: Path
    out: Path
    work: Path
    networks: Path | None = None
    nets: tuple[str, ...] = ("net1", "net2")
    limit: int = 0
    wishes: Wishes = Wishes()
    course: Net1Setting = Net1Setting()
    noise: dict[str, Noise] = field(
        default_factory=lambda: {"net1": Noise(), "sister": Noise(), "net2": Noise(20, 50)}
    )
    attack: dict[str, Attack] = field(default_factory=lambda: {"net1": Attack(), "net2": Attack(3)})

    def __post_init__(self) -> None:
        for net in self.nets:
            if net not in ("net1", "net2"):
                raise BadInput(f"There is no network '{net}' here; there are net1 and net2.")
        if not self.seeds or not self.nets:
            raise BadInput("Say at least one seed and one network.")

    @property
    def steps(self) -> list["Step"]:
        """All steps, in the order in which they are done."""
        found: list[Step] = []
        if "net1" in self.nets:
            for seed in self.seeds:
                one = (seed,)
                found.append(Step("map", "net1", one))
                if seed == self.seeds[0]:
                    found.append(Step("twin", "net1", one))
                found += [
                    Step("map", "sister", one), Step("noise", "net1", one),
                    Step("noise", "sister", one), Step("attack", "net1", one),
                ]  # fmt: skip
        if "net2" in self.nets:
            found += [Step("map", "net2", (seed,)) for seed in self.seeds]
            found += [Step(kind, "net2", self.seeds) for kind in ("noise", "attack")]
            if self.learning is not None:
                found.append(Step("learning", "net2", self.seeds[:1]))
        return found

    @property
    def learning(self) -> Path | None:
        """The weights of a Net2 that kept moments of its training, where one lies."""
        if self.networks is None:
            return None
        weights = self.networks / "out-net2" / f"{NAMES['net2']}.safetensors"
        return weights if moments_beside(weights).is_file() else None

    def data_of(self, net: str) -> Path:
        """Where the network's pictures lie; raises BadInput where they do not."""
        tried = CIFAR if net == "net2" else MNIST
        places = [self.data / name for name in tried]
        found = next((place for place in places if _holds(place, net)), None)
        if found is None:
            raise BadInput(
                f"{self.data} holds no {tried[0]}: give the folder with --data, or make fewer "
                "networks with --nets."
            )
        return found

    def asked(self, step: "Step", seed: int) -> dict[str, Any]:
        """What a record depends on, besides the network and the data's pictures."""
        found: dict[str, Any] = {"limit": self.limit, "wishes": vars(self.wishes) | {"seed": seed}}
        if step.kind == "noise":
            found |= vars(self.noise[step.net]) | {"sigmas": list(SIGMAS)}
        if step.kind == "attack":
            found |= vars(self.attack[step.net])
        return found


def _holds(place: Path, net: str) -> bool:
    if net == "net2":
        return place.is_file() or (place / "test").is_dir()
    files = ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz")
    folders = (place, place / "raw", place / "MNIST" / "raw")
    return any((folder / file).is_file() for folder in folders for file in files)


@dataclass(frozen=True)
class Step:
    """One step; of Net2 the noise and the attacks are run once and read on the maps of all
    ``seeds``."""

    kind: str
    net: str
    seeds: tuple[int, ...]

    def __str__(self) -> str:
        seeds = ", ".join(map(str, self.seeds))
        return f"{TITLES[self.net]}, seed {seeds}: {WORDS[self.kind]}"
