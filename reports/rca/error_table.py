"""Every error name known here, with its family, and the other spellings of it.

Sources: botocore's service models of `lambda`, `states` and `sagemaker-runtime`; the Step Functions
developer guide (error names); recorded responses.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final


class Family(enum.StrEnum):
    """What a name says about why something failed."""

    THROTTLE = "refused by a limit of Lambda"
    STATES_THROTTLE = "refused by a limit of Step Functions"
    DEPENDENCY_THROTTLE = "refused by a limit of a dependency"
    OUT_OF_MEMORY = "out of memory"
    PROCESS_EXIT = "the process ended"
    FUNCTION_TIMEOUT = "the function's time ran out"
    TASK_TIMEOUT = "the task's time ran out"
    DEPENDENCY_TIMEOUT = "a dependency did not answer in time"
    DEPENDENCY_FAILURE = "a dependency failed"
    VALIDATION = "the data was refused"
    DATA_LIMIT = "the data is larger than the service carries"
    CODE = "a defect in the code"
    CODE_OR_DATA = "a defect in the code, or data that it did not expect"
    PERMISSION = "a permission is missing"
    CONFIGURATION = "something is not there or not set up"
    SERVICE = "the service itself failed"
    CONSEQUENCE = "follows from another failure"
    UNKNOWN = "not a name that is known here"


THROTTLED: Final = "Lambda.TooManyRequestsException"
TIMED_OUT: Final = "Sandbox.Timedout"
EXITED: Final = "Runtime.ExitError"
TASK_TIMED_OUT: Final = "States.Timeout"


def _family(family: Family, names: Iterable[str]) -> dict[str, Family]:
    return dict.fromkeys(names, family)


_LAMBDA_CONFIGURATION = (
    "ResourceNotFoundException",
    "ResourceConflictException",
    "ResourceNotReadyException",
    "InvalidRuntimeException",
    "InvalidZipFileException",
    "InvalidParameterValueException",
    "InvalidSubnetIDException",
    "InvalidSecurityGroupIDException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "EFSMountConnectivityException",
    "EFSMountFailureException",
    "EFSMountTimeoutException",
    "EFSIOException",
    "S3FilesMountConnectivityException",
    "S3FilesMountFailureException",
    "S3FilesMountTimeoutException",
    "SnapStartException",
    "SnapStartNotReadyException",
    "SnapStartRegenerationFailureException",
    "CodeArtifactUserDeletedException",
    "CodeArtifactUserFailedException",
    "CodeArtifactUserPendingException",
    "NoPublishedVersionException",
    "ModeNotSupportedException",
    "RecursiveInvocationException",
    "ENINotReadyException",
    "SubnetIPAddressLimitReachedException",
    "ENILimitReachedException",
    "UnsupportedMediaTypeException",
    "DurableExecutionAlreadyStartedException",
    "RuntimeAliasDeletedException",
    "RuntimeVersionDeletedException",
)

FAMILIES: Final[Mapping[str, Family]] = {
    **_family(
        Family.THROTTLE, (THROTTLED, "Lambda.EC2ThrottledException", "Lambda.ServiceQuotaExceededException")
    ),
    **_family(
        Family.STATES_THROTTLE,
        ("StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceeded"),
    ),
    **_family(
        Family.DEPENDENCY_THROTTLE,
        (
            "ThrottlingException",
            "SageMakerRuntime.ThrottlingException",
            "SageMakerRuntime.ServiceUnavailable",
            "SageMakerRuntime.ModelNotReadyException",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "SlowDown",
            "KmsThrottlingException",
        ),
    ),
    **_family(Family.OUT_OF_MEMORY, ("MemoryError", "Runtime.OutOfMemory")),
    **_family(Family.PROCESS_EXIT, (EXITED,)),
    **_family(Family.FUNCTION_TIMEOUT, (TIMED_OUT,)),
    **_family(Family.TASK_TIMEOUT, (TASK_TIMED_OUT, "States.HeartbeatTimeout")),
    **_family(
        Family.DEPENDENCY_TIMEOUT,
        (
            "States.Http.Socket",
            "TimeoutError",
            "ReadTimeout",
            "ReadTimeoutError",
            "ConnectTimeout",
            "ConnectTimeoutError",
            "EndpointConnectionError",
            "ConnectionClosedError",
            "ConnectionError",
            "ConnectionResetError",
            "ConnectionRefusedError",
            "Lambda.SnapStartTimeoutException",
        ),
    ),
    **_family(
        Family.DEPENDENCY_FAILURE,
        (
            "SageMakerRuntime.ModelError",
            "SageMakerRuntime.ModelStreamError",
            "SageMakerRuntime.InternalDependencyException",
            "SageMakerRuntime.InternalStreamFailure",
            "SageMakerRuntime.InternalFailure",
        ),
    ),
    **_family(
        Family.VALIDATION,
        (
            "ValueError",
            "ValidationError",
            "JSONDecodeError",
            "UnicodeDecodeError",
            "SageMakerRuntime.ValidationError",
        ),
    ),
    **_family(
        Family.DATA_LIMIT,
        (
            "States.DataLimitExceeded",
            "Lambda.RequestTooLargeException",
            "Lambda.SerializedRequestEntityTooLargeException",
            "Function.ResponseSizeTooLarge",
        ),
    ),
    **_family(
        Family.CODE,
        (
            "Runtime.ImportModuleError",
            "Runtime.HandlerNotFound",
            "Runtime.MalformedHandlerName",
            "Runtime.UserCodeSyntaxError",
            "Runtime.MarshalError",
            "Runtime.InvalidEntrypoint",
            "ImportError",
            "ModuleNotFoundError",
            "NameError",
            "UnboundLocalError",
            "SyntaxError",
            "NotImplementedError",
            "RecursionError",
            "AssertionError",
        ),
    ),
    **_family(
        Family.CODE_OR_DATA,
        (
            "KeyError",
            "TypeError",
            "AttributeError",
            "IndexError",
            "ZeroDivisionError",
            "Lambda.InvalidRequestContentException",
            "Runtime.UnmarshalError",
            "States.ParameterPathFailure",
            "States.ResultPathMatchFailure",
            "States.IntrinsicFailure",
            "States.NoChoiceMatched",
            "States.QueryEvaluationError",
            "States.Runtime",
            "States.ItemReaderFailed",
        ),
    ),
    **_family(
        Family.PERMISSION,
        (
            "Lambda.AWSLambdaException",
            "Lambda.AccessDeniedException",
            "States.Permissions",
            "AccessDeniedException",
            "Lambda.KMSAccessDeniedException",
            "Lambda.EC2AccessDeniedException",
            "StepFunctions.KmsAccessDeniedException",
        ),
    ),
    **_family(Family.CONFIGURATION, (f"Lambda.{name}" for name in _LAMBDA_CONFIGURATION)),
    **_family(
        Family.CONFIGURATION, ("StepFunctions.StateMachineDoesNotExist", "StepFunctions.StateMachineDeleting")
    ),
    **_family(
        Family.SERVICE,
        ("Lambda.ServiceException", "Lambda.EC2UnexpectedException", "Lambda.SdkClientException"),
    ),
    **_family(
        Family.CONSEQUENCE,
        (
            "States.TaskFailed",
            "States.BranchFailed",
            "States.ExceedToleratedFailureThreshold",
            "States.ResultWriterFailed",
        ),
    ),
}
"""Every canonical name with its family."""

ALIASES: Final[Mapping[str, str]] = {
    "TooManyRequestsException": THROTTLED,
    "Lambda.TooManyRequests": THROTTLED,
    "Lambda.ThrottlingException": THROTTLED,
    "Sandbox.TimedOut": TIMED_OUT,
    "ExecutionLimitExceeded": "StepFunctions.ExecutionLimitExceeded",
    "Sfn.ExecutionLimitExceededException": "StepFunctions.ExecutionLimitExceeded",
    "Sfn.ThrottlingException": "StepFunctions.ThrottlingException",
    "StepFunctions.ExecutionLimitExceededException": "StepFunctions.ExecutionLimitExceeded",
    "Throttling": "ThrottlingException",
    "ThrottledException": "ThrottlingException",
    "RequestThrottled": "ThrottlingException",
    "ServiceUnavailable": "SageMakerRuntime.ServiceUnavailable",
    "ServiceUnavailableException": "SageMakerRuntime.ServiceUnavailable",
    "SageMakerRuntime.ServiceUnavailableException": "SageMakerRuntime.ServiceUnavailable",
    "ModelError": "SageMakerRuntime.ModelError",
    "ModelErrorException": "SageMakerRuntime.ModelError",
    "SageMakerRuntime.ModelErrorException": "SageMakerRuntime.ModelError",
    "ModelStreamError": "SageMakerRuntime.ModelStreamError",
    "ModelNotReadyException": "SageMakerRuntime.ModelNotReadyException",
    "InternalDependencyException": "SageMakerRuntime.InternalDependencyException",
    "InternalStreamFailure": "SageMakerRuntime.InternalStreamFailure",
    "InternalFailure": "SageMakerRuntime.InternalFailure",
    "SageMakerRuntime.InternalFailureException": "SageMakerRuntime.InternalFailure",
    "SageMakerRuntime.ValidationErrorException": "SageMakerRuntime.ValidationError",
    "DataLimitExceeded": "States.DataLimitExceeded",
    "RequestEntityTooLargeException": "Lambda.RequestTooLargeException",
    "json.JSONDecodeError": "JSONDecodeError",
    "json.decoder.JSONDecodeError": "JSONDecodeError",
    "socket.timeout": "TimeoutError",
    "requests.exceptions.ReadTimeout": "ReadTimeout",
    "AccessDenied": "AccessDeniedException",
    "UnauthorizedOperation": "AccessDeniedException",
    "StateMachineDoesNotExist": "StepFunctions.StateMachineDoesNotExist",
}
"""Other spellings, older and newer, of canonical names."""
