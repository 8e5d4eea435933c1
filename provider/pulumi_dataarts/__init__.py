"""Huawei Cloud's data services as Pulumi resources: CDM, DataArts Factory, DLI Flink and OBS."""
