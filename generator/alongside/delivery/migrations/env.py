"""What Alembic runs around the revisions: the connection comes from `delivery.store`, inside its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
context.run_migrations()
