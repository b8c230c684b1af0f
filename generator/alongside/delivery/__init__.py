"""The store, claims, transports and the people in it: the only part with sockets or a database."""
