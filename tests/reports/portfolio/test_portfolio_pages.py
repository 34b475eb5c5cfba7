"""The portfolio's record and page, from small portfolios made by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from reports import evidence
from reports.grading.answers import SHAPE
from reports.judging.verdicts import COMPARISON
from reports.portfolio import claims, ledger, manifest
from reports.portfolio.__main__ import main
from reports.portfolio.activities import headlines
from reports.portfolio.answering import ENOUGH, NAMES, reflection_checks, verdict_on
from reports.portfolio.gathering import gather, write_page
from reports.portfolio.ledger import Came, Entry, Ledger
from reports.portfolio.manifest import Artefact, Manifest
from reports.portfolio.markup import answer, markdown, spoken
from reports.portfolio.page import page
from reports.portfolio.spine import ACTIVITIES, part_of
from reports.portfolio.summary import Tick, done, standing
from reports.portfolio.words import QUESTIONS
from reports.records import Environment, Estimate, Interval, Outcome, Threshold, Verdict

TEMPLATE = Path(__file__).parents[3] / "portfolio" / "answers.template.yaml"
HERE = Environment("embedded", "us-east-1", {"cpu": "abacus"}, {"pytest": "9"}, "abc", "hash-1")
RUN, OTHER = "run-now", "run-before"
ARN = "arn:aws:states:us-east-1:123456789012:execution:machine:burst-at-2-a"
PNG = b"\x89PNG\r\n\x1a\n not really a picture"
GOOD = Verdict(
    "it is sooner done",
    Outcome.CONFIRMED,
    Estimate(4.8, Interval(4.5, 5.1), 5, "batches", "x", "batch means"),
    Threshold("at_least", 3.0),
)
BAD = replace(GOOD, claim="<b>it</b> is unchanged", outcome=Outcome.REFUTED)
REFLECTION = "First I look at Throttles. Then I read the log of each step. Only then do I suppose a cause."


WAITING = {"came": Came.SKIPPED, "reason": "for the learner: write"}


def entry(name: str, activity: int, **changes) -> Entry:
    """Return an experiment that passed in this run."""
    made = Entry(name, activity, f"Title of {name}.", Came.PASSED, RUN, ("S19",), f"{name}.json", "embedded")
    return replace(replace(made, template_hash="hash-1"), **changes)


def artefact(folder, key: str, activity: int = 2, content: bytes = PNG, **changes) -> Artefact:
    """Write an artefact's file and return its line in the manifest."""
    name = f"{activity}-{key}.png"
    (folder / name).write_bytes(content)
    made = Artefact(
        key, key.title(), activity, name, "image/png", manifest.checksum(content), (ARN,), "a graph"
    )
    return replace(made, **changes)


@pytest.fixture
def out(tmp_path):
    """Return an output folder with three experiments, one artefact and no answers."""
    for name in ("portfolio", "evidence"):
        (tmp_path / name).mkdir()
    entries = (
        entry("speed", 4),
        entry("wall", 3, came=Came.REFUTED, reason="REFUTED: <b>it</b> is unchanged"),
        entry("point", 8, title="Checklist: before and after."),
        entry("own", 8, title="Checklist: a reflection.", answer="reflection", **WAITING),
    )
    for one, verdicts in zip(entries, ((GOOD,), (BAD,), (GOOD,), ()), strict=True):
        file = evidence.EvidenceFile(one.activity, one.title, verdicts, (), HERE)
        evidence.write(file, tmp_path / "evidence" / one.evidence)
    ledger.write(Ledger(entries), tmp_path / "portfolio")
    made = (artefact(tmp_path / "portfolio", "happy-path"),)
    manifest.write(Manifest(RUN, 1_800_000_000.0, HERE, made), tmp_path / "portfolio")
    return tmp_path


def gathered(out, answers: str = ""):
    """Return the portfolio in a folder, with answers given as the text of their file."""
    (out / "answers.yaml").write_text(answers, encoding="utf-8")
    return gather(out, out / "answers.yaml")


class Reader(HTMLParser):
    """Collects what the tests ask of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[dict] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note what stands in a tag."""
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" else []
        self.images += [found] if tag == "img" else []
        if tag not in {"img", "meta", "br", "link", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Require that what closes is what was opened last."""
        assert self.open.pop() == tag


def test_a_manifest_comes_back_as_it_was_written(out):
    """A manifest read back equals the one written; a folder without one is refused with what to do."""
    found = manifest.read(out / "portfolio")
    assert found.session == RUN
    assert found.artefacts[0].executions == (ARN,)
    with pytest.raises(manifest.NotAManifest, match="make portfolio"):
        manifest.read(out / "evidence")


def test_an_artefact_of_another_run_and_an_altered_file_are_found(out):
    """What shows an execution that is not this run's, or is not the file that was made, is named."""
    found = manifest.read(out / "portfolio")
    assert manifest.foreign(found.artefacts, {ARN}) == ()
    assert manifest.foreign(found.artefacts, {"another"}) == ("2-happy-path.png",)
    assert manifest.altered(found, out / "portfolio") == ()
    (out / "portfolio" / "2-happy-path.png").write_bytes(b"touched")
    assert manifest.altered(found, out / "portfolio") == ("2-happy-path.png",)
    text = page(gathered(out))
    assert "is not what was made" in text
    assert "✗ gone or changed" in text
    assert "<strong>0 of 6</strong>artefacts" in text


def test_the_six_are_missed_by_name(out):
    """Of the six artefacts those that are not there are named."""
    text = page(gathered(out))
    assert '<td data-of="artefact">RCA classification</td>' in text
    assert "1 of 6" in text
    assert text.count("✗ missing") == 5


def test_an_earlier_run_counts_only_for_the_same_template_and_cloud(out):
    """What an earlier run showed is used for the same template and cloud, and is said to be earlier."""
    before = (
        entry("same", 1, session=OTHER),
        entry("othertemplate", 1, session=OTHER, template_hash="hash-2"),
        entry("othercloud", 1, session=OTHER, cloud="aws"),
    )
    entries = ledger.merged(before, ledger.read(out / "portfolio").entries)
    used = ledger.shown(Ledger(entries), out / "evidence", RUN, HERE)
    assert [one.entry.name for one in used if one.earlier] == ["same"]
    left = ledger.of_another(entries, RUN, HERE)
    assert {one.name for one in left} == {"othertemplate", "othercloud"}


def test_what_ran_again_stands_in_the_place_of_what_ran_before():
    """An experiment is in the ledger once: as it came out last."""
    before, now = entry("one", 3, session=OTHER), entry("one", 3, came=Came.BROKEN)
    assert ledger.merged([before], [now]) == (now,)


def test_changed_evidence_supports_nothing(out):
    """Evidence that was changed after sealing shows no verdict, and its experiment counts as not passed."""
    path = out / "evidence" / "speed.json"
    document = json.loads(path.read_text())
    document["claims"][0]["effect"] = 9.9
    path.write_text(json.dumps(document))
    (speed,) = gathered(out).of(4)
    assert not speed.passed
    assert speed.verdicts == ()
    assert "was changed" in speed.trouble
    assert "✗ evidence changed" in page(gathered(out))


def test_only_evidence_ticks(out):
    """A point that passed is ticked by evidence; a reflection that is missing is for the learner: no tick."""
    ticks = {point.text: point.tick for point in gathered(out).checklist}
    assert ticks == {"Before and after.": Tick.EVIDENCE, "A reflection.": Tick.LEARNER}
    assert "1 of 2" in page(gathered(out))


def came_to(out, **changes) -> None:
    """Write into the ledger what the run made of the reflection that it found."""
    kept = ledger.read(out / "portfolio")
    entries = tuple(replace(one, **changes) if one.answer else one for one in kept.entries)
    ledger.write(replace(kept, entries=entries), out / "portfolio")


def the_reflection(out, answers: str):
    """Return the reflection's point, the experiment behind it, and the whole page."""
    found = gathered(out, answers)
    (one,) = (one for one in found.experiments if one.entry.answer)
    (point,) = (point for point in found.checklist if "reflection" in point.text)
    return point, one, page(found)


AT_RUN_TIME = [
    WAITING,
    {"came": Came.PASSED, "reason": ""},
    {"came": Came.REFUTED, "reason": "REFUTED: 1 of 2 checks"},
    {"came": Came.BROKEN, "reason": "the answers could not be read"},
]


@pytest.mark.parametrize("at_run_time", AT_RUN_TIME, ids=lambda one: str(one["came"]))
def test_the_reflections_point_follows_the_answers_whatever_the_run_found(out, at_run_time):
    """A reflection that meets the checks now is ticked, whether it was missing, short or unreadable then."""
    came_to(out, **at_run_time)
    point, one, text = the_reflection(out, f"reflection: {REFLECTION}")
    assert point.tick is Tick.EVIDENCE
    assert one.verdicts == (verdict_on(REFLECTION),)
    assert one.passed
    assert "2 of 2" in text


@pytest.mark.parametrize("at_run_time", AT_RUN_TIME, ids=lambda one: str(one["came"]))
@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ("", "answer `reflection`"),
        ("reflection: I looked at Throttles. Then I slept.", "not yet: at least three sentences"),
        ("reflection: It was a good day. I liked it a lot. Then I went home.", "not yet: names a metric"),
        ("bottleneck: [", "the answers cannot be read"),
    ],
)
def test_a_reflection_that_lacks_something_waits_for_the_learner(out, at_run_time, answers, why):
    """One that is gone, short or unreadable now is for the learner, whether it passed then or was refuted."""
    came_to(out, **at_run_time)
    point, one, _ = the_reflection(out, answers)
    assert point.tick is Tick.LEARNER
    assert why in point.reason
    assert one.verdicts == ()
    assert not one.passed


@pytest.mark.parametrize(
    ("text", "met"),
    [
        (REFLECTION, (ENOUGH, NAMES)),
        ("I would look at the Throttles metric first.", (NAMES,)),
        ("I would wait a while. I would ask a friend. I would go to bed.", (ENOUGH,)),
        ("", ()),
    ],
)
def test_a_reflection_is_checked_for_length_and_a_signal(text, met):
    """Of a reflection only this is checked: three sentences, and a metric or a log named."""
    assert reflection_checks(text) == met


def test_what_was_seen_begins_with_the_failure_and_takes_one_of_each_experiment():
    """A refuted claim comes first, then the strongest of each experiment, and only then a second of one."""
    counted = replace(GOOD, claim="counted", estimate=replace(GOOD.estimate, interval=None))
    second = replace(GOOD, claim="second")
    given = (ledger.Shown(entry("a", 3), (GOOD, second)), ledger.Shown(entry("b", 3), (counted, BAD)))
    assert headlines(given) == [BAD, GOOD, second]
    assert headlines((*given[:1], ledger.Shown(entry("c", 3), (counted,)))) == [GOOD, counted, second]


def test_an_activity_proves_something_only_when_all_of_it_passed(out):
    """What an activity proves is said when every experiment passed; else what failed is named."""
    found = gathered(out)
    assert standing(numbered(4), found.of(4)) == numbered(4).proves
    assert standing(numbered(3), found.of(3)) == "Not proved: Title of wall."
    assert "make activity2" in standing(numbered(2), found.of(2))


def test_what_was_done_is_not_said_of_what_was_not_run(out):
    """An activity that no run had a part in was not done, even when its experiments are known."""
    put_in(out, expected=(entry("speed", 4), entry("one", 2)))
    found = gathered(out)
    assert done(numbered(4), found.of(4)) == numbered(4).done
    assert [one.entry.came for one in found.of(2)] == [Came.NOT_RUN]
    assert done(numbered(2), found.of(2)).startswith("Nothing")
    assert numbered(2).done not in page(found)


def test_a_point_names_the_claims_behind_it_by_number(out):
    """The checklist says which claims tick a point, also on paper."""
    text = page(gathered(out))
    assert "<summary>1 claim: 8.1</summary>" in text
    assert '<span class="printed">1 claim: 8.1</span>' in text


def numbered(number: int):
    """Return an activity by its number."""
    return next(activity for activity in ACTIVITIES if activity.number == number)


def put_in(out, *entries: Entry, expected: tuple[Entry, ...] = ()) -> None:
    """Put more experiments into the ledger, and say which there are."""
    kept = ledger.read(out / "portfolio")
    ledger.write(Ledger(ledger.merged(kept.entries, entries), expected), out / "portfolio")


def test_a_clean_up_that_was_not_tried_proves_nothing(out):
    """With the clean-up skipped nobody says that nothing was left; a missing reflection is no hindrance."""
    put_in(out, entry("cleaning", 8, title="Clean-up leaves nothing.", came=Came.SKIPPED, reason="kept"))
    said = standing(numbered(8), gathered(out).of(8))
    assert said == "Not proved: not all of it was tried. Not tried: Clean-up leaves nothing."
    put_in(out, entry("cleaning", 8, title="Clean-up leaves nothing."))
    assert standing(numbered(8), gathered(out).of(8)) == numbered(8).proves


def test_a_part_of_an_activity_does_not_prove_the_whole(out):
    """What was left out of the run is named and shown as not run, and the activity's sentence is not said."""
    left_out = entry("slow", 4, title="The rest of <it>.", came=Came.NOT_RUN, session="")
    put_in(out, expected=(entry("speed", 4), left_out))
    found = gathered(out)
    assert [one.entry.name for one in found.of(4) if one.entry.came is Came.NOT_RUN] == ["slow"]
    assert (
        standing(numbered(4), found.of(4))
        == "Not proved: not all of it was tried. Not run: The rest of <it>."
    )
    text = page(found)
    assert "○ not run</span> The rest of &lt;it&gt;." in text
    assert "1 experiment not run" in text


def test_what_ran_with_another_template_only_is_missed(out):
    """An experiment that only a run of another template made is not run, as far as this portfolio goes."""
    put_in(out, entry("slow", 4, session=OTHER, template_hash="hash-2"), expected=(entry("slow", 4),))
    assert "Not run: Title of slow." in standing(numbered(4), gathered(out).of(4))


@pytest.mark.parametrize(
    ("there", "ran", "missed"),
    [
        ("a", "a[1]", []),
        ("a[1]", "a[1]", []),
        ("a[2]", "a[1]", ["a[2]"]),
        ("a", "ab", ["a"]),
    ],
)
def test_what_was_not_run_is_known_by_name_and_parameter(there, ran, missed):
    """An experiment has run when it ran by its name, or with any parameter where none is named."""
    assert [one.name for one in ledger.not_run([entry(there, 3)], [entry(ran, 3)])] == missed


def test_a_ledger_comes_back_as_it_was_written(out):
    """Entries and what is expected come back; a file of another version is an empty ledger."""
    kept = Ledger((entry("one", 3, observations=("seen.json",)),), (entry("two", 4, came=Came.NOT_RUN),))
    ledger.write(kept, out / "portfolio")
    assert ledger.read(out / "portfolio") == kept
    (out / "portfolio" / ledger.FILE).write_text('{"schema": "older"}')
    assert ledger.read(out / "portfolio") == Ledger()


def test_the_page_stands_alone_and_every_link_leads_somewhere(out):
    """The page asks the network for nothing, every figure has a text, every link has its target.

    A target is in the page itself or a file in the same output folder.
    """
    text = page(gathered(out))
    assert "default-src 'none'" in text
    assert not re.search(r"""src=(?!["']data:)""", text)
    assert "<script" not in text
    found = Reader(text)
    assert found.open == []
    assert found.images
    assert all(image["alt"] for image in found.images)
    made = {one.key for one in gathered(out).manifest.artefacts}
    inner = {link for link in found.links if link.startswith("#")}
    assert {link.removeprefix("#") for link in inner} <= set(found.ids)
    files = {link for link in found.links if link not in inner}
    assert all(link.startswith("../") and (out / link.removeprefix("../")).is_file() for link in files)
    assert {"../evidence/speed.json", "../portfolio/2-happy-path.png"} <= files
    assert made <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_raw_samples_are_linked_with_their_checksum_and_size(out):
    """Each experiment's evidence, and what was observed of its incidents, is a link with its SHA-256."""
    (out / "observations").mkdir()
    (out / "observations" / "activity4-a b&c.json").write_bytes(b"x" * 2_340)
    put_in(out, entry("speed", 4, observations=("activity4-a b&c.json", "gone.json")))
    text = page(gathered(out))
    for path in (out / "evidence" / "speed.json", out / "observations" / "activity4-a b&c.json"):
        assert f"<code>{manifest.checksum(path.read_bytes())}</code>" in text
    assert (
        'href="../observations/activity4-a%20b%26c.json"><code>observations/activity4-a b&amp;c.json' in text
    )
    assert "2.3 kB" in text
    assert "gone.json" not in text
    assert "hand in report, portfolio, evidence and observations" in text


def test_the_claims_behind_a_ksb_are_named_and_numbered(out):
    """Each KSB has the claims that support it, by number and in words; a refuted one supports nothing."""
    found = gathered(out)
    rows = page(found).partition('id="ksb"')[2].partition("</table>")[0].split("<tr>")
    (row,) = (row for row in rows if "S19" in row)
    assert "2 claims confirmed, of activities 4, 8: 4.1, 8.1." in row
    assert re.search(r"Activity 4: Title of speed\.</h5>.*4\.1</span>.*it is sooner done: 4\.8 x", row)
    assert "is unchanged" not in row
    assert "2 more experiments did not pass" in row
    (empty,) = (row for row in rows if "K12" in row)
    assert "nothing yet" in empty


def test_every_claim_stands_on_paper_in_a_line(out):
    """In print each claim is there with its number and outcome, the refuted one too."""
    text = page(gathered(out)).partition('id="claims"')[2]
    assert "3.1</span> " in text
    assert "✗ refuted" in text
    assert "4.1</span> " in text
    assert 'class="printed claims"' in page(gathered(out))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], ""),
        (["3.1"], "3.1"),
        (["1.1", "1.2", "1.3", "2.1", "2.3", "2.4"], "1.1 to 1.3, 2.1, 2.3 to 2.4"),
        (["1.9", "1.10"], "1.9 to 1.10"),
    ],
)
def test_numbers_that_follow_on_one_another_are_a_range(given, said):
    """A row of claims is told by its first and last number."""
    assert claims.ranges(given) == said


def test_a_claim_in_short_says_what_was_found():
    """The short form has claim, effect, interval and n, and leaves out what was needed and the method."""
    assert claims.short(GOOD) == "it is sooner done: 4.8 x, 95 % interval 4.5 to 5.1, n = 5 batches"
    seen = replace(GOOD.estimate, method=COMPARISON, note=f"Embed, as expected (by {COMPARISON}, n = 1)")
    assert claims.short(replace(GOOD, estimate=seen)) == "it is sooner done: Embed, as expected"


def test_claims_are_counted_through_each_activity():
    """The numbers run through an activity's experiments, whatever stands between them."""
    given = [
        ledger.Shown(entry(name, activity), (GOOD,) * count)
        for name, activity, count in (("a", 3, 2), ("b", 4, 1), ("c", 3, 1))
    ]
    assert claims.numbers(given) == {"a": ("3.1", "3.2"), "b": ("4.1",), "c": ("3.3",)}


def test_an_outcome_is_never_told_by_colour_alone(out):
    """Each outcome has a sign and a word, and what a claim says is escaped."""
    text = page(gathered(out))
    assert "✓ confirmed" in text
    assert "✗ refuted" in text
    assert "&lt;b&gt;it&lt;/b&gt; is unchanged" in text
    assert "<b>it" not in text


def test_missing_words_are_shown_as_missing_and_given_ones_as_written(out):
    """Every question without an answer is marked missing; an answer appears as it was written, escaped."""
    bare = page(gathered(out))
    assert bare.count("○ missing") == len(QUESTIONS) + 1
    given = page(gathered(out, "learner: {name: Ada}\nbottleneck: {step: Embed, why: its <share>}"))
    assert "Learner: Ada" in given
    assert "its &lt;share&gt;" in given
    assert given.count("○ missing") > len(QUESTIONS) - 1


PLACES = [place for asked in QUESTIONS.values() for place, _ in asked]


def inside(tree, place: str, default=None):
    """Return what stands at a dotted place of a tree of mappings, `default` where there is no such place."""
    for name in place.split("."):
        if not isinstance(tree, Mapping) or name not in tree:
            return default
        tree = tree[name]
    return tree


@pytest.mark.parametrize("place", PLACES)
def test_whatever_the_page_asks_for_can_be_answered(place):
    """Each question of the page is one that answers.yaml knows, and the template for it asks it."""
    template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    assert inside(SHAPE, place) is not None
    assert inside(template, place, "not asked") != "not asked"


def test_a_figure_that_cannot_be_read_costs_no_other_answer(out):
    """One figure with a unit is shown as it was written, with file, line and trouble; all else is there."""
    given = "bottleneck: {step: Embed, why: the p95}\nfigures:\n  low:\n    makespan_s: 64 seconds\n"
    found = gathered(out, given)
    (word,) = (word for word in found.words(3) if word.place == "figures.low")
    assert len(word.wrong) == 1
    text = page(found)
    assert "makespan, s: 64 seconds" in text
    assert re.search(r"not read</span> answers\.yaml[^<]*4[^<]*figures\.low\.makespan_s", text)
    assert str(out) not in text
    assert "the p95" in text
    assert "answers not read" not in text


def test_parts_of_an_answer_that_are_not_there_are_shown_as_missing(out):
    """Of a report with one part, or a burst with one figure, the other parts are marked missing."""
    given = "figures: {low: {tickets: 60}}\nbad_input: {report: {hypothesis: too long}}\n"
    text = page(gathered(out, f"{given}scaling_map: {{Embed: {{knob: slots}}, Postprocess: }}"))
    assert "<li>tickets: 60</li>" in text
    assert re.search(r"<li>peak concurrency: <span[^>]*>○ missing", text)
    assert re.search(r"<li>first safe action: <span[^>]*>○ missing", text)
    assert re.search(r"<li>Postprocess: <span[^>]*>○ missing", text)
    assert re.search(r"<li>Embed: <ul><li>does: <span[^>]*>○ missing", text)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("makespan_s", "makespan, s"),
        ("embed_p95_ms", "embed p95, ms"),
        ("throughput_per_s", "throughput per s"),
        ("TIMED OUT", "TIMED OUT"),
    ],
)
def test_names_of_the_file_are_said_as_people_say_them(name, said):
    """A unit at a name's end follows a comma, and there are no underscores."""
    assert spoken(name) == said


def test_answers_that_cannot_be_read_are_said_to_be_so(out):
    """A broken answers file does not stop the page; it says file, line and trouble."""
    (out / "answers.yaml").write_text("bottleneck: [", encoding="utf-8")
    text = write_page(out, out / "answers.yaml").read_text("utf-8")
    assert "answers not read" in text
    assert "answers.yaml" in text


def test_the_command_writes_the_page_or_says_what_is_missing(out, tmp_path, capsys):
    """`python -m reports.portfolio OUT` writes the page; without a portfolio it ends with 1."""
    assert main([str(out), "--answers", str(out / "answers.yaml")]) == 0
    assert (out / "report" / "portfolio.html").is_file()
    assert main([str(tmp_path / "nowhere")]) == 1
    assert "make portfolio" in capsys.readouterr().err


def test_every_activity_has_its_place_on_the_spine():
    """Activities 1 to 4 are scaling, 5 orchestration, 6 and 7 the safety net, 8 the portfolio."""
    parts = [part_of(number)[:1] for number in range(1, 10)]
    assert parts == ["1", "1", "1", "1", "2", "3", "3", "0", "4"]


def test_markdown_of_ours_becomes_html_and_tags_do_not():
    """Tables and headings are rendered below the section's own; tags are shown and links are not followed."""
    made = markdown("# Top\n\n| a | b |\n| --- | --- |\n| x<br>y | <script>z</script> |\n\n[t](http://far)")
    assert "<h4>Top</h4>" in made
    assert "x<br>y" in made
    assert "<script>" not in made
    assert "href" not in made


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "○ missing"), (64.0, "64"), (["a<b"], "<li>a&lt;b</li>"), ({"k": 1.5}, "<li>k: 1.5</li>")],
)
def test_an_answer_of_any_kind_can_be_shown(value, shown):
    """Texts, numbers, lists and names with values are shown; what is not there is missing."""
    assert shown in answer(value)
