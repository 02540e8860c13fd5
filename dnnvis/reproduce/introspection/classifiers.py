"""Which classifier a seed has: one that lies somewhere, else one that is trained now."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from dnnvis import api
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.paths import shipped_folder
from dnnvis.network.network import Network
from dnnvis.reproduce.common import STOPPED_MESSAGE, ProgressReporter
from dnnvis.reproduce.introspection.config import MODEL_NAMES, IntrospectionConfig
from dnnvis.training import export
from dnnvis.training.datasets import mnist
from dnnvis.training.loop import TrainingProgress, train
from dnnvis.training.net1_task import Net1Task

BUNDLED = "bundled"
NOISE_SIGMA = 1.0  # the largest sigma that the noise-trained network sees


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network and where it came from."""

    network: Network
    #: Where it came from, in words.
    source: str
    #: SHA-256 of the file of its weights, in hex digits.
    sha256: str

    @property
    def description(self) -> dict[str, str]:
        """What a record says of the network."""
        return {
            "name": self.network.name,
            "fingerprint": self.network.fingerprint,
            "source": self.source,
            "sha256": self.sha256,
        }


def load_classifier(
    config: IntrospectionConfig, net: str, seed: int, reporter: ProgressReporter
) -> Classifier:
    """Open the network of a seed; train it first where it lies nowhere.

    Net2 is the bundled one for every seed; Net1 is looked for in ``config.networks``, in the work
    folder and (seed 0) among the bundled ones, else trained by the course of `dnnvis train net1`,
    which goes on where it was stopped.

    Args:
        config: What is asked for.
        net: One of NETS.
        seed: The network's seed.
        reporter: Told how far the training is.

    Returns:
        The network and where it came from.

    Raises:
        BadInput: For data or weights that cannot be used.
        Cancelled: Where it was stopped.
    """
    if find_weights(config, net, seed) is None:
        _train(config, net, seed, _own_weights(config, net, seed).parent, reporter)
    match = find_weights(config, net, seed)
    assert match is not None  # it was trained
    weights, source = match
    what = MODEL_NAMES[net] if source == BUNDLED else str(weights)
    return Classifier(api.open(what), source, file_sha256(weights))


def find_weights(config: IntrospectionConfig, net: str, seed: int) -> tuple[Path, str] | None:
    """Find the weights that ``load_classifier`` takes; nothing is opened.

    Args:
        config: What is asked for.
        net: One of NETS.
        seed: The network's seed.

    Returns:
        The file and, in words, where it comes from; None where it would be trained only now.
    """
    bundled = shipped_folder("models") / f"{MODEL_NAMES[net]}.safetensors", BUNDLED
    if net == "net2":
        return bundled
    own = _own_weights(config, net, seed)
    if config.networks is not None:
        given = config.networks / own.parent.name / own.name
        if given.is_file():
            return given, f"--networks: {own.parent.name}/{own.name}"
    if own.is_file():
        return own, "trained by this command"
    return bundled if seed == 0 else None


def current_sha256(config: IntrospectionConfig, net: str, seed: int) -> str:
    """Hash the weights that ``load_classifier`` would take.

    Args:
        config: What is asked for.
        net: One of NETS.
        seed: The network's seed.

    Returns:
        SHA-256 in hex digits; "" where the weights are trained only now.

    Raises:
        BadInput: Where they cannot be read.
    """
    match = find_weights(config, net, seed)
    return "" if match is None else file_sha256(match[0])


def file_sha256(weights: Path) -> str:
    """Return the SHA-256 of a file, in hex digits; raise BadInput where it cannot be read."""
    try:
        return hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput(f"{weights} cannot be read: {error.strerror}.") from None


def _own_weights(config: IntrospectionConfig, net: str, seed: int) -> Path:
    """Return where the weights lie that this command trains."""
    folder = f"out-{seed}-{int(net == 'sister')}"
    return config.work / "networks" / folder / f"{MODEL_NAMES[net]}.safetensors"


def _train(
    config: IntrospectionConfig, net: str, seed: int, folder: Path, reporter: ProgressReporter
) -> None:
    data = config.data_path(net)
    noisy = net == "sister"
    setting = replace(config.net1_setting, seed=seed, noise=NOISE_SIGMA if noisy else 0.0)
    task = Net1Task(mnist(data, "train"), mnist(data, "test"), setting, keep_snapshots=not noisy)
    task.name = MODEL_NAMES[net]

    def report(progress: TrainingProgress, steps: int, loss: float) -> None:
        reporter.report("training the classifier", progress.step, steps)
        if reporter.stop.is_set():
            raise KeyboardInterrupt  # the run saves first

    try:
        progress_folder = folder / "training"
        progress = train(
            task, progress_folder, report=report, save_every=20, score_every=task.batches_per_epoch
        )
    except KeyboardInterrupt:
        reporter.stop.set()
        raise Cancelled(STOPPED_MESSAGE) from None
    export.export_net1(task, progress, folder)
