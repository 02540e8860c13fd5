"""List the networks that ship, and the architectures of our own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane_network import MLP_2D, Mlp2dSpec
from dnnvis.core.paths import shipped_folder
from dnnvis.network.card import Card, read_card
from dnnvis.network.checkpoint import Checkpoint
from dnnvis.zoo import life, life_nets, squeezenet
from dnnvis.zoo.beyond import maze, maze_nets, mlp_2d, nca, nca_nets
from dnnvis.zoo.life import LifeSpec

MNIST_LABELS = tuple("0123456789")
CIFAR10_LABELS = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)

# What an architecture takes where no trained file's card says it.
ARCHITECTURES = {
    "net1": Card("net1", (28, 28), 1, labels=MNIST_LABELS, architecture="net1"),
    "net2": Card(
        "net2",
        (32, 32),
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
        labels=CIFAR10_LABELS,
        architecture="net2",
    ),
    "life": life_nets.life_card(LifeSpec()),
    "maze": maze_nets.maze_card(maze.MazeSpec()),
    MLP_2D: mlp_2d.mlp_2d_card(Mlp2dSpec(), MLP_2D),
    "nca": nca_nets.nca_card(nca.NcaSpec()),
}
ARCHITECTURES = {name: card.with_origin("module") for name, card in ARCHITECTURES.items()}


@dataclass(frozen=True)
class BundledNetwork:
    """A network trained for dnnvis; ``architecture`` is empty where it is yet to come."""

    architecture: str
    title: str


BUNDLED_NETWORKS = {
    "squeezenet-imagenet": BundledNetwork(
        squeezenet.ARCHITECTURE, "SqueezeNet 1.1: 1,000 classes of photographs, ImageNet"
    ),
    "net2-cifar10": BundledNetwork("net2", "Net2: all-convolutional, CIFAR-10"),
    "net1-mnist": BundledNetwork("net1", "Net1: 12 dense layers, MNIST"),
    "net1-mnist-noise": BundledNetwork("net1", "Net1 trained on noisy digits, MNIST"),
    "life-2": BundledNetwork("life", "Game of Life, 2 steps"),
    "life-3": BundledNetwork("life", "Game of Life, 3 steps"),
    "life-4": BundledNetwork("life", "Game of Life, 4 steps"),
    "life-3-faithful": BundledNetwork("life", "Game of Life, 3 steps, as in the paper"),
    "life-3-no-autoencoder": BundledNetwork("life", "Game of Life, 3 steps, without autoencoder"),
    "life-3-unshared": BundledNetwork("life", "Game of Life, 3 steps, weights not shared"),
    "life-2-3": BundledNetwork("life", "Game of Life, 2 game and 3 network steps"),
    "life-2-3-adversarial": BundledNetwork("life", "Game of Life, 2 and 3 steps, adversarial"),
    "maze-9": BundledNetwork("maze", "Maze: marks the way from start to goal"),
    "chess-krk": BundledNetwork("life", "Chess: king and rook against king, 4 plies"),
    "nca-salamander": BundledNetwork("nca", "Growing automaton: a salamander"),
    "nca-coffee": BundledNetwork("nca", "Growing automaton: a photograph of a cup"),
}

SpecBuilder = Callable[[Card, Checkpoint | None], tuple[nn.Module, Card, tuple[str, ...]]]
#: Architectures whose structure the card or the weights say: what builds each, with its card and
#: what is odd.
SPEC_BUILDERS: dict[str, SpecBuilder] = {
    life_nets.LIFE: life_nets.build,
    maze_nets.MAZE: maze_nets.build_maze,
    MLP_2D: mlp_2d.build,
    nca_nets.NCA: nca_nets.build,
}
#: Of each of these, what infers its spec from weights (None: they are another's), and what a
#: reader calls it.
SPEC_INFERENCES: dict[str, tuple[Callable[[Mapping[str, Tensor]], object | None], str]] = {
    life_nets.LIFE: (life.infer_spec, "a life network"),
    maze_nets.MAZE: (maze.infer_maze_spec, "a maze network"),
    nca_nets.NCA: (nca.infer_spec, "a cellular automaton"),
}


def find_architecture(name: str) -> Card | None:
    """Return the card of an architecture of our own, also of one whose name holds its structure.

    None for any other name. Raises BadInput where the structure is none.
    """
    return ARCHITECTURES.get(name) or mlp_2d.card_from_name(name)


def read_architecture_name(net: str) -> str:
    """Return the architecture that a name, or the card beside a file, stands for; "" if none."""
    if net in BUNDLED_NETWORKS:
        return BUNDLED_NETWORKS[net].architecture
    if net in ARCHITECTURES:
        return net
    card = find_card(net)
    return "" if card is None else card.architecture


def find_card(net: str) -> Card | None:
    """Return the card of a bundled network, or the one beside a file; None if there is none."""
    file = Path(net).with_suffix(".json") if net.endswith(".safetensors") else None
    if net in BUNDLED_NETWORKS:
        file = shipped_folder("models") / f"{net}.json"
    try:
        return None if file is None or not file.is_file() else read_card(file)
    except (BadInput, OSError):  # it is said when the network is opened
        return None
