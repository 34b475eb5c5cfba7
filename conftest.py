"""Registration only: what the pieces do stands in `fixtures/`."""

# Each comes after those it imports: pytest wants to see a plugin before anybody else does.
pytest_plugins = [
    "fixtures.options",
    "fixtures.session",
    "fixtures.labels",
    "fixtures.evidence",
    "fixtures.claims",
    "fixtures.stack",
    "fixtures.inventory",
    "fixtures.burst",
    "fixtures.pipeline",
    "fixtures.logs",
    "fixtures.incidents",
    "fixtures.variants",
    "fixtures.summary",
    "fixtures.portfolio_answers",
    "fixtures.portfolio",
    "fixtures.cleaning",
]
