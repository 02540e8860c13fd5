"""The lenses of building blocks: groups of a layer, and what they say about a class.

Source: Olah et al. 2018, "The Building Blocks of Interpretability".
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

from dnnvis.core.concepts.blocks import MAX_GROUPS, BlockVotes, BuildingBlocks
from dnnvis.core.errors import BadInput, LensMissing, UnknownUnit
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.lenses.blocks import solver
from dnnvis.lenses.blocks.find import describe_failure_to_keep, find_blocks
from dnnvis.lenses.blocks.storage import keep_directions
from dnnvis.lenses.blocks.votes import measure_votes
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE, OUTPUT
from dnnvis.network.network import Network

LOADING_SECONDS = 0.01  # what a frame waits for scikit-learn
LOADING = "scikit-learn is loaded, which takes some seconds the first time ..."
BUSY_SECONDS = 0.5  # another writer of the library is waited for


@dataclass(frozen=True)
class BlocksParams:
    """Settings of the lens ``blocks``."""

    #: Number of groups.
    k: int = field(default=6, metadata={"range": (1, MAX_GROUPS)})
    #: From the picture alone, from the directions before, or these stay; see ``find.Fit``.
    fit: str = choice("new", "warm", "held")
    #: Whether the directions are kept in the library: always where they are held.
    keep: bool = field(default=False, metadata={"switch": True})


@dataclass(frozen=True)
class BlocksLens(LensDefaults):
    """Yield the BuildingBlocks of the unit's layer, and make them units of the network."""

    name: str = "blocks"
    title: str = "building blocks"
    source: str = "Olah et al. 2018, section Making Hidden Layers Understandable"
    backward: bool = False
    reads_recording: bool = True
    Params: type[BlocksParams] = BlocksParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: what a layer lacks is said in the result."""
        return None

    def layers_of(self, params: BlocksParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[BuildingBlocks]:
        """Yield the groups, or why there are none."""
        assert scene.recording is not None
        network, params = scene.network, scene.params
        layer = network.table.base(scene.unit.layer)
        while not solver.wait_loaded(LOADING_SECONDS):
            yield BuildingBlocks(layer, message=LOADING, network=network.card.name)
        blocks = find_blocks(
            network, scene.recording, layer, params.k, call=scene.unit.call, fit=params.fit
        )
        if blocks.count and (params.keep or params.fit == "held"):
            blocks = _keep(network, blocks)
        yield replace(
            blocks,
            recipe={"lens": self.name, "unit": str(Unit(layer, 0, None, scene.unit.call))}
            | asdict(params),
            frame=-1 if scene.frame is None else scene.frame.number,
        )


def _keep(network: Network, blocks: BuildingBlocks) -> BuildingBlocks:
    """Keep the directions, once; what stands in the way is said in the caption."""
    directions = network.directions.get(blocks.name)
    is_edited = network.edits.active != network.edits.lasting
    if directions is None or directions.is_saved or (is_edited and not blocks.is_held):
        return blocks
    try:
        keep_directions(network, directions, BUSY_SECONDS)
    except BadInput as error:  # Busy too: the next frame tries again
        caption = f"{blocks.caption}; {describe_failure_to_keep(error)}"
        return replace(blocks, caption=caption)
    return blocks


@dataclass(frozen=True)
class VotesParams:
    """Settings of the lens ``block_votes``."""

    #: Text of the unit that is explained; "": the strongest class on this picture.
    target: str = ""
    #: Whether the true change is measured for each group too: a pass each.
    check: bool = field(default=False, metadata={"switch": True})


@dataclass(frozen=True)
class VotesLens(LensDefaults):
    """Yield the BlockVotes of the unit's layer, see ``votes.measure_votes``."""

    name: str = "block_votes"
    title: str = "what blocks say about a class"
    source: str = "Olah et al. 2018, section How Does the Network Assemble"
    backward: bool = True
    Params: type[VotesParams] = VotesParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the network gives no gradients; None where it does."""
        return NO_GRADIENTS_NOTE if NO_GRADIENTS_NOTE in info.notes else None

    def layers_of(self, params: VotesParams) -> tuple[str, ...]:
        """Return the layer of the unit that is explained, where it is named."""
        return (parse_target(params.target).layer,) if params.target else ()

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        """Return the layers of the classes."""
        return tuple(dict.fromkeys((info.logits or OUTPUT, OUTPUT)))

    def look(self, scene: Scene) -> Iterator[BlockVotes]:
        """Yield the votes, or why there are none."""
        assert scene.recording is not None
        network, params = scene.network, scene.params
        layer = network.table.base(scene.unit.layer)
        votes = BlockVotes(layer, network=network.name)
        try:
            target = parse_target(params.target) if params.target else None
            with autograd_mode(gradients=True):
                votes = measure_votes(
                    network,
                    scene.recording,
                    layer,
                    target,
                    call=scene.unit.call,
                    check=params.check,
                )
        except (BadInput, LensMissing, UnknownUnit) as error:
            votes = replace(votes, message=str(error))
        yield replace(
            votes,
            recipe={"lens": self.name, "unit": str(Unit(layer, 0, None, scene.unit.call))}
            | asdict(params),
            frame=-1 if scene.frame is None else scene.frame.number,
        )


def parse_target(text: str) -> Unit:
    """Return the unit in the text of a setting; raise UnknownUnit for other text."""
    return Unit.parse(text)


BLOCKS = BlocksLens()
VOTES = VotesLens()
