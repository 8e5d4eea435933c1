"""From what stands in the cloud to a program and a state that agree with it."""
