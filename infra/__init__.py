"""The ground: the template, its packaging, and the cloud on this machine."""
