"""A harbour with boats in its log, and an empty one beside it."""

from tests.kernel.archive.conftest import empty, harbour, other

__all__ = ["empty", "harbour", "other"]
