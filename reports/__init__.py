"""The record: measures, judgements, figures and reports. Pure: data in, artefact out; no cloud, no pytest."""
