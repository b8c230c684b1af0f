"""Changes of the store's schema, in order; `delivery.store` runs those that are missing when it opens a store.

A revision is never edited once released: it spells out its own tables, so that it makes the same store for ever.
"""
