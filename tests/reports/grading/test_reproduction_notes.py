from dataclasses import replace

from reports import evidence
from reports.grading.evidence_set import Origin
from reports.grading.reproduction import notes
from tests.reports.grading.worlds import LOW, WHERE, files, read, service
from tests.reports.synthetic import make_burst


def grader(times, template="def"):
    """Return the grader's evidence of a wall with other service times."""
    burst = make_burst(60, 2, times, startup=0.01, overhead=0.001)
    file = evidence.EvidenceFile(3, "wall", (), (burst,), replace(WHERE, template_hash=template))
    return read({"activity3-ours.json": file.to_json()}, Origin.GRADER)


def test_a_run_that_agrees_says_nothing():
    """The same pipeline measured again gives no note."""
    assert notes(read(files()).with_more(grader(service))) == ()


def test_other_times_are_noted_by_step():
    """A step that takes half the time in the evidence handed in is noted with both figures."""
    found = notes(read(files()).with_more(grader(lambda i, s: service(i, s) * (2 if s == "Beta" else 1))))
    assert len(found) == 1
    assert found[0].startswith("Beta takes 256 ms in the evidence handed in and 512 ms")


def test_another_template_is_noted():
    """Evidence of another template than the one handed in is noted."""
    (found,) = notes(read(files()).with_more(grader(service, "xyz")))
    assert "another template" in found


def test_evidence_from_aws_is_not_compared():
    """On AWS a step takes as long as it takes there."""
    file = evidence.EvidenceFile(3, "wall", (), (LOW,), replace(WHERE, cloud="aws"))
    theirs = read({"evidence/activity3-a.json": file.to_json()})
    assert notes(theirs.with_more(grader(lambda i, s: 3 * service(i, s)))) == ()
