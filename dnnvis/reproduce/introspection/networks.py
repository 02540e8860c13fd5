"""Which classifier a seed has: one that lies somewhere, else one that is trained now."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from dnnvis import api
from dnnvis.core.errors import Cancelled
from dnnvis.core.folders import shipped
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.order import NAMES, Order
from dnnvis.reproduce.introspection.telling import STOPPED, Tell
from dnnvis.training import finish
from dnnvis.training.course import Progress, run
from dnnvis.training.data import mnist
from dnnvis.training.net1_course import Net1Course

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
    name = NAMES[net]
    if net == "net2":
        return _opened(name, shipped("models") / f"{name}.safetensors", "bundled")
    folder = f"out-{seed}-{int(net == 'sister')}"
    own = order.work / "networks" / folder / f"{name}.safetensors"
    if order.networks is not None:
        given = order.networks / folder / f"{name}.safetensors"
        if given.is_file():
            return _opened(str(given), given, f"--networks: {folder}/{given.name}")
    if seed == 0 and not own.is_file():
        return _opened(name, shipped("models") / f"{name}.safetensors", "bundled")
    if not own.is_file():
        _train(order, net, seed, own.parent, tell)
    return _opened(str(own), own, "trained by this command")


def _opened(what: str, weights: Path, source: str) -> Classifier:
    return Classifier(api.open(what), source, hashlib.sha256(weights.read_bytes()).hexdigest())


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
    finish.net1(course, progress, folder)
