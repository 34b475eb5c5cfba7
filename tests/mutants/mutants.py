"""Broken templates and handlers, each derived from ours by a small edit, and what has to notice them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.options import ROOT

PIPELINE = "infra/pipeline.yaml"
PREPROCESS, EMBED, POSTPROCESS = (f"handlers/{step}.py" for step in ("preprocess", "embed", "postprocess"))
QUICK_MODEL_MS = 60


@dataclass(frozen=True, slots=True)
class Edit:
    """One place in one file, with other text in it; the old text must be there exactly `times` times."""

    file: str
    old: str
    new: str
    times: int = 1


QUICK_MODEL = Edit(PIPELINE, "    Default: 250\n", f"    Default: {QUICK_MODEL_MS}\n")
"""A model of 60 ms, in every mutant that is run, so that the runs take seconds."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken pipeline.

    `static` names the static checks that must find it, and no others may. `activities` are run on it:
    `refuted` maps each experiment that must fail to the claim that must be refuted there, `follows` names
    experiments that may fail or break because of that; every other must pass. With `merely_unconfirmed` an
    inconclusive claim will do.
    """

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    static: frozenset[str] = frozenset()
    activities: tuple[int, ...] = ()
    refuted: Mapping[str, str] = field(default_factory=dict)
    follows: frozenset[str] = frozenset()
    merely_unconfirmed: bool = False
    quick_model: bool = True


def derive(folder: Path, edits: tuple[Edit, ...]) -> Path:
    """Copy the pipeline into a folder, make the edits, and return the template."""
    shutil.copytree(ROOT / "handlers", folder / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "infra").mkdir()
    shutil.copy(ROOT / PIPELINE, folder / PIPELINE)
    for edit in edits:
        path = folder / edit.file
        text = path.read_text(encoding="utf-8")
        found = text.count(edit.old)
        assert found == edit.times, f"{edit.file} has {edit.old!r} {found} times, the edit needs {edit.times}"
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
    return folder / PIPELINE


RESTS_ON_THE_FAILURE = frozenset(
    {
        "test_a_catch_in_the_iterator_contains_it",
        "test_it_fails_at_no_load_and_nothing_reaches_the_model",
        "test_it_is_classified_as_bad_input",
        "test_one_bad_ticket_among_good_ones_takes_all_with_it",
        "test_the_error_is_found_in_history_and_log",
    }
)
"""What activity 6 says about a failure; where nothing fails, none of it can be seen."""
STARTED = "    started = time.perf_counter()\n"
MUTANTS = (
    Mutant(
        "knob disconnected",
        "the Map runs as many at a time as the template says, whatever the input asks for",
        (Edit(PIPELINE, '"MaxConcurrencyPath": "$.max_concurrency"', '"MaxConcurrency": 2'),),
        static=frozenset({"knob"}),
        activities=(1,),
        refuted={
            "test_map_state_takes_its_concurrency_from_the_input": (
                "the Map's concurrency comes from the input"
            )
        },
    ),
    Mutant(
        "wrong step slow",
        "Preprocess takes longer than the model",
        (Edit(PREPROCESS, STARTED, f"{STARTED}    time.sleep(0.2)\n", times=1),),
        activities=(2,),
        refuted={
            "test_the_model_step_is_found_by_measurement": "the step with the largest share of service time"
        },
    ),
    Mutant(
        "validation removed",
        "a text of any length is let through",
        (Edit(PREPROCESS, 'if len(event["text"]) > MAX_CHARACTERS:', 'if len(event["text"]) < 0:'),),
        activities=(6,),
        refuted={"test_it_fails_at_the_first_step_and_at_once": "the execution fails"},
        follows=RESTS_ON_THE_FAILURE,
    ),
    Mutant(
        "error swallowed by a Catch",
        "a ticket that is refused ends well, with its error where its route should be",
        (
            Edit(
                PIPELINE,
                '"Next": "Embed"\n                  },',
                '"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Swallowed"}],\n'
                '                    "Next": "Embed"\n                  },\n'
                '                  "Swallowed": {"Type": "Pass", "End": true},',
            ),
        ),
        static=frozenset({"errors show"}),
        activities=(6,),
        refuted={"test_it_fails_at_the_first_step_and_at_once": "the execution fails"},
        follows=RESTS_ON_THE_FAILURE,
    ),
    Mutant(
        "Retry hiding throttles",
        "a throttle is retried until it has passed, and nobody sees it",
        (
            Edit(
                PIPELINE,
                '"Next": "Postprocess"',
                '"Retry": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, '
                '"MaxAttempts": 20, "BackoffRate": 1.1}],\n                    "Next": "Postprocess"',
            ),
        ),
        static=frozenset({"errors show"}),
        activities=(7,),
        refuted={"test_reserved_concurrency_refuses_and_loses_the_burst": "the execution's error"},
        follows=frozenset(
            {
                "test_raising_the_reservation_fixes_it",
            }
        ),
    ),
    Mutant(
        "log line not JSON",
        "Embed logs in words",
        (
            Edit(
                EMBED,
                "print(json.dumps(line))",
                "print(' '.join(f'{name}={value}' for name, value in line.items()))",
            ),
        ),
        activities=(5,),
        refuted={"test_every_step_leaves_one_json_line_a_ticket": "of these JSON"},
        follows=frozenset(
            {
                "test_columns_come_from_json_and_from_a_regular_expression",
                "test_logs_metrics_and_history_agree",
                "test_the_model_step_leads_by_average",
                "test_the_slowest_ticket_is_the_same_by_query_and_history",
            }
        ),
    ),
    Mutant(
        "permission missing",
        "the state machine may not invoke Embed",
        (
            Edit(
                PIPELINE,
                "                  - !GetAtt EmbedFunction.Arn\n",
                "",
            ),
        ),
        static=frozenset({"roles"}),
        activities=(2,),
        refuted={"test_one_ticket_succeeds": "the execution succeeds"},
        follows=frozenset(
            {
                "test_every_step_says_how_long_it_took",
                "test_the_model_step_is_found_by_measurement",
                "test_the_steps_run_one_after_another",
                "test_the_ticket_carries_a_decision",
            }
        ),
    ),
    Mutant(
        "dashboard widget missing",
        "nothing draws Throttles",
        (Edit(PIPELINE, '"AWS/Lambda", "Throttles"', '"AWS/Lambda", "Invocations"', times=3),),
        static=frozenset({"dashboard"}),
        activities=(1,),
        refuted={
            "test_dashboard_watches_what_matters_and_is_still_empty": "metrics on the dashboard",
        },
    ),
    Mutant(
        "reserved concurrency left on Embed",
        "Embed refuses what is beyond 2, whatever the knob says",
        (Edit(PIPELINE, 'Default: "-1" # text', 'Default: "2" # text'),),
        static=frozenset({"unreserved"}),
        activities=(1,),
        refuted={"test_the_knob_is_the_only_cap": "functions with concurrency reserved"},
    ),
    Mutant(
        "non-deterministic routing",
        "the route is drawn by lot",
        (
            Edit(
                EMBED,
                "route = max(scores, key=scores.__getitem__)",
                "route = __import__('random').choice(list(scores))",
            ),
        ),
        activities=(3,),
        refuted={"test_each_ticket_is_decided_as_when_alone": "tickets decided otherwise than alone"},
    ),
    Mutant(
        "tickets lost",
        "the Map gives back the first twenty tickets only",
        (
            Edit(
                PIPELINE,
                '"ItemsPath": "$.tickets",',
                '"ItemsPath": "$.tickets", "OutputPath": "$[:20]",',
            ),
        ),
        activities=(3,),
        refuted={"test_every_ticket_comes_through": "tickets lost"},
        follows=frozenset({"test_each_ticket_is_decided_as_when_alone"}),
    ),
    Mutant(
        "output field missing",
        "a ticket comes back without embedding_dim",
        (Edit(POSTPROCESS, ', "model", "embedding_dim")', ', "model")'),),
        activities=(2,),
        refuted={"test_the_ticket_carries_a_decision": "its fields"},
    ),
    Mutant(
        "log retention missing",
        "Embed's log is kept for ever",
        (
            Edit(
                PIPELINE,
                "${WorkshopName}-embed\n      RetentionInDays: !Ref LogRetentionDays\n",
                "${WorkshopName}-embed\n",
            ),
        ),
        static=frozenset({"logs"}),
        activities=(1,),
        refuted={"test_every_log_is_kept_for_a_time": "log groups that keep events for ever"},
    ),
    Mutant(
        "model made fast",
        "the model takes no time, so that there is no wall",
        (Edit(PIPELINE, "    Default: 250\n", "    Default: 0\n"),),
        activities=(3,),
        refuted={"test_the_bottleneck_is_named_with_evidence": "Embed's share of service time"},
        follows=frozenset(
            {
                "test_concurrency_is_flat_at_the_cap",
                "test_the_makespan_is_what_the_cap_allows",
                "test_the_scaling_map_says_what_to_scale_first",
            }
        ),
        merely_unconfirmed=True,
        quick_model=False,
    ),
    Mutant(
        "role with a wildcard",
        "the state machine may do anything with any function",
        (Edit(PIPELINE, "Action: lambda:InvokeFunction", "Action: lambda:*"),),
        static=frozenset({"roles"}),
    ),
    Mutant(
        "role for everything",
        "the state machine may invoke any function of the account",
        (
            Edit(
                PIPELINE,
                "                Resource:\n                  - !GetAtt PreprocessFunction.Arn\n",
                '                Resource:\n                  - "*"\n'
                "                  - !GetAtt PreprocessFunction.Arn\n",
            ),
        ),
        static=frozenset({"roles"}),
    ),
    Mutant(
        "log permission missing",
        "Embed may make a log stream and write nothing to it",
        (
            Edit(
                PIPELINE,
                "                Action: [logs:CreateLogStream, logs:PutLogEvents]\n"
                "                Resource: !GetAtt EmbedLogGroup.Arn\n",
                "                Action: logs:CreateLogStream\n"
                "                Resource: !GetAtt EmbedLogGroup.Arn\n",
            ),
        ),
        static=frozenset({"roles"}),
    ),
    Mutant(
        "percentile missing",
        "the dashboard draws Embed's maximum where its p95 should be",
        (
            Edit(
                PIPELINE,
                '"${EmbedFunction}", {"stat": "p95", "label": "Embed p95"}',
                '"${EmbedFunction}", {"stat": "Maximum", "label": "Embed max"}',
            ),
        ),
        static=frozenset({"dashboard"}),
    ),
)
"""Every broken pipeline, each with a name of its own."""
