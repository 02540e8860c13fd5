"""Explain the words for networks and their parts."""

from dnnvis.guide.glossary import papers
from dnnvis.guide.glossary.entry import Entry

ENTRIES = (
    Entry(
        "activation",
        "The number that a unit gives for one picture, at one place of its map.",
        aliases=("activations",),
    ),
    Entry("attention", "Weights by which one token takes from others.", paper=papers.VASWANI),
    Entry(
        "attention head",
        "One of several attentions that a layer computes side by side; a unit of the layer "
        "`name.heads` here.",
    ),
    Entry(
        "call",
        "One run of a layer within one pass. A layer that is used three times has calls 0, 1 "
        "and 2; in a recurrent network these are its steps.",
    ),
    Entry(
        "card",
        "A JSON file beside the weights that says what must be known besides them: size, "
        "channels, mean, standard deviation, labels, states, decoder.",
    ),
    Entry("channel", "The number of a unit within its layer."),
    Entry("checkpoint", "A file with weights."),
    Entry(
        "convolution",
        "A layer whose units lay one kernel over every place, multiply it with the numbers "
        "below, and add up: the same question asked everywhere.",
    ),
    Entry("decoder", "The module that turns a hidden state into an answer one can look at."),
    Entry(
        "entropy",
        "How undecided an answer is, in bits: 0 where one class has all the probability, the "
        "logarithm of their number where all classes have the same.",
    ),
    Entry(
        "feeds",
        "The units of the layer before that add most to the selected one, and the units that it "
        "adds to: by weight x activation on this frame, or by weights alone. Batch norms are "
        "folded in; rectifiers, pooling and concatenation are followed through.",
        paper=papers.OLAH_CIRCUITS,
        aliases=("feeds now", "feeds, weights"),
    ),
    Entry(
        "fingerprint",
        "A number made of a network's architecture and weights. What is kept of a network is "
        "found by it.",
    ),
    Entry(
        "gate",
        "A part of an LSTM or GRU that opens and closes between 0 and 1; a layer of its own here.",
    ),
    Entry("hidden state", "What a recurrent network carries from one step to the next."),
    Entry(
        "Hinton diagram",
        "A matrix of weights: a row a unit, a column an input; the area of a square is the size of "
        "a weight, its color the sign.",
        paper=papers.HINTON,
        aliases=("hinton", "hinton, sorted"),
    ),
    Entry(
        "kernel",
        "The small table of weights that a unit of a convolution lays over every place of the "
        "layer before.",
        aliases=(
            "kernels",
            "weights",
        ),
    ),
    Entry(
        "layer",
        "A step of the network's computation: it turns the numbers of the layer before into "
        "new ones. It has a name, as in `named_modules()`; `output` is what the network "
        "returns.",
    ),
    Entry(
        "logit",
        "The number that a network gives a class before softmax or sigmoid turns it into a "
        "probability.",
        aliases=("logits",),
    ),
    Entry("map of a unit", "The activations of one unit at all places, height by width."),
    Entry("place", "A point (y, x) of a unit's map."),
    Entry(
        "preprocessing",
        "What happens to a picture before the network: scaling, cutting, mean and standard "
        "deviation.",
    ),
    Entry(
        "query, key",
        "In attention, the token that asks, and a token that it may attend to.",
        aliases=("query of the attention heads",),
    ),
    Entry(
        "receptive field",
        "The pixels of the input that can change a unit at one place. The frame on the input "
        "shows it.",
        paper=papers.ARAUJO,
    ),
    Entry("rectifier", "A function such as ReLU or ELU that holds back negative values."),
    Entry(
        "rollout",
        "Attention followed through several layers, each mixed half and half with the identity.",
        paper=papers.ABNAR,
    ),
    Entry(
        "sigmoid",
        "Squeezes one number into the range from 0 to 1, each class for itself.",
        aliases=("sigmoids",),
    ),
    Entry("snapshot", "The weights of a network at one moment of its training."),
    Entry(
        "softmax",
        "Turns the logits of all classes into probabilities that add up to 1: the exponential "
        "of each, divided by their sum.",
        aliases=("probabilities",),
    ),
    Entry("tensor", "An array of numbers."),
    Entry(
        "unit",
        "One detector of a layer: a channel that answers at every place of the picture. It is "
        "written `layer[channel]`, with a place `@y,x` and a call `#k` if wanted.",
        aliases=("unit's maximum",),
    ),
    Entry(
        "views of the weights",
        "Kernels as tiles, the layer's weights as a Hinton diagram, or the units that feed the "
        "selected one, on this frame or by weights alone.",
        aliases=("what of the weights",),
    ),
)
