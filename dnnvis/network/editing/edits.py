"""Hold a network's edits, and apply them to every pass while they are on.

Hooks are attached for the pass alone: once the edits are gone, nothing is left of them. Values are
changed before anything reads them, so recordings, lenses and gradients see the edited network.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from dnnvis.core.edit import Edit, parse_edits
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.unit import quote_name
from dnnvis.network.editing.fresh_values import makes_new_values
from dnnvis.network.editing.head_edit import HeadScale, scale_heads
from dnnvis.network.editing.recurrent_edit import StepEdit, can_restart, edit_steps
from dnnvis.network.editing.value_edit import Reader, ValueEdit, average, merge_edits
from dnnvis.network.hooks import autograd_mode, replace_outputs
from dnnvis.network.layer_table import RESULT, LayerTable, run_user_code
from dnnvis.network.layout import ChannelLayout
from dnnvis.network.outputs import Path, iter_tensors, replace_tensor, tensor_at
from dnnvis.network.recurrent import is_cell, is_recurrent

if TYPE_CHECKING:
    from dnnvis.network.network import Network

MAX_RECENT_BATCHES = 8  # of a script, whose pictures its ``mean`` is taken over ...
MAX_RECENT_PICTURES = 8  # ... so many of each
MAX_PLANS = 4  # of passes, each for other edits or another batch, that are made again


class Edits:
    """The edits of one network, shared by its folded and fused copies.

    Attributes:
        active: edits that every pass applies, in order.
        means: what ``mean`` sets each edit's entries to, float (C', h, w).
        missed: edits of the last pass whose layer or call did not run.
        notes: sentences on edits that do less than their text says.
        lasting: edits that the network was opened with; they make it another network, with a
            library and a map of its own.
    """

    def __init__(self) -> None:
        self.lasting: tuple[Edit, ...] = ()
        self.active: tuple[Edit, ...] = ()
        self.means: dict[Edit, Tensor] = {}
        self.missed: tuple[Edit, ...] = ()
        self.notes: tuple[str, ...] = ()
        self._recent: deque[Tensor] = deque(maxlen=MAX_RECENT_BATCHES)
        self._plans: deque[_EditedPass] = deque(maxlen=MAX_PLANS)

    def __bool__(self) -> bool:
        return bool(self.active)

    def describe(self) -> tuple[str, ...]:
        """Return sentences on edits that are on, () without any."""
        titles = ", ".join(edit.title for edit in self.active)
        return ((f"Edited: {titles}.",) if titles else ()) + self.notes

    @contextmanager
    def apply(self, edits: Sequence[Edit]) -> Iterator[None]:
        """Apply further edits, after those that are on, within the context."""
        previous = self.active
        self.active = (*previous, *edits)
        try:
            yield
        finally:
            self.active, self.missed, self.notes = previous, (), ()

    @contextmanager
    def suspend(self, remaining: tuple[Edit, ...] = ()) -> Iterator[None]:
        """Apply no edits but ``remaining`` within the context."""
        previous = self.active, self.missed, self.notes
        self.active = remaining
        try:
            yield
        finally:
            self.active, self.missed, self.notes = previous

    @contextmanager
    def leave_out(self, remaining: tuple[Edit, ...]) -> Iterator[None]:
        """Apply ``remaining`` alone within the context, for the network makes the others itself.

        What became of them in the pass stays known.
        """
        previous, self.missed, self.notes = self.active, (), ()
        self.active = remaining
        try:
            yield
        finally:
            self.active = previous

    def remember(self, x: Tensor) -> None:
        """Remember some of the pictures (B, C, H, W) that were recorded, for ``mean``."""
        if not self.active:
            self._recent.append(x.detach()[:MAX_RECENT_PICTURES].clone())

    def prepare(self, network: "Network", x: Tensor) -> None:
        """Learn the means that are not known yet, before a pass on pictures (B, C, H, W).

        They are those of the pictures remembered, or of ``x``.
        """
        edits = [edit for edit in self.active if edit.action == "mean" and edit not in self.means]
        if edits:
            self.means |= self.measure_means(network, edits, self._recent or [x.detach()])

    def measure_means(
        self, network: "Network", edits: Sequence[Edit], pictures: Sequence[Tensor]
    ) -> dict[Edit, Tensor]:
        """Measure what ``mean`` sets units to, by passes of the network without edits.

        Args:
            network: The network.
            edits: The edits.
            pictures: Pixels (B, C, H, W) in [0, 1], batch by batch; at least one.

        Returns:
            Edit -> (C', h, w) float64, see ``average``; of an edit that changes several calls
            their mean. None of a layer that did not run.
        """
        samples: dict[Edit, list[Tensor]] = defaultdict(list)
        for x in pictures:

            def observe(edit: Edit, maps: Tensor) -> None:
                samples[edit] += [average(each[None].double(), edit) for each in maps]

            with self.suspend():
                observer = _EditedPass(self.means, edits, network, len(x), observe)
                with replace_outputs(network.module, observer.changes), autograd_mode(False):
                    observer.edit_result(run_user_code(network.forward, x))
        return {edit: torch.stack(each).mean(0) for edit, each in samples.items()}

    def run(self, network: "Network", x: Tensor, run: Callable[[Tensor], Any]) -> Any:
        """Make a pass with the edits applied.

        Args:
            network: The network.
            x: Pixels (B, C, H, W) in [0, 1].
            run: Makes the pass without them.

        Returns:
            What the network returns.

        Raises:
            BadInput: An edit cannot be applied to what its layer returned.
        """
        self.prepare(network, x)
        table = network.table
        plan = self._plan(network, len(x))
        with (
            replace_outputs(network.module, plan.changes),
            scale_heads(network.module, table.heads, plan.heads) as calls,
        ):
            returned = run(x)
        plan.calls.update(calls)
        returned = plan.edit_result(returned)
        self.missed = tuple(edit for edit in self.active if plan.was_missed(edit))
        self.notes = tuple(dict.fromkeys(plan.notes))
        return returned

    def _plan(self, network: "Network", batch: int) -> "_EditedPass":
        """Return what happens in a pass with the active edits; that of an earlier one, if any."""
        for plan in self._plans:
            if plan.is_for(network.table, self.active, batch):
                plan.begin()
                return plan
        plan = _EditedPass(self.means, self.active, network, batch)
        self._plans.append(plan)
        return plan


def make_lasting(network: "Network", texts: Sequence[str]) -> None:
    """Apply edits from now on, to what is then another network; errors as ``Network.edited``.

    It has a library and a map of its own, and recipes say so.
    """
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise BadInput(f"Edits are texts such as 'conv4[5] = 0', not {texts!r}.")
    if texts:
        edits = tuple(check_edit(network, each) for each in parse_edits(texts, network.table.names))
        network.edits.lasting = network.edits.active = edits
        network.origin = {**network.origin, "edits": [str(edit) for edit in edits]}


@contextmanager
def apply_edits(
    network: "Network", texts: Sequence[str | Edit], images: Any = None
) -> "Iterator[Network]":
    """Apply edits within the context, see ``Network.edited``."""
    edits = [check_edit(network, each) for each in parse_edits(texts, network.table.names)]
    with network.edits.apply(edits):
        if images is not None:
            for edit in edits:
                network.edits.means.pop(edit, None)
            means = [edit for edit in edits if edit.action == "mean"]
            network.edits.means |= network.edits.measure_means(
                network, means, [network.encode(images)]
            )
        try:
            yield network
        finally:
            for edit in edits:
                network.edits.means.pop(edit, None)


def check_edit(network: "Network", edit: Edit) -> Edit:
    """Return an edit with its layer's own name.

    Raises UnknownUnit where the network has no such layer, unit, position or call, BadInput where
    what it names cannot be edited.
    """
    row = network.layer(edit.layer)
    table, (channels, height, width) = network.table, row.shape
    edit = replace(edit, layer=row.name)
    if row.name in table.parts:
        raise BadInput(
            f"{edit}: gates and states inside of {table.parts[row.name][0]} cannot be edited; "
            f"edit {quote_name(table.parts[row.name][0])}, its hidden state."
        )
    for channel in (*edit.channels, *((edit.other,) if edit.action == "swap" else ())):
        if channel >= channels:
            raise UnknownUnit(f"{edit}: {row.name} has channels 0 to {channels - 1}.")
    if edit.region is not None and (edit.region[2] > height or edit.region[3] > width):
        raise UnknownUnit(f"{edit}: {row.name} has maps of {height} x {width}.")
    if edit.call is not None and not -row.calls <= edit.call < row.calls:
        raise UnknownUnit(f"{edit}: {row.name} is called {row.calls} times.")
    if row.name in table.heads and (edit.region is not None or not _is_head_action(edit)):
        raise BadInput(f"{edit}: an attention head is switched off (= 0) or scaled (*= 0.5).")
    return edit


def _is_head_action(edit: Edit) -> bool:
    return edit.action == "scale" or edit.is_off


class _EditedPass:
    """What happens to the values of one pass.

    Attributes:
        changes: submodule -> what it returns, changed; for ``hooks.replace_outputs``.
        heads: row of attention heads -> what is scaled.
        calls: row or module -> how often it was called.
        notes: sentences on edits that do less than their text says.
    """

    def __init__(
        self,
        means: Mapping[Edit, Tensor],
        edits: Sequence[Edit],
        network: "Network",
        batch: int,
        observe: Callable[[Edit, Tensor], None] | None = None,
    ) -> None:
        """Create the pass of one batch.

        Args:
            means: What ``mean`` sets each edit's entries to.
            edits: The edits, in order.
            network: The network.
            batch: Number of pictures.
            observe: Receives each edit and the values (B, C, H, W) that it would change; then none
                are changed.
        """
        self._means, self._batch, self._observe = means, batch, observe
        self._table: LayerTable = network.table
        self._edits = tuple(edits)
        self.calls: Counter[str] = Counter()
        self.notes: list[str] = []
        self.heads: dict[str, list[HeadScale]] = defaultdict(list)
        self._by_module: dict[str, list[Edit]] = defaultdict(list)
        self._value_edits: dict[tuple[str, int], list[tuple[Path | None, ValueEdit]]] = {}
        for edit in edits:
            if edit.layer in self._table.heads:
                factor = edit.value if edit.action == "scale" else 0.0
                self.heads[edit.layer].append(HeadScale(edit.channels, edit.call, factor))
            else:
                self._by_module[self._table.hooked_module(edit.layer)].append(edit)
        self.changes = {name: self._change_for(name) for name in self._by_module if name != RESULT}

    def is_for(self, table: LayerTable, edits: tuple[Edit, ...], batch: int) -> bool:
        """Return whether it can be made again for these edits of a network with this table."""
        return table is self._table and batch == self._batch and edits == self._edits

    def begin(self) -> None:
        """Make it ready for another pass."""
        self.calls.clear()
        self.notes.clear()

    def was_missed(self, edit: Edit) -> bool:
        """Return whether the edit changed nothing, for its layer or its call did not run."""
        heads = edit.layer in self._table.heads
        key = edit.layer if heads else self._table.hooked_module(edit.layer)
        needed = 1 if edit.call is None else self._number(edit) + 1
        return self.calls[key] < needed

    def edit_result(self, returned: Any) -> Any:
        """Return what the network returned, with its own rows edited."""
        self.calls[RESULT] += 1
        for edit in self._by_module.get(RESULT, ()):
            path = self._table.results.get(self._table.owner(edit.layer))
            if path is not None:
                returned = self._edit_at(returned, path, ValueEdit(edit, self._reader(edit, 0)))
        return returned

    def _change_for(self, name: str) -> Callable[[nn.Module, Any, Any], Any]:
        owners = [self._table.owner(edit.layer) for edit in self._by_module[name]]
        has_steps = any(owner in self._table.steps for owner in owners)

        def change(module: nn.Module, inputs: Any, output: Any) -> Any:
            if is_recurrent(module) and not is_cell(module):
                return self._edit_recurrent(name, module, inputs, output)
            if has_steps:
                return self._edit_steps(name, output)
            call = self.calls[name]
            self.calls[name] = call + 1
            return self._edit_call(name, call, output, makes_new_values(module))

        return change

    def _edit_call(self, name: str, call: int, output: Any, is_new: bool) -> Any:
        """Edit what a module returned at a call.

        Args:
            name: The module.
            call: Number of the call within the pass.
            output: What it returned.
            is_new: Whether nobody else holds its tensors.

        Returns:
            The same with the call's edits, one after the other.
        """
        own: Tensor | None = None  # may be changed in place: nobody else has it
        if is_new and isinstance(output, Tensor):
            own = None if output.requires_grad or output.is_inference() else output
        for known_path, edit in self._edits_of_call(name, call):
            path = self._first_path(output, edit) if known_path is None else known_path
            value = tensor_at(output, path)
            if value is None:
                raise BadInput(_describe_missing(edit.edit))
            changed = self._edit_value(value, edit, inplace=value is own)
            if changed is not value:
                own = changed
                output = replace_tensor(output, path, changed)
        return output

    def _edits_of_call(self, name: str, call: int) -> list[tuple[Path | None, ValueEdit]]:
        """Return the edits of a module's call, each with the path of its tensor (None: first)."""
        key = (name, call)
        if key not in self._value_edits:
            edits = [
                edit
                for edit in self._by_module[name]
                if edit.call is None or self._number(edit) == call
            ]
            edits = edits if self._observe else merge_edits(edits)
            self._value_edits[key] = [
                (
                    self._table.paths.get(self._table.owner(edit.layer)),
                    ValueEdit(edit, self._reader(edit, call)),
                )
                for edit in edits
            ]
        return self._value_edits[key]

    def _edit_steps(self, name: str, output: Any) -> Any:
        """Edit a module that returns time steps all at once, and perhaps other tensors."""
        call = self.calls[name]
        for edit in self._by_module[name]:
            if self._table.owner(edit.layer) in self._table.steps:
                output = self._edit_all_steps(output, edit)
                self.calls[name] = call + self._calls_of(edit) - 1
            elif edit.call is None or self._number(edit) == call:
                reader = ValueEdit(edit, self._reader(edit, call))
                output = self._edit_at(output, self._path_of(output, reader), reader)
        self.calls[name] += 1
        return output

    def _calls_of(self, edit: Edit) -> int:
        row = self._table.find(edit.layer)
        return 1 if row is None else row.calls

    def _number(self, edit: Edit) -> int:
        """Return the number of the edit's call within the pass, from 0."""
        assert edit.call is not None
        return edit.call % self._calls_of(edit)

    def _path_of(self, output: Any, edit: ValueEdit) -> Path:
        """Return where in what a module returns the edited tensor lies."""
        path = self._table.paths.get(self._table.owner(edit.edit.layer))
        return self._first_path(output, edit) if path is None else path

    def _first_path(self, output: Any, edit: ValueEdit) -> Path:
        """Return where the first tensor lies in what a module returns."""
        first = next((at for at, _ in iter_tensors(output)), None)
        if first is None:
            raise BadInput(_describe_missing(edit.edit))
        return first

    def _edit_at(self, output: Any, path: Path, edit: ValueEdit) -> Any:
        value = tensor_at(output, path)
        if value is None:
            raise BadInput(_describe_missing(edit.edit))
        changed = self._edit_value(value, edit)
        return output if changed is value else replace_tensor(output, path, changed)

    def _edit_value(self, value: Tensor, edit: ValueEdit, inplace: bool = False) -> Tensor:
        directions = self._table.derived.get(edit.edit.layer)
        if self._observe is not None:
            maps = edit.read(value).detach()
            self._observe(
                edit.edit, maps if directions is None else directions.project(maps.float())
            )
            return value
        mean = self._means.get(edit.edit)
        if directions is not None:
            return directions.edit(value, edit.read, edit.edit, mean)
        return edit.apply(value, mean, inplace)

    def _reader(self, edit: Edit, call: int) -> Reader:
        """Return how a value of the layer is read as (B, C, H, W).

        Where the edit names no positions, tokens that are no positions (class token, registers) are
        among them.
        """
        layer = self._table.base(edit.layer)
        owner, number = self._table.tokens.get(layer, ("", 0))
        layouts = self._table.layouts[owner or layer]
        layout = layouts[min(call, len(layouts) - 1)]
        if owner:
            return lambda value: layout.class_token(value, self._batch, number)
        is_whole = edit.region is None and layer == edit.layer  # directions are over positions
        if is_whole and layout.grid is not None and layout.kind in ("tokens", "list"):
            layout = replace(layout, grid=None, prefix=0, order=(), positions=0, extras=())
        return lambda value: layout.arrange(value, self._batch)

    def _edit_all_steps(self, output: Any, edit: Edit) -> Any:
        """Edit time steps that a module returns all at once."""
        split = self._table.steps[self._table.owner(edit.layer)]
        count = self._calls_of(edit)
        for step in range(count) if edit.call is None else (self._number(edit),):
            read = _read_step(split, step, self._batch, self._reader(edit, step))
            step_edit = ValueEdit(edit, read)
            output = self._edit_at(output, self._path_of(output, step_edit), step_edit)
        return output

    def _edit_recurrent(self, name: str, module: Any, inputs: Any, output: Any) -> Any:
        """Edit the hidden state of time steps, from which the later ones start."""
        edits = self._by_module[name]
        count = max(self._calls_of(edit) for edit in edits)
        by_step: dict[int, list[Edit]] = defaultdict(list)
        for edit in edits:
            for step in range(count) if edit.call is None else (self._number(edit),):
                by_step[step].append(edit)
        if not can_restart(module, inputs):
            self.notes.append(
                f"{name} runs in both directions or on packed sequences: edits change what it "
                "returns, not the states that its own later steps start from."
            )
        changes = {step: self._step_edit(group, step) for step, group in by_step.items()}
        self.calls[name] += count
        return edit_steps(module, inputs, output, changes)

    def _step_edit(self, edits: Sequence[Edit], step: int) -> StepEdit:
        def change(hidden: Tensor) -> Tensor:
            for edit in edits:
                hidden = self._edit_value(hidden, ValueEdit(edit, self._reader(edit, step)))
            return hidden

        return change


def _describe_missing(edit: Edit) -> str:
    return f"{edit}: {edit.layer} returned no values on this picture."


def _read_step(split: ChannelLayout, step: int, batch: int, read: Reader) -> Reader:
    return lambda value: read(split.split_steps(value, batch)[step])
