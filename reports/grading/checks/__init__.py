"""The checks that the rubric names. Importing this package registers them."""

from reports.grading.checks import claims, classification, figures, incident, naming, reflection

__all__ = ["claims", "classification", "figures", "incident", "naming", "reflection"]
