"""Pictures saved as files: PNG with their recipe inside, or raw numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import RECIPE as RECIPE
from dnnvis.core.stable_file import replace_file


def save_png(path: Path, pixels: NDArray[np.uint8], recipe: dict[str, Any]) -> None:
    """Write a picture as a PNG that carries its recipe.

    Args:
        path: File to write.
        pixels: uint8 (H, W, 3).
        recipe: JSON-able settings.

    Raises:
        BadInput: The file cannot be written.
    """
    from PIL import Image, PngImagePlugin  # lazy: costs start-up time

    text = PngImagePlugin.PngInfo()
    text.add_text(RECIPE, json.dumps(recipe))
    with replace_file(path, create_folder=False) as temporary:
        Image.fromarray(pixels).save(temporary, "PNG", pnginfo=text)


def read_recipe(path: Path) -> dict[str, Any]:
    """Return the recipe inside a PNG (or a JSON file); raise BadInput where there is none."""
    from PIL import Image

    try:
        if path.suffix.lower() == ".json":
            recipe = json.loads(path.read_text(encoding="utf-8"))
        else:
            with Image.open(path) as picture:
                recipe = json.loads(picture.info.get(RECIPE, "null"))
    except Exception:  # a decoder may raise anything over a broken file
        raise BadInput(
            f"{path} cannot be read as a picture with a recipe; give a PNG that dnnvis wrote, or "
            "the JSON in one."
        ) from None
    if not isinstance(recipe, dict) or "lens" not in recipe or "unit" not in recipe:
        raise BadInput(f"{path} carries no recipe of dnnvis.")
    return recipe
