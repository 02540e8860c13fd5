"""What is computed now, in which order?"""
