"""How devices are read: one module a protocol, devices in, samples out."""
