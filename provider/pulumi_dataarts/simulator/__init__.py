"""The embedded cloud: CDM, DataArts Factory, DLI and IAM behind one endpoint, OBS behind another."""
