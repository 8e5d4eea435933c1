"""From a resource's meaning to a Pulumi provider: field rules, diff, unknowns, secrets, the dynamic adapter."""
