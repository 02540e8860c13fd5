"""How numbers become pixels: color maps, contrast, mosaics, tiles, contact sheets."""
