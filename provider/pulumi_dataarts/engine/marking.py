"""Which outputs are secret: providers that know no secrets answer in clear, and are marked again by name.

Source: pkg/resource/plugin/provider_plugin.go of the official engine.
"""

from __future__ import annotations

from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import SIGNATURE, Properties, Secret, Value, has_secret, plain


def annotated(outputs: Properties, inputs: Properties) -> Properties:
    """Return outputs with the secrets of the inputs of the same names marked again.

    Maps are gone into; any other value is secret as a whole once something in the input is.
    """
    marked = dict(outputs)
    for key in outputs.keys() & inputs.keys():
        answered, given = outputs[key], inputs[key]
        if _is_map(answered) and _is_map(given):
            marked[key] = annotated(answered, given)
        elif has_secret(given):
            marked[key] = sealed_value(answered)
    return marked


def sealed(state: ResourceState) -> ResourceState:
    """Return the resource with its outputs secret that the program asks for, or whose inputs of that name are."""
    secret = {key for key, value in state.inputs.items() if isinstance(value, Secret)}
    secret |= set(state.additional_secret_outputs) - {"id"}
    found = secret & state.outputs.keys()
    if all(isinstance(state.outputs[key], Secret) for key in found):
        return state
    outputs = {key: sealed_value(value) if key in found else value for key, value in state.outputs.items()}
    return replace(state, outputs=outputs)


def sealed_value(value: Value) -> Secret:
    """Return a value as a secret, with none inside."""
    return value if isinstance(value, Secret) else Secret(plain(value))


def _is_map(value: Value) -> bool:
    return isinstance(value, dict) and SIGNATURE not in value
