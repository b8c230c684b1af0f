"""Notes between a newcomer and a member: written down, passed on, answered, ended, and looked after."""
