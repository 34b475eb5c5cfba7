"""The portfolio: artefacts with a manifest, what each activity showed, the learner's words, one page."""
