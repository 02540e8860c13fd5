"""Run the training of a network over the plane by commands, and tell how far it is."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.learning.live_weights import LiveWeights, encode_weights
from dnnvis.core.learning.moments import Moment, Moments
from dnnvis.core.learning.plane import PlanePoints
from dnnvis.core.learning.plane_network import MLP_2D, parse_spec
from dnnvis.network.snapshots import SUFFIX
from dnnvis.sources.plane.source import load_plane_data
from dnnvis.training.export import write_network, write_stacked_snapshots
from dnnvis.training.plane_task import PlaneSetting, PlaneTrainer, change_setting
from dnnvis.zoo.beyond.mlp_2d import Mlp2d, mlp_2d_card

REPORT_SECONDS = 1 / 36  # between two reports while it learns
STEPS_AT_ONCE = 16  # between two looks at the clock
MAX_SINGLE_STEPS = 10_000
MAX_SEED = 2**62  # torch's generators take a little more
CARD_ROWS = 60  # of the curve in a card
DATA_DEFAULTS: dict[str, Any] = {"name": "circle", "noise": 0.0, "seed": 0, "painted": ()}


class PlaneRun:
    """One training that is watched: what it learns, with which settings, and its moments.

    ``handle`` takes commands, ``advance`` learns until the next report is due. Used by one thread.
    """

    def __init__(
        self,
        net: str,
        data: Mapping[str, Any],
        setting: PlaneSetting,
        *,
        seed: int = 0,
        out: Path | None = None,
    ) -> None:
        """Open the network and the data; raise BadInput where one cannot be used."""
        self.seed, self._out = seed, out
        self.is_playing, self.file, self.error = False, "", ""
        self.moments = Moments()
        self._data: dict[str, Any] = {}
        self._no_data = ""  # why the points that were chosen cannot be learned
        self.net, self.trainer = self._open(net, self._load(data), setting)
        self._speed = _SpeedMeter()
        self._note_moment()

    def _open(self, net: str, data: PlanePoints, setting: PlaneSetting) -> tuple[str, PlaneTrainer]:
        return net, PlaneTrainer(open_plane_network(net, self.seed), data, setting, self.seed)

    def _load(self, data: Mapping[str, Any]) -> PlanePoints:
        """Return the points that a command names; what it leaves out stays as it was."""
        known = {**DATA_DEFAULTS, **self._data, **data}
        points = load_plane_data(
            str(known["name"]),
            noise=float(known["noise"]),
            seed=int(known["seed"]),
            painted=known["painted"],
        )
        self._data = known
        return points

    def handle(self, command: Mapping[str, Any]) -> None:
        """Carry out a command; one that cannot be is reported as ``error``, and changes nothing.

        Only data that cannot be used hold the training until others come: it would learn points
        that nobody sees any more.

        Commands are ``play`` true or false, ``step`` a number of steps, ``set`` fields of
        PlaneSetting, ``data`` fields of DATA_DEFAULTS, ``reset`` a seed, ``net`` the name of
        another network, ``keep`` the name under which the network is written.
        """
        self.error = ""
        for name, value in command.items():
            try:
                if name not in _COMMANDS:
                    raise BadInput(f"A training knows no command '{name}'.")
                _COMMANDS[name](self, value)
            except (TypeError, ValueError, OverflowError) as error:
                self.error = f"The command '{name}' cannot be carried out: {error}."
            except OSError as error:  # nothing can be written: what was learned goes on
                self.error = f"Nothing can be written to {self._out}: {error.strerror}."
            except DnnvisError as error:
                self.error = str(error)

    def _play(self, on: Any) -> None:
        self.is_playing = False
        if on:
            self._require_data()
            self.is_playing = not self.trainer.diverged

    def _require_data(self) -> None:
        if self._no_data:
            raise BadInput(self._no_data)

    def _step(self, count: Any) -> None:
        self.is_playing = False
        self._require_data()
        for _ in range(min(max(int(count), 1), MAX_SINGLE_STEPS)):
            if not self.trainer.diverged:
                self.trainer.take_step()
        self._note_moment()

    def _set(self, changes: Any) -> None:
        self.trainer.change(change_setting(self.trainer.setting, dict(changes)))

    def _change_data(self, data: Any) -> None:
        odd = sorted(set(dict(data)) - set(DATA_DEFAULTS))
        if odd:
            raise BadInput(f"Data are named by {', '.join(DATA_DEFAULTS)}, not by {odd[0]}.")
        try:
            points = self._load(data)
        except BadInput as error:
            self.is_playing, self._no_data = False, str(error)
            raise
        self._no_data = ""
        self.trainer.change_data(points)
        self._note_moment()  # its losses are those on the new points

    def _reset(self, seed: Any) -> None:
        number = max(0, int(seed))
        if number > MAX_SEED:
            raise BadInput(f"A seed is a whole number up to {MAX_SEED}, not {number}.")
        self.seed = number
        self.trainer.reset(number)
        self.is_playing, self.moments = False, Moments()
        self._note_moment()

    def _change_net(self, net: Any) -> None:
        trainer = self.trainer
        self.net, self.trainer = self._open(str(net), trainer.data, trainer.setting)
        self.is_playing, self.moments = False, Moments()
        self._note_moment()

    def _keep(self, name: Any) -> None:
        folder = self._out
        if folder is None:
            raise BadInput("This training was given no folder to keep networks in.")
        self.file = str(self.write(folder, str(name)))

    def advance(self) -> None:
        """Learn until the next report is due, at the speed that was chosen."""
        trainer = self.trainer
        speed, start = trainer.setting.speed, time.perf_counter()
        due = start + REPORT_SECONDS
        budget = self._speed.allow(speed, start)
        taken = 0
        while taken < budget and not trainer.diverged:
            trainer.take_step()
            taken += 1
            if taken % STEPS_AT_ONCE == 0 and time.perf_counter() >= due:
                break
        self._speed.count(taken, time.perf_counter())
        if taken:
            self._note_moment()
        if trainer.diverged:
            self.is_playing = False
        elif taken < STEPS_AT_ONCE:  # as slow as it was asked to be
            time.sleep(max(0.0, due - time.perf_counter()))

    def _note_moment(self) -> None:
        """Measure the losses, and keep the moment, where its numbers are finite."""
        trainer = self.trainer
        self.losses = trainer.measure()
        if trainer.check():
            live = LiveWeights(trainer.step_count, trainer.weights())
            self.latest = Moment(live, *self.losses)
            self.moments.add(self.latest)

    def report(self) -> dict[str, Any]:
        """Return what there is to tell, as JSON can hold it."""
        trainer, moment = self.trainer, self.latest
        warning = trainer.describe_warning(self.losses[0])
        record = {
            "words": "Learning" if self.is_playing else "Waiting",
            "done": moment.step,
            "net": self.net,
            "playing": self.is_playing,
            "loss": _plain(moment.train),
            "test_loss": _plain(moment.test),
            "speed": round(self._speed.rate, 1) if self.is_playing else 0.0,
            "warning": warning,
            "error": self.error,
            "file": self.file,
            "weights": encode_weights(moment.live.weights),
        }
        self.file = ""
        return record

    def write(self, folder: Path, name: str) -> Path:
        """Write the network, its card and its moments; return the file of its weights."""
        name = name.strip() or f"plane-{Path(str(self._data['name'])).stem}"
        if not all(letter.isalnum() or letter in "-_." for letter in name):
            raise BadInput(f"'{name}' cannot name a file; use letters, digits, - and _.")
        trainer, moments = self.trainer, self.moments.kept
        rows = moments[:: max(1, len(moments) // CARD_ROWS)]
        about = {
            "title": f"{self.net} on {self._data['name']}",
            "source": "Smilkov et al. 2017, Direct-Manipulation Visualization of Deep Networks",
            "data": f"{self._data['name']}, {len(trainer.data.labels):,} points",
            "setting": vars(trainer.setting),
            "seed": self.seed,
            "steps": trainer.step_count,
            "test_loss": _plain(self.losses[1]),
            "curve_columns": ["step", "loss", "test loss"],
            "curve": [[m.step, _plain(m.train), _plain(m.test)] for m in rows],
        }
        module = trainer.module
        write_network(module, mlp_2d_card(module.spec, name, about), folder)
        if len(moments) > 1:
            weights = [
                {key: torch.from_numpy(value) for key, value in m.live.weights.items()}
                for m in moments
            ]
            measured = [[m.train, m.test] for m in moments]
            steps = [m.step for m in moments]
            write_stacked_snapshots(steps, weights, measured, folder / f"{name}{SUFFIX}")
        return folder / f"{name}.safetensors"


_COMMANDS: dict[str, Callable[[PlaneRun, Any], None]] = {
    "net": PlaneRun._change_net,
    "data": PlaneRun._change_data,
    "set": PlaneRun._set,
    "reset": PlaneRun._reset,
    "step": PlaneRun._step,
    "play": PlaneRun._play,
    "keep": PlaneRun._keep,
}


class _SpeedMeter:
    """Counts steps a second, and says how many may be taken at a chosen speed."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._credit = 0.0
        self._last = 0.0

    def allow(self, speed: float, now: float) -> float:
        """Return how many steps may be taken now; infinity for a speed of 0."""
        if speed <= 0:
            return float("inf")
        passed = min(now - self._last, 1.0) if self._last else REPORT_SECONDS
        self._credit = min(self._credit + speed * passed, max(speed, 1.0))
        return float(int(self._credit))

    def count(self, steps: int, now: float) -> None:
        """Note how many steps were taken since the last time."""
        self._credit = max(0.0, self._credit - steps)
        seconds = now - self._last
        if self._last and 0 < seconds < 1:
            self.rate += (steps / seconds - self.rate) * min(1.0, 2 * seconds)
        else:
            self.rate = steps / REPORT_SECONDS
        self._last = now


def open_plane_network(net: str, seed: int) -> Mlp2d:
    """Return the module of a network over the plane.

    Args:
        net: ``mlp-2d``, ``mlp-2d:8-8,tanh,x,y``, or a file of such a network.
        seed: Of its weights, where they are not in a file.

    Raises:
        BadInput: It is another network; whatever opening a network raises.
    """
    spec = parse_spec(net)
    if spec is not None:
        module = Mlp2d(spec)
        module.reset(seed)
        return module
    from dnnvis.zoo.catalog import open_network  # lazy: it lists every network there is

    opened = open_network(net).module
    if not isinstance(opened, Mlp2d):
        raise BadInput(f"On the plane {MLP_2D} learns, not {net}.")
    return opened


def _plain(value: float) -> float | None:
    """Return a number as JSON has it: None for one that is not finite."""
    return round(value, 6) if value == value and abs(value) != float("inf") else None
