"""Refusing what moto accepts and then does nothing with.

moto: keeps the settings of event sources, function URLs, layers, destinations, subscription and metric
filters, deliveries, insight rules, bucket notifications and replications, and answers success; nothing
ever happens. A live tail it ends after one look. AWS: they work. We: refuse to set or start them, by name;
reading and deleting stays, and finds nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from infra.embedded.refusals import NotImplementedHere

HOLLOW: Mapping[tuple[str, str, str], tuple[str, ...]] = {
    ("lambda", "moto.awslambda.responses", "LambdaResponse"): (
        "add_layer_version_permission",
        "create_event_source_mapping",
        "create_function_url_config",
        "get_function_code_signing_config",
        "publish_layer_version",
        "put_function_event_invoke_config",
        "update_event_source_mapping",
        "update_function_event_invoke_config",
        "update_function_url_config",
    ),
    ("logs", "moto.logs.responses", "LogsResponse"): (
        "create_delivery",
        "put_delivery_destination",
        "put_delivery_source",
        "put_destination",
        "put_metric_filter",
        "put_subscription_filter",
        "start_live_tail",
    ),
    ("cloudwatch", "moto.cloudwatch.responses", "CloudWatchResponse"): ("put_insight_rule",),
    ("s3", "moto.s3.models", "S3Backend"): (
        "put_bucket_notification_configuration",
        "put_bucket_replication",
    ),
}


def install() -> None:
    """Replace each of them by a refusal."""
    for (service, module, owner), names in HOLLOW.items():
        target = getattr(importlib.import_module(module), owner)
        for name in names:
            if not hasattr(target, name):
                raise AttributeError(
                    f"moto has no {owner}.{name} any more: look again at what it does instead"
                )
            setattr(target, name, _refusing(service, name))


def _refusing(service: str, name: str) -> Callable[..., NoReturn]:
    operation = "".join(part.capitalize() for part in name.split("_"))

    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedHere(f"{service}:{operation}")

    return refuse
