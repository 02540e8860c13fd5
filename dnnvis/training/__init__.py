"""Train the networks that the checkpoints come from."""
