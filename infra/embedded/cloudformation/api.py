"""The wire side.

CloudFormation's operations in and out of the query protocol, by moto's parser and serialiser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.request import Request as HttpRequest
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from infra.embedded.cloudformation import parameters, shapes
from infra.embedded.cloudformation.client import Clients
from infra.embedded.cloudformation.engine import Engine
from infra.embedded.cloudformation.errors import ValidationError
from infra.embedded.cloudformation.service import Request, Service
from infra.embedded.cloudformation.stacks import GONE, Register
from infra.embedded.refusals import Wsgi

_PAGE = 100


class CloudFormationApi:
    """CloudFormation as a WSGI application, with the stacks of every account and region."""

    def __init__(self, application: Wsgi) -> None:
        self._clients = Clients(application)
        self._services: dict[tuple[str, str], Service] = {}

    def service(self, account_id: str, region: str) -> Service:
        """CloudFormation of one account and region."""
        key = (account_id, region)
        if key not in self._services:
            self._services.setdefault(key, Service(Engine(self._clients, Register(account_id, region))))
        return self._services[key]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = HttpRequest(environ)
        request.from_wsgi_server = True
        status, headers, body = _Operations(self)._dispatch(request, request.raw_url, request.headers)
        start_response(f"{status} answered", [(name, str(value)) for name, value in headers.items()])
        return [body.encode() if isinstance(body, str) else body]


class _Operations(BaseResponse):  # type: ignore[misc]
    """One method an operation, named as moto's dispatcher looks them up."""

    def __init__(self, api: CloudFormationApi) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True
        self._api = api

    @property
    def _service(self) -> Service:
        return self._api.service(self.current_account, self.region)

    def create_stack(self) -> ActionResult:
        """CreateStack."""
        stack = self._service.create(
            self._request(),
            self._on_failure(),
            disable_rollback=bool(self._get_param("DisableRollback")),
            termination_protection=bool(self._get_param("EnableTerminationProtection")),
            timeout_minutes=self._get_param("TimeoutInMinutes"),
        )
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        """UpdateStack."""
        stack = self._service.update(
            self._request(), disable_rollback=bool(self._get_param("DisableRollback"))
        )
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self) -> ActionResult:
        """DeleteStack."""
        self._service.delete(
            self._get_param("StackName"), frozenset(self._get_param("RetainResources") or [])
        )
        return EmptyResult()

    def update_termination_protection(self) -> ActionResult:
        """UpdateTerminationProtection."""
        stack = self._service.register.get(self._get_param("StackName"))
        stack.termination_protection = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.stack_id})

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks; without a name, those that are there."""
        name = self._get_param("StackName")
        register = self._service.register
        if name:
            return ActionResult({"Stacks": [shapes.stack(register.get(name))]})
        alive = [stack for stack in register.stacks.values() if stack.status != GONE]
        return ActionResult(self._page("Stacks", [shapes.stack(stack) for stack in reversed(alive)]))

    def list_stacks(self) -> ActionResult:
        """ListStacks, deleted ones included."""
        wanted = self._get_param("StackStatusFilter") or []
        stacks = [s for s in self._service.register.stacks.values() if not wanted or s.status in wanted]
        return ActionResult(
            self._page("StackSummaries", [shapes.summary(stack) for stack in reversed(stacks)])
        )

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents, newest first."""
        stack = self._service.register.get(self._get_param("StackName"), "Stack [{0}] does not exist")
        return ActionResult(
            self._page("StackEvents", [shapes.event(stack, e) for e in reversed(stack.events)])
        )

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources, by stack or by a resource's physical ID."""
        logical_id = self._get_param("LogicalResourceId")
        stack = self._service.register.get(self._stack_of_resource())
        shown = [
            shapes.resource(stack, made)
            for made in stack.resources.values()
            if logical_id in {None, made.logical_id}
        ]
        return ActionResult({"StackResources": shown})

    def describe_stack_resource(self) -> ActionResult:
        """DescribeStackResource."""
        name, logical_id = self._get_param("StackName"), self._get_param("LogicalResourceId")
        stack = self._service.register.get(name, "Stack '{0}' does not exist")
        if logical_id not in stack.resources:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {name}")
        return ActionResult(
            {"StackResourceDetail": shapes.resource_detail(stack, stack.resources[logical_id])}
        )

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        stack = self._service.register.get(self._get_param("StackName"))
        shown = [shapes.resource_summary(made) for made in stack.resources.values()]
        return ActionResult(self._page("StackResourceSummaries", shown))

    def get_template(self) -> ActionResult:
        """GetTemplate, of a stack or of a change set."""
        change_set, name = self._get_param("ChangeSetName"), self._get_param("StackName")
        if change_set:
            plan = self._service.change_set(change_set, name).plan
        else:
            plan = self._service.register.get(name).plan
        return ActionResult(
            {"TemplateBody": plan.template.body, "StagesAvailable": ["Original", "Processed"]}
        )

    def get_template_summary(self) -> ActionResult:
        """GetTemplateSummary, of a template or of a stack's."""
        name = self._get_param("StackName")
        if name:
            return ActionResult(shapes.template_summary(self._service.register.get(name).plan.template))
        return ActionResult(shapes.template_summary(self._template()))

    def validate_template(self) -> ActionResult:
        """ValidateTemplate."""
        return ActionResult(shapes.validation(self._template()))

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet."""
        kind = self._get_param("ChangeSetType") or "UPDATE"
        made = self._service.create_change_set(
            self._request(), self._get_param("ChangeSetName"), kind, self._get_param("Description")
        )
        return ActionResult({"Id": made.change_set_id, "StackId": made.stack.stack_id})

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        made = self._service.change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        return ActionResult(shapes.change_set(made))

    def execute_change_set(self) -> ActionResult:
        """ExecuteChangeSet."""
        service = self._service
        made = service.change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        service.execute(
            made,
            disable_rollback=bool(self._get_param("DisableRollback")),
            removes_new=bool(self._get_param("RetainExceptOnCreate")),
        )
        return EmptyResult()

    def delete_change_set(self) -> ActionResult:
        """DeleteChangeSet."""
        made = self._service.change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        del self._service.register.change_sets[made.change_set_id]
        return EmptyResult()

    def list_change_sets(self) -> ActionResult:
        """ListChangeSets of one stack."""
        stack = self._service.register.get(self._get_param("StackName"))
        made = [each for each in self._service.register.change_sets.values() if each.stack is stack]
        return ActionResult(self._page("Summaries", [shapes.change_set_summary(each) for each in made]))

    def list_exports(self) -> ActionResult:
        """ListExports."""
        exports = self._service.register.exports()
        shown = [
            {"ExportingStackId": s, "Name": name, "Value": v} for name, (s, v) in sorted(exports.items())
        ]
        return ActionResult(self._page("Exports", shown))

    def _stack_of_resource(self) -> str:
        name, physical_id = self._get_param("StackName"), self._get_param("PhysicalResourceId")
        if name:
            return str(name)
        for stack in self._service.register.stacks.values():
            if any(made.alive and made.physical_id == physical_id for made in stack.resources.values()):
                return stack.stack_id
        raise ValidationError(f"Stack for {physical_id} does not exist")

    def _template(self) -> Any:
        return self._service.read_template(self._get_param("TemplateBody"), self._get_param("TemplateURL"))

    def _on_failure(self) -> str:
        on_failure, disabled = self._get_param("OnFailure"), self._get_param("DisableRollback")
        if on_failure and disabled is not None:
            raise ValidationError("You can specify either DisableRollback or OnFailure, but not both.")
        return str(on_failure or ("DO_NOTHING" if disabled else "ROLLBACK"))

    def _request(self) -> Request:
        tags = self._get_param("Tags")
        return Request(
            name=self._get_param("StackName"),
            body=self._get_param("TemplateBody"),
            url=self._get_param("TemplateURL"),
            use_previous=bool(self._get_param("UsePreviousTemplate")),
            given=tuple(_given(each) for each in self._get_param("Parameters") or []),
            tags=None if tags is None else {tag["Key"]: tag["Value"] for tag in tags},
            capabilities=tuple(self._get_param("Capabilities") or []),
            role_arn=self._get_param("RoleARN"),
            notification_arns=tuple(self._get_param("NotificationARNs") or []),
            token=self._get_param("ClientRequestToken"),
            removes_new=bool(self._get_param("RetainExceptOnCreate")),
        )

    def _page(self, member: str, items: list[Any]) -> dict[str, Any]:
        token = self._get_param("NextToken")
        if token and not str(token).isdecimal():
            raise ValidationError(f"NextToken {token} is not one of this cloud's")
        start = int(token or 0)
        shown = {member: items[start : start + _PAGE]}
        return {**shown, "NextToken": str(start + _PAGE)} if len(items) > start + _PAGE else shown


def _given(each: Mapping[str, Any]) -> parameters.Given:
    return parameters.Given(
        each["ParameterKey"], each.get("ParameterValue"), bool(each.get("UsePreviousValue"))
    )
