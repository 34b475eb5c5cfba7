"""The static checks that need neither a cloud nor a linter: the template alone is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reports.measuring.definition import InvalidDefinition, NoMapState, read_definition
from reports.regression.findings import Check, Finding
from reports.regression.roles import FUNCTION, MACHINE, check_roles
from reports.regression.template import Template, definition_text, listed, parsed

LOG_GROUP, DASHBOARD = "AWS::Logs::LogGroup", "AWS::CloudWatch::Dashboard"
OF_EACH_STEP = {"Duration": ("p50", "p95"), "Throttles": ("Sum",), "Errors": ("Sum",)}
OF_THE_PIPELINE = {
    "ConcurrentExecutions": "Maximum",
    "ExecutionsSucceeded": "Sum",
    "ExecutionsFailed": "Sum",
}

Asking = Callable[[Template], Iterable[Finding]]


def check_template(document: Mapping[str, Any]) -> tuple[Check, ...]:
    """Make every check; the result names those that passed too."""
    template = Template(document)
    return tuple(Check(name, asks, _found(name, check, template)) for name, (asks, check) in CHECKS.items())


def _found(name: str, check: Asking, template: Template) -> tuple[Finding, ...]:
    """Return what a check finds; one that cannot read the template has found that."""
    try:
        return tuple(check(template))
    except Exception as error:  # noqa: BLE001 - a template can be wrong in more ways than a check foresees
        problem = f"this check cannot read the template ({type(error).__name__}: {error})"
        advice = "something else stands where it expects a mapping or a list; cfn-lint names the line"
        return (Finding(name, "Resources", f"{problem}; {advice}"),)


def _knob(template: Template) -> Iterator[Finding]:
    for machine, properties in template.resources(MACHINE):
        try:
            definition = read_definition(definition_text(properties))
        except (InvalidDefinition, NoMapState) as problem:
            yield Finding("knob", machine, str(problem))
            continue
        if definition.concurrency_keys is None:
            told = f"MaxConcurrency is {definition.fixed_concurrency}, fixed in the definition"
            if definition.concurrency_comes_from_input:
                read = definition.concurrency_path or definition.concurrency_expression
                told = f"the cap {read} is no plain path"
            advice = 'read it from the input: "MaxConcurrencyPath": "$.max_concurrency"'
            yield Finding("knob", f"{machine}, state {definition.map_state}", f"{told}; {advice}")


def _logs(template: Template) -> Iterator[Finding]:
    groups = dict(template.resources(LOG_GROUP))
    for group, properties in groups.items():
        if not properties.get("RetentionInDays"):
            yield Finding(
                "logs", group, "has no RetentionInDays: its events would be kept, and paid, for ever"
            )
    named = {_spelled_out(template, str(properties.get("LogGroupName"))) for properties in groups.values()}
    for function, properties in template.resources(FUNCTION):
        own = str((properties.get("LoggingConfig") or {}).get("LogGroup") or "")
        default = f"/aws/lambda/{template.name_of(function, 'FunctionName')}"
        if _spelled_out(template, own) not in named and default not in named and own[2:-1] not in groups:
            problem = f"has no log group in the template ({default}): Lambda would make one without retention"
            yield Finding("logs", function, problem)


def _spelled_out(template: Template, name: str) -> str:
    """Return a log group's name with references to functions replaced by their names."""
    for function, _ in template.resources(FUNCTION):
        name = name.replace(f"${{{function}}}", template.name_of(function, "FunctionName"))
    return name


def _dashboard(template: Template) -> Iterator[Finding]:
    boards = list(template.resources(DASHBOARD))
    if not boards:
        yield Finding("dashboard", "Resources", f"there is no {DASHBOARD}: nobody would see the wall")
        return
    drawn = [row for _, properties in boards for row in rows_of(parsed(properties.get("DashboardBody")))]
    where = boards[0][0]
    for function, _ in template.resources(FUNCTION):
        called = {f"${{{function}}}", template.name_of(function, "FunctionName")}
        of_it = {(metric, stat) for metric, stat, named in drawn if named & called}
        for metric, statistics in OF_EACH_STEP.items():
            for stat in statistics:
                if (metric, stat) not in of_it:
                    yield Finding("dashboard", where, f"no widget draws {metric} ({stat}) of {function}")
    for metric, stat in OF_THE_PIPELINE.items():
        if (metric, stat) not in {(row[0], row[1]) for row in drawn}:
            yield Finding("dashboard", where, f"no widget draws {metric} ({stat})")


def rows_of(body: Any) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield metric, statistic and the dimensions' values of every row that a dashboard draws."""
    for widget in (body or {}).get("widgets", ()):
        properties = widget.get("properties") or {}
        above: list[str] = []
        for row in properties.get("metrics") or ():
            options: Any = row[-1] if row and isinstance(row[-1], Mapping) else {}
            above = _unabbreviated([word for word in row if isinstance(word, str)], above)
            if len(above) > 1:
                stat = str(options.get("stat", properties.get("stat", "Average")))
                yield above[1], stat, frozenset(above[3::2])


def _unabbreviated(words: list[str], above: list[str]) -> list[str]:
    """Return a row with `.` and `...` replaced by what the row above says."""
    if "..." in words:
        tail = words[words.index("...") + 1 :]
        words = [*above[: len(above) - len(tail)], *tail]
    return [above[place] if word == "." and place < len(above) else word for place, word in enumerate(words)]


def _unreserved(template: Template) -> Iterator[Finding]:
    for function, properties in template.resources(FUNCTION):
        reserved = properties.get("ReservedConcurrentExecutions")
        if reserved is not None:
            problem = f"{reserved} concurrent executions are reserved by default, which caps the step"
            yield Finding("unreserved", function, f"{problem}; reserve only where a parameter asks for it")


def _throttles_show(template: Template) -> Iterator[Finding]:
    hidden = {"States.ALL", "States.TaskFailed", "Lambda.TooManyRequestsException"}
    for machine, properties in template.resources(MACHINE):
        for name, state in _states(parsed(definition_text(properties)) or {}):
            for field in ("Retry", "Catch"):
                errors = [
                    error for rule in listed(state.get(field)) for error in listed(rule.get("ErrorEquals"))
                ]
                for error in sorted(hidden & set(map(str, errors))):
                    problem = (
                        f"its {field} on {error} hides a throttle, which the controlled failure has to show"
                    )
                    yield Finding("errors show", f"{machine}, state {name}", problem)


def _states(block: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every state of a definition, at any depth."""
    if not isinstance(block, Mapping):
        return
    for name, state in (block.get("States") or {}).items():
        yield name, state
        for inner in (state.get("ItemProcessor"), state.get("Iterator"), *(state.get("Branches") or ())):
            yield from _states(inner)


CHECKS: Mapping[str, tuple[str, Asking]] = {
    "knob": ("the Map's concurrency is read from the input", _knob),
    "roles": ("each role may do what it must, and nothing else", check_roles),
    "logs": ("every function has a log group, every log group a retention", _logs),
    "dashboard": ("the dashboard draws what the activities look at", _dashboard),
    "unreserved": ("no function's concurrency is reserved by default", _unreserved),
    "errors show": ("no Retry or Catch hides an error that has to be seen", _throttles_show),
}
"""Each check by name: what it asks, and how. Resources that a template does not have are not missed here."""
