"""What becomes of frames that were kept: films, animated pictures, arrays, comparisons."""
