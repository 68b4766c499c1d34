"""`python -m ops` is what ./rapport runs."""

import sys

try:
    from ops.cli import main

    main(prog_name="rapport")
except KeyboardInterrupt:  # before click could take care of it
    sys.exit(130)
