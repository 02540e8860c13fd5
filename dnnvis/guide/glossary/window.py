"""Explain the words of the window."""

from dnnvis.guide.glossary import papers
from dnnvis.guide.glossary.entry import Entry

ENTRIES = (
    Entry("active", "Share of a unit's values above zero."),
    Entry("age", "Time since the picture on the screen came from its source."),
    Entry(
        "at input",
        "The backward picture is followed down to the pixels of the input, rather than to a "
        "layer in between.",
    ),
    Entry("awake", "Share of pictures on which a unit is above zero somewhere."),
    Entry(
        "backward mosaic",
        "The mosaic with, for each unit, its contribution to the selected or pinned unit.",
    ),
    Entry(
        "backward pass starts from",
        "What a backward pass begins with: the unit's own activation, so that strong places "
        "count more, or the number one.",
    ),
    Entry("batch", "The examples from which a network learns in one step."),
    Entry("bookmark", "A mark on a unit, to come back to it."),
    Entry(
        "check",
        "Whether the network gets its pictures as it was trained on them: the range of its input, "
        "how sure its answers are, and what other usual preprocessings would give.",
    ),
    Entry("color bar", "The colors of a picture with the numbers they stand for."),
    Entry(
        "color map",
        "Which colors stand for which numbers. Diverging ones have a color of their own for "
        "values below zero.",
    ),
    Entry(
        "compare",
        "The network beside a second one on the same frames: units that do the same side by side, "
        "the answers of both, and how similar each layer is to each (CKA, 0 to 1).",
        paper=papers.KORNBLITH,
    ),
    Entry(
        "contrast",
        "Where the range of the colors comes from: this frame without its largest 0.5 % "
        "(clip), all of this frame, the run so far (running), or two fixed numbers. Per-unit "
        "contrast gives every unit its own.",
    ),
    Entry(
        "dead unit",
        "A unit that was never above zero on all pictures that were looked at: it says nothing.",
        aliases=("dead units",),
    ),
    Entry("diverging colors", "Two colors that meet at zero: red for positive, blue for negative."),
    Entry("dropped", "Frames that were never computed, because a newer one had come."),
    Entry(
        "each unit",
        "Every unit is drawn with its own range of colors: weak ones become visible, but "
        "their brightness can no longer be compared.",
    ),
    Entry(
        "fixed minimum, fixed maximum",
        "The ends of the color range where it does not follow the frames: everything beyond "
        "gets the last color.",
    ),
    Entry("fold", "Show a block of layers as one node, or row of the tree."),
    Entry("frame", "One picture of a source, with its number."),
    Entry("freeze", "Hold the present frame while the source runs on."),
    Entry(
        "gamma",
        "A power that lifts dark values, so that weak activations can be seen; 1 changes nothing.",
    ),
    Entry(
        "graph",
        "The network as boxes and lines: each box is a layer, each line carries its numbers on to "
        "the next. A click goes to that layer.",
    ),
    Entry(
        "input",
        "The picture as the network gets it: cut and scaled to the size that it was trained on.",
    ),
    Entry(
        "job", "A long piece of work in a process of its own: a scan, a render, a fit, a training."
    ),
    Entry(
        "kept pictures",
        "Pictures that were grown and kept in the library, of this unit and its layer.",
        aliases=("patterns of the unit",),
    ),
    Entry(
        "L1, L2",
        "What is added to a loss so that weights stay small: their absolute values (many become "
        "zero), or half their squares.",
    ),
    Entry(
        "layers",
        "All layers of the network in order, from the input to the answer. The bars show how "
        "strongly each fires now.",
    ),
    Entry(
        "learning rate",
        "How far a step of the training goes downhill: too small takes for ever, too large throws "
        "the weights away.",
    ),
    Entry("lens", "A method that says something about a unit: deconvnet, ascent, examples ..."),
    Entry(
        "lens view",
        "How a backward picture is drawn: `clear` cut to its strong part and with more "
        "contrast, `raw` as it came, `gray` averaged over the colors, `norm` its strength, "
        "`positive` its positive part, `histogram` how its values are spread.",
        aliases=("view",),
    ),
    Entry(
        "library",
        "What is remembered of a network's units: the pictures they fire on, their "
        "statistics, and pictures that were grown.",
    ),
    Entry(
        "lifetime sparseness",
        "How few of the frames excite a unit: 0 where all do alike, 1 where one does.",
        paper=papers.VINJE,
    ),
    Entry(
        "live",
        "Computed anew with every frame. As the name of a preset: the one that is quick "
        "enough to watch.",
    ),
    Entry("mosaic", "All units of a layer side by side, a tile each."),
    Entry(
        "nearest examples",
        "The examples whose inner state is most like that of the present picture, or of the place "
        "under the mouse.",
    ),
    Entry(
        "normblur",
        "A backward picture drawn as its strength over the colors, smoothed: it shows where, "
        "not what.",
    ),
    Entry(
        "optimizer",
        "How a step of the training is made of the slope of the loss: along it (SGD), or with "
        "averages of earlier slopes (Adam).",
        paper=papers.KINGMA,
    ),
    Entry(
        "order of the units",
        "Which tile stands first: the strongest unit now, the lowest number, the one that "
        "varies or prefers most, or the name.",
        aliases=("strongest first",),
    ),
    Entry(
        "ordered by",
        "What ranks the pictures: the unit's largest value in each, or its mean over the "
        "whole of each.",
        aliases=(
            "by max",
            "by mean",
        ),
    ),
    Entry(
        "output kind",
        "What the network's numbers are taken for: logits, probabilities, a map, boxes ... It "
        "is decided when the network opens; choose another where that is wrong.",
        aliases=("what the output is taken for",),
    ),
    Entry("overlay", "The unit's map blended over the input."),
    Entry(
        "patch",
        "The values of a layer's inputs that one place of a unit's map is computed from.",
    ),
    Entry("patterns", "The kept pictures of a layer's units, in the tiles of the mosaic."),
    Entry(
        "pictures from",
        "Where the pictures come from: the library of a scan, or the last minutes of what is "
        "running.",
    ),
    Entry("pin", "Keep a unit as the origin of the backward passes while another is selected."),
    Entry(
        "playground",
        "A small network that learns to tell points of a plane apart while one watches: each unit "
        "as a heat map over the plane, each weight as a line.",
        paper=papers.SMILKOV,
    ),
    Entry(
        "predictions",
        "What the network answers: the classes it finds most likely, with their probabilities.",
    ),
    Entry("preset", "All settings of a synthesis under one name, most of them as in a paper."),
    Entry(
        "recipe", "Everything that is needed to make a picture again; it is kept inside the PNG."
    ),
    Entry(
        "seed",
        "The number that randomness begins with: another seed, another picture, as good as "
        "the first.",
        paper=papers.YOSINSKI,
        aliases=(
            "new seed",
            "nine",
        ),
    ),
    Entry(
        "selectivity",
        "How much a unit prefers some pictures: near 0 where it answers all alike, near 1 "
        "where it answers few of many.",
    ),
    Entry(
        "shown as",
        "How each picture is drawn: cut to the part that the unit saw, whole, or as a "
        "backward picture of it.",
    ),
    Entry(
        "shown at", "Where the way back ends: at the pixels of the input, or at a layer in between."
    ),
    Entry("source", "Where frames come from: camera, film, folder, data set, board, demo."),
    Entry("stale", "Belongs to another unit, frame or network than the present one."),
    Entry("statistics", "How the unit, and its layer, behaved on all pictures of a scan."),
    Entry(
        "steps",
        "What a recurrent network holds at each of its steps, made visible by its decoder.",
        paper=papers.WICHERS,
    ),
    Entry("tile", "One unit's square in the mosaic."),
    Entry("trace", "How a unit's maximum went over the last frames."),
    Entry(
        "training",
        "A network of the Game of Life that learns here while you watch.",
        paper=papers.WICHERS,
    ),
    Entry(
        "units",
        "All units of one layer side by side, a tile each: their maps for the present picture.",
        aliases=("mosaic of the layer",),
    ),
    Entry(
        "what it fires on",
        "The pictures, of all that were looked at, on which the unit was strongest: cut to "
        "the part that it saw.",
        paper=papers.ZEILER,
    ),
    Entry(
        "what it wants",
        "A picture that was made, step by step, so that the unit answers as strongly as possible.",
        paper=papers.OLAH,
    ),
    Entry(
        "what the picture reaches",
        "How strongly the grown picture excites the unit, against the best photograph that is "
        "known, and how much fine detail it has.",
    ),
    Entry(
        "where it fires",
        "The unit's map: how strongly it answers at each place of the present picture. Bright "
        "means strongly.",
        paper=papers.YOSINSKI,
    ),
    Entry(
        "which end",
        "Top: the pictures on which the unit is strongest. Bottom: those on which it is weakest.",
        aliases=(
            "top",
            "bottom",
        ),
    ),
)
