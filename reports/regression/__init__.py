"""Did a change make the pipeline slower, or break a promise? Pure: figures and templates in, verdicts out."""
