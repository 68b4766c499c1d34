"""Which refusals a decision can raise, read from its source: all calls that one command can reach."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any

from kernel.aggregate import Aggregate
from kernel.commands import Command, Rejected


def raised(aggregate: Aggregate[Any], command: type[Command]) -> set[str]:
    """The codes of all `Rejected`, Outdated too, between the decision on the command and its leaves."""
    start = aggregate.decide_many if command.spans else aggregate.decide
    assert isinstance(start, FunctionType)
    found, seen, waiting = set(), {start}, [start]
    while waiting:
        function = waiting.pop()
        for call in _calls(function, command):
            called = _resolved(call.func, function, command)
            if isinstance(called, type) and issubclass(called, Rejected):
                found.add(_code(call.args[0], function))
            elif isinstance(called, FunctionType) and called not in seen:
                seen.add(called)
                waiting.append(called)
    return found


def _calls(function: FunctionType, command: type[Command]) -> Iterator[ast.Call]:
    waiting: list[ast.AST] = [ast.parse(textwrap.dedent(inspect.getsource(function)))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if isinstance(node, ast.Match) and ast.unparse(node.subject) == "command":
            waiting.extend(_arm(node.cases, function, command))
        elif not (isinstance(node, ast.If) and _never(node.test, function, command)):
            waiting.extend(ast.iter_child_nodes(node))


def _arm(cases: Iterable[ast.match_case], function: FunctionType, command: type[Command]) -> list[ast.stmt]:
    """What a `match command` does with this one."""
    for case in cases:
        if not isinstance(case.pattern, ast.MatchClass):
            return case.body
        if command is _resolved(case.pattern.cls, function, command):
            return case.body
    return []


def _never(test: ast.expr, function: FunctionType, command: type[Command]) -> bool:
    """Whether `… and not isinstance(command, …)` leaves this command out."""
    for each in ast.walk(test):
        if isinstance(each, ast.UnaryOp) and ast.unparse(each).startswith("not isinstance(command, "):
            assert isinstance(each.operand, ast.Call)
            return issubclass(command, _resolved(each.operand.args[1], function, command))
    return False


def _resolved(node: ast.expr, function: FunctionType, command: type[Command]) -> Any:
    """What a name, a module's name or a table's entry for the command is; None: something of the moment."""
    match node:
        case ast.Name(name):
            return function.__globals__.get(name)
        case ast.Attribute(ast.Name(module), name) if inspect.ismodule(function.__globals__.get(module)):
            return getattr(function.__globals__[module], name)
        case ast.Subscript(ast.Name(table)):
            return function.__globals__[table].get(command)
    return None


def _code(node: ast.expr, function: FunctionType) -> str:
    if isinstance(node, ast.Starred):
        return str(_resolved(node.value, function, Command)[0])
    assert isinstance(node, ast.Constant), f"a code of {function.__name__} is no literal"
    return str(node.value)
