"""Activity 8, Evidence portfolio and reflection: the artefacts, the checklist, and a clean bench at the end.

The artefacts are made from this session's executions: those of the earlier activities when they ran before it
in the same session, else made now. What the earlier activities claimed is read from their evidence files,
provided that they speak of the same template on the same cloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fixtures.claims import all_of, same
from fixtures.cleaning import GONE
from fixtures.labels import ksb
from fixtures.portfolio_artefacts import Material, executions_of, make_all, steady_metric
from fixtures.tables import duration_table, side_by_side_table
from reports.bottleneck import attribute, conclusion
from reports.figures import side_by_side
from reports.judging.estimates import (
    exact,
    measured,
    peak_concurrency,
    share_of_service,
    speed_up,
    usual_service,
)
from reports.portfolio import manifest as manifests
from reports.portfolio.answering import CHECKS, CLAIM, FOR_THE_LEARNER, REFLECTION, checked, still_open
from reports.rca import Leaf

if TYPE_CHECKING:
    from fixtures.claims import Claim
    from fixtures.cleaning import Emptied
    from fixtures.evidence import Record
    from fixtures.logs import Logs
    from fixtures.options import Options
    from fixtures.pipeline import Pipeline
    from fixtures.portfolio import Portfolio
    from fixtures.portfolio_answers import LearnersWords

pytestmark = [pytest.mark.activity8, ksb("B2", "B4", "S19")]

MODEL_STEP = "Embed"
LONGEST_TEXT = 5000
WORTHWHILE = 0.6
UNCHANGED, UNCHANGED_QUICK = 0.15, 0.30


def fault_of(ticket: Any) -> str | None:
    """Return what is wrong with a ticket by the pipeline's own limit."""
    length = len(ticket["text"])
    return f"text of {length} characters, the limit is {LONGEST_TEXT}" if length > LONGEST_TEXT else None


@pytest.fixture(scope="module")
def material(
    pipeline: Pipeline, logs: Logs, options: Options, sweep_points: tuple[int, ...], portfolio: Portfolio
) -> Material:
    """Return what the artefacts are made of: this session's bursts."""
    return Material(pipeline, logs, options, sweep_points, MODEL_STEP, fault_of, portfolio)


def test_the_six_artefacts_are_of_this_run(
    material: Material, portfolio: Portfolio, claim: Claim, record: Record
) -> None:
    """The portfolio: its six artefacts are there, whole, and show executions of this run and of no other.

    Each is made from an execution that the state machine deployed for this session lists as its own. The
    manifest names file, execution and checksum of each.
    """
    make_all(material)
    record.uses(material.wall)
    record.uses(material.scaled)
    record.figure(side_by_side(material.wall, material.scaled, MODEL_STEP))
    record.say("All of it on one page, to read and to print: `portfolio.html`, beside this report.")
    manifest = portfolio.manifest
    record.say("\n".join(f"- {one.title}: `portfolio/{one.file}`" for one in manifest.artefacts))
    record.say(portfolio.told())
    required = [one for one in manifest.artefacts if one.required]
    found = all_of([one.key for one in required], tuple(manifests.REQUIRED), "artefacts")
    claim("artefacts of the exercise that are there", found, equals=len(manifests.REQUIRED))
    ran = executions_of(material.pipeline)
    foreign = manifests.foreign(manifest.artefacts, ran)
    total = len(manifest.artefacts)
    claim("artefacts that show another run", exact(len(foreign), total, "", n_unit="artefacts"), equals=0)
    altered = manifests.altered(manifest, portfolio.folder)
    claim("files that are not what was made", exact(len(altered), total, "", n_unit="artefacts"), equals=0)


def test_the_bottleneck_is_named_with_metrics(material: Material, claim: Claim, record: Record) -> None:
    """Checklist: the bottleneck is named with metrics: Embed behind the cap, by history and by metric."""
    wall = material.wall
    record.uses(wall)
    found = attribute(wall)
    record.say(conclusion(found))
    record.say(duration_table(wall))
    claim("the step with the largest share of service time", same(found.model_step, MODEL_STEP), equals=1)
    claim(f"{MODEL_STEP}'s share of service time", share_of_service(wall, MODEL_STEP), at_least=0.5)
    claim("tickets at once, by the history", peak_concurrency(wall), equals=material.options.low)
    ran = steady_metric(material.pipeline, "ConcurrentExecutions", wall, MODEL_STEP)
    at_once = measured(ran, "at once", method="metric ConcurrentExecutions, Maximum")
    claim(f"{MODEL_STEP} at once, by its metric", at_once, equals=material.options.low)


def test_before_and_after_stand_side_by_side(material: Material, claim: Claim, record: Record) -> None:
    """Checklist: before and after, measured: sooner done, and no ticket faster or slower by itself."""
    wall, scaled, options = material.wall, material.scaled, material.options
    record.uses(wall)
    record.uses(scaled)
    record.say(side_by_side_table((wall, scaled)))
    least = WORTHWHILE * options.high / options.low
    claim("the burst is done so many times sooner", speed_up([wall], [scaled]), at_least=least)
    margin = UNCHANGED_QUICK if options.quick else UNCHANGED
    what, ratio = usual_service([wall], [scaled], MODEL_STEP)
    claim(f"{MODEL_STEP}'s {what} is unchanged", ratio, within=margin)


def test_two_failures_are_classified_and_differ(material: Material, claim: Claim, record: Record) -> None:
    """Checklist: two failure types are classified, each by its own evidence, on two leaves of the tree."""
    first, second = material.bad_diagnosis, material.slow_diagnosis
    record.uses(material.bad)
    record.uses(material.wall)
    record.say(f"- {first.headline}\n- {second.headline}")
    claim("the ticket that was too large", same(str(first.leaf), str(Leaf.BAD_INPUT)), equals=1)
    claim("the burst that took too long", same(str(second.leaf), str(Leaf.THROTTLED)), equals=1)


def test_evidence_and_hypothesis_are_kept_apart(material: Material, claim: Claim, record: Record) -> None:
    """Checklist: evidence apart from hypothesis. Each report has both, and no supposition among its evidence.

    Every piece of evidence has a citation of the place it was read from; what is supposed stands elsewhere.
    """
    diagnoses = (material.bad_diagnosis, material.slow_diagnosis)
    pieces = [piece for diagnosis in diagnoses for piece in diagnosis.evidence]
    record.say("\n".join(f"- {piece.citation()}" for piece in pieces[:8]))
    claim("pieces of evidence", exact(len(pieces), len(diagnoses), "", n_unit="incidents"), at_least=4)
    cited = sum(bool(piece.citation()) for piece in pieces)
    claim("pieces with a citation", exact(cited, len(pieces), "", n_unit="pieces"), equals=len(pieces))
    supposed = {finding.hypothesis for diagnosis in diagnoses for finding in diagnosis.findings}
    claim("hypotheses, said to be such", exact(len(supposed), 2, "", n_unit="incidents"), equals=2)
    mixed = [piece for piece in pieces if piece.sentence() in supposed]
    claim("hypotheses among the evidence", exact(len(mixed), len(pieces), "", n_unit="pieces"), equals=0)
    apart = sum("## Evidence" in text and "## Hypothesis" in text for text in material.reports)
    claim("reports with a section for each", exact(apart, 2, "", n_unit="reports"), equals=2)


def test_the_fishbone_has_a_cause_with_evidence(material: Material, claim: Claim, record: Record) -> None:
    """Checklist: the fishbone has a cause, on a bone, and every cause on it has evidence."""
    findings = [finding for finding in material.slow_diagnosis.findings if finding.bone is not None]
    record.say("\n".join(f"- {finding.bone}: {finding.summary}" for finding in findings))
    claim("causes on the fishbone", exact(len(findings), 1, "", n_unit="fishbone"), at_least=1)
    bare = [finding.summary for finding in findings if not finding.evidence]
    claim("causes without evidence", exact(len(bare), len(findings), "", n_unit="causes"), equals=0)


@pytest.mark.learners(REFLECTION)
def test_the_reflection_is_the_learners_own(
    learners_words: LearnersWords, claim: Claim, record: Record
) -> None:
    """Checklist: a reflection, the learner's own: at least three sentences that name a metric or a log.

    Only what can be checked is checked; what it is worth is for the assessor. Until it meets the checks this
    is for the learner: no failure and no pass. The portfolio's page follows the answers as they change.
    """
    waits = still_open(learners_words.answers, learners_words.trouble)
    if waits:
        pytest.skip(f"{FOR_THE_LEARNER}{waits}")
    text = learners_words.answers.text(REFLECTION)
    record.say("\n".join(f"> {line}" for line in text.splitlines()))
    claim(CLAIM, checked(text), equals=len(CHECKS))


@pytest.mark.last
def test_nothing_is_left_behind(emptied: Emptied, claim: Claim, record: Record) -> None:
    """Clean-up leaves nothing: each service is asked for all that the stack made, and has none of it.

    The session's stack is deleted here, after everything else. Functions, log groups, the state machine, the
    dashboard, roles and the bucket are asked for one by one, and once more found or not in the services' own
    lists.
    """
    record.say(emptied.told())
    claim("the stack", same(emptied.status, GONE), equals=1)
    total = len(emptied.asked)
    claim(
        "resources that still answer", exact(len(emptied.answering), total, "", n_unit="resources"), equals=0
    )
    claim("names still in a service's list", exact(len(emptied.listed), total, "", n_unit="names"), equals=0)
