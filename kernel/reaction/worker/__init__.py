"""The process of a service's reactions, which `rapport react SERVICE` is."""

from kernel.reaction.worker.process import run as run
