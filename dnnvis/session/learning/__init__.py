"""What of the state belongs to a training that is watched."""
