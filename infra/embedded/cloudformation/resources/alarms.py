"""AWS::CloudWatch::Alarm and AWS::CloudWatch::Dashboard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from infra.embedded.cloudformation.errors import ResourceFailed
from infra.embedded.cloudformation.resources.base import Made, Wanted, refuse_unknown, request, required


class Dashboard:
    """A dashboard; its body must be a JSON object."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"DashboardName"})
    name_property: ClassVar[str | None] = "DashboardName"

    def create(self, wanted: Wanted) -> Made:
        """Put the dashboard."""
        return self._put(wanted, wanted.name("DashboardName", 255))

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Put the new body under the same name."""
        del old
        return self._put(wanted, physical_id)

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Delete the dashboard."""
        watch = wanted.api("cloudwatch")
        try:
            watch.delete_dashboards(DashboardNames=[physical_id])
        except watch.exceptions.ResourceNotFound:
            return

    def _put(self, wanted: Wanted, name: str) -> Made:
        refuse_unknown(wanted, frozenset({"DashboardBody", "DashboardName"}))
        required(wanted, "DashboardBody")
        body = str(wanted.properties["DashboardBody"])
        _check_body(wanted.logical_id, body)
        wanted.api("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)
        return Made(name)


class Alarm:
    """A metric alarm."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"AlarmName"})
    name_property: ClassVar[str | None] = "AlarmName"

    def create(self, wanted: Wanted) -> Made:
        """Put the alarm."""
        return self._put(wanted, wanted.name("AlarmName", 255))

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Put the changed alarm under the same name."""
        del old
        return self._put(wanted, physical_id)

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Delete the alarm."""
        watch = wanted.api("cloudwatch")
        try:
            watch.delete_alarms(AlarmNames=[physical_id])
        except watch.exceptions.ResourceNotFound:
            return

    def _put(self, wanted: Wanted, name: str) -> Made:
        watch = wanted.api("cloudwatch")
        members = {**wanted.properties, "AlarmName": name, "Tags": wanted.tag_list()}
        watch.put_metric_alarm(**request(watch, "PutMetricAlarm", wanted, members))
        arn = f"arn:aws:cloudwatch:{wanted.region}:{wanted.account_id}:alarm:{name}"
        return Made(name, {"Arn": arn})


def _check_body(logical_id: str, body: str) -> None:
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise ResourceFailed(f"{logical_id}: the dashboard's body is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise ResourceFailed(f"{logical_id}: the dashboard's body is not a JSON object")
