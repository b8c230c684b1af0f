"""What fits a newcomer, in integers, and why."""
