"""What the window is told of the settings of a synthesis."""

from dnnvis.core.lens_settings import LensSettings, Setting
from dnnvis.lenses.ascent.settings_schema import describe_settings

# name -> (group, label, help)
TEXTS = {
    "parametrisation": (
        "Picture",
        "made of",
        "fourier: decorrelated frequencies; pixels; phase: MACO; board: cells",
    ),
    "start": ("Picture", "starts from", "noise, the mean image, or the present frame"),
    "statistic": ("Picture", "aims at", "which number of the unit's map is raised"),
    "nature": (
        "Picture",
        "spectrum of",
        "the colours and spectrum of published photographs, or of the library's",
    ),
    "steps": ("Steps", "steps", "how many steps"),
    "move": ("Steps", "optimiser", "how a gradient becomes a step"),
    "rate": ("Steps", "rate", "learning rate, in the units of the preset's paper"),
    "wanted": ("Steps", "wanted", "gain a step aims at, for the optimiser 'progress'"),
    "auto": (
        "Steps",
        "auto rate",
        "scales the rate: share of the start's norm that the first step moves",
    ),
    "canvas": (
        "Picture",
        "canvas",
        "longest side of what moves, in pixels; 0: the network's own size",
    ),
    "window": (
        "Picture",
        "window",
        "least side of what the network is shown at a step; 0: the whole picture",
    ),
    "size": ("Picture", "size", "side of the finished picture; 0: the network's own"),
    "views": ("Steps", "views", "windows shown to the network at a step"),
    "sd": ("Picture", "start noise", "standard deviation of the noise it starts from"),
    "power": ("Steps", "cosine power", "of the direction objective; 0: none"),
    "falloff": ("Picture", "falloff", "how much less the high frequencies move"),
    "jitter": ("Transforms", "jitter", "shift before the other transforms, in pixels of 224"),
    "jitter_after": ("Transforms", "jitter after", "shift after them"),
    "rotate": ("Transforms", "rotate", "up to so many degrees"),
    "smallest": ("Transforms", "least scale", "smallest zoom"),
    "largest": ("Transforms", "most scale", "largest zoom"),
    "noise": ("Transforms", "noise", "added to what the network is shown"),
    "first_box": ("Transforms", "first box", "side of the window at the first step, as a share"),
    "last_box": ("Transforms", "last box", "at the last step"),
    "decay": ("Priors", "decay", "share of the picture that is taken away at each step"),
    "blur": ("Priors", "blur", "sigma of the Gaussian, in pixels"),
    "blur_every": ("Priors", "blur every", "so many steps; 0: never"),
    "norm_cut": (
        "Priors",
        "norm cut",
        "percentile of pixels with a small norm that are set to zero",
    ),
    "contribution_cut": (
        "Priors",
        "contribution cut",
        "percentile of pixels that contribute little",
    ),
    "l2": ("Priors", "L2", "weight of the squared distance from gray"),
    "tv": ("Priors", "total variation", "weight of the total variation"),
    "tv_beta": ("Priors", "variation beta", "exponent of the total variation"),
    "alpha": ("Priors", "alpha norm", "weight of the sixth-power norm"),
    "ball": ("Priors", "norm ball", "the picture's norm is held at this; 0: free"),
    "levels": ("Priors", "Laplacian", "levels of gradient normalisation; 0: none"),
    "diversity": ("Priors", "diversity", "weight that keeps several pictures apart"),
    "hold": (
        "Priors",
        "hold",
        "weight of the distance to the frame at an inner layer; 0: free",
    ),
    "hold_depth": (
        "Priors",
        "hold depth",
        "where that layer lies: 0 the first, 1 the last before the unit",
    ),
    "gain": ("Steps", "stop below", "ends once 16 steps gain less than this share; 0: never"),
    "clip": ("Priors", "clip", "keep every pixel within what a screen shows"),
}


def test_every_setting_of_the_ascent_has_a_name_a_group_and_words() -> None:
    settings = describe_settings().settings
    assert {s.name: (s.group, s.label, s.help) for s in settings} == TEXTS


def test_groups_come_in_the_order_of_their_first_settings() -> None:
    assert describe_settings().groups == ("Picture", "Steps", "Transforms", "Priors")
    named = (Setting(name, "switch", group=group) for name, group in zip("abc", "yxy", strict=True))
    assert LensSettings((), tuple(named)).groups == ("y", "x")
