"""Explain the words for methods."""

from dnnvis.guide.glossary import papers
from dnnvis.guide.glossary.entry import Entry

ENTRIES = (
    Entry(
        "ascent",
        "Changing a picture step by step along the gradient, so that a unit gives more. It is "
        "how what a unit wants is made.",
        paper=papers.ERHAN,
        aliases=(
            "synthesis",
            "grow",
        ),
    ),
    Entry(
        "backward pass",
        "Going through the network from a unit back to the pixels, to see what moved it.",
    ),
    Entry(
        "deconvnet",
        "The unit's signal sent back to the pixels; every rectifier on the way lets only "
        "positive signal through. It shows what in the picture excited the unit.",
        paper=papers.ZEILER,
    ),
    Entry(
        "DeepDream",
        "Ascent that starts from a photograph: the network exaggerates what it sees in it.",
        paper=papers.DREAM,
        aliases=(
            "dream",
            "deepdream",
        ),
    ),
    Entry(
        "extension",
        "Here: a rule applied where its paper gives none, for example to a rectifier other "
        "than ReLU.",
    ),
    Entry(
        "feature visualization",
        "A picture made so that it excites a unit; also called synthesis.",
        paper=papers.OLAH,
    ),
    Entry(
        "Fourier parametrization",
        "The picture is made of waves whose strength is even over frequencies, so that ascent "
        "does not begin with noise.",
    ),
    Entry(
        "gradient",
        "The derivative of the unit with respect to the pixels: which of them would change it "
        "most, in which direction.",
        paper=papers.SIMONYAN,
    ),
    Entry(
        "guided backprop",
        "Like the gradient, but what is negative is dropped on the way back, as in the "
        "deconvnet: fine lines that raised the unit.",
        paper=papers.SPRINGENBERG,
        aliases=("guided",),
    ),
    Entry(
        "high frequency",
        "Share of a picture's energy in fine detail, above 0.25 cycles per pixel. Photographs "
        "have little of it: much of it is noise.",
        aliases=("high freq.",),
    ),
    Entry(
        "hold",
        "Weight of the distance to the frame, measured by what both do at an inner layer: the "
        "stronger, the nearer what grows stays to the frame.",
        paper=papers.HAMBLIN,
        aliases=("hold depth",),
    ),
    Entry(
        "integrated gradients",
        "Gradients added up on the way from black, gray or a blurred picture to this one, times "
        "the way: they add up to what the unit gains on it, but for the error that is stated.",
        paper=papers.SUNDARARAJAN,
        aliases=("integrated",),
    ),
    Entry(
        "inversion",
        "A picture that gives the same numbers at a layer as the present one: what the layer "
        "still knows of it.",
        paper=papers.MAHENDRAN,
        aliases=("invert this frame",),
    ),
    Entry(
        "jitter",
        "Small random shifts of the picture between steps, so that what grows does not depend "
        "on the exact pixel.",
        paper=papers.OLAH,
    ),
    Entry(
        "LayerCAM",
        "Where a layer's maps speak for the unit: its activations times their positive gradients, "
        "added up over the maps and stretched to the picture.",
        paper=papers.JIANG,
        aliases=("layercam", "at the last map"),
    ),
    Entry(
        "logit lens",
        "Reading a hidden state with the network's own last modules, as if it were the last one.",
        paper=papers.NOSTALGEBRAIST,
    ),
    Entry(
        "MACO",
        "Ascent in which only the phases of the picture's spectrum move; its magnitudes stay "
        "those of photographs.",
        paper=papers.MACO,
        aliases=("maco",),
    ),
    Entry("norm ball", "The picture's norm is held at a fixed value."),
    Entry("objective", "What an ascent raises: a unit, a layer, or a sum of such."),
    Entry(
        "occlusion",
        "A patch hides the picture, place after place; bright where the unit falls when it does. "
        "A pass for each place.",
        paper=papers.ZEILER,
    ),
    Entry(
        "projection",
        "The way in which many numbers become two: InfoVAE (a map that was learned), PCA or UMAP.",
    ),
    Entry(
        "put to the test",
        "Deletion and insertion: pixels vanish, or appear, in the picture's order, beside a random "
        "one (Petsiuk et al. 2018). And the same lens on shuffled weights: a picture that stays "
        "much the same shows the frame, not what was learned.",
        paper=papers.ADEBAYO,
        aliases=("put it to the test",),
    ),
    Entry("ratio", "A value divided by the best that any known photograph gives."),
    Entry(
        "reached",
        "What a grown picture gives when the network sees it unchanged. In brackets: the "
        "number of the unit's map that was raised, its mean or its maximum.",
        aliases=(
            "reached (mean)",
            "reached (max)",
            "reached (neuron)",
        ),
    ),
    Entry(
        "regularizer",
        "What keeps a growing picture from being noise: blur, decay, total variation ...",
    ),
    Entry("total variation", "Mean difference of neighboring pixels.", aliases=("variation",)),
    Entry(
        "transforms", "Random shifts, turns and zooms that a picture must survive while it grows."
    ),
)
