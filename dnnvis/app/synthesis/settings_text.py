"""What the settings of a synthesis are called and do, without Qt."""

# name -> (group, title, words)
_TABLE = """
parametrisation|Picture|made of|fourier: decorrelated frequencies; pixels; phase: MACO; board: cells
start|Picture|starts from|noise, the mean image, or the present frame
statistic|Picture|aims at|which number of the unit's map is raised
nature|Picture|spectrum of|the colours and spectrum of published photographs, or of the library's
canvas|Picture|canvas|longest side of what moves, in pixels; 0: the network's own size
window|Picture|window|least side of what the network is shown at a step; 0: the whole picture
size|Picture|size|side of the finished picture; 0: the network's own
sd|Picture|start noise|standard deviation of the noise it starts from
falloff|Picture|falloff|how much less the high frequencies move
steps|Steps|steps|how many steps
move|Steps|optimiser|how a gradient becomes a step
rate|Steps|rate|learning rate, in the units of the preset's paper
auto|Steps|auto rate|scales the rate: share of the start's norm that the first step moves
wanted|Steps|wanted|gain a step aims at, for the optimiser 'progress'
views|Steps|views|windows shown to the network at a step
power|Steps|cosine power|of the direction objective; 0: none
gain|Steps|stop below|ends once 16 steps gain less than this share; 0: never
jitter|Transforms|jitter|shift before the other transforms, in pixels of 224
jitter_after|Transforms|jitter after|shift after them
rotate|Transforms|rotate|up to so many degrees
smallest|Transforms|least scale|smallest zoom
largest|Transforms|most scale|largest zoom
noise|Transforms|noise|added to what the network is shown
first_box|Transforms|first box|side of the window at the first step, as a share
last_box|Transforms|last box|at the last step
decay|Priors|decay|share of the picture that is taken away at each step
blur|Priors|blur|sigma of the Gaussian, in pixels
blur_every|Priors|blur every|so many steps; 0: never
norm_cut|Priors|norm cut|percentile of pixels with a small norm that are set to zero
contribution_cut|Priors|contribution cut|percentile of pixels that contribute little
l2|Priors|L2|weight of the squared distance from gray
tv|Priors|total variation|weight of the total variation
tv_beta|Priors|variation beta|exponent of the total variation
alpha|Priors|alpha norm|weight of the sixth-power norm
ball|Priors|norm ball|the picture's norm is held at this; 0: free
levels|Priors|Laplacian|levels of gradient normalisation; 0: none
diversity|Priors|diversity|weight that keeps several pictures apart
clip|Priors|clip|keep every pixel within what a screen shows
"""

_DESCRIPTIONS = {
    row.split("|")[0]: tuple(row.split("|")[1:]) for row in _TABLE.strip().splitlines()
}
GROUPS = ("Picture", "Steps", "Transforms", "Priors")


def describe_setting(name: str) -> tuple[str, str, str]:
    """(group, title, what it does) of a setting."""
    group, title, help_text = _DESCRIPTIONS.get(name, ("Priors", name.replace("_", " "), ""))
    return group, title, help_text
