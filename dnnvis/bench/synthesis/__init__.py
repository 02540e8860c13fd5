"""What does a synthesized picture cost, and what is it worth?"""
