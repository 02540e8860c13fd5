"""List what there is to see in a network, by one dry run."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from dnnvis.core.errors import BadInput, DnnvisError, is_from_keyboard
from dnnvis.core.messages import ATTENTION_HEADS, LayerInfo, name_layers
from dnnvis.network.attention.heads import AttentionHeads
from dnnvis.network.hooks import StopForward
from dnnvis.network.layout import ChannelLayout
from dnnvis.network.opening.user_code import describe_error
from dnnvis.network.output_meaning import OutputEvidence, gather_evidence
from dnnvis.network.outputs import (
    MAX_RESULTS,
    Path,
    answer_path,
    iter_tensors,
    list_outputs,
    path_of,
)
from dnnvis.network.receptive_fields import ReceptiveFields, summarize_field
from dnnvis.network.recurrent import is_cell, is_recurrent, recurrent_parts, time_steps_of
from dnnvis.network.state.checkpointing import without_checkpointing
from dnnvis.network.state.module_state import is_inside_parametrization
from dnnvis.network.state.pass_guard import PassGuard
from dnnvis.network.trial.layout_proof import LayoutProver
from dnnvis.network.trial.layout_rules import token_names
from dnnvis.network.trial.passes import Trial, TrialPictures, TrialRun, result_key
from dnnvis.network.trial.trial_call import Key

if TYPE_CHECKING:
    from dnnvis.network.directions.directions import Directions
    from dnnvis.network.network import Network

OUTPUT = "output"
TAKEN = " (result)"  # after the name of a row where a module is called so already
RESULT = ""  # in the place of a module's name: what the network itself returns
NO_GRADIENTS_NOTE = "The network runs only without gradients: nothing can be sent back through it."


@dataclass(frozen=True)
class LayerTable:
    """The rows of a network's layers, and how to read their values.

    The calls of an ``nn.RNN``, ``GRU`` or ``LSTM`` are its time steps. What happens inside it,
    or inside a cell, has rows of its own right after it.
    """

    #: Rows in the order in which the network runs them (by first return), ``output`` last.
    layers: tuple[LayerInfo, ...]
    #: Layer name (but class tokens) -> one layout per call.
    layouts: dict[str, tuple[ChannelLayout, ...]]
    #: Sentences on what is unusual.
    notes: tuple[str, ...] = ()
    #: Row -> (module, part) of a recurrent module (see ``recurrent``).
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: All modules that cuDNN would run.
    recurrent: tuple[str, ...] = ()
    #: Row -> the module that returns it; RESULT for what the network returns.
    modules: dict[str, str] = field(default_factory=dict)
    #: Row of a token that is no place -> (row of its layer, which of these tokens).
    tokens: dict[str, tuple[str, int]] = field(default_factory=dict)
    #: Row whose calls are time steps that its module returns at once -> how they lie in it.
    steps: dict[str, ChannelLayout] = field(default_factory=dict)
    #: Row of a result -> where it lies in what the network returns.
    results: dict[str, Path] = field(default_factory=dict)
    #: Whether a batch changes what a picture gives, so that pictures run one by one.
    one_by_one: bool = False
    #: Rows of layers that ran on some of the trial pictures only.
    rare: tuple[str, ...] = ()
    #: Row of a further tensor that a module returns -> where it lies in what it returns.
    paths: dict[str, Path] = field(default_factory=dict)
    #: Layer -> what its shown numbers are, where that must be said (``values.describe_values``).
    values: dict[str, str] = field(default_factory=dict)
    #: (path, shape without the axis of the pictures) of every tensor that the network returns.
    outputs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    #: What the passes showed of the answer.
    answer: OutputEvidence = field(default_factory=OutputEvidence)
    #: Row -> the attention heads that it is, in the order in which they run (see ``attention``).
    heads: dict[str, AttentionHeads] = field(default_factory=dict)
    #: Row -> the directions over another row's channels that it is (see ``directions``).
    derived: "Mapping[str, Directions]" = field(default_factory=dict)

    def find(self, name: str) -> LayerInfo | None:
        """Return the row of a layer, by its name or its title; None where there is none."""
        name = self.names.get(name, name)
        return next((layer for layer in self.layers if layer.name == name), None)

    @cached_property
    def names(self) -> dict[str, str]:
        """Return whatever a layer may be called, its name or its title, and its name."""
        return name_layers(self.layers)

    def with_titles(self, titles: Mapping[str, str]) -> "LayerTable":
        """Return the table with titles of some rows."""
        rows = (replace(row, title=titles.get(row.name, "")) for row in self.layers)
        return replace(self, layers=tuple(rows))

    @property
    def has_grids(self) -> bool:
        """Return whether any layer's places were put in order for this input size."""
        layouts = (layout for calls in self.layouts.values() for layout in calls)
        return any(layout.grid is not None for layout in layouts)

    def base(self, name: str) -> str:
        """Return the row that a row of directions is computed from; else the row itself."""
        return self.derived[name].layer if name in self.derived else name

    def hooked_module(self, name: str) -> str:
        """Return the module that is hooked for a layer: for a part or a token, its owner.

        RESULT for what the network returns.
        """
        name = self.base(name)
        if name in self.heads:
            return self.heads[name].module or RESULT
        if name in self.parts:
            name = self.parts[name][0]
        name = self.tokens.get(name, (name, 0))[0]
        return self.modules.get(name, name)

    def hooked_modules(self, names: Iterable[str]) -> set[str]:
        """Return the modules that are hooked to record layers; heads are read without a hook."""
        return {self.hooked_module(name) for name in names if name not in self.heads} - {RESULT}

    def stop_after(self, name: str, calls: int) -> tuple[str, int] | None:
        """Return (module, calls) after which so many calls of a layer were made; None: the end."""
        if name in self.heads:
            calls = -(-calls // self.heads[name].calls_per_pass)
        module = self.hooked_module(name)
        return None if module == RESULT and name in self.heads else (module, calls)

    def rows_by_module(self) -> dict[str, str]:
        """Return, of each module that has a row, that of what it returns first."""
        return {
            module: row
            for row, module in self.modules.items()
            if module != RESULT and row not in self.paths
        }

    def other_rows(self) -> dict[str, list[tuple[str, Path]]]:
        """Return, of modules that return further tensors, the rows and paths of these."""
        rows: dict[str, list[tuple[str, Path]]] = defaultdict(list)
        for row, path in self.paths.items():
            rows[self.modules[row]].append((row, path))
        return rows

    def owner(self, name: str) -> str:
        """Return the row that a row is a part or a token of; else the row itself."""
        name = self.base(name)
        if name in self.parts:
            return self.parts[name][0]
        return self.tokens.get(name, (name, 0))[0]

    def parts_by_module(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return, for each module that has parts among ``names``, part -> name of its row."""
        parts_by_module: dict[str, dict[str, str]] = defaultdict(dict)
        for name in names:
            if name in self.parts:
                row, part = self.parts[name]
                parts_by_module[self.modules[row]][part] = name
        return dict(parts_by_module)


@dataclass
class _Call:
    module: nn.Module
    value: Tensor
    node: Any
    layout: ChannelLayout


def build_layer_table(
    module: nn.Module,
    forward: Callable[[Tensor], Any],
    guard: PassGuard,
    pictures: TrialPictures,
    *,
    output: str = "",
    previous: "LayerTable | None" = None,
    prove: bool = True,
) -> LayerTable:
    """Run trial pictures through a network and list what its modules return.

    Args:
        module: The network's module.
        forward: Takes pixels (B, C, H, W) and runs the module within ``guard``.
        guard: Learns what state and random draws there are to put back.
        pictures: The pictures.
        output: Path of the result that is the answer; "": the likeliest.
        previous: The table at another input size: its proofs are taken over where they fit.
        prove: Whether to run more than the first pass; else layouts are what rules and the graph
            say.

    Returns:
        The layer table.

    Raises:
        BadInput: The network cannot be run so; with the network's own message.
    """

    def run(x: Tensor) -> Any:
        return run_user_code(forward, x)

    prove = prove and previous is None
    try:
        trial = TrialRun(module, run, guard, pictures).run(gradients=True, prove=prove)
    except BadInput:
        trial = TrialRun(module, run, guard, pictures).run(False, prove=prove)
        trial.notes.append(NO_GRADIENTS_NOTE)
    return _table_of(module, trial, output, previous)


def run_user_code(forward: Any, x: Tensor) -> Any:
    """Run ``forward(x)``; whatever the network raises, SystemExit too, becomes BadInput.

    What it checkpoints is run plainly (see ``checkpointing``).
    """
    try:
        with without_checkpointing():
            return forward(x)
    except (DnnvisError, StopForward):
        raise
    except BaseException as error:
        if is_from_keyboard(error):
            raise
        shape = tuple(x.shape)
        raise BadInput(
            f"The network failed on a picture of shape {shape}: {describe_error(error)}."
        ) from error


def _table_of(
    module: nn.Module, trial: Trial, output: str, previous: LayerTable | None
) -> LayerTable:
    answer = path_of(output, trial.result) if output else answer_path(trial.result)
    if answer is None:
        kind = type(trial.result).__name__
        raise BadInput(f"The network returns {kind} without any tensor in it.")
    prover = trial.prover
    layouts = prover.decide() if previous is None else _reuse_layouts(prover, previous)
    calls, modules, steps, results = _calls_by_row(module, trial, layouts, answer)
    rows: list[LayerInfo] = []
    parts: dict[str, tuple[str, str]] = {}
    tokens: dict[str, tuple[str, int]] = {}
    row_layouts = {
        name: tuple(call.layout for call in module_calls) for name, module_calls in calls.items()
    }
    taken = set(calls) | {name for name, _ in module.named_modules()}
    paths = {row: path for row, (owner, path) in _other_rows(trial, modules).items()}
    kinds = {row: _kind_of(module, owner, paths.get(row)) for row, owner in modules.items()}
    heads = {} if trial.attention is None else trial.attention.rows(row_layouts, taken)
    for name, module_calls in calls.items():
        if name == OUTPUT:  # of modules that return no tensor, and of the network itself
            owners = set(modules.values()) - {RESULT}
            rows += [_heads_row(*pair) for pair in heads.items() if pair[1].module not in owners]
        row = _layer_row(name, module_calls, trial.fields, kinds[name])
        rows.append(row)
        for number, label in enumerate(token_names(module, module_calls[0].layout.prefix)):
            token = _free_name(f"{name}.{label}", taken)
            tokens[token] = (name, number)
            kind = "class token" if label == "cls" else "token"
            rows.append(LayerInfo(token, kind, (row.shape[0], 1, 1), len(module_calls), 0))
        inner = {
            part: inside
            for part, inside in _part_rows(row, module_calls)
            if inside.name not in calls
        }
        rows += inner.values()
        if modules[name] != RESULT and name not in paths:
            rows += [_heads_row(*pair) for pair in heads.items() if pair[1].module == modules[name]]
        parts |= {inside.name: (name, part) for part, inside in inner.items()}
        for inside in inner.values():
            row_layouts[inside.name] = tuple(
                _part_layout(call.layout, inside) for call in module_calls
            )
    recurrent = (name for name, part in module.named_modules() if isinstance(part, nn.RNNBase))
    return LayerTable(
        tuple(rows),
        row_layouts,
        notes=(
            *_output_notes(trial.result, answer, results),
            *_sequence_notes(calls),
            *_value_notes(trial.values),
            *trial.notes,
        ),
        parts=parts,
        recurrent=tuple(recurrent),
        modules=modules,
        tokens=tokens,
        steps=steps,
        results=results,
        one_by_one=trial.one_by_one,
        rare=tuple(row for row, name in modules.items() if name in prover.rare and name),
        paths=paths,
        values=trial.values,
        heads=heads,
        outputs=tuple(list_outputs(trial.result)),
        answer=_evidence(trial, answer, calls[OUTPUT][0]) if previous is None else previous.answer,
    )


def _evidence(trial: Trial, answer: Path, call: _Call) -> OutputEvidence:
    """Return what the passes showed of the answer."""
    calls = trial.prover.calls.items()
    returned = [
        other.module for (_, number), other in calls if number >= 0 and other.value is call.value
    ]
    return gather_evidence(trial.results, answer, call.layout, call.node, returned)


def _calls_by_row(
    module: nn.Module, trial: Trial, layouts: dict[Key, ChannelLayout], answer: Path
) -> tuple[dict[str, list[_Call]], dict[str, str], dict[str, ChannelLayout], dict[str, Path]]:
    """Return the calls of each row, and of each row its module, its time steps, its result."""
    calls: dict[str, list[_Call]] = defaultdict(list)
    modules: dict[str, str] = {}
    steps: dict[str, ChannelLayout] = {}
    results = _result_rows(module, trial, answer)
    taken, others = {name for name, _ in module.named_modules()}, dict[str, str]()
    for key, layout in layouts.items():
        (name, number), call = key, trial.prover.calls[key]
        if number < 0 or is_inside_parametrization(name):
            continue
        row = f"{OUTPUT} (module)" if name == OUTPUT else name
        owner = trial.paths.get(name, (name,))[0]
        if owner != name:
            row = others[name] if name in others else _free_name(name, taken)
            others[name] = row
        modules[row] = owner
        if layout.steps and owner != name:
            layout = replace(layout, steps=False)  # shown whole
        elif layout.steps:
            steps[row] = layout
        calls[row].extend(_iter_calls(trial, key, layout))
    for row, path in results.items():
        call = trial.prover.calls[result_key(path)]
        modules[row] = RESULT
        layout = layouts[result_key(path)]
        if layout.steps:  # the network's answer is shown whole
            layout = replace(layout, steps=False)
        calls[row] = [_Call(module, call.value, call.node, layout)]
    return calls, modules, steps, results


def _iter_calls(trial: Trial, key: Key, layout: ChannelLayout) -> Iterator[_Call]:
    """Yield one call, or one a time step of a module that makes them all at once."""
    call, output = trial.prover.calls[key], trial.outputs.get(key)
    if output is not None and not is_cell(call.module):
        grids = trial.prover.seen_grids
        for step in time_steps_of(call.module, output).split(call.value.detach()):  # (N, H)
            yield _Call(call.module, step, None, _step_layout(step, grids))
    elif layout.steps:
        for step in layout.split_steps(call.value.detach()):
            yield _Call(call.module, step, None, layout.of_step())
    else:
        yield _Call(call.module, call.value, call.node, layout)


def _result_rows(module: nn.Module, trial: Trial, answer: Path) -> dict[str, Path]:
    """Return the row of each of the network's results; the answer's, ``output``, comes last."""
    taken = {name for name, _ in module.named_modules()}
    rows: dict[str, Path] = {}
    for path, _ in islice(iter_tensors(trial.result), MAX_RESULTS):
        if path != answer:
            rows[_free_name(".".join((OUTPUT, *path)), taken)] = path
    return rows | {OUTPUT: answer}


def _free_name(name: str, taken: set[str]) -> str:
    """Return ``name``, or with a word after it where something is called so already."""
    while name in taken:
        name += TAKEN
    taken.add(name)
    return name


def _step_layout(step: Tensor, grids: Sequence[tuple[int, int]]) -> ChannelLayout:
    """Return the layout of one time step (N, C) of N sequences a picture.

    Where there are as many as positions of a map that was seen, they are its positions.
    """
    count, channels = step.shape
    if count == 1:
        return ChannelLayout("vector")
    fitting = (grid for grid in reversed(grids) if grid[0] * grid[1] == count)
    return ChannelLayout("tokens", next(fitting, None), lead="rows", shape=(count, channels))


def _reuse_layouts(prover: LayoutProver, previous: LayerTable) -> dict[Key, ChannelLayout]:
    """Return layouts at another input size: those proved before, where they hold no grid."""
    layouts = prover.decide()
    for (name, number), layout in layouts.items():
        known = previous.layouts.get(name, ())
        if 0 <= number < len(known) and not known[number].steps and known[number].grid is None:
            layouts[name, number] = replace(known[number], shape=layout.shape)
    return layouts


def _other_rows(trial: Trial, modules: dict[str, str]) -> dict[str, tuple[str, Path]]:
    """Return the rows of further tensors that modules return: row -> (module, path)."""
    rows = {}
    for name, place in trial.paths.items():
        row = next((row for row in modules if row.removesuffix(TAKEN) == name), None)
        if row is not None and modules[row] == place[0]:
            rows[row] = place
    return rows


def _kind_of(module: nn.Module, owner: str, path: Path | None) -> str:
    if owner == RESULT:
        return "result"
    kind = type(module.get_submodule(owner)).__name__
    return kind if path is None else f"{kind}, its {'.'.join(path)}"


def _layer_row(
    name: str, module_calls: list[_Call], fields: ReceptiveFields, kind: str
) -> LayerInfo:
    first = module_calls[0]
    value = first.layout.arrange(first.value.detach())
    count = sum(p.numel() for p in first.module.parameters())
    shape = (int(value.shape[1]), int(value.shape[2]), int(value.shape[3]))
    spatial = first.layout.kind in ("maps", "last") and first.layout.grid is None
    field = summarize_field(fields.of(first.node)) if spatial and first.node is not None else None
    return LayerInfo(name, kind, shape, len(module_calls), count, field)


def _part_rows(row: LayerInfo, module_calls: list[_Call]) -> Iterator[tuple[str, LayerInfo]]:
    """Yield what there is to see inside a recurrent module, whose own row this is."""
    module = module_calls[0].module
    if row.name == OUTPUT or not is_recurrent(module):
        return
    for name, part in recurrent_parts(module).items():
        shape = (part.channels, *row.shape[1:])
        yield name, LayerInfo(f"{row.name}.{name}", part.kind, shape, row.calls, part_of=row.name)


def _heads_row(name: str, heads: AttentionHeads) -> LayerInfo:
    """Return the row of attention heads."""
    shape, calls = heads.layouts[0].shape, len(heads.layouts)
    return LayerInfo(name, ATTENTION_HEADS, shape, calls, part_of=heads.module or OUTPUT)


def _part_layout(layout: ChannelLayout, row: LayerInfo) -> ChannelLayout:
    """Return a part's layout: the module's own, but for the number of channels."""
    if layout.kind != "tokens" or layout.lead != "rows":
        return layout
    return replace(layout, shape=(*layout.shape[:-1], row.shape[0]))


def _sequence_notes(calls: dict[str, list[_Call]]) -> Iterator[str]:
    """Yield notes on sequences that run the wrong way, most likely."""
    for name, module_calls in calls.items():
        module, sequences = module_calls[0].module, module_calls[0].layout.shape[:1]
        if (
            isinstance(module, nn.RNNBase)
            and len(module_calls) == 1
            and sequences
            and not module.batch_first
        ):
            yield (
                f"{name} is given 1 time step of {sequences[0]} sequences a picture; if these are "
                "the time steps of one sequence, it lacks batch_first=True."
            )


def _output_notes(result: Any, answer: Path, results: Iterable[str]) -> Iterator[str]:
    if isinstance(result, Tensor):
        return
    kind = type(result).__name__
    others = [row for row in results if row != OUTPUT]
    which = (
        f"'{'.'.join(answer)}' in it"
        if answer and not answer[-1].isdigit()
        else "the first tensor in it"
    )
    also = f"; also to be seen: {', '.join(others[:6])}" if others else ""
    yield f"The network returns a {kind}; {which} is taken as its output{also}."


def _value_notes(values: dict[str, str]) -> Iterator[str]:
    """Yield what the numbers of layers are whose values are no plain numbers."""
    for description in dict.fromkeys(values.values()):
        names = [name for name, own in values.items() if own == description]
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        yield f"Shown of {listed}: {description}."


def explain_missing(network: "Network", name: str) -> str:
    """Return the sentence for a layer that a network does not have, with the nearest names."""
    names = [layer.name for layer in network.layers]
    if name and name in dict(network.module.named_modules()):
        return f"The module {name} returned no tensor when {network.name} was run."
    matches = get_close_matches(name, names, 3) or names[:3]
    return f"{network.name} has no layer '{name}'; there are {', '.join(matches)} ..."
