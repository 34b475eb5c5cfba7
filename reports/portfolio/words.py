"""The learner's own words, question by question. What is missing is missing: nothing is written for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reports.grading.answers import ANY, SHAPE, Answers, read
from reports.grading.errors import AnswersError

QUESTIONS: Final[Mapping[int, tuple[tuple[str, str], ...]]] = {
    2: (
        ("happy_path.model_step", "Which step is the model?"),
        ("happy_path.durations_ms", "How long did each step take, in milliseconds?"),
    ),
    3: (
        ("bottleneck.step", "Which step is the bottleneck?"),
        ("bottleneck.why", "What proves it?"),
        ("figures.low", "What did you record at the wall?"),
        ("scaling_map", "Your scaling map"),
        ("scale_first.step", "Which step would you scale first?"),
        ("scale_first.why", "Why that one?"),
    ),
    4: (
        ("figures.high", "What did you record after scaling out?"),
        ("figures.speed_up", "How many times sooner was the burst done?"),
    ),
    6: (
        ("bad_input.classification", "How do you classify the bad ticket?"),
        ("bad_input.ruled_out", "Why not the other leaves?"),
        ("bad_input.report", "Your incident report"),
    ),
    7: (
        ("throttling.classification", "How do you classify the slow burst?"),
        ("throttling.fishbone", "Your fishbone: bone, cause, evidence"),
        ("throttling.report.hypothesis", "Your hypothesis"),
        ("throttling.fix", "Makespan before and after the fix, in seconds"),
        ("throttling.report", "Your incident report"),
    ),
    8: (
        ("reflection", "03:00, the pipeline is slow, customers wait: what do you check first, and why?"),
        ("second_reflection", "What would you do differently next time?"),
        ("transfer_table", "What plays the same part in Kubernetes? (optional)"),
    ),
}
"""What is shown beside each activity: the answer's place and the question in words."""


@dataclass(frozen=True, slots=True)
class Word:
    """A question with the learner's answer; None when it is missing. `where` is its line in the file.

    `wrong` says what is the matter with each figure in it that cannot be read; the answer has it as written.
    """

    place: str
    question: str
    answer: Any
    where: str
    wrong: tuple[str, ...] = ()


def words_of(answers: Answers, activity: int) -> tuple[Word, ...]:
    """Return what a learner was asked in an activity, and what they answered."""
    return tuple(_word(answers, place, question) for place, question in QUESTIONS.get(activity, ()))


def _word(answers: Answers, place: str, question: str) -> Word:
    answer = with_gaps(answers, place, shape_of(place))
    wrong = [said for at, said in answers.wrong.items() if f"{at}.".startswith(f"{place}.")]
    return Word(
        place, question, answer, answers.where(place), tuple(brief(said, answers.path) for said in wrong)
    )


def shape_of(place: str) -> Any:
    """Return what kind of answer a place asks for."""
    shape: Any = SHAPE
    for name in place.split("."):
        shape = shape[name]
    return shape


def with_gaps(answers: Answers, place: str, shape: Any) -> Any:
    """Return an answer in which the parts that were asked for and not given are None, not left out.

    Where any name may stand, those in the file were asked for.
    """
    answer = answers.at(place)
    if not isinstance(answer, Mapping) or not isinstance(shape, Mapping):
        return answer
    below = [at.removeprefix(f"{place}.") for at in answers.lines if at.startswith(f"{place}.")]
    written = [name for name in below if "." not in name]
    names = dict.fromkeys([name for name in shape if name != ANY] + written)
    return {name: with_gaps(answers, f"{place}.{name}", shape.get(name, shape.get(ANY))) for name in names}


def brief(said: str, path: Path) -> str:
    """Return what is said about a file with its name alone: the reader's folders are not the learner's."""
    return said.replace(str(path), path.name)


def answers_in(path: Path) -> tuple[Answers, str]:
    """Return the answers in a file, none where there is no file, and why it cannot be read ("" if it can)."""
    if not path.is_file():
        return Answers(path), ""
    try:
        return read(path), ""
    except AnswersError as error:
        return Answers(path), brief(str(error), path)
