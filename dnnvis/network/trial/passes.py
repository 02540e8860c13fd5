"""Run a network over trial pictures when it is opened, and say what these passes show.

One pass with gradients gives the layers and their fields. The picture is run again after another
one, alone and in a batch, with patches and with raised channels: whether two passes agree, whether
a batch changes a picture, where channels and places lie (``layout_proof``).
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.attention.finder import AttentionFinder
from dnnvis.network.hooks import autograd_mode, observe_modules
from dnnvis.network.outputs import (
    MAX_RESULTS,
    Path,
    answer_path,
    count_pictures,
    first_tensor,
    iter_tensors,
)
from dnnvis.network.receptive_fields import ReceptiveFields
from dnnvis.network.recurrent import is_recurrent
from dnnvis.network.state.module_state import (
    StateCopy,
    StateKeeper,
    copy_state,
    find_changed_parameters,
    find_changed_slots,
    find_slots_with_graph,
    hidden_modules,
    is_inside_parametrization,
    slot_names,
)
from dnnvis.network.state.pass_guard import PassGuard
from dnnvis.network.trial.layout_proof import CHANNEL_PROBES, LayoutProver
from dnnvis.network.trial.patches import make_patched
from dnnvis.network.trial.samples import is_same, sample_values
from dnnvis.network.trial.trial_call import Key, TrialCall
from dnnvis.network.values import as_shown, describe_values

Forward = Callable[[Tensor], Any]
MAX_NAMES = 4  # listed in one note
MAX_OTHERS = 4  # tensors of one module that have rows besides its first
_PLAIN = nn.Identity()  # in the place of a module of which nothing follows for a value


@dataclass(eq=False)
class Trial:
    """What the trial passes of a network showed."""

    prover: LayoutProver
    fields: ReceptiveFields
    result: Any
    #: Recurrent modules' outputs, which need more than a tensor to be read: key -> output.
    outputs: dict[Key, Any] = field(default_factory=dict)
    #: Whether a batch changes what a picture gives, so that pictures must run alone.
    one_by_one: bool = False
    notes: list[str] = field(default_factory=list)
    #: Further tensors that modules return: name of the row -> (module, path).
    paths: dict[str, tuple[str, Path]] = field(default_factory=dict)
    #: Layer -> what its shown numbers are, where that must be said (``values.describe_values``).
    values: dict[str, str] = field(default_factory=dict)
    #: What the network returned for each single picture, the first one's first.
    results: list[Any] = field(default_factory=list)
    #: The attention calls of the first pass.
    attention: AttentionFinder | None = None


@dataclass(eq=False)
class _Pass:
    """Samples of one pass: what modules returned, call by call, and the network's results."""

    samples: dict[Key, Tensor] = field(default_factory=dict)
    result: Any = None
    failed: bool = False


@dataclass(frozen=True)
class TrialPictures:
    """Pictures (1, C, H, W) in [0, 1] that a network is tried on."""

    first: Tensor
    dark: Tensor
    bright: Tensor


def trial_pictures(
    channels: int, size: tuple[int, int], binary: bool, device: torch.device
) -> TrialPictures:
    """Return noise, dark and bright noise; boards of cells where the network takes those."""
    generator = torch.Generator().manual_seed(0)
    shape = (3, channels, *size)
    first, dark, bright = torch.rand(shape, generator=generator).to(device)[:, None]
    if binary:
        return TrialPictures((first > 0.6).float(), (dark > 0.85).float(), (bright > 0.3).float())
    return TrialPictures(first, dark * 0.25, 0.75 + 0.25 * bright)


class TrialRun:
    """The trial passes of one network; ``forward`` runs it within ``guard``."""

    def __init__(
        self, module: nn.Module, forward: Forward, guard: PassGuard, pictures: TrialPictures
    ) -> None:
        self._module, self._forward, self._guard = module, forward, guard
        self._pictures = pictures
        self._notes: list[str] = []
        self._outputs: dict[Key, Any] = {}
        self._paths: dict[str, tuple[str, Path]] = {}
        self._values: dict[str, str] = {}
        self._attention = AttentionFinder(module)
        self._results: list[Any] = []
        self._prover: LayoutProver | None = None

    def run(self, gradients: bool, prove: bool = True) -> Trial:
        """Run all passes.

        Args:
            gradients: Whether the first pass has a graph.
            prove: Whether to run any but the first.

        Returns:
            What they showed.

        Raises:
            BadInput: The network fails on the first picture.
        """
        guard = self._guard
        self._prepare_hidden_modules()
        if prove:
            guard.keeper, guard.draws, guard.drew = None, True, False
        original, parts = copy_state(self._module), set(self._module.modules())
        first, calls, fields = self._first_pass(gradients)
        if self._prepare_new_modules(parts):
            original = copy_state(self._module)
            first, calls, fields = self._first_pass(gradients)
        if not prove:
            return self._trial(LayoutProver(calls, self._size, _has_field(fields)), fields, first)
        prover = self._prover = LayoutProver(calls, self._size, _has_field(fields))
        dark = self._settle_state(original, first)
        self._settle_draws(first)
        self._run_sampled(self._pictures.bright)
        one_by_one = self._run_batch(prover, first, dark)
        if one_by_one and prover.without_proof:
            self._run_patches_alone(prover)
        self._name_what_did_not_run(prover)
        self._check_numbers(first, dark)
        return self._trial(prover, fields, first, one_by_one)

    def _trial(
        self,
        prover: LayoutProver,
        fields: ReceptiveFields,
        first: _Pass,
        one_by_one: bool = False,
    ) -> Trial:
        return Trial(
            prover,
            fields,
            first.result,
            self._outputs,
            one_by_one,
            self._notes,
            self._paths,
            self._values,
            self._results,
            self._attention,
        )

    @property
    def _size(self) -> tuple[int, int]:
        height, width = self._pictures.first.shape[2:]
        return int(height), int(width)

    # --- single passes ------------------------------------------------------------------------

    def _first_pass(self, gradients: bool) -> tuple[_Pass, list[TrialCall], ReceptiveFields]:
        done, calls = _Pass(), dict[Key, TrialCall]()
        counts: Counter[str] = Counter()
        start = self._pictures.first.detach().requires_grad_(gradients) + 0  # the fields' start
        fields = ReceptiveFields(start.grad_fn)

        def on_return(name: str, part: nn.Module, inputs: Any, output: Any) -> None:
            value = first_tensor(output)
            if value is None:
                return
            key = (name, counts[name])
            counts[name] += 1
            self._attention.on_return(name, key[1], value)
            shown = self._read(name, value)
            given = [tensor for _, tensor in iter_tensors(inputs)]
            calls[key] = TrialCall(
                key,
                part,
                shown,
                value.grad_fn,
                tuple(map(id, given)),
                tuple(given[0].shape) if given else (),
                given[0].grad_fn if given else None,
                given[0].output_nr if given else 0,
                value.is_complex(),
            )
            self._kept.extend(given[:1])
            if is_recurrent(part):
                self._outputs[key] = output
                return
            done.samples[key] = sample_values(value)
            for path, other in iter_other_tensors(output, value):
                other_key = key_of_other(name, path, key[1])
                calls[other_key] = TrialCall(
                    other_key, _PLAIN, self._read(other_key[0], other), other.grad_fn
                )
                done.samples[other_key] = sample_values(other)
                self._paths[other_key[0]] = (name, path)
            if isinstance(part, nn.Linear) and value.dim() == 4 and given and gradients:
                fields.same[value.grad_fn] = given[0].grad_fn  # it works position by position

        self._outputs.clear()
        self._results.clear()
        self._paths.clear()
        self._kept: list[Tensor] = []  # ids stay unique only while their objects live
        self._attention = AttentionFinder(self._module)
        with (
            torch.set_grad_enabled(gradients),
            observe_modules(self._module, on_return),
            self._attention.watch(),
        ):
            done.result = self._forward(start)
        self._take_results(done, calls)
        return done, list(calls.values()), fields

    def _take_results(self, done: _Pass, calls: dict[Key, TrialCall] | None = None) -> None:
        self._results.append(done.result)
        for path, value in islice(iter_tensors(done.result), MAX_RESULTS):
            key = result_key(path)
            done.samples[key] = sample_values(value)
            if calls is not None:
                row = key[0] or "output"
                calls[key] = TrialCall(key, self._module, self._read(row, value), value.grad_fn)

    def _run_sampled(self, picture: Tensor) -> _Pass:
        """Run a picture and return samples; layers that had not run before are added."""
        done, prover = _Pass(), self._prover
        assert prover is not None
        known = {name for name, number in prover.calls if number >= 0}

        def take(key: Key, part: nn.Module, value: Tensor) -> None:
            done.samples[key] = sample_values(value)
            if key[0] not in known:
                prover.calls[key] = TrialCall(key, part, self._read(key[0], value))
                prover.rare.add(key[0])

        try:
            done.result = self._observe(picture, take)
        except BadInput as error:
            done.failed = True
            if not any("on a trial picture" in note for note in self._notes):
                self._notes.append(f"The network failed on a trial picture: {_short(error)}")
            return done
        called = {name for name, _ in done.samples} | {name for name, _ in self._outputs}
        prover.rare.update(known - called)
        self._take_results(done)
        return done

    def _observe(self, x: Tensor, take: Callable[[Key, nn.Module, Tensor], Any]) -> Any:
        """Run pictures without gradients; ``take`` gets each call's first tensor at its return.

        What ``take`` returns takes the value's place, where that is all that the module returned.
        """
        counts: Counter[str] = Counter()

        def on_return(name: str, part: nn.Module, inputs: Any, output: Any) -> Any:
            value = first_tensor(output)
            if value is None:
                return None
            key = (name, counts[name])
            counts[name] += 1
            if is_recurrent(part):
                return None
            for path, other in iter_other_tensors(output, value):
                other_key = key_of_other(name, path, key[1])
                if other_key[0] in self._paths:
                    take(other_key, _PLAIN, other)
            changed = take(key, part, value)
            return changed if changed is not None and isinstance(output, Tensor) else None

        with autograd_mode(False), observe_modules(self._module, on_return):
            return self._forward(x)

    def _read(self, name: str, value: Tensor) -> Tensor:
        """Return a value as it is shown, and note what its numbers are.

        A plain tensor is returned itself: layouts are known by identity.
        """
        description = describe_values(value)
        if description:
            self._values[name] = description
        return as_shown(value) if description or value.layout != torch.strided else value

    # --- two passes ---------------------------------------------------------------------------

    def _settle_state(self, original: StateCopy, first: _Pass) -> _Pass:
        """Run the picture again after the dark one; put back what changed, if that helps.

        Returns the pass over the dark picture, from the state that the first one began with.
        """
        guard, module = self._guard, self._module
        after = copy_state(module)
        dark = self._run_sampled(self._pictures.dark)
        slots = find_changed_slots(after, module)
        again = self._run_sampled(self._pictures.first)
        slots += find_changed_slots(after, module) + find_slots_with_graph(module)
        difference = _largest_difference(first, again)
        weights = find_changed_parameters(original, module)
        if weights:
            self._notes.append(
                f"A pass changes the network's own weights ({_join_names(weights)}), so numbers "
                "depend on the pictures before; open it again to start over."
            )
        if not slots:
            if difference is not None and not weights:
                self._notes.append(
                    f"Two passes over one picture differ ({difference}): the network keeps a state "
                    "that cannot be found, so numbers depend on the pictures before."
                )
            return dark
        guard.keeper = StateKeeper(original, slots)
        guard.keeper.restore()
        names = _join_names(slot_names(module, slots))
        if _largest_difference(first, self._run_sampled(self._pictures.first)) is not None:
            guard.keeper = None
            self._notes.append(
                f"Two passes over one picture differ ({difference}): the network keeps a state "
                f"({names}) that runs on, so numbers depend on the pictures before."
            )
            return dark
        if difference is not None:
            self._notes.append(
                f"The network keeps a state ({names}) that changed a second pass ({difference}): "
                "it is put back after each pass, so each picture is the first one."
            )
        return self._run_sampled(self._pictures.dark)

    def _settle_draws(self, first: _Pass) -> None:
        """Find out whether random numbers change the answer; they are the same from then on."""
        guard = self._guard
        guard.draws = guard.drew
        if not guard.drew:
            return
        guard.seed += 1
        difference = _largest_difference(first, self._run_sampled(self._pictures.first))
        guard.seed -= 1
        if difference is not None:
            self._notes.append(
                f"Two passes differ ({difference}) because something random is on (dropout as a "
                "function, or sampling): all numbers are of one draw, the same in each pass."
            )

    # --- several pictures ---------------------------------------------------------------------

    def _run_batch(self, prover: LayoutProver, first: _Pass, dark: _Pass) -> bool:
        """Run pictures together; return whether they must run alone."""
        pictures = self._pictures
        second = pictures.first if dark.failed else pictures.dark
        prover.decide()
        patches = make_patched(pictures.first) if prover.without_proof else pictures.first[:0]
        batch = torch.cat((pictures.first, second, patches))
        done = _Pass()

        def take(key: Key, part: nn.Module, value: Tensor) -> None:
            alone = (first,) if dark.failed else (first, dark)
            prover.take_batch(key, value, tuple(one.samples.get(key) for one in alone), len(batch))

        try:
            done.result = self._observe(batch, take)
        except BadInput as error:
            self._notes.append(
                f"The network runs no batch of pictures, so they run one by one: {_short(error)}"
            )
            return True
        if count_pictures(done.result) == len(batch) and count_pictures(first.result) == 1:
            self._notes.append(
                "The network returns a list with an entry for each picture, so they run one by one."
            )
            return True
        for path, value in islice(iter_tensors(done.result), MAX_RESULTS):
            key = result_key(path)
            take(key, self._module, value)
        different = prover.different_in_batch()
        if different:
            self._notes.append(
                f"In a batch a picture gives other values than alone (first at {different[0]}), so "
                "pictures run one by one."
            )
        prover.decide()
        if prover.taken_on_trust:
            self._raise_channels(prover)
        return bool(different)

    def _raise_channels(self, prover: LayoutProver) -> None:
        copies = self._pictures.first.repeat(1 + CHANNEL_PROBES, 1, 1, 1)

        def take(key: Key, part: nn.Module, value: Tensor) -> Tensor | None:
            prover.take_raised(key, value)
            return prover.raise_channels(key, value)

        try:
            result = self._observe(copies, take)
        except BadInput as error:  # it checks its own numbers: the rules stand
            logging.getLogger(__name__).info("no channels could be raised: %s", error)
            return
        for path, value in islice(iter_tensors(result), MAX_RESULTS):
            prover.take_raised(result_key(path), value)

    def _run_patches_alone(self, prover: LayoutProver) -> None:
        """Run the patched pictures one after the other."""
        bases: dict[Key, Tensor] = {}

        def keep(key: Key, part: nn.Module, value: Tensor) -> None:
            bases[key] = value.detach().clone()

        pictures = (self._pictures.first, *make_patched(self._pictures.first)[:, None])
        for number, picture in enumerate(pictures, -1):

            def compare(key: Key, part: nn.Module, value: Tensor, number: int = number) -> None:
                if key in bases:
                    prover.take_patched(key, value, bases[key], number)

            try:
                result = self._observe(picture, keep if number < 0 else compare)
            except BadInput as error:
                logging.getLogger(__name__).info("a patched picture failed: %s", error)
                return
            for path, value in islice(iter_tensors(result), MAX_RESULTS):
                (keep if number < 0 else compare)(result_key(path), self._module, value)

    # --- words --------------------------------------------------------------------------------

    def _prepare_hidden_modules(self) -> None:
        """Bring modules in plain lists to where torch brings the others, and name them."""
        names = []
        device = self._pictures.first.device
        for name, hidden in hidden_modules(self._module):
            hidden.to(device)
            hidden.eval()
            hidden.requires_grad_(False)
            names.append(name)
        if names:
            self._notes.append(
                f"{_join_names(names)} lies where torch sees no modules (a plain list, say) and "
                "was set to eval mode: put it into an nn.ModuleList to see its layers."
            )

    def _prepare_new_modules(self, original: set[nn.Module]) -> bool:
        """Freeze modules that the first pass made; return whether there are any."""
        new = [part for part in self._module.modules() if part not in original]
        for part in new:
            part.train(False)
            part.requires_grad_(False)
        if new:
            names = {part: name for name, part in self._module.named_modules()}
            owners = [part for part in new if not any(part in set(o.children()) for o in new)]
            self._notes.append(
                f"{_join_names(names[part] for part in owners)} was made in the first pass and set "
                "to eval mode, with weights as they began: give it its size beforehand to load "
                "trained ones."
            )
            self._prepare_hidden_modules()
        return bool(new)

    def _name_what_did_not_run(self, prover: LayoutProver) -> None:
        called = {name for name, _ in prover.calls}
        idle = []
        for name, part in self._module.named_modules():
            if not name or name in called or is_inside_parametrization(name):
                continue
            own = [value for value in part.parameters(recurse=False) if value is not None]
            owner = self._module.get_submodule(name.rpartition(".")[0])
            if own and not isinstance(
                owner, nn.MultiheadAttention
            ):  # which calls no part of itself
                idle.append(name)
        if idle:
            count = f"{len(idle)} modules" if len(idle) > 1 else "1 module"
            self._notes.append(
                f"{count} with weights not called as modules, so nothing is seen of: "
                f"{_join_names(idle)}."
            )
        if prover.rare:
            rare = sorted(prover.rare)
            self._notes.append(
                f"{_join_names(rare)} ran on some of the trial pictures only; on others there is "
                "nothing to see of it."
            )

    def _check_numbers(self, first: _Pass, dark: _Pass) -> None:
        key = result_key(answer_path(first.result) or ())
        if all(key in done.samples and not _is_finite(done.samples[key]) for done in (first, dark)):
            self._notes.append(
                "The network's output on two pictures of noise holds NaN or infinity: its weights "
                "are broken, or its numbers overflow."
            )


def _has_field(fields: ReceptiveFields) -> Callable[[TrialCall], bool]:
    """Return whether the graph says which pixels each place of a call's value sees."""
    return lambda call: call.node is not None and fields.of(call.node) is not None


def result_key(path: Path) -> Key:
    """Return the key of one of the network's results, which is no module's call."""
    return ".".join(path), -1


def iter_other_tensors(output: Any, first: Tensor) -> Iterator[tuple[Path, Tensor]]:
    """Yield what a module returns besides its first tensor: numbers with at least two axes."""
    if isinstance(output, Tensor):
        return
    seen = {id(first)}
    for path, value in islice(iter_tensors(output), 1 + MAX_OTHERS):
        if id(value) not in seen and value.dim() > 1 and value.dtype.is_floating_point:
            seen.add(id(value))
            yield path, value


def key_of_other(name: str, path: Path, number: int) -> Key:
    """Return the key of a further tensor that a module's call returns."""
    return f"{name}.{'.'.join(path)}", number


def _largest_difference(expected: _Pass, actual: _Pass) -> str | None:
    """Return how far two passes are apart, in words; None where they agree."""
    if actual.failed:
        return None
    names = [key for key in expected.samples if key[1] < 0] or list(expected.samples)
    worst, differs = 0.0, False
    for key in names:
        a, b = expected.samples[key], actual.samples.get(key)
        if b is None or a.shape != b.shape:
            return "in shape"
        if is_same(a, b):
            continue
        differs = True
        scale = float(a.abs().nan_to_num(0.0, 0.0, 0.0).max()) if a.numel() else 0.0
        worst = max(worst, float((a - b).abs().nan_to_num(0.0).max()) / max(scale, 1e-30))
    if differs:
        return f"by {100 * worst:.2g} % of the largest value"
    inside = (key for key in expected.samples if key in actual.samples)
    if all(is_same(expected.samples[key], actual.samples[key]) for key in inside):
        return None
    return "inside only, not in its answer"


def _is_finite(sample: Tensor) -> bool:
    return bool(sample.isfinite().all())


def _join_names(names: Iterable[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:199] + "…"
