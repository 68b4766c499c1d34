"""The oracle: what callers were told, what is stored, what is published and what the views show, compared."""
