"""The embedded engine: speaks Pulumi's protocol, decides as the official engine does, knows nothing of Huawei."""
