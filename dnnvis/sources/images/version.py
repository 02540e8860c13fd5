"""Number the ways in which pictures have been decoded, so that scans know what is out of date."""

#: Raise it with every change after which some file gives other pixels: scans of earlier pixels are
#: made anew. 1: as Pillow converts to 8 bits; 2: palettes, transparency, more than 8 bits, many
#: bands (``images.decode``).
DECODER_VERSION = 2
