"""CloudWatch metrics: what ran is recorded in `store`, and the query API reads it from there."""
