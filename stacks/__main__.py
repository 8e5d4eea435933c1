"""The orders lake: from the shop's MySQL database to OBS, DataArts Factory and Flink.

One program for every environment; what differs stands in Pulumi.<stack>.yaml.
"""

import pulumi

from orders.factory import Factory
from orders.ingest import Ingest
from orders.lake import Lake
from orders.settings import Settings
from orders.streams import Streams

settings = Settings.from_config(pulumi.Config(), pulumi.Config("dataarts"))

lake = Lake("lake", settings)
ingest = Ingest("ingest", settings, lake)
factory = Factory("factory", settings, lake, ingest)
streams = Streams("streams", settings, lake)

pulumi.export("landing", lake.landing.bucket)
pulumi.export("lake", lake.lake.bucket)
pulumi.export("releases", lake.releases.bucket)
pulumi.export("fullLoad", {"status": ingest.first_load.status, "rows": ingest.first_load.rows_written})
pulumi.export("dailyJobs", factory.jobs.jobs)
pulumi.export("export", factory.export.digest)
pulumi.export("flinkJobs", streams.jobs.job_ids)
