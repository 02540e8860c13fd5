"""Find with which channels, size and other inputs a network that nobody described runs."""

import inspect
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TYPE_CHECKING

import torch
from torch import nn

from dnnvis.core.errors import BadInput, DnnvisError, is_from_keyboard
from dnnvis.network.hooks import TracedCall, trace_calls
from dnnvis.network.opening.given_inputs import Inputs, hold, to_text
from dnnvis.network.opening.input_call import (
    STACK_FRAMES,
    HeldInput,
    HeldKind,
    InputCall,
    PictureForm,
    RecordingDictionary,
)
from dnnvis.network.opening.user_code import read_message
from dnnvis.network.state.generators import fork_generators

if TYPE_CHECKING:
    from dnnvis.network.network import Network

CHANNELS = (3, 1, 4, 2)  # in the order in which they are tried
SIDES = (224, 32, 28, 64, 96, 128, 256, 299, 48, 160, 192, 384, 512, 84, 112, 227)  # pixels
STACKS = (STACK_FRAMES, 2 * STACK_FRAMES, 4 * STACK_FRAMES)  # copies in a stack, as tried
MAX_ATTEMPTS = 100
MAX_SECONDS = 20.0
MAX_COMBINATIONS = 48  # of what the other inputs may be held at
MAX_KEYS = 8  # of a dictionary

PICTURE_NAMES = re.compile(
    r"(pixel_values|pixels|(input_)?(images?|imgs?|pictures?|pics?|frames?|video)|x|xs|inputs?"
    r"|samples?|data|batch|rgb)\w{0,2}"
)
TIME_NAMES = re.compile(r"t|ts|times?|time_?steps?|steps?|sigmas?|noise_?levels?|noise_labels")
TOKEN_NAMES = re.compile(r"\w*input_ids|\w*tokens?|texts?|captions?|prompts?|ids")
LABEL_NAMES = re.compile(r"y|cls|c|\w*labels?|class(es)?|targets?")
CANDIDATES: tuple[tuple[re.Pattern[str], tuple[HeldKind, ...]], ...] = (
    (TIME_NAMES, ("integer", "number", "vector")),
    (TOKEN_NAMES, ("tokens", "tokens a picture")),
    (re.compile(r"\w*mask"), ("mask", "vector")),
    (LABEL_NAMES, ("integer", "vector", "picture")),
    (PICTURE_NAMES, ("picture", "vector", "number")),
)
FIVE_AXES = re.compile(r"expected 5, got 4|\b5D\b")
INTEGERS = re.compile(r"\b(uint8|Byte|Long|Int|integers?)\b")
UNKNOWN: tuple[HeldKind, ...] = ("picture", "vector", "integer", "number")


@dataclass(frozen=True)
class InputGuess:
    """What of a card nobody said, so that other values may be tried."""

    channels: bool = False
    size: bool = False
    #: Mean and standard deviation, which go if the channels turn out to be others.
    scale: bool = False

    def __bool__(self) -> bool:
        return self.channels or self.size


@dataclass(frozen=True)
class Proposal:
    """A way to run a network."""

    call: InputCall
    channels: int
    size: tuple[int, int]
    #: Pictures of the pass that tries it.
    pictures: int = 1


@dataclass(frozen=True, eq=False)
class Attempt:
    """What became of a proposal."""

    proposal: Proposal
    #: None where it ran.
    error: BaseException | None
    calls: Sequence[TracedCall]

    @property
    def failing(self) -> TracedCall | None:
        """Return the module that raised the error; None where none was called."""
        return next((call for call in reversed(self.calls) if not call.is_finished), None)

    @property
    def first(self) -> TracedCall | None:
        """Return the first module with weights of its own that was called."""
        weighted = (call for call in self.calls if call.module._parameters)
        return next(weighted, None)

    @property
    def failed_at_first(self) -> nn.Module | None:
        """Return the first module with weights, if it raised the error."""
        first, failing = self.first, self.failing
        return first.module if first is not None and first is failing else None


def settle_inputs(network: "Network", guess: InputGuess | None = None) -> bool:
    """Run the network, and where it fails try other channels, sizes and inputs until it runs.

    What ran is set as the network's ``card`` and ``call``, with notes on what is assumed.

    Args:
        network: The network.
        guess: What its card only guesses.

    Returns:
        Whether it runs; False leaves everything as it is.

    Raises:
        BadInput: The network takes no pictures, or not alone; the sentence says what it takes.
    """
    guess = guess or InputGuess()
    refuse_text_network(network)
    attempts: list[Attempt] = []
    deadline = time.monotonic() + MAX_SECONDS
    for pictures in (2, 1):
        waiting = deque(_first_proposals(network, pictures))
        seen = set(waiting)
        while waiting and len(attempts) < MAX_ATTEMPTS and time.monotonic() < deadline:
            attempt = _try(network, waiting.popleft())
            if attempt.error is None:
                _accept(network, attempt.proposal)
                return True
            attempts.append(attempt)
            new = [each for each in _refine(network, attempt, guess) if each not in seen]
            seen.update(new)
            waiting.extendleft(reversed(new))
    sentence = _explain_given(network, attempts) or explain_failure(network, attempts)
    if sentence:
        raise BadInput(sentence) from (attempts[0].error if attempts else None)
    return False


def _explain_given(network: "Network", attempts: Sequence[Attempt]) -> str:
    """Return that the network fails with the inputs that somebody gave; "" where none were."""
    if not network.inputs or not attempts:
        return ""
    names = [each.name for each in _read_parameters(network.module)]
    unknown = [name for name in network.inputs if name not in names]
    error = attempts[0].error
    return (
        f"{network.name} takes no input {', '.join(unknown)}; its inputs are {', '.join(names)}."
        if unknown and names and not any(attempt.proposal.call.key for attempt in attempts)
        else f"{network.name} does not run with {to_text(network.inputs)}: "
        f"{type(error).__name__}: {read_message(error)}"
    )


def needs_search(module: nn.Module) -> bool:
    """Return whether a picture alone, as the first argument, is not what ``module`` takes."""
    calls = _propose_calls(module)
    return calls[0] != InputCall() or bool(_text_inputs(module)) or _takes_volumes(module)


def refuse_text_network(network: "Network") -> None:
    """Raise BadInput where a network itself names text as its main input."""
    text = _text_inputs(network.module)
    if text:
        raise BadInput(
            f"{network.name} takes text ({text}), not pictures; "
            "dnnvis looks into networks that take pictures."
        )


def _text_inputs(module: nn.Module) -> str:
    names = [each.name for each in _read_parameters(module)]
    is_text = getattr(module, "main_input_name", "") == "input_ids" and "input_ids" in names
    return "input_ids" if is_text and "pixel_values" not in names else ""


def _read_parameters(module: nn.Module) -> list[inspect.Parameter]:
    """Return the arguments of a module's forward by name; [] where they are not known."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each for each in parameters if each.kind not in variable]


def _list_required(parameters: Iterable[inspect.Parameter]) -> list[str]:
    return [each.name for each in parameters if each.default is inspect.Parameter.empty]


def _picture_name(module: nn.Module, parameters: Sequence[inspect.Parameter]) -> str:
    """Return which argument is the picture; "" where there are none."""
    names, required = [each.name for each in parameters], _list_required(parameters)
    for name in ("pixel_values", getattr(module, "main_input_name", "")):
        if name in names:
            return str(name)
    likely = (name for name in required if PICTURE_NAMES.fullmatch(name.lower()))
    return next(likely, (required or names or [""])[0])


def _propose_calls(module: nn.Module, given: Inputs | None = None) -> list[InputCall]:
    """Return the ways in which a module's signature lets it be called, the likeliest first.

    ``given``: what somebody wants inputs to be held at.
    """
    parameters, given = _read_parameters(module), given or {}
    if not parameters:
        return [InputCall(held=held) for held in _combine(list(given), given)]
    picture = _picture_name(module, parameters)
    first = parameters[0]
    by_position = first.name == picture and first.kind is not inspect.Parameter.KEYWORD_ONLY
    call = InputCall("" if by_position else picture)
    others = [name for name in _list_required(parameters) if name != picture and name not in given]
    calls = [replace(call, held=held) for held in _combine([*others, *given], given)]
    if (
        "input_ids" not in given
        and picture == "pixel_values"
        and any(each.name == "input_ids" for each in parameters)
    ):
        kinds: tuple[HeldKind, ...] = ("tokens", "tokens a picture")
        calls += [replace(call, held=(HeldInput("input_ids", kind),)) for kind in kinds]
    return calls


def _combine(names: Sequence[str], given: Inputs) -> Iterator[tuple[HeldInput, ...]]:
    """Yield what other inputs may be held at, the likeliest of each first."""
    choices = [
        hold(name, given[name])
        if name in given
        else [HeldInput(name, kind) for kind in _kinds_of(name)]
        for name in names
    ]
    return islice(product(*choices), MAX_COMBINATIONS)


def _kinds_of(name: str) -> tuple[HeldKind, ...]:
    matches = (kinds for pattern, kinds in CANDIDATES if pattern.fullmatch(name.lower()))
    return next(matches, UNKNOWN)


def _first_proposals(network: "Network", pictures: int) -> Iterator[Proposal]:
    card = network.card
    for call in _propose_calls(network.module, network.inputs):
        if _takes_volumes(network.module):  # torch takes a picture for one of them, without a batch
            for frames in STACKS:
                stack = replace(call, form="stack", frames=frames)
                yield Proposal(stack, card.channels, card.size, pictures)
        if pictures == 1 or call.held:  # two tell which inputs go along with the batch
            yield Proposal(call, card.channels, card.size, pictures)


def _takes_volumes(module: nn.Module) -> bool:
    """Return whether a network's first convolution is one of volumes of one channel."""
    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    first = next((part for part in module.modules() if isinstance(part, kinds)), None)
    return isinstance(first, nn.Conv3d) and first.in_channels == 1


def _try(network: "Network", proposal: Proposal) -> Attempt:
    """Run a pass over noise as proposed, with nothing changed afterwards."""
    generator = torch.Generator().manual_seed(0)
    shape = (proposal.pictures, proposal.channels, *proposal.size)
    x = torch.rand(shape, generator=generator).to(network.device)
    error = None
    with (
        torch.no_grad(),
        fork_generators(),
        trace_calls(network.module) as calls,
    ):
        try:
            proposal.call(network.module, x.to(network.dtype))
        except DnnvisError:
            raise
        except BaseException as caught:
            if is_from_keyboard(caught):
                raise
            error = caught
    return Attempt(proposal, error, calls)


def _accept(network: "Network", proposal: Proposal) -> None:
    """Set what ran, with notes on what differs from what the card and the module say."""
    card = network.card
    notes = list(proposal.call.notes(network.name))
    if proposal.channels != card.channels:
        notes.append(
            f"Nobody said how many channels {network.name} takes; {proposal.channels} run, "
            f"{card.channels} did not."
        )
        if {len(card.mean), len(card.std)} - {1, proposal.channels}:
            notes.append(
                f"The mean and std of {network.name} are for {card.channels} channels and left "
                "out; mean 0 and std 1 are assumed."
            )
    network.set_inputs(proposal.call, proposal.channels, proposal.size, tuple(notes))


def _refine(network: "Network", attempt: Attempt, guess: InputGuess) -> Iterator[Proposal]:
    """Yield what an attempt's failure makes likely, the likeliest first."""
    proposal, failing = attempt.proposal, attempt.failing
    part = failing.module if failing is not None else None
    shape = failing.shapes[0] if failing is not None and failing.shapes else ()
    if proposal.call.form == "maps":
        yield from _other_forms(network, attempt, guess)
    yield from _other_widths(proposal, part, shape)
    if isinstance(part, nn.Embedding | nn.EmbeddingBag):
        return
    if all(each.name in network.inputs for each in proposal.call.held) and not proposal.call.key:
        yield from _dictionaries(network, attempt)
    if guess.channels:
        scale = () if guess.scale else (network.card.mean, network.card.std)
        yield from _other_channels(proposal, part, shape, {len(each) for each in scale} - {1})
    if guess.size and not _count_lacking_channels(part, shape):
        yield from (replace(proposal, size=(side, side)) for side in SIDES)


def _other_forms(network: "Network", attempt: Attempt, guess: InputGuess) -> Iterator[Proposal]:
    """Yield rows for a network of signals, stacks for one of volumes, integers if asked for."""
    proposal, failing, message = attempt.proposal, attempt.failing, read_message(attempt.error)
    part = failing.module if failing is not None else None
    frames = getattr(getattr(network.module, "config", None), "num_frames", STACK_FRAMES)
    forms: list[PictureForm] = []
    if isinstance(part, nn.Conv1d) and failing is not None and failing.takes_maps:
        forms = ["row"]
    elif isinstance(part, nn.Conv3d) and failing is not None and failing.takes_maps:
        forms = ["stack"]
    elif FIVE_AXES.search(message):
        forms = ["frames", "stack"]
    elif INTEGERS.search(message) and not isinstance(part, nn.Embedding | nn.EmbeddingBag):
        forms = ["integers"]
    channels = proposal.channels
    if guess.channels and isinstance(part, nn.Conv1d | nn.Conv3d):
        channels = part.in_channels
    for form in forms:
        call = replace(proposal.call, form=form, frames=int(frames))
        yield replace(proposal, call=call, channels=channels)


def _other_widths(
    proposal: Proposal, part: nn.Module | None, shape: tuple[int, ...]
) -> Iterator[Proposal]:
    """Yield the vector of the width that a dense layer lacks or has too much."""
    if not isinstance(part, nn.Linear) or not shape:
        return
    held = proposal.call.held
    for index, each in enumerate(held):
        width = each.width + part.in_features - shape[-1]
        if each.kind == "vector" and width > 0 and width != each.width:
            new = (*held[:index], replace(each, width=width), *held[index + 1 :])
            yield replace(proposal, call=replace(proposal.call, held=new))


def _count_lacking_channels(part: nn.Module | None, shape: tuple[int, ...]) -> int:
    """Return how many channels a convolution was given too few, negative: too many."""
    if isinstance(part, nn.Conv2d | nn.Conv1d | nn.Conv3d) and len(shape) > 1:
        return part.in_channels - shape[1]
    return 0


def _other_channels(
    proposal: Proposal, part: nn.Module | None, shape: tuple[int, ...], allowed: set[int]
) -> Iterator[Proposal]:
    """Yield as many channels as the convolution that failed lacks, then the usual ones.

    ``allowed``: the only numbers there may be, where it is not empty.
    """
    counts = list(CHANNELS)
    if _count_lacking_channels(part, shape):
        counts.insert(0, proposal.channels + _count_lacking_channels(part, shape))
    for count in counts:
        if count > 0 and allowed <= {count}:
            yield replace(proposal, channels=count)


def _dictionaries(network: "Network", attempt: Attempt) -> Iterator[Proposal]:
    """Yield calls with a dictionary for a network that looks something up in its only input."""
    kinds = (TypeError, IndexError, KeyError, AttributeError)
    if not isinstance(attempt.error, kinds) or any(call.is_finished for call in attempt.calls):
        return
    keys = read_keys(network)
    if not keys:
        return
    likely = (key for key in keys if PICTURE_NAMES.fullmatch(key.lower()))
    picture = next(likely, keys[0])
    others = [key for key in keys if key != picture]
    for held in _combine(list(dict.fromkeys([*others, *network.inputs])), network.inputs):
        yield replace(attempt.proposal, call=InputCall(key=picture, held=held))


def read_keys(network: "Network") -> list[str]:
    """Return the keys that a network looks up in a dictionary, as far as it comes."""
    keys: dict[str, HeldInput] = {}
    x = network.probe().to(network.dtype)
    while len(keys) < MAX_KEYS:
        values = RecordingDictionary(
            {
                key: x if PICTURE_NAMES.fullmatch(key.lower()) else held.build(x)
                for key, held in keys.items()
            }
        )
        with torch.no_grad():
            try:
                network.module(values)
            except DnnvisError:
                raise
            except BaseException as error:  # what a network does with it is its own affair
                if is_from_keyboard(error):
                    raise
        new = [key for key in values.missing if isinstance(key, str) and key not in keys]
        if not new:
            break
        keys |= {key: HeldInput(key, _kinds_of(key)[0]) for key in new}
    return list(keys)


def explain_failure(network: "Network", attempts: Sequence[Attempt]) -> str:
    """Return what a network takes instead of a picture; "" where that is not known."""
    for attempt in attempts[:1]:
        sentence = _explain_first_layer(network.name, attempt)
        if sentence:
            return sentence
    parameters = _read_parameters(network.module)
    required = _list_required(parameters)
    kind = type(network.module).__name__
    if len(required) > 1:
        picture = _picture_name(network.module, parameters)
        values = [f"{name}={_example(name, picture)}" for name in required if name != picture]
        return (
            f"{network.name} takes {len(required)} inputs ({', '.join(required)}), and no values "
            f"for all but the picture made it run; open a class that fills them in, as in: class "
            f"Filled({kind}): forward = lambda self, {picture}: {kind}.forward(self, "
            f"{picture}={picture}, {', '.join(values)})"
        )
    keys = read_keys(network) if any(attempt.proposal.call.key for attempt in attempts) else []
    if keys:
        values = [f'"{key}": {_example(key, "x")}' for key in keys]
        return (
            f"{network.name} takes a dictionary as its input, with {', '.join(keys)}, and no "
            f"values for these made it run; open a class that fills them in, as in: class "
            f"Filled({kind}): forward = lambda self, x: {kind}.forward(self, "
            f"{{{', '.join(values)}}})"
        )
    return ""


def _example(name: str, picture: str) -> str:
    kind = _kinds_of(name)[0]
    if kind == "picture":
        return picture
    return f"torch.zeros(len({picture}){', 8' * ('tokens' in kind)}).long()"


def _explain_first_layer(name: str, attempt: Attempt) -> str:
    first, part = attempt.first, attempt.failed_at_first
    if first is None:
        return ""
    layer, given = first.name or "itself", first.shapes[0] if first.shapes else ()
    shape = (1, attempt.proposal.channels, *attempt.proposal.size)
    match part:
        case nn.Embedding() | nn.EmbeddingBag():
            return (
                f"{name} takes text or other whole numbers, not pictures: its first layer, "
                f"{layer}, is an embedding of {part.num_embeddings} of them."
            )
        case nn.Linear():
            return (
                f"{name} takes rows of {part.in_features} numbers, and a picture of shape {shape} "
                f"gave its first layer, {layer}, {given[-1] if given else 'none'}: say the size "
                "(--size) and channels (--channels) if these are pixels; a table is no picture."
            )
        case nn.RNNBase():
            return (
                f"{name} takes sequences of {part.input_size} numbers a step, not pictures: its "
                f"first layer, {layer}, was given the shape {given}."
            )
        case nn.Conv1d() | nn.Conv3d():
            axes = "L" if isinstance(part, nn.Conv1d) else "T, H, W"
            return (
                f"{name} takes inputs of the shape (B, {part.in_channels}, {axes}), and its first "
                f"layer, {layer}, was given {given}."
            )
    return ""
