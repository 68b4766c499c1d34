"""Customers with a long past, and questions about it."""
