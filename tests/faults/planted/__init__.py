"""Bugs that the tests of faults must find, each planted in a copy of the checkout.

`python -m tests.faults.planted [NAME …]` takes those whose names hold one of these, or all of them. For each
it says what the test said. One is found by a test that passes without it, and fails with it for the reason
expected; exit code 1 where one is not.
"""
