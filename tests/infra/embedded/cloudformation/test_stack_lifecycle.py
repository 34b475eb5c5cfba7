from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

PATIENCE_S = 120.0

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        "Policies": [
            {
                "PolicyName": "p",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
                },
            }
        ],
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
    },
}
PASS = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'
IAM = {"Capabilities": ["CAPABILITY_IAM"]}


def machine(definition=PASS, **more):
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    properties = {"DefinitionString": definition, "RoleArn": role, "StateMachineName": "m", **more}
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}


def function(**more):
    properties = {
        "FunctionName": "f",
        "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
        "Handler": "index.handler",
        "Runtime": "python3.11",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        **more,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]


def test_every_resource_has_its_events_in_order(cfn, statuses, group, text):
    """Each resource goes from in progress to complete, after those it depends on."""
    template = group(B={"LogGroupName": {"Fn::Sub": "${A}-two"}}, A={"LogGroupName": "one"})
    cfn.create_stack(StackName="s", TemplateBody=text(template))
    made = ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert statuses("s") == [
        ("s", "CREATE_IN_PROGRESS"),
        *[("A", status) for status in made],
        *[("B", status) for status in made],
        ("s", "CREATE_COMPLETE"),
    ]


def test_the_waiters_of_boto3_work(cfn, group, text):
    """Create, update and delete end in what boto3's own waiters wait for."""
    made = cfn.create_stack(StackName="s", TemplateBody=text(group(A={"LogGroupName": "one"})))
    quick = {"Delay": 1, "MaxAttempts": 3}
    cfn.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig=quick)
    cfn.update_stack(StackName="s", TemplateBody=text(group(A={"LogGroupName": "one", "RetentionInDays": 3})))
    cfn.get_waiter("stack_update_complete").wait(StackName="s", WaiterConfig=quick)
    cfn.delete_stack(StackName="s")
    cfn.get_waiter("stack_delete_complete").wait(StackName=made["StackId"], WaiterConfig=quick)
    cfn.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig=quick)


def test_a_deleted_stack_is_found_by_id_only(cfn, statuses, group, text):
    """By name it does not exist, by ID it is DELETE_COMPLETE with its events; its resources are gone."""
    made = cfn.create_stack(StackName="s", TemplateBody=text(group(A={"LogGroupName": "one"})))
    cfn.delete_stack(StackName="s")
    error = refused(cfn.describe_stacks, StackName="s")
    assert (error["Code"], error["Message"]) == ("ValidationError", "Stack with id s does not exist")
    assert cfn.describe_stacks(StackName=made["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert statuses(made["StackId"])[-2:] == [("A", "DELETE_COMPLETE"), ("s", "DELETE_COMPLETE")]
    cfn.delete_stack(StackName="never-there")


def test_a_name_that_is_taken_is_refused(cfn, group, text):
    """CreateStack on a name that exists is AlreadyExistsException, and free again after deletion."""
    template = text(group(A={}))
    cfn.create_stack(StackName="s", TemplateBody=template)
    assert refused(cfn.create_stack, StackName="s", TemplateBody=template)["Code"] == "AlreadyExistsException"
    cfn.delete_stack(StackName="s")
    cfn.create_stack(StackName="s", TemplateBody=template)


@pytest.mark.parametrize(
    ("named", "given", "wanted"),
    [
        (True, [], "CAPABILITY_NAMED_IAM"),
        (True, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
        (False, [], "CAPABILITY_IAM"),
        (True, ["CAPABILITY_NAMED_IAM"], None),
        (False, ["CAPABILITY_IAM"], None),
        (False, ["CAPABILITY_NAMED_IAM"], None),
    ],
)
def test_iam_must_be_acknowledged(cfn, text, named, given, wanted):
    """A role needs CAPABILITY_IAM, one with a name of its own CAPABILITY_NAMED_IAM, everywhere."""
    role = {**ROLE, "Properties": {**ROLE["Properties"], **({"RoleName": "r"} if named else {})}}
    request = {"StackName": "s", "TemplateBody": text({"Resources": {"Role": role}}), "Capabilities": given}
    if wanted is None:
        cfn.create_stack(**request)
        return
    for error in (
        refused(cfn.create_stack, **request),
        refused(cfn.create_change_set, ChangeSetName="c", ChangeSetType="CREATE", **request),
    ):
        assert error["Code"] == "InsufficientCapabilitiesException"
        assert error["Message"] == f"Requires capabilities : [{wanted}]"
    cfn.create_stack(**{**request, "Capabilities": ["CAPABILITY_NAMED_IAM"]})
    assert refused(cfn.update_stack, **request)["Code"] == "InsufficientCapabilitiesException"


def test_a_definition_that_does_not_validate_rolls_the_stack_back(cfn, clients, statuses, reason, text):
    """The state machine fails with its reason, what was made is removed, the stack ends ROLLBACK_COMPLETE."""
    broken = machine('{"StartAt": "Nowhere", "States": {"P": {"Type": "Pass", "End": true}}}')
    template = {"Resources": {"Role": ROLE, "Machine": broken}}
    cfn.create_stack(StackName="s", TemplateBody=text(template), **IAM)
    stack = cfn.describe_stacks(StackName="s")["Stacks"][0]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert statuses("s")[-5:] == [
        ("Machine", "CREATE_FAILED"),
        ("s", "ROLLBACK_IN_PROGRESS"),
        ("Role", "DELETE_IN_PROGRESS"),
        ("Role", "DELETE_COMPLETE"),
        ("s", "ROLLBACK_COMPLETE"),
    ]
    assert "InvalidDefinition" in reason("s", "Machine", "CREATE_FAILED")
    assert "[Machine]" in reason("s", "s", "ROLLBACK_IN_PROGRESS")
    assert clients.client("iam", "us-east-1").list_roles()["Roles"] == []
    assert (
        refused(cfn.update_stack, StackName="s", TemplateBody=text(template), **IAM)["Code"]
        == "ValidationError"
    )


@pytest.mark.parametrize("trusted", [["lambda.amazonaws.com"], []])
def test_a_role_that_step_functions_may_not_assume_rolls_the_stack_back(cfn, reason, text, trusted):
    """The state machine fails with Step Functions' own words about the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement] if trusted else []}
    role = {**ROLE, "Properties": {**ROLE["Properties"], "AssumeRolePolicyDocument": document}}
    cfn.create_stack(
        StackName="s", TemplateBody=text({"Resources": {"Role": role, "Machine": machine()}}), **IAM
    )
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    told = reason("s", "Machine", "CREATE_FAILED")
    assert "states.amazonaws.com, nor the regional one is authorized to assume the provided role." in told
    assert "AccessDeniedException" in told


def test_a_state_machine_logs_to_the_group_of_its_stack(cfn, clients, reason, text):
    """LoggingConfiguration reaches Step Functions, whose events are in the group; tracing fails by name."""
    group = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]}}}
    logging = {"Level": "ALL", "IncludeExecutionData": True, "Destinations": [group]}
    policy = ROLE["Properties"]["Policies"][0]
    role = {**ROLE, "Properties": {**ROLE["Properties"], "Policies": [policy]}}
    resources = {
        "Role": role,
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "executions"}},
        "Machine": machine(LoggingConfiguration=logging),
    }
    cfn.create_stack(StackName="s", TemplateBody=text({"Resources": resources}), **IAM)
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    states, logs = clients.client("stepfunctions", "us-east-1"), clients.client("logs", "us-east-1")
    arn = cfn.describe_stack_resource(StackName="s", LogicalResourceId="Machine")["StackResourceDetail"]
    started = states.start_execution(stateMachineArn=arn["PhysicalResourceId"])["executionArn"]
    regions = stepfunctions_parser_backends["123456789012"]["us-east-1"]
    assert regions.describe_execution(started).exec_worker.done.wait(PATIENCE_S)
    events = logs.filter_log_events(logGroupName="executions")["events"]
    assert [json.loads(event["message"])["type"] for event in events][-1] == "ExecutionSucceeded"
    resources["Machine"] = machine(TracingConfiguration={"Enabled": True})
    cfn.update_stack(StackName="s", TemplateBody=text({"Resources": resources}), **IAM)
    assert "tracingConfiguration" in reason("s", "Machine", "UPDATE_FAILED")


def test_a_failure_can_delete_or_keep(cfn, clients, group, text):
    """OnFailure=DELETE leaves no stack, DO_NOTHING leaves what was made."""
    logs = clients.client("logs", "us-east-1")
    template = text(group(A={"LogGroupName": "one"}, B={"LogGroupName": "two", "RetentionInDays": 4}))
    gone = cfn.create_stack(StackName="s", TemplateBody=template, OnFailure="DELETE")
    assert cfn.describe_stacks(StackName=gone["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert logs.describe_log_groups()["logGroups"] == []
    cfn.create_stack(StackName="s", TemplateBody=template, DisableRollback=True)
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "CREATE_FAILED"
    assert [found["logGroupName"] for found in logs.describe_log_groups()["logGroups"]] == ["one"]


def test_an_update_changes_adds_replaces_and_removes(cfn, clients, statuses, group, text):
    """Each resource gets what its difference asks for; what is unchanged has no event."""
    logs = clients.client("logs", "us-east-1")
    old = group(
        Same={}, Kept={"LogGroupName": "kept"}, Moved={"LogGroupName": "old"}, Gone={"LogGroupName": "gone"}
    )
    cfn.create_stack(StackName="s", TemplateBody=text(old))
    before = len(statuses("s"))
    new = group(
        Same={}, Kept={"LogGroupName": "kept", "RetentionInDays": 7}, Moved={"LogGroupName": "new"}, Added={}
    )
    cfn.update_stack(StackName="s", TemplateBody=text(new))
    happened = statuses("s")[before:]
    assert {name for name, _ in happened} == {"s", "Kept", "Moved", "Gone", "Added"}
    assert happened[-1] == ("s", "UPDATE_COMPLETE")
    assert ("Kept", "UPDATE_COMPLETE") in happened
    cleanup = happened.index(("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert {name for name, status in happened[cleanup:] if status == "DELETE_COMPLETE"} == {"Moved", "Gone"}
    found = {
        group["logGroupName"]: group.get("retentionInDays")
        for group in logs.describe_log_groups()["logGroups"]
    }
    assert found["kept"] == 7
    assert "new" in found
    assert not {"old", "gone"} & set(found)


def test_an_update_that_changes_nothing_is_refused(cfn, group, text):
    """AWS says so, and so do we, for a template and for a change set."""
    template = text(group(A={}))
    cfn.create_stack(StackName="s", TemplateBody=template)
    error = refused(cfn.update_stack, StackName="s", TemplateBody=template)
    assert (error["Code"], error["Message"]) == ("ValidationError", "No updates are to be performed.")
    cfn.create_change_set(StackName="s", ChangeSetName="c", TemplateBody=template)
    described = cfn.describe_change_set(StackName="s", ChangeSetName="c")
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in described["StatusReason"]


def test_a_failed_update_brings_the_old_resources_back(cfn, clients, statuses, group, text):
    """After UPDATE_ROLLBACK_COMPLETE everything is as it was: changed back, unmade, not removed."""
    logs = clients.client("logs", "us-east-1")
    old = group(
        A={"LogGroupName": "a", "RetentionInDays": 1}, B={"LogGroupName": "b"}, Gone={"LogGroupName": "gone"}
    )
    cfn.create_stack(StackName="s", TemplateBody=text({**old, "Outputs": {"O": {"Value": {"Ref": "A"}}}}))
    new = group(
        A={"LogGroupName": "a", "RetentionInDays": 7},
        B={"LogGroupName": "b-moved"},
        Bad={"LogGroupName": "bad", "RetentionInDays": 4},
    )
    new["Resources"]["Bad"]["DependsOn"] = ["A", "B"]
    cfn.update_stack(StackName="s", TemplateBody=text(new))
    stack = cfn.describe_stacks(StackName="s")["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == "a"
    found = {
        group["logGroupName"]: group.get("retentionInDays")
        for group in logs.describe_log_groups()["logGroups"]
    }
    assert found == {"a": 1, "b": None, "gone": None}
    assert ("Bad", "CREATE_FAILED") in statuses("s")
    parts = cfn.describe_stack_resources(StackName="s")["StackResources"]
    assert {part["LogicalResourceId"]: part["PhysicalResourceId"] for part in parts} == {
        "A": "a",
        "B": "b",
        "Gone": "gone",
    }
    cfn.update_stack(StackName="s", TemplateBody=text(group(A={"LogGroupName": "a", "RetentionInDays": 3})))
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"


def test_a_stack_is_made_and_changed_by_change_sets(cfn, statuses, group, text):
    """A change set tells what it would do, does it when executed, and can be executed once."""
    first, second = text(group(A={"LogGroupName": "a"})), text(group(A={"LogGroupName": "b"}, B={}))
    cfn.create_change_set(StackName="s", ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=first)
    cfn.get_waiter("change_set_create_complete").wait(StackName="s", ChangeSetName="one")
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    cfn.execute_change_set(StackName="s", ChangeSetName="one")
    assert statuses("s")[-1] == ("s", "CREATE_COMPLETE")
    cfn.create_change_set(StackName="s", ChangeSetName="two", TemplateBody=second)
    changes = cfn.describe_change_set(StackName="s", ChangeSetName="two")["Changes"]
    told = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in changes}
    assert (told["A"]["Action"], told["A"]["Replacement"]) == ("Modify", "True")
    assert told["B"]["Action"] == "Add"
    cfn.execute_change_set(StackName="s", ChangeSetName="two")
    assert statuses("s")[-1] == ("s", "UPDATE_COMPLETE")
    again = refused(cfn.execute_change_set, StackName="s", ChangeSetName="two")
    assert again["Code"] == "InvalidChangeSetStatus"
    assert [made["ChangeSetName"] for made in cfn.list_change_sets(StackName="s")["Summaries"]] == [
        "one",
        "two",
    ]
    assert refused(cfn.describe_change_set, StackName="s", ChangeSetName="no")["Code"] == "ChangeSetNotFound"


def test_a_pipeline_is_made_of_real_things_and_deleted_with_them(cfn, clients, text):
    """What a template makes exists while the stack does, and no longer."""
    template = {
        "Resources": {
            "Role": ROLE,
            "Function": function(
                Environment={"Variables": {"N": 5}}, MemorySize="256", Tags=[{"Key": "a", "Value": "b"}]
            ),
            "Machine": machine(
                '{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"${Arn}","End":true}}}',
                DefinitionSubstitutions={"Arn": {"Fn::GetAtt": ["Function", "Arn"]}},
            ),
            "Board": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {"DashboardName": "d", "DashboardBody": '{"widgets": []}'},
            },
            "Alarm": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": "Errors",
                    "ComparisonOperator": "GreaterThanThreshold",
                    "EvaluationPeriods": "1",
                    "Period": 60,
                    "Statistic": "Sum",
                    "Threshold": 0,
                },
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Function"},
                    "Principal": "states.amazonaws.com",
                },
            },
            "Inline": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyName": "inline",
                    "PolicyDocument": ROLE["Properties"]["Policies"][0]["PolicyDocument"],
                    "Roles": [{"Ref": "Role"}],
                },
            },
            "Managed": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "PolicyDocument": ROLE["Properties"]["Policies"][0]["PolicyDocument"],
                    "Roles": [{"Ref": "Role"}],
                },
            },
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
            },
        }
    }
    cfn.create_stack(StackName="s", TemplateBody=text(template), **IAM)
    parts = {p["LogicalResourceId"]: p for p in cfn.describe_stack_resources(StackName="s")["StackResources"]}
    assert {part["ResourceStatus"] for part in parts.values()} == {"CREATE_COMPLETE"}, parts
    functions, states = clients.client("lambda", "us-east-1"), clients.client("stepfunctions", "us-east-1")
    configuration = functions.get_function_configuration(FunctionName="f")
    assert (configuration["MemorySize"], configuration["Environment"]) == (256, {"Variables": {"N": "5"}})
    assert functions.list_tags(Resource=configuration["FunctionArn"])["Tags"] == {"a": "b"}
    arn = parts["Machine"]["PhysicalResourceId"]
    assert configuration["FunctionArn"] in states.describe_state_machine(stateMachineArn=arn)["definition"]
    cfn.delete_stack(StackName="s")
    assert functions.list_functions()["Functions"] == []
    assert arn not in [made["stateMachineArn"] for made in states.list_state_machines()["stateMachines"]]
    watch, iam = clients.client("cloudwatch", "us-east-1"), clients.client("iam", "us-east-1")
    assert watch.list_dashboards()["DashboardEntries"] == []
    assert watch.describe_alarms()["MetricAlarms"] == []
    assert iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert clients.client("s3", "us-east-1").list_buckets()["Buckets"] == []


def test_a_log_group_that_the_template_no_longer_names_is_left(cfn, clients, text):
    """A function logs where its template says, and to its own group again when it says nothing."""
    groups = []
    shared = {"LoggingConfig": {"LogGroup": "/shop/shared"}}
    for change, properties in ((cfn.create_stack, shared), (cfn.update_stack, {})):
        template = {"Resources": {"Role": ROLE, "Function": function(**properties)}}
        change(StackName="s", TemplateBody=text(template), **IAM)
        configuration = clients.client("lambda", "us-east-1").get_function_configuration(FunctionName="f")
        groups.append(configuration["LoggingConfig"]["LogGroup"])
    assert groups == ["/shop/shared", "/aws/lambda/f"]


def test_a_refused_reservation_fails_the_function_and_leaves_none(cfn, clients, reason, text):
    """Reserved concurrency goes through Lambda's own validation."""
    template = {"Resources": {"Role": ROLE, "Function": function(ReservedConcurrentExecutions=950)}}
    cfn.create_stack(StackName="s", TemplateBody=text(template), **IAM)
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "UnreservedConcurrentExecution" in reason("s", "Function", "CREATE_FAILED")
    assert clients.client("lambda", "us-east-1").list_functions()["Functions"] == []


def test_a_reservation_is_made_changed_and_taken_back(cfn, clients, text):
    """The property reaches PutFunctionConcurrency, and its absence DeleteFunctionConcurrency."""
    functions = clients.client("lambda", "us-east-1")

    def reserved():
        return functions.get_function_concurrency(FunctionName="f").get("ReservedConcurrentExecutions")

    for first, wanted in ((True, 5), (False, 2), (False, None)):
        more = {} if wanted is None else {"ReservedConcurrentExecutions": wanted}
        body = text({"Resources": {"Role": ROLE, "Function": function(**more)}})
        (cfn.create_stack if first else cfn.update_stack)(StackName="s", TemplateBody=body, **IAM)
        assert reserved() == wanted


def test_code_and_configuration_of_a_function_are_changed_apart(cfn, clients, text):
    """What the template no longer says goes back to its default; what it says anew is there."""
    functions = clients.client("lambda", "us-east-1")
    code = {"ZipFile": "def handler(event, context):\n    return 2\n"}
    seen = []
    for call, more in (
        (cfn.create_stack, {"MemorySize": 256, "Environment": {"Variables": {"A": "1"}}}),
        (cfn.update_stack, {"MemorySize": 256, "Environment": {"Variables": {"A": "1"}}, "Code": code}),
        (cfn.update_stack, {"Code": code, "Timeout": 9}),
    ):
        call(
            StackName="s",
            TemplateBody=text({"Resources": {"Role": ROLE, "Function": function(**more)}}),
            **IAM,
        )
        seen.append(functions.get_function_configuration(FunctionName="f"))
    first, second, third = seen
    assert first["CodeSha256"] != second["CodeSha256"] == third["CodeSha256"]
    assert [each["MemorySize"] for each in seen] == [256, 256, 128]
    assert [each["Timeout"] for each in seen] == [3, 3, 9]
    assert second["Environment"]["Variables"] == {"A": "1"}
    assert not third.get("Environment", {}).get("Variables")


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"LogGroupName": "a", "Colour": "red"}, "extraneous key [Colour]"),
        ({"LogGroupName": "a", "RetentionInDays": "soon"}, "#/RetentionInDays"),
    ],
)
def test_properties_are_checked_by_name_and_type(cfn, reason, group, properties, told):
    """An unknown property, or one of the wrong type, fails the resource and says which."""
    cfn.create_stack(StackName="s", TemplateBody=json.dumps(group(A=properties)))
    assert told in reason("s", "A", "CREATE_FAILED")


def test_what_is_retained_stays(cfn, clients, statuses, group, text):
    """DeletionPolicy Retain leaves the resource when the stack goes."""
    template = group(A={"LogGroupName": "kept"})
    template["Resources"]["A"]["DeletionPolicy"] = "Retain"
    made = cfn.create_stack(StackName="s", TemplateBody=text(template))
    cfn.delete_stack(StackName="s")
    assert ("A", "DELETE_SKIPPED") in statuses(made["StackId"])
    logs = clients.client("logs", "us-east-1")
    assert [found["logGroupName"] for found in logs.describe_log_groups()["logGroups"]] == ["kept"]
    logs.delete_log_group(logGroupName="kept")


def group_names(clients):
    logs = clients.client("logs", "us-east-1")
    return [found["logGroupName"] for found in logs.describe_log_groups()["logGroups"]]


def roll_back(cfn, way, request, asked):
    """Make the stack of a request that fails, in one of three ways."""
    if way == "create":
        cfn.create_stack(**request, **asked)
    elif way == "update":
        old = {"Resources": {"Old": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "old"}}}}
        cfn.create_stack(StackName="s", TemplateBody=json.dumps(old))
        cfn.update_stack(**request, **asked)
    else:
        cfn.create_change_set(ChangeSetName="c", ChangeSetType="CREATE", **request)
        cfn.execute_change_set(StackName="s", ChangeSetName="c", **asked)


@pytest.mark.parametrize(
    ("policy", "asked", "kept"),
    [
        ("Retain", {}, ["new"]),
        ("Retain", {"RetainExceptOnCreate": True}, []),
        ("RetainExceptOnCreate", {}, []),
        ("Delete", {}, []),
    ],
)
def test_what_is_retained_when_its_creation_is_rolled_back(cfn, clients, policy, asked, kept):
    """Retain keeps what a failed operation made; RetainExceptOnCreate, in the template or the call, not."""
    groups = {"Old": {"LogGroupName": "old"}, "New": {"LogGroupName": "new"}}
    groups["Bad"] = {"LogGroupName": "bad", "RetentionInDays": 4}
    resources = {name: {"Type": "AWS::Logs::LogGroup", "Properties": each} for name, each in groups.items()}
    resources["New"]["DeletionPolicy"] = policy
    resources["Bad"]["DependsOn"] = ["New", "Old"]
    for way in ("create", "update", "change set"):
        roll_back(cfn, way, {"StackName": "s", "TemplateBody": json.dumps({"Resources": resources})}, asked)
        status = cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"]
        assert status.endswith("ROLLBACK_COMPLETE"), way
        assert [name for name in group_names(clients) if name != "old"] == kept, way
        cfn.delete_stack(StackName="s")
        for name in kept:
            clients.client("logs", "us-east-1").delete_log_group(logGroupName=name)


def test_what_is_retained_except_on_create_stays_when_its_stack_goes(cfn, clients, group, text):
    """RetainExceptOnCreate is Retain for every operation but the one that made the resource."""
    template = group(A={"LogGroupName": "kept"})
    template["Resources"]["A"]["DeletionPolicy"] = "RetainExceptOnCreate"
    cfn.create_stack(StackName="s", TemplateBody=text(template))
    cfn.delete_stack(StackName="s")
    assert group_names(clients) == ["kept"]
    clients.client("logs", "us-east-1").delete_log_group(logGroupName="kept")


def test_what_is_replaced_can_be_kept(cfn, clients, statuses, group, text):
    """UpdateReplacePolicy Retain keeps the old one, and DeletionPolicy still decides about the new one."""
    logs = clients.client("logs", "us-east-1")
    for call, name in ((cfn.create_stack, "old"), (cfn.update_stack, "new")):
        template = group(A={"LogGroupName": name})
        template["Resources"]["A"]["UpdateReplacePolicy"] = "Retain"
        call(StackName="s", TemplateBody=text(template))
    assert ("A", "DELETE_SKIPPED") in statuses("s")
    assert [found["logGroupName"] for found in logs.describe_log_groups()["logGroups"]] == ["new", "old"]
    cfn.delete_stack(StackName="s")
    assert [found["logGroupName"] for found in logs.describe_log_groups()["logGroups"]] == ["old"]
    logs.delete_log_group(logGroupName="old")


def test_what_cannot_be_deleted_leaves_the_stack_to_be_deleted_again(cfn, clients, reason, text):
    """A full bucket makes DELETE_FAILED, with the reason; emptied, the deletion goes through."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}
    made = cfn.create_stack(StackName="s", TemplateBody=text({"Resources": {"Bucket": bucket}}))
    s3 = clients.client("s3", "us-east-1")
    s3.put_object(Bucket="full", Key="k", Body=b"x")
    cfn.delete_stack(StackName="s")
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "DELETE_FAILED"
    assert "not empty" in reason("s", "Bucket", "DELETE_FAILED")
    s3.delete_object(Bucket="full", Key="k")
    cfn.delete_stack(StackName="s")
    assert cfn.describe_stacks(StackName=made["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_termination_protection_protects(cfn, group, text):
    """A protected stack is not deleted."""
    cfn.create_stack(StackName="s", TemplateBody=text(group(A={})), EnableTerminationProtection=True)
    assert "TerminationProtection" in refused(cfn.delete_stack, StackName="s")["Message"]


def test_another_stack_can_import_an_export(cfn, clients, group, text):
    """Exports are listed, and Fn::ImportValue finds them."""
    exporting = {
        **group(A={"LogGroupName": "a"}),
        "Outputs": {"O": {"Value": {"Ref": "A"}, "Export": {"Name": "x"}}},
    }
    cfn.create_stack(StackName="one", TemplateBody=text(exporting))
    assert [(e["Name"], e["Value"]) for e in cfn.list_exports()["Exports"]] == [("x", "a")]
    importing = group(B={"LogGroupName": {"Fn::Join": ["-", [{"Fn::ImportValue": "x"}, "b"]]}})
    cfn.create_stack(StackName="two", TemplateBody=text(importing))
    assert cfn.describe_stack_resource(StackName="two", LogicalResourceId="B")["StackResourceDetail"][
        "PhysicalResourceId"
    ] == "a-b"  # fmt: skip


def test_a_template_may_lie_in_a_bucket(cfn, clients, group, text):
    """TemplateURL is read from this cloud's own S3, whichever form the URL has."""
    s3 = clients.client("s3", "us-east-1")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="x/t.json", Body=text(group(A={})).encode())
    for name, url in (
        ("one", "https://templates.s3.amazonaws.com/x/t.json"),
        ("two", "https://s3.us-east-1.amazonaws.com/templates/x/t.json"),
        ("three", "http://127.0.0.1:4600/templates/x/t.json"),
    ):
        cfn.create_stack(StackName=name, TemplateURL=url)
    s3.delete_object(Bucket="templates", Key="x/t.json")
    s3.delete_bucket(Bucket="templates")
