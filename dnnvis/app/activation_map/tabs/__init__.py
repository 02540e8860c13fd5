"""The tabs beside the activation map."""
