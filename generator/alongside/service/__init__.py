"""The service: what `alongside run` answers over HTTP, and the work it does by the clock. A door, thin."""
