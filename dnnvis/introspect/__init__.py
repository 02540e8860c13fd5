"""What do the activations hold, and what does the space of all of them look like?"""
