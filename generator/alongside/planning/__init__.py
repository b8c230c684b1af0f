"""When: occurrences of meetups, due instants of steps, and what each newcomer gets."""
