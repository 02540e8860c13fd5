"""Presets: named recipes of a synthesis, each with its source."""

from dnnvis.lenses.ascent.recipe import AscentStage, Recipe


def octaves(
    count: int, scale: float, blur: tuple[float, float] = (0.0, 0.0)
) -> tuple[AscentStage, ...]:
    """Return stages of growing size.

    Args:
        count: Number of stages.
        scale: Factor of the size from one stage to the next.
        blur: (first, last) blur of each stage, in pixels.
    """
    return tuple(AscentStage(size=scale**-k, blur=blur) for k in range(count - 1, -1, -1))


def octave_sizes(size: int, count: int, scale: float) -> list[int]:
    """Return the sides of octaves from the largest to the smallest.

    Each is rounded from the one before it (google/deepdream: 224, 160, 114, 81).

    Args:
        size: Largest side in pixels.
        count: Number of octaves.
        scale: Factor from one octave to the next larger one.
    """
    sizes = [size]
    for _ in range(count - 1):
        sizes.append(round(sizes[-1] / scale))
    return sizes


#: The whole picture at each step. With windows of 128 pixels each part of it was shown at a third
#: of the steps: 128 of those reached .63 of Lucent's objective in an early layer, 80 of these .92,
#: in less time (``dnnvis bench unit``).
_ROBUST = Recipe(
    parametrisation="fourier",
    steps=80,
    rate=0.08,
    canvas=128,
    window=0,
    sd=0.01,
    jitter=8,
    jitter_after=4,
    rotate=5,
    smallest=0.95,
    largest=1.05,
)
_PIXELS = Recipe(
    parametrisation="pixels",
    canvas=0,
    sd=10,
    move="constant",
    rate=100,
    auto=0.05,
    clip=True,
)
_YOSINSKI_TABLE = "Yosinski et al. 2015, table 1"

PRESETS: dict[str, Recipe] = {
    # half the jitter, a steeper falloff and a greater rate save a fifth of the steps, the objective
    # as high and high frequencies fewer (``dnnvis bench unit`` and ``quality``)
    "default": _ROBUST.with_changes(
        {
            "title": "Fourier, robust",
            "steps": 64,
            "rate": 0.1,
            "falloff": 1.1,
            "jitter": 4,
            "jitter_after": 2,
            "source": "after Olah et al. 2017, with one fused warp",
        }
    ),
    # windows of 96 pixels and 48 steps reached .62 of the default's objective in more time
    "live": _ROBUST.with_changes(
        {
            "title": "Fourier, quick",
            "steps": 40,
            "rate": 0.2,
            "falloff": 1.1,
            "jitter": 4,
            "jitter_after": 2,
            "source": "after Olah et al. 2017, made quick for the window",
        }
    ),
    "fine": _ROBUST.with_changes(
        {
            "title": "Fourier, long",
            "steps": 512,
            "window": 0,
            "source": "after Olah et al. 2017, the whole picture at every step",
        }
    ),
    "lucid": Recipe(
        title="Lucid",
        source="Lucid's render_vis and standard transforms (Olah et al. 2017)",
        parametrisation="fourier",
        steps=512,
        rate=0.05,
        canvas=128,
        window=0,
        sd=0.01,
        jitter=14,
        jitter_after=7,
        rotate=10,
        smallest=0.9,
        largest=1.1,
    ),
    "olah2017": Recipe(
        title="Feature Visualization",
        source="Olah et al. 2017, appendix: 2,560 steps",
        parametrisation="fourier",
        steps=2560,
        rate=0.05,
        canvas=0,
        window=0,
        sd=0.01,
        jitter=16,
        jitter_after=8,
        rotate=5,
        smallest=0.95,
        largest=1.05,
    ),
    "maco": Recipe(
        title="MACO",
        source="Fel et al. 2023, sections 3 and 4, with windows of one scale for its crops",
        parametrisation="phase",
        nature="library",
        steps=256,
        move="nadam",
        rate=0.3,
        canvas=0,
        window=128,
        noise=0.04,
        jitter=8,
        jitter_after=4,
        rotate=5,
        smallest=0.95,
        largest=1.05,
    ),
    "erhan": _PIXELS.with_changes(
        {
            "title": "Norm ball",
            "source": "Erhan et al. 2009, section 3: |x| fixed",
            "steps": 200,
            "ball": 0.2,
            "auto": 0.5,
            "clip": False,
        }
    ),
    "simonyan": _PIXELS.with_changes(
        {
            "title": "Class model",
            "source": "Simonyan et al. 2013, section 2: from the mean image, L2",
            "start": "mean",
            "steps": 200,
            "l2": 1e-4,
            "clip": False,
        }
    ),
    "yosinski1": _PIXELS.with_changes(
        {
            "title": "Yosinski 1",
            "source": f"{_YOSINSKI_TABLE}, set 1",
            "steps": 500,
            "move": "progress",
            "rate": 100,
            "wanted": 2.0,
            "blur": 0.5,
            "blur_every": 4,
            "norm_cut": 50,
        }
    ),
    "yosinski2": _PIXELS.with_changes(
        {
            "title": "Yosinski 2",
            "source": f"{_YOSINSKI_TABLE}, set 2",
            "steps": 750,
            "decay": 0.3,
            "norm_cut": 20,
            "auto": 0.5,
        }
    ),
    "yosinski3": _PIXELS.with_changes(
        {
            "title": "Yosinski 3",
            "source": f"{_YOSINSKI_TABLE}, set 3 (most of the figures)",
            "steps": 1000,
            "decay": 0.0001,
            "blur": 1.0,
            "blur_every": 4,
        }
    ),
    "yosinski4": _PIXELS.with_changes(
        {
            "title": "Yosinski 4",
            "source": f"{_YOSINSKI_TABLE}, set 4",
            "steps": 1000,
            "move": "progress",
            "rate": 1e8,
            "wanted": 2.0,
            "blur": 0.5,
            "blur_every": 4,
            "contribution_cut": 90,
        }
    ),
    "mahendran": _PIXELS.with_changes(
        {
            "title": "TV and alpha norm",
            "source": "Mahendran & Vedaldi 2015, section 3: beta 2, alpha 6",
            "steps": 400,
            "move": "momentum",
            "auto": 0.02,
            "tv": 1.0,
            "alpha": 1.0,
            "clip": False,
            "jitter": 4,
        }
    ),
    "deepdream": _PIXELS.with_changes(
        {
            "title": "DeepDream",
            "source": "Mordvintsev et al. 2015, google/deepdream",
            "start": "frame",
            "steps": 40,
            "move": "mean",
            "rate": 1.5,
            "auto": 0.0,
            "jitter": 32,
            "stages": octaves(4, 1.4),
        }
    ),
    "accentuate": Recipe(
        title="Feature accentuation",
        source="after Hamblin et al. 2024, section 3",
        parametrisation="fourier",
        start="frame",
        steps=64,
        rate=0.02,
        canvas=0,
        window=0,
        jitter=4,
        jitter_after=2,
        rotate=5,
        smallest=0.95,
        largest=1.05,
        hold=10.0,
    ),
    "lapnorm": _PIXELS.with_changes(
        {
            "title": "Laplacian",
            "source": "Mordvintsev 2016, DeepDreaming with TensorFlow",
            "sd": 10,
            "steps": 60,
            "move": "constant",
            "rate": 1.0,
            "auto": 0.0,
            "levels": 4,
            "stages": octaves(3, 1.4),
        }
    ),
    "oygard": _PIXELS.with_changes(
        {
            "title": "Deepdraw",
            "source": "Oygard 2015, Visualizing GoogLeNet Classes",
            "sd": 8,
            "steps": 500,
            "move": "mean",
            "rate": 11.0,
            "auto": 0.0,
            "jitter": 16,
            "stages": (
                AscentStage(190, 1 / 1.44, (1.0, 1.0), (2.5, 0.78)),
                AscentStage(150, 1 / 1.2, (6 / 11, 6 / 11), (0.78 * 1.2, 0.78)),
                AscentStage(150, 1.0, (6 / 11, 3 / 11), (0.78 * 1.2, 0.44)),
                AscentStage(10, 1.0, (3 / 11, 3 / 11), (0.44, 0.304)),
            ),
        }
    ),
    "board": Recipe(
        title="Binary board",
        source="flips guided by the gradient, after Ebrahimi et al. 2018 and Grathwohl et al. 2021",
        parametrisation="board",
        steps=128,
        move="flips",
        canvas=0,
        window=0,
    ),
}

_ROUNDED = Recipe(
    title="Rounded board",
    source="straight-through rounding after Bengio et al. 2013",
    parametrisation="board",
    steps=128,
    rate=0.05,
    canvas=0,
    window=0,
    sd=0.1,
)
BOARD_SETTINGS = ("steps", "start", "statistic", "power", "size")


def adapt_to_board(recipe: Recipe) -> Recipe:
    """Return the recipe for a network whose pixels are cells, 0 or 1.

    The board itself is optimized, whatever the recipe says of pictures; steps, start, statistic and
    size stay the recipe's. A recipe of boards with another move than flips is one of rounding, and
    its move and rate stay, too.
    """
    rounded = recipe.parametrisation == "board" and recipe.move != "flips"
    names = (*BOARD_SETTINGS, "move", "rate", "wanted", "sd") if rounded else BOARD_SETTINGS
    settings = {name: getattr(recipe, name) for name in names}
    adapted = (_ROUNDED if rounded else PRESETS["board"]).with_changes(settings)
    return recipe if adapted == recipe else adapted
