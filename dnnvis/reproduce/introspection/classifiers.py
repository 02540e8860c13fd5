"""Which classifier a seed has: one that lies somewhere, else one that is trained now."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from dnnvis import api
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.paths import shipped
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.config import NAMES, Order
from dnnvis.reproduce.introspection.progress import STOPPED, Tell
from dnnvis.training import export
from dnnvis.training.datasets import mnist
from dnnvis.training.loop import Progress, run
from dnnvis.training.net1_task import Net1Course

BUNDLED = "bundled"
NOISE = 1.0  # the largest sigma that the noise-trained network sees


@dataclass(frozen=True, eq=False)
class Classifier:
    """``source``: in words where it came from; ``sha256`` of the file of its weights."""

    network: Network
    source: str
    sha256: str

    @property
    def said(self) -> dict[str, str]:
        return {
            "name": self.network.name, "fingerprint": self.network.fingerprint,
            "source": self.source, "sha256": self.sha256,
        }  # fmt: skip


def classifier(order: Order, net: str, seed: int, tell: Tell) -> Classifier:
    """The network of that seed. Net2 is the bundled one for every seed; Net1 is looked for in
    ``order.networks``, in the work folder and (seed 0) among the bundled ones, else trained by
    the course of `dnnvis train net1`, which goes on where it was stopped.

    Raises BadInput for data or weights that cannot be used, Cancelled where it was stopped.
    """
    if there(order, net, seed) is None:
        _train(order, net, seed, _own(order, net, seed).parent, tell)
    found = there(order, net, seed)
    assert found is not None  # it was trained
    weights, source = found
    what = NAMES[net] if source == BUNDLED else str(weights)
    return Classifier(api.open(what), source, sha256_of(weights))


def there(order: Order, net: str, seed: int) -> tuple[Path, str] | None:
    """The file of the weights that ``classifier`` takes for that seed and, in words, where it
    comes from; None where they would be trained only now. Nothing is opened."""
    bundled = shipped("models") / f"{NAMES[net]}.safetensors", BUNDLED
    if net == "net2":
        return bundled
    own = _own(order, net, seed)
    if order.networks is not None:
        given = order.networks / own.parent.name / own.name
        if given.is_file():
            return given, f"--networks: {own.parent.name}/{own.name}"
    if own.is_file():
        return own, "trained by this command"
    return bundled if seed == 0 else None


def sha256_now(order: Order, net: str, seed: int) -> str:
    """SHA-256 of the weights that ``classifier`` would take, "" where they are trained only now.
    Raises BadInput where they cannot be read."""
    found = there(order, net, seed)
    return "" if found is None else sha256_of(found[0])


def sha256_of(weights: Path) -> str:
    """SHA-256 of a file, in hex digits. Raises BadInput where it cannot be read."""
    try:
        return hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as why:
        raise BadInput(f"{weights} cannot be read: {why.strerror}.") from None


def _own(order: Order, net: str, seed: int) -> Path:
    """Where the weights lie that this command trains."""
    folder = f"out-{seed}-{int(net == 'sister')}"
    return order.work / "networks" / folder / f"{NAMES[net]}.safetensors"


def _train(order: Order, net: str, seed: int, folder: Path, tell: Tell) -> None:
    data = order.data_of(net)
    noisy = net == "sister"
    setting = replace(order.course, seed=seed, noise=NOISE if noisy else 0.0)
    course = Net1Course(mnist(data, "train"), mnist(data, "test"), setting, keep_moments=not noisy)
    course.name = NAMES[net]

    def report(progress: Progress, steps: int, loss: float) -> None:
        tell.only_say("training the classifier", progress.step, steps)
        if tell.stop.is_set():
            raise KeyboardInterrupt  # the run saves first

    try:
        place = folder / "training"
        progress = run(course, place, report=report, save_every=20, score_every=course.per_pass)
    except KeyboardInterrupt:
        tell.stop.set()
        raise Cancelled(STOPPED) from None
    export.net1(course, progress, folder)
