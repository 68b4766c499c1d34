"""`python -m ops` is what ./rapport runs."""

import logging
import sys

try:
    from ops.cli import main

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a command says in a sentence what it lacks
    main(prog_name="rapport")
except KeyboardInterrupt:  # before click could take care of it
    sys.exit(130)
