"""One plan, many renderers; all are drawn from the plan alone."""
