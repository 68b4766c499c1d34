"""The process that folds the log into views."""

from kernel.view.worker.process import run as run
