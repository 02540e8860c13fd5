"""The texts of the Graph panel."""

from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.graph.folding import BlockTree, ShownNode

WAITING = "Running one picture to see what goes where ..."
NO_NETWORK = "No network runs."
HELP = (
    "Bars: share of a layer's values above zero in this frame. A line is one value, with its "
    "shape. Click a block to unfold it, its name to fold it again."
)


def label_key(key: str, info: NetworkInfo | None, tree: BlockTree, *, within: bool = False) -> str:
    """Return what a block is called: its layer's title, with the number of its call.

    Args:
        key: Key of the block.
        info: The network.
        tree: The blocks.
        within: Whether the blocks around it say a part of that already.

    Returns:
        The name.
    """
    block = tree.blocks[key]
    name = key.partition("#")[0]
    title = name if info is None else info.label_layer(block.layer or name)
    title = f"{title} · {block.call + 1}" if _runs_often(key, tree) else title
    return _shorten(title, tree.around(block), info, tree) if within else title


def label_node(node: ShownNode, info: NetworkInfo | None, tree: BlockTree) -> str:
    """Return what a node is called, without what the block around it says already."""
    if node.inside:
        title = label_key(node.key, info, tree)
    elif not node.layer:
        return node.kind
    else:
        title = node.layer if info is None else info.label_layer(node.layer)
        row = None if info is None else info.layer(node.layer)
        if not node.blocks and row is not None and row.calls > 1:
            title += f" · {node.call + 1}"
    return _shorten(title, node.blocks, info, tree)


def _shorten(title: str, blocks: tuple[str, ...], info: NetworkInfo | None, tree: BlockTree) -> str:
    """Return a title without what the innermost block around it says; never a bare number."""
    for key in reversed(blocks):
        around = label_key(key, info, tree).partition(" · ")[0]
        if title.startswith((f"{around}/", f"{around}.")):
            rest = title[len(around) + 1 :]
            return title if rest[0].isdigit() and "." not in rest else rest
    return title


def _runs_often(key: str, tree: BlockTree) -> bool:
    name = key.partition("#")[0]
    return f"{name}#1" in tree.blocks


def format_shape(shape: tuple[int, ...]) -> str:
    """Return a value's shape: ``64 × 55 × 55``; "" where it is not known."""
    trimmed = shape[:1] if len(shape) == 3 and shape[1:] == (1, 1) else shape
    return " × ".join(map(str, trimmed))


def describe_node(node: ShownNode, label: str) -> str:
    """Describe a node over a few lines, for a tool tip."""
    lines = [f"{label}: {node.kind}"]
    if node.shape:
        lines.append(tr("gives {shape}", shape=format_shape(node.shape)))
    if node.inside:
        lines.append(tr("{count} layers inside; click to unfold", count=node.inside))
    return "\n".join(lines)
