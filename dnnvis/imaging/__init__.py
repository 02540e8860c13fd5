"""Turn numbers into pixels: color maps, contrast, mosaics, tiles, contact sheets."""
