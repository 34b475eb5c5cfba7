from __future__ import annotations

import inspect
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from botocore.exceptions import ClientError
from matplotlib.figure import Figure
from moto.cloudwatch.responses import CloudWatchResponse
from PIL import Image

from infra.embedded.metrics import store
from infra.embedded.metrics.series import Series, Span
from infra.embedded.metrics.widgets import drawing, widget
from infra.embedded.metrics.widgets.widget import WidgetError

HERE = ("123456789012", "us-east-1")
NOW = 1_800_000_000.0
EMBED = ["AWS/Lambda", "Duration", "FunctionName", "embed"]
ROOT = Path(__file__).parents[4]


def read(**spec):
    return widget.read(json.dumps({"metrics": [EMBED], **spec}), NOW)


def image(watch, **spec):
    answer = watch.get_metric_widget_image(MetricWidget=json.dumps({"metrics": [EMBED], **spec}))
    return Image.open(io.BytesIO(answer["MetricWidgetImage"])).convert("RGB")


def put(minutes_ago, value, function="embed"):
    at = time.time() // 60 * 60 - minutes_ago * 60
    store.record(*HERE, "AWS/Lambda", "Duration", value, "Milliseconds", {"FunctionName": function}, at)


def pixels(picture, colour):
    """How many pixels are of just this colour."""
    wanted = tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return {what: count for count, what in picture.getcolors(1 << 24)}.get(wanted, 0)


def test_words_of_the_row_above_are_repeated():
    """`.` stands for one word, `...` for as many as are left out; options do not count."""
    lines = read(
        metrics=[
            [*EMBED, {"stat": "p50", "label": "p50"}],
            ["...", {"stat": "p95"}],
            ["...", "pre"],
            [{"expression": "unnamed0 * 2", "id": "e"}],
            [".", "Errors", ".", "post", {"stat": "Sum", "period": 60, "yAxis": "right", "color": "#123456"}],
        ]
    ).lines
    stats = [line.query.stat for line in lines]
    assert [stat and (stat.name, dict(stat.dimensions), stat.stat, stat.period) for stat in stats] == [
        ("Duration", {"FunctionName": "embed"}, "p50", 300),
        ("Duration", {"FunctionName": "embed"}, "p95", 300),
        ("Duration", {"FunctionName": "pre"}, "Average", 300),
        None,
        ("Errors", {"FunctionName": "post"}, "Sum", 60),
    ]
    assert (lines[4].right, lines[4].colour, lines[0].query.label) == (True, "#123456", "p50")


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("-PT3H", None, (NOW - 10800, NOW)),
        ("-P1D", "-PT30M", (NOW - 86400, NOW - 1800)),
        ("-P1DT1H", "-PT10S", (NOW - 90000, NOW - 10)),
        ("2027-01-15T07:00:00.000Z", "2027-01-15T08:00:00Z", (NOW - 3600, NOW)),
    ],
)
def test_start_and_end_are_moments_or_durations_back_from_now(start, end, span):
    """As in AWS's widget syntax."""
    found = read(start=start, **({"end": end} if end else {})).span
    assert (found.start, found.end) == span


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"markdown": "# hello"}, "A text widget"),
        ({"query": "SOURCE 'g' | fields @message"}, "A log widget"),
        ({"metrics": []}, "array of 1 to 100"),
        ({"metrics": [["AWS/Lambda"]]}, r"metrics\[0\]"),
        ({"metrics": [["...", "x"]]}, r"metrics\[0\]"),
        ({"metrics": [["."]]}, "row above"),
        ({"view": "pie"}, "pie"),
        ({"width": 3000}, "width"),
        ({"start": "yesterday"}, "yesterday"),
        ({"start": "-PT1H", "end": "-PT2H"}, "before end"),
        ({"yAxis": {"left": {"min": 5, "max": 5}}}, "min"),
        ({"annotations": {"alarms": ["arn"]}}, "alarms"),
        ({"annotations": {"horizontal": [{"label": "no value"}]}}, "no value"),
        ({"timezone": "CET"}, "offset"),
        ({"annotations": {"horizontal": [{"value": "high"}]}}, "'high'"),
        ({"annotations": {"horizontal": [{"value": 1, "color": "reddish"}]}}, "reddish"),
        ({"metrics": [[*EMBED, {"color": "reddish"}]]}, "reddish"),
        ({"yAxis": {"left": {"min": "none"}}}, "yAxis: min"),
        ({"start": "-P9999999999D"}, "no moment"),
        ({"yAxis": []}, None),
        ({"yAxis": [1]}, "yAxis must be an object"),
    ],
)
def test_a_widget_that_cannot_be_drawn_is_refused_by_its_member(spec, why):
    """The error names what is wrong."""
    if why is None:
        assert read(**spec).left.low is None
        return
    with pytest.raises(WidgetError, match=why):
        read(**spec)


def test_refusals_reach_the_caller_as_validation_errors(watch):
    """A text widget, JSON that is none, a bad expression."""
    for text in ('{"markdown": "hello"}', "{", '{"metrics": [[{"expression": "1 +", "id": "e"}]]}'):
        with pytest.raises(ClientError, match="ValidationError"):
            watch.get_metric_widget_image(MetricWidget=text)
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*middling"):
        image(watch, stat="middling")


def test_a_single_point_is_visible(watch):
    """One data point between holes is drawn as a marker."""
    assert pixels(image(watch, period=60), drawing.COLOURS[0]) < 120  # the legend alone
    put(10, 250.0)
    assert pixels(image(watch, period=60), drawing.COLOURS[0]) > 20
    with_legend_hidden = image(watch, period=60, legend={"position": "hidden"})
    assert pixels(with_legend_hidden, drawing.COLOURS[0]) > 10


def test_no_data_is_said_and_not_drawn_as_zero(watch, monkeypatch):
    """Without data the picture says so; with data it does not."""
    said = []
    stock = Figure.savefig

    def spy(sheet, *args, **kwargs):
        said.append([text.get_text() for axes in sheet.axes for text in axes.texts])
        return stock(sheet, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", spy)
    image(watch, period=60)
    put(5, 1.0)
    image(watch, period=60)
    assert said == [["No data"], []]


def test_missing_periods_are_a_gap_in_the_line():
    """A hole stands between points that are not next to each other; lone points are known."""
    series = Series("m", 60, Span(0, 600), {0.0: 1.0, 60.0: 2.0, 240.0: 3.0, 480.0: 4.0, 540.0: 5.0})
    times, values, alone = drawing._with_gaps(series)
    assert [at for at, value in zip(times, values, strict=True) if value != value] == [120.0, 300.0]  # noqa: PLR0124
    assert [times[place] for place in alone] == [240.0]


@pytest.mark.parametrize(
    "spec",
    [
        {"stacked": True},
        {"view": "singleValue", "metrics": [EMBED, ["...", "pre"]]},
        {"legend": {"position": "right"}, "yAxis": {"left": {"min": 0, "max": 5, "label": "ms"}}},
        {"metrics": [[*EMBED, {"yAxis": "right", "label": "_$x^$ 字"}]], "timezone": "+0130"},
        {
            "annotations": {
                "horizontal": [{"value": 5, "label": "limit"}, [{"value": 1}, {"value": 2, "label": "band"}]],
                "vertical": [{"value": "2026-01-01T00:00:00Z", "label": "then", "visible": False}],
            }
        },
        {"width": 1, "height": 1},
        {"width": 2000, "height": 300, "title": "wide"},
    ],
)
def test_every_kind_of_widget_is_a_picture_of_the_size_asked_for(watch, spec):
    """PNG, in pixels as asked, 600 by 400 when not."""
    put(5, 3.0)
    put(4, 7.0)
    found = image(watch, period=60, **spec)
    assert found.size == (spec.get("width", 600), spec.get("height", 400))


def test_every_widget_of_the_pipelines_dashboard_can_be_drawn(watch):
    """The dashboard of the template, widget by widget, with and without data."""
    resources = yaml.load((ROOT / "infra/pipeline.yaml").read_text(encoding="utf-8"), _Loader)["Resources"]
    body = json.loads(resources["Dashboard"]["Properties"]["DashboardBody"])
    put(3, 250.0, "${EmbedFunction}")
    for each in body["widgets"]:
        found = image(watch, **each["properties"])
        assert found.size == (600, 400)
        assert len(found.getcolors(1 << 24)) > 10


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, whose value is all that is wanted here."""


_Loader.add_multi_constructor("!", lambda loader, _suffix, node: getattr(node, "value", None))


def test_the_idle_cloud_does_not_hold_matplotlib():
    """Matplotlib and lark come with the first picture and the first expression, not before."""
    program = (
        "import sys; from infra.embedded.server import build_application; build_application();"
        "print([name for name in ('matplotlib', 'numpy', 'lark') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_stock_moto_has_no_such_operation():
    """When moto draws widgets itself, look again at what it does."""
    stock = Path(inspect.getfile(CloudWatchResponse)).read_text(encoding="utf-8")
    assert "widget_image" not in stock
    assert "alarm_history" not in stock
