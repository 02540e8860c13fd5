"""Say which known network a file of weights fits, and which sets of weights it holds."""

from dnnvis.core.messages import RecognizedWeights, WeightsPart
from dnnvis.network.checkpoint import read_checkpoint, split_part
from dnnvis.network.weights.files import read_content
from dnnvis.network.weights.parts import Part, find_parts
from dnnvis.zoo import life_nets, torchvision_nets
from dnnvis.zoo.detect_architecture import BUILDERS, Match, detect_architecture


def recognize_weights(file: str) -> RecognizedWeights:
    """Return the known network that the weights in a file fit.

    Args:
        file: The file, or ``FILE#part``.

    Returns:
        What is to be opened.

    Raises:
        UnknownNetwork: None fits; the message names the nearest.
        BadInput: The file cannot be read.
    """
    checkpoint = read_checkpoint(file)
    match = detect_architecture(checkpoint)
    classes = f" with {match.classes:,} classes" if match.classes else ""
    name = split_part(file)[0].name
    if _is_plain(match):
        sentence = f"{name} fits {match.architecture} exactly{classes}. Open it so?"
        return RecognizedWeights(match.architecture, file, sentence)
    title = "a life network" if match.architecture == life_nets.LIFE else match.architecture
    sizes = ", in sizes of its own" if match.arguments else ""
    return RecognizedWeights(file, "", f"{name} fits {title}{classes}{sizes}. Open it so?")


def _is_plain(match: Match) -> bool:
    """Return whether the name of the architecture alone says how the file is opened."""
    is_named = match.architecture in BUILDERS or match.architecture in torchvision_nets.names()
    return is_named and not match.arguments and not match.prefix


def list_parts(file: str) -> tuple[WeightsPart, ...]:
    """Return the sets of weights in a file, the likeliest to be meant first.

    Its top can be named where it is the likeliest alone: no name stands for it.

    Args:
        file: The file, or ``FILE#part``.

    Returns:
        One for each set.

    Raises:
        BadInput: The file cannot be read.
    """
    path, _ = split_part(file)
    parts = find_parts(read_content(path).data)
    return tuple(
        WeightsPart(
            f"{path}#{part.path}" if part.path else str(path),
            part.path,
            len(part.state),
            _count_values(part),
        )
        for index, part in enumerate(parts)
        if part.path or index == 0
    )


def _count_values(part: Part) -> int:
    return sum(value.numel() for value in part.state.values())
