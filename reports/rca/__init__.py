"""Root cause analysis: observations in, diagnosis out, with its renderings. Pure."""
