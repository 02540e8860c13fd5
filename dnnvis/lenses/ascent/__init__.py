"""What does this unit want to see? Gradient ascent on a picture, in four joints: objective,
image (parametrisation), warp (transforms) and climb (optimise); presets put them together."""
