"""What does this unit want to see? Gradient ascent on a picture.

In four parts: objective, image (parametrization), transforms and optimizer; presets combine them.
"""
