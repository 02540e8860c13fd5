"""Check one network in a process of its own: ``python -m dnnvis.bench.zoo.child NAME FRAMES``.

After each stage the row as far as it is known is printed as a line of JSON, so that a hang or a
crash costs no more than the stage in which it happens.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn

from dnnvis.bench.zoo.backward_oracle import (
    NotApplicable,
    as_input,
    backpropagate,
    copy_module,
    locate_unit,
    plain_gradient,
    relative_difference,
    run_to,
)
from dnnvis.bench.zoo.layouts import check_layouts, make_picture
from dnnvis.bench.zoo.networks import ZooEntry, build, find_entry
from dnnvis.core.errors import DnnvisError
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

Row = dict[str, Any]
STAGES = ("open", "layouts", "lenses", "live", "ascent")
LENSES = ("gradient", "guided", "deconvnet")
MAX_RELATIVE_DIFFERENCE = 1e-4
COMPARED_PICTURES = 5  # an ascent must rise by more than their values differ, or by MIN_RISE
MIN_RISE = 0.01  # relative to the larger of what an ascent starts from and what it reaches
LENS_FRAME_INTERVAL = 10  # of so many live frames one also shows the three lenses
MAX_CANDIDATES = 8  # layers around the middle that are tried for one with a gradient
MAX_ROWS_NAMED = 12


class RandomNetwork(NotApplicable):
    """Two plain passes differ, so there is nothing to compare with."""


class NetworkCheck:
    """The stages for one network; ``row`` fills up as they run."""

    def __init__(self, entry: ZooEntry, frames: int) -> None:
        self.row: Row = {"network": entry.name, "library": entry.library, "failures": {}}
        self._entry = entry
        self._frames = frames
        self._module: nn.Module | None = None
        self._net: Network | None = None
        self._unit: Unit | None = None
        self._picture = make_picture(*entry.size, entry.channels, seed=3)

    def run(self, report: Callable[[Row], None]) -> None:
        """Run all stages and report the row after each."""
        for stage in STAGES:
            start = time.perf_counter()
            self.row["stage"] = stage
            report(self.row)
            try:
                getattr(self, f"_check_{stage}")()
            except Exception as error:  # whatever fails is what is measured here
                self._fail(stage, error)
            self.row.setdefault("seconds", {})[stage] = round(time.perf_counter() - start, 1)
            if stage == "open" and self._net is None:
                break
        self.row["stage"] = "done"
        report(self.row)

    def _fail(self, stage: str, error: Exception | str) -> None:
        if not isinstance(error, Exception):
            text = error
        elif isinstance(error, DnnvisError):
            text = f"{type(error).__name__}: {error}{_where(error.__cause__)}"
        else:
            text = f"{type(error).__name__}: {str(error)[:300]}{_where(error)}"
        self.row["failures"].setdefault(stage, text)

    def _check_open(self) -> None:
        torch.manual_seed(0)
        module = build(self._entry).eval()
        self._module = module
        x = as_input(self._picture)
        start = time.perf_counter()
        with torch.no_grad():
            copy_module(module)(x)
        pass_seconds = time.perf_counter() - start
        start = time.perf_counter()
        net = wrap(
            module, size=self._entry.size, channels=self._entry.channels, name=self._entry.name
        )
        layers = net.layers
        self._net = net
        self.row |= {
            "opened": True,
            "layers": len(layers),
            "one_by_one": net.table.one_by_one,
            "notes": list(net.notes),
            "pass_seconds": round(pass_seconds, 3),
            "open_seconds": round(time.perf_counter() - start, 2),
        }

    def _check_layouts(self) -> None:
        assert self._net is not None
        figures = check_layouts(self._net)
        self.row["layouts"] = asdict(figures) | {
            "wrong": dict(list(figures.wrong.items())[:MAX_ROWS_NAMED]),
            "wrong_rows": len(figures.wrong),
        }
        if figures.missing:
            name, text = next(iter(figures.missing.items()))
            self._fail("record", f"{len(figures.missing)} rows, {name}: {text}")
        if figures.wrong:
            name, text = next(iter(figures.wrong.items()))
            self._fail("layouts", f"{len(figures.wrong)} of {figures.rows} rows, {name}: {text}")

    def _check_lenses(self) -> None:
        assert self._net is not None
        assert self._module is not None
        x = as_input(self._picture)
        last: Exception = NotApplicable("no layer with weights has a row")
        results: dict[str, str] = {}
        for name in self._candidates():
            try:
                self._unit, expected = self._expect_gradient(name, x)
            except NotApplicable as error:
                last = error
                continue
            for lens in LENSES:
                results[lens] = self._compare_lens(lens, expected, x)
            break
        else:
            results = dict.fromkeys(LENSES, f"not applicable: {last}")
            if not isinstance(last, RandomNetwork):
                self._fail("gradient", last)
        self.row |= {"unit": str(self._unit), "lenses": results}
        for lens, text in results.items():
            if not text.startswith(("equal", "not applicable")):
                self._fail(lens, text)

    def _candidates(self) -> Iterator[str]:
        """Yield layers with weights of their own, from the middle outward."""
        assert self._net is not None
        table = self._net.table
        modules = dict(self._net.module.named_modules())
        names = [
            layer.name
            for layer in table.layers
            if isinstance(
                modules.get(table.modules.get(layer.name) or "output"), nn.Conv2d | nn.Linear
            )
            and layer.name not in table.paths
            and not layer.part_of
        ]
        middle = len(names) // 2
        order = sorted(range(len(names)), key=lambda number: abs(number - middle))
        yield from (names[number] for number in order[:MAX_CANDIDATES])

    def _expect_gradient(self, name: str, x: torch.Tensor) -> tuple[Unit, Any]:
        """Return the layer's strongest channel, and its plain gradient."""
        assert self._net is not None
        assert self._module is not None
        shown = self._net.record(self._picture, [name]).calls(name)[-1]  # (C, H, W)
        channel = int(np.square(shown.astype(np.float64)).sum((1, 2)).argmax())
        part = self._net.table.modules[name]
        with torch.no_grad():
            raw, again = (run_to(copy_module(self._module), part, x) for _ in range(2))
        if raw.shape != again.shape or not torch.allclose(raw, again, atol=1e-3, equal_nan=True):
            raise RandomNetwork("the network draws at random, the oracle other numbers")
        address = locate_unit(raw, shown, channel)
        return Unit(name, channel), (part, address, plain_gradient(self._module, part, address, x))

    def _compare_lens(self, lens: Any, expected: Any, x: torch.Tensor) -> str:
        assert self._net is not None
        assert self._unit is not None
        _, _, right = expected
        met = 0
        try:
            if lens != "gradient":
                right, met = self._expect_lens(lens, expected, x)
        except (NotApplicable, RuntimeError) as error:  # of the network, run in pieces
            return f"not applicable: {str(error)[:120]}"
        try:
            picture = look(self._net, lens, self._unit, image=self._picture)
        except Exception as error:
            return f"{type(error).__name__}: {error}{_where(error)}"
        difference = relative_difference(picture.values, right)
        if difference <= MAX_RELATIVE_DIFFERENCE:
            return f"equal, {met} rectifiers" if met else "equal"
        return f"differs by {difference:.2g} of the largest value at {self._unit}"

    def _expect_lens(self, lens: Any, expected: Any, x: torch.Tensor) -> tuple[Any, int]:
        assert self._module is not None
        part, address, _ = expected
        return backpropagate(self._module, part, address, x, lens)

    def _check_live(self) -> None:
        assert self._net is not None
        net = self._net
        work = LiveWork(lambda choice: net, threading.Event())
        choice = NetworkChoice(net=self._entry.name)
        work.open(choice)
        unit = self._unit or Unit("output", 0)
        requests = {lens: Request(lens, unit) for lens in LENSES}
        plain = Plan(choice, layers=(unit.layer, "output"))
        with_lenses = Plan(choice, layers=plain.layers, requests=requests)
        self.row["live"] = 0
        for number in range(1, self._frames + 1):
            plan = plain if number % LENS_FRAME_INTERVAL or self._unit is None else with_lenses
            picture = make_picture(*self._entry.size, self._entry.channels, seed=number % 5)
            _, scenes, failures = work.live(plan, Frame(picture, number, "zoo"))
            for failure in failures.values():
                raise DnnvisError(failure.sentence)
            for key, scene in scenes.items():
                next(work.look(requests[key], scene), None)
            self.row["live"] = number

    def _check_ascent(self) -> None:
        assert self._net is not None
        unit = self._unit or Unit("output", 0)
        result = look(self._net, "ascent", unit, preset="live")
        assert isinstance(result, SynthesisResult)
        start, best = float(result.curve[0, 0]), float(result.curve[-5:, 0].max())
        self.row["ascent"] = [round(start, 5), round(best, 5)]
        spread = self._spread_over_pictures(unit)
        if not best - start > min(spread, MIN_RISE * max(abs(start), abs(best))):
            text = f"{unit} went from {start:.4g} to {best:.4g}, pictures differ by {spread:.2g}."
            self._fail("ascent", f"{text} {result.error}")

    def _spread_over_pictures(self, unit: Unit) -> float:
        """Return the standard deviation over pictures of the mean of a unit's map."""
        assert self._net is not None
        values = []
        for seed in range(COMPARED_PICTURES):
            picture = make_picture(*self._entry.size, self._entry.channels, seed=seed)
            maps = self._net.record(picture, [unit.layer]).calls(unit.layer)[-1]
            values.append(float(maps[unit.channel].mean()))
        return float(np.std(values))


def _where(error: BaseException | None) -> str:
    """Return the last file and line in an error's traceback, "" without one."""
    trace = error.__traceback__ if error is not None else None
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"


def main(name: str, frames: int, threads: int) -> None:
    """Check one network and print its row after each stage."""
    torch.set_num_threads(threads)
    NetworkCheck(find_entry(name), frames).run(lambda row: print(json.dumps(row), flush=True))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
