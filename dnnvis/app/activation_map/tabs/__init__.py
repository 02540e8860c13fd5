"""The tabs beside the activation map: attacks, errors, examples, learning, noise and units."""
