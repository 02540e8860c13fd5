"""Where do checkpoints come from?"""
