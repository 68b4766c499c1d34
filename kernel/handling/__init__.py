"""Commands become facts: load, fold, decide, claim, seal, append."""

from kernel.handling.call import Answer as Answer
from kernel.handling.call import Call as Call
from kernel.handling.handler import Handler as Handler
