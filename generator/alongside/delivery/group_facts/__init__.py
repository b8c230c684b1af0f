"""What groups' chat rooms tell of themselves: how many are there, and whether an invitation still leads in."""
