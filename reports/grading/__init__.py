"""Grading: a learner's answers held against evidence. Pure: answers and evidence in, marks out."""
