"""What does this unit or state mean?"""
