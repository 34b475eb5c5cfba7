"""Root cause analysis: observations in, diagnosis out, with its renderings. Pure: no cloud, no pytest."""

from reports.rca.diagnosing import diagnose
from reports.rca.diagnosis import Bone, Conclusion, Diagnosis, Finding, Leaf, Outside
from reports.rca.observations import Observations

__all__ = ["Bone", "Conclusion", "Diagnosis", "Finding", "Leaf", "Observations", "Outside", "diagnose"]
