"""Hold a mutated network, opened, against plain re-runs of it: what is silently wrong."""

import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import DnnvisError, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.messages import LayerInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from helpers.mutated_networks import BASES, Base, Mutation, build, mutate, pixels
from helpers.plain_passes import PlainFailure, PlainPass, run_plainly, settings, warnings_ignored

CLOSE = 1e-4  # of the largest value
CLOSE_GRADIENT = 1e-3
FRAMES = 5
TOKENS = ("class token", "token")
SAID = ("random", "state", "differ", "weights", "batch")  # that numbers are not always the same


class Case:
    """One seed's network, opened; ``problems`` gathers what is wrong with it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.mutation: Mutation = mutate(seed)
        self.problems: list[str] = []
        self.x = [pixels(self.mutation.base, seed=k) for k in (1, 2)]
        self.images = [_as_image(x) for x in self.x]
        self.net: Any = None

    def settled(self) -> nn.Module:
        """The same with all its modules in eval mode, those too that the first pass makes."""
        module = self.mutation.fresh()
        late = [part for part in module.modules() if hasattr(part, "settle")]
        for part in late:
            part.settle()
            run_plainly(module, self.x[0])
            part.settle()
        return module

    @functools.cached_property
    def plain(self) -> PlainPass:
        """The first pass over the first picture in plain torch, of the draw that is shown."""
        return run_plainly(self.settled(), self.x[0], draw=self.draw)

    @property
    def draw(self) -> int:
        """The seed of random numbers in each pass of the opened network."""
        return int(self.net.guard.seed)

    @property
    def moves(self) -> bool:
        """Whether a note says that passes depend on those before, so that nothing can be held."""
        return self.says(("own weights", "runs on"))

    def says(self, words: tuple[str, ...]) -> bool:
        return any(word in note for note in self.net.notes for word in words)


def problems_of(seed: int) -> list[str]:
    """Return a line for each thing that is wrong; none for a network that is right or refused."""
    with warnings_ignored():
        case = _check(seed)
    return [f"seed {seed}, {case.mutation.description}: {problem}" for problem in case.problems]


def _check(seed: int) -> Case:
    case = Case(seed)
    before, weights = settings(), _copy_weights(case.mutation.module)
    if _open(case):
        for check in CHECKS[-1:] if case.moves else CHECKS:
            _try(case, check)
    _expect_settings(case, before, "after all passes")
    if not _same_weights(weights, case.mutation.module.state_dict()):
        case.problems.append("the module that was given has other weights")
    return case


def _try(case: Case, check: Callable[[Case], None]) -> None:
    try:
        check(case)
    except DnnvisError as error:
        case.problems.append(f"{check.__name__} is refused: {error}")
    except PlainFailure as error:
        case.problems.append(f"{check.__name__}: plain torch fails: {error}")
    except Exception as error:
        case.problems.append(f"{check.__name__}: bare {type(error).__name__}: {error}")


# --- opening --------------------------------------------------------------------------------------


def _open(case: Case) -> bool:
    """Open the network; return whether it opened."""
    odd, before = case.mutation.odd, settings()
    try:
        case.net = _wrap(case.mutation.module, case.mutation.base)
        case.net.layers  # noqa: B018
    except DnnvisError as error:
        if not any(word in str(error) for word in odd.refusal):
            case.problems.append(f"refused in words that do not name the cause: {error}")
        return False
    except Exception as error:
        case.problems.append(f"opening: bare {type(error).__name__}: {error}")
        return False
    finally:
        _expect_settings(case, before, "after opening")
    if not odd.runs:
        case.problems.append("opened, although plain torch fails on a picture")
        return False
    _check_notes(case)
    return True


def _check_notes(case: Case) -> None:
    """Every note fits the cause, and what must be said is said."""
    odd, usual = case.mutation.odd, _usual_notes(case.mutation.base.name)
    for note in case.net.notes:
        if note not in usual and not any(word in note for word in odd.words):
            case.problems.append(f"a note that does not fit the cause: {note}")
    if odd.said and not case.says((odd.said,)):
        case.problems.append(f"no note says '{odd.said}': {case.net.notes}")


def _wrap(module: nn.Module, base: Base) -> Any:
    return dnnvis.wrap(module, size=base.size, channels=base.channels)


@functools.cache
def _usual_notes(name: str) -> tuple[str, ...]:
    """What is said of the network with nothing replaced in it."""
    chosen = next(base for base in BASES if base.name == name)
    return tuple(_wrap(build(chosen, 0), chosen).notes)


# --- what is checked ------------------------------------------------------------------------------


def output_is_right(case: Case) -> None:
    """The first pass of a fresh module gives the same; where two of them differ, a note says so."""
    plain = case.plain
    got = case.net.record(case.images[0]).output
    distance = _apart(got, _alone(plain.output))
    if distance > CLOSE:
        case.problems.append(f"output {distance:.2g} from a plain pass of the same draw and state")
    as_given = run_plainly(case.mutation.fresh(), case.x[0], draw=case.draw)
    if _apart(_real(as_given.output), _real(plain.output)) > CLOSE and not case.says(("eval",)):
        case.problems.append("modules are set to eval mode, not said")
    other_draw = run_plainly(case.settled(), case.x[0], draw=1)
    if _apart(_real(other_draw.output), _real(plain.output)) > CLOSE and not case.says(("random",)):
        case.problems.append("two draws differ in plain torch, not said")
    module = case.settled()
    run_plainly(module, case.x[1])
    later = run_plainly(module, case.x[0], draw=case.draw)
    if _apart(_real(later.output), _real(plain.output)) > CLOSE and not case.says(SAID):
        case.problems.append("a later pass differs in plain torch, not said")


def rows_are_rearrangements(case: Case) -> None:
    """Each row holds the numbers that a plain hook on its module sees."""
    recording = case.net.record(case.images[0])
    wrong = [why for row in case.net.layers if (why := _wrong_row(case, recording, row))]
    if wrong:
        case.problems.append(f"{len(wrong)} rows are wrong, first {wrong[0]}")


def _wrong_row(case: Case, recording: Any, row: LayerInfo) -> str:
    net, name = case.net, case.net.table.hooked_module(row.name)
    is_other_result = row.kind == "result" and row.name != "output"
    if row.part_of or row.kind in TOKENS or row.name in net.table.paths or is_other_result:
        return ""
    seen = case.plain.calls.get(name, []) if name else [case.plain.output]
    expected = np.concatenate([_real(value).reshape(-1) for value in seen] or [np.zeros(0)])
    calls = [call.reshape(-1) for call in _all_calls(net, recording, row)]
    got = np.concatenate(calls or [np.zeros(0)])
    if _apart(np.sort(got), np.sort(expected)) > CLOSE:
        return f"{row.name}: {got.size} numbers, plain {expected.size}, others"
    is_convolution = type(dict(net.module.named_modules()).get(name)) is nn.Conv2d
    if not is_convolution or len(seen) != 1 or len(seen[0]) != 1:
        return ""
    in_place = _apart(recording.calls(row.name)[0], _alone(seen[0])) <= CLOSE
    return "" if in_place else f"{row.name}: not (C, H, W) of its convolution"


def batch_is_right(case: Case) -> None:
    """Of a batch, the second picture's values are those that it gives alone."""
    net = case.net
    alone = net.record(case.images[1])
    try:
        together = net.record(np.stack(case.images))
        pairs = [(name, together[name][1], alone[name]) for name in alone if _called(alone, name)]
        pairs.append(("output", together.output[1], alone.output))
    except DnnvisError:
        return
    for name, got, expected in pairs:
        distance = _apart(got, expected)
        if distance > CLOSE:
            case.problems.append(f"row {name} of the second of a batch: {distance:.2g} from alone")
            return
    if _plain_batch_differs(case) and not case.says((*SAID, "one by one")):
        case.problems.append("a batch changes a picture in plain torch, not said")


def _plain_batch_differs(case: Case) -> bool:
    single = run_plainly(case.settled(), case.x[1]).output
    try:
        both = run_plainly(case.settled(), torch.cat(case.x)).output
    except PlainFailure:
        return False
    return both.shape[0] == 2 and _apart(_real(both)[1:], _real(single)) > 10 * CLOSE


def twice_is_the_same(case: Case) -> None:
    """A picture gives the same before and after others, or a note says that it may not."""
    net = case.net
    first = net.record(case.images[0])
    net.record(case.images[1])
    second = net.record(case.images[0])
    names = [name for name in first if _called(first, name)]
    different = [name for name in names if _apart(second[name], first[name]) > CLOSE]
    if different and not case.says(SAID):
        case.problems.append(f"recorded twice, {different[0]} differs, not said")


def weights_are_as_before(case: Case) -> None:
    """Parameters and buffers are those of a fresh network, or a note says that passes change it."""
    now, before = case.net.module.state_dict(), case.mutation.fresh().state_dict()
    missing = sorted(set(before) - set(now))
    changed = [
        name
        for name, value in before.items()
        if name in now and not _is_empty(value) and not torch.equal(value, now[name])
    ]
    if missing or changed:
        case.problems.append(f"weights changed: {', '.join(missing + changed)}")


def gradient_is_right(case: Case) -> None:
    """The gradient of a unit's map is that of plain autograd, or it says why there is none."""
    name = _unit(case)
    if name is None:
        return
    expected = _plain_gradient(case, name)
    try:
        picture = dnnvis.look(case.net, "gradient", f"{name}[1]", image=case.images[0])
    except LensMissing:
        return
    if expected is None and "exactly zero" not in picture.caption:
        case.problems.append(f"a gradient of {name}[1], although plain autograd has none")
    elif expected is not None and (distance := _apart(picture.values, expected)) > CLOSE_GRADIENT:
        case.problems.append(f"gradient of {name}[1] is {distance:.2g} from plain autograd")


def live_frames_come(case: Case) -> None:
    """Frames with a lens come through, and the network answers as before after them."""
    name = _unit(case)
    requests = {"lens": Request("gradient", Unit(name, 1))} if name else {}
    work = LiveWork(
        lambda choice: _wrap(case.mutation.fresh(), case.mutation.base), threading.Event()
    )
    info = work.open(NetworkChoice(net="mutated"))
    layers = tuple(row.name for row in info.layers)
    plan = Plan(NetworkChoice(net="mutated"), layers=layers, requests=requests)
    for number in range(FRAMES):
        frame = Frame(case.images[number % 2], number, "mutated")
        _, scenes, _ = work.live(plan, frame)
        for scene in scenes.values():
            try:
                next(work.look(requests["lens"], scene), None)
            except LensMissing:
                continue
    assert work.network is not None
    output = work.network.record(case.images[0]).output
    distance = _apart(output, _alone(case.plain.output))
    if distance > 10 * CLOSE and not case.says(SAID):
        case.problems.append(f"after {FRAMES} frames the output is {distance:.2g} away")


CHECKS = (
    output_is_right,
    rows_are_rearrangements,
    batch_is_right,
    twice_is_the_same,
    weights_are_as_before,
    gradient_is_right,
    live_frames_come,
)


# --- reading --------------------------------------------------------------------------------------


def _expect_settings(case: Case, before: dict[str, Any], when: str) -> None:
    after = settings()
    different = [name for name, value in before.items() if after[name] != value]
    if different:
        case.problems.append(f"torch's settings changed {when}: {', '.join(different)}")


def _unit(case: Case) -> str | None:
    """A layer in the middle, behind the odd module where there is any, of plain axes."""
    modules = dict(case.net.module.named_modules())
    names = [
        name
        for name, values in case.plain.calls.items()
        if len(values) == 1
        and _has_channels_second(modules.get(name), values[0])
        and case.net.table.find(name) is not None
    ]
    order = list(case.plain.calls)
    place = case.mutation.place
    behind = [name for name in names if place in order and order.index(name) > order.index(place)]
    chosen = behind or names
    return chosen[len(chosen) // 2] if chosen else None


def _has_channels_second(module: nn.Module | None, value: Tensor) -> bool:
    if not isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.Linear | nn.ReLU):
        return False
    fits = value.dim() == 2 or (value.dim() == 4 and not isinstance(module, nn.Linear))
    return fits and value.shape[0] == 1 and value.shape[1] > 1


def _plain_gradient(case: Case, name: str) -> np.ndarray | None:
    """d (sum of the unit's map times itself held fixed) / d pixels, (H, W, C)."""
    try:
        done = run_plainly(case.settled(), case.x[0], draw=case.draw, gradients=True)
        value = done.graph[name][0][:, 1]
        (signal,) = torch.autograd.grad((value * value.detach()).sum(), [done.x])
    except (PlainFailure, RuntimeError):
        return None
    return signal[0].permute(1, 2, 0).numpy()  # type: ignore[no-any-return]


def _all_calls(net: Any, recording: Any, row: LayerInfo) -> Iterator[np.ndarray]:
    """Each call of a row, and of the tokens that it leaves out."""
    names = [name for name, owner in net.table.tokens.items() if owner[0] == row.name]
    for name in (row.name, *names):
        if _called(recording, name):
            yield from recording.calls(name)


def _called(recording: Any, name: str) -> bool:
    try:
        return bool(recording.count(name))
    except DnnvisError:
        return False


def _real(value: Tensor) -> np.ndarray:
    """Float64 numbers: of complex ones the absolute ones."""
    value = value.detach()
    if value.is_quantized:
        value = value.dequantize()
    if value.layout != torch.strided:
        value = value.to_dense()
    value = value.abs() if value.is_complex() else value
    return value.to(torch.float64).numpy()  # type: ignore[no-any-return]


def _alone(value: Tensor) -> np.ndarray:
    """The values of the one picture, without the axis of the batch."""
    numbers = _real(value)
    return numbers[0] if numbers.ndim > 1 and numbers.shape[0] == 1 else numbers


def _apart(got: Any, expected: Any) -> float:
    """Largest difference over the largest right value; infinite for other shapes."""
    a, b = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    if a.shape != b.shape:
        return float("inf")
    if not a.size:
        return 0.0
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    scale = max(float(np.abs(b).max(initial=0.0)), 1e-12)
    return float(np.abs(a - b).max() / scale)


def _as_image(x: Tensor) -> np.ndarray:
    return x[0].mul(255).round().byte().permute(1, 2, 0).contiguous().numpy()


def _is_empty(value: Any) -> bool:
    return isinstance(value, nn.parameter.UninitializedTensorMixin)


def _copy_weights(module: nn.Module) -> dict[str, Tensor]:
    return {
        name: value if _is_empty(value) else value.detach().clone()
        for name, value in module.state_dict().items()
    }


def _same_weights(before: dict[str, Tensor], after: dict[str, Tensor]) -> bool:
    return before.keys() == after.keys() and all(
        _is_empty(value) == _is_empty(after[name])
        and (_is_empty(value) or torch.equal(value, after[name]))
        for name, value in before.items()
    )
