"""Notes between a newcomer and a member: each reads what the other wrote, neither sees an address."""
