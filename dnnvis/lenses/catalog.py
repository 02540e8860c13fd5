"""List every lens; a new one is a file and a line here."""

from dnnvis.core.errors import UnknownLens
from dnnvis.lenses.activation_map.attacks import ATTACK
from dnnvis.lenses.activation_map.frame_position import MAP
from dnnvis.lenses.activation_map.map_data import MAP_DATA
from dnnvis.lenses.activation_map.moving import MOVING_MAP
from dnnvis.lenses.activation_map.noise import NOISE
from dnnvis.lenses.activation_map.point_query import MAP_POINT
from dnnvis.lenses.activation_map.selection import SELECTION
from dnnvis.lenses.ascent.lens import ASCENT
from dnnvis.lenses.atlas.region import ATLAS_REGION
from dnnvis.lenses.atlas.view import ATLAS, ATLAS_CELL, ATLAS_POINT
from dnnvis.lenses.attribution import ATTRIBUTION
from dnnvis.lenses.backward import DECONVNET, GRADIENT, GUIDED
from dnnvis.lenses.blocks.lens import BLOCKS, VOTES
from dnnvis.lenses.blocks.pictures import BLOCK_PICTURES
from dnnvis.lenses.circuits.feeds import FEEDS
from dnnvis.lenses.circuits.weight_matrix import WEIGHTS
from dnnvis.lenses.concepts.read import CONCEPTS
from dnnvis.lenses.examples import EXAMPLES
from dnnvis.lenses.imagination.lens import IMAGINE
from dnnvis.lenses.inversion.lens import INVERSION
from dnnvis.lenses.lens import Lens
from dnnvis.lenses.network_check import CHECK
from dnnvis.lenses.patterns import PATTERNS
from dnnvis.lenses.saliency.audit import AUDIT
from dnnvis.lenses.saliency.integrated import INTEGRATED
from dnnvis.lenses.saliency.layercam import LAYERCAM
from dnnvis.lenses.saliency.occlusion import OCCLUSION
from dnnvis.lenses.statistics import STATISTICS
from dnnvis.lenses.tuning.lens import TUNING
from dnnvis.lenses.wiring import ARITHMETIC, GRAPH, KERNELS

LENSES: dict[str, Lens] = {
    "gradient": GRADIENT,
    "guided": GUIDED,
    "deconvnet": DECONVNET,
    "ascent": ASCENT,
    "inversion": INVERSION,
    "imagine": IMAGINE,
    "examples": EXAMPLES,
    "patterns": PATTERNS,
    "statistics": STATISTICS,
    "map": MAP,
    "cloud": MAP_DATA,
    "map_place": MAP_POINT,
    "map_picked": SELECTION,
    "constellation": NOISE,
    "attack": ATTACK,
    "attribution": ATTRIBUTION,
    "graph": GRAPH,
    "kernels": KERNELS,
    "arithmetic": ARITHMETIC,
    "check": CHECK,
    "tuning": TUNING,
    "layercam": LAYERCAM,
    "occlusion": OCCLUSION,
    "integrated": INTEGRATED,
    "audit": AUDIT,
    "blocks": BLOCKS,
    "block_votes": VOTES,
    "block_pictures": BLOCK_PICTURES,
    "concepts": CONCEPTS,
    "weights": WEIGHTS,
    "feeds": FEEDS,
    "atlas": ATLAS,
    "atlas_point": ATLAS_POINT,
    "atlas_cell": ATLAS_CELL,
    "atlas_region": ATLAS_REGION,
    "moving_map": MOVING_MAP,
}


def get_lens(name: str) -> Lens:
    """Return the lens of that name; raise UnknownLens, which lists all names."""
    if name not in LENSES:
        raise UnknownLens(f"There is no lens '{name}'; there are {', '.join(LENSES)}.")
    return LENSES[name]
