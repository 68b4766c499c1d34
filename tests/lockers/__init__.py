"""A service that exists only for tests of the kernel: lockers into which things are put."""
