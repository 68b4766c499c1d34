"""A PostgreSQL of the stack's own: the server, and the roles and schemas in it."""
