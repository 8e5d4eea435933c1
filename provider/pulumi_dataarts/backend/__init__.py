"""Where state lives: Pulumi's files and formats, on a folder or in a bucket, and what makes them safe to break."""
