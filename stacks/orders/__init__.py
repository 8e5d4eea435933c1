"""The stages of the orders lake, one component each."""
