"""Pictures of widgets, behind moto's API.

moto: has no GetMetricWidgetImage. AWS: draws a metric widget as PNG. We: draw it from the same queries that
GetMetricData answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from infra.embedded.metrics.data import Answers, QueryError
from infra.embedded.metrics.series import Scope
from infra.embedded.metrics.widgets import drawing, widget
from infra.embedded.metrics.widgets.drawing import Drawn
from infra.embedded.metrics.widgets.widget import Widget, WidgetError
from infra.embedded.refusals import NotImplementedHere


def install() -> None:
    """Put the operation in place."""
    CloudWatchResponse.get_metric_widget_image = _get_metric_widget_image


def _get_metric_widget_image(self: CloudWatchResponse) -> ActionResult:
    form = self._get_param("OutputFormat") or "png"
    if form != "png":
        raise NotImplementedHere(f"cloudwatch: GetMetricWidgetImage's OutputFormat {form!r}; use png")
    try:
        wanted = widget.read(self._get_param("MetricWidget"), time.time())
        drawn = list(_drawn(wanted, self.current_account, self.region))
    except (WidgetError, QueryError) as error:
        raise ValidationError(str(error)) from error
    return ActionResult({"MetricWidgetImage": drawing.png(wanted, drawn)})


def _drawn(wanted: Widget, account_id: str, region: str) -> Iterator[Drawn]:
    queries = [line.query for line in wanted.lines]
    ids = [query.id for query in queries]
    if len(set(ids)) < len(ids):
        raise WidgetError(f"The ids of the metrics are not unique: {', '.join(ids)}.")
    regions = {line.region or region for line in wanted.lines}
    answers = {each: Answers(Scope(account_id, each), wanted.span, queries) for each in regions}
    number = 0
    for line in wanted.lines:
        for series in answers[line.region or region].series(line.query) if line.visible else ():
            yield Drawn(series, line, number)
            number += 1
