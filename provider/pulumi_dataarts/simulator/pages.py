"""Which documentation page each operation follows, for the reference page. Titles are the pages' own.

Editions: DataArts Studio's API reference (support.huaweicloud.com/intl/en-us/api-dataartsstudio, Open Telekom Cloud's
of 2025-10-17), DLI's (api-dli, dli_02_0228 to dli_02_0255, and Open Telekom Cloud's of 2026-04-22), IAM's (api-iam,
2023-02). Where no page was to be had, the official SDK's own model stands for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Route

SDK_MODEL: Final = "the SDK's model"
_PAGES: Final[dict[str, dict[str, str]]] = {
    "iam": {
        "keystone_create_user_token_by_password": "Obtaining a User Token Through Password Authentication",
        "create_temporary_access_key_by_token": "Obtaining a Temporary Access Key and SecurityToken Through a Token",
    },
    "cdm": {
        "list_clusters": "Querying the Cluster List",
        "show_cluster_detail": "Querying Cluster Details",
        "create_link": "Creating a Link",
        "show_link": "Querying a Link",
        "update_link": "Modifying a Link",
        "delete_link": "Deleting a Link",
        "create_job": "Creating a Job in a Specified Cluster",
        "show_jobs": "Querying a Job",
        "update_job": "Modifying a Job",
        "delete_job": "Deleting a Job",
        "start_job": "Starting a Job",
        "stop_job": "Stopping a Job",
        "show_job_status": "Querying Job Status",
        "show_submissions": "Querying Job Execution History",
        "create_and_start_random_cluster_job": "Creating and Executing a Job in a Random Cluster",
    },
    "dlf": {
        "create_job": "Creating a Job",
        "list_jobs": "Viewing a Job List",
        "show_job": "Viewing Job Details",
        "update_job": "Editing a Job",
        "import_job": "Importing a Job",
        "show_file_info": "Viewing a Job File",
        "list_system_tasks": "Querying System Task Details",
        "export_job": "Exporting a Job",
        "export_job_list": "Batch Exporting Jobs",
        "show_script": "Querying a Script",
        "export_connections": "Exporting Connections",
        "show_connection": "Querying Connection Details",
    },
    "dli": {
        "import_flink_jobs": "Importing a Flink Job",
        "create_flink_sql_job": "Creating a SQL Job",
        "update_flink_sql_job": "Updating a SQL Job",
        "create_flink_jar_job": "Creating a Flink Jar Job",
        "list_flink_jobs": "Listing Jobs",
        "show_flink_job": "Querying Job Details",
    },
}
# The part of the reference that an operation is in, where its page's title is not at hand.
_PARTS: Final = {
    "iam": "IAM API: token management",
    "dlf": "DataArts Factory API: job development",
    "dli": "DLI API: Flink job-related APIs",
}
_DLF_PARTS: Final = {
    "/scripts": "DataArts Factory API: script development",
    "/resources": "DataArts Factory API: resource management",
    "/connections": "DataArts Factory API: connection management (to be taken offline)",
}

# Where the pages, their examples and the SDKs differ, and what is sent so that all of them work; by service.
NOTES: Final[dict[str, tuple[str, ...]]] = {
    "cdm": (
        "An input's `values` (table) is `value` (examples, SDK): `value` is sent, both are taken.",
        "`last-udpate-user` (page) and `last-update-user` (SDK): both are sent.",
        "A group without inputs is sent as `{}`, as the examples have it; `[]` is taken too.",
        "Dates are numbers, as the tables say; the examples' texts are what the SDK takes too.",
        "`X-Language`, mandatory where a cluster is made, or a job on a random one, may be absent: the SDK sends it if"
        " its caller says so, and no page says what is answered without it.",
        "Deleting what is not there, or a link in use, is a 500 as on the pages, with the error table's code"
        " (`Cdm.0321`, where the page's example has `Cdm.0021`).",
    ),
    "dlf": (
        "The status of a real-time job has its start as `startTime` (page) and as `starttime` (SDK).",
        "A task is asked for under `/system-tasks/` (URI, SDK) and `/systemTasks/` (the page's example).",
        "A task that is not there is `DLF.20810` (page), not `DLF.0810` (error table).",
        "A new resource's answer is an object with `resourceId` (page); the SDK reads any text.",
        "An export takes a body (SDK) or none (page).",
        "A page of jobs has at most 100 (page; a newer text says 1,000, which is refused here).",
        "`instanceTimeout` is 5 to 1,440 (table) or 0 (every example).",
    ),
    "dli": (
        '`is_success` is the text `"true"` (tables, SDK, clients in use), not `true` (some examples).',
        "Job ids are numbers (tables); the examples' texts are taken too.",
        "`checkpoint_mode` is taken as a number (table) or a word (example), and read back as a word.",
    ),
}


# Where the embedded cloud does less than the pages say, or otherwise, and why; by part of the cloud.
DIFFERENCES: Final[dict[str, tuple[str, ...]]] = {
    "The gateway and IAM": (
        "Nothing is throttled by itself: no page has the rates. The fault `throttle` answers 429, `APIGW.0308`, with a"
        " `Retry-After` only where it is told to, since no page says that the gateway sends one.",
        "A key is not locked for five minutes after failures in a row: the key is everybody's here.",
        "One user with all rights: nothing is refused for a lack of them, and no role is looked at.",
        "A token's catalogue of services is empty, with `nocatalog` and without.",
    ),
    "CDM": (
        "One version of the connectors' inputs; on a real cluster they depend on its version (`Cdm.0089`).",
        "A link's data source is tried only where it is embedded; a host that ends in `.invalid` is never reached, any"
        " other always.",
        "Extractors, loaders, throttling, dirty data, file filters, compression and encodings are kept and read back,"
        " and change nothing of what a run moves.",
        "A job on a cluster that does not run is answered by the gateway's 502; the error is not documented.",
        "A stopped run is FAILED (the setting `stopped_status`); the value is not documented.",
        "`PENDING`, which only one example has, is the state of a run on a random cluster for `boot_s`.",
    ),
    "DataArts Factory": (
        "Which properties a node must have is not checked: the pages name node types as the console shows them, and the"
        " wire's names are listed nowhere. Their form is.",
        "No node, script or SQL is executed. A node's `cronTrigger`, events, and the jobs that a job depends on start"
        " nothing and are not waited for.",
        "What is submitted for review is approved at once, and `PRODUCTION` is as good as `SUBMITTED`: no call of these"
        " services approves, and there is one user, its own administrator.",
        "Locks of the console's editors do not exist, so an import never meets one.",
        "An export to OBS is there when the call returns; the service writes it later.",
    ),
    "DLI (Flink)": (
        "No SQL and no jar is read: a job runs whatever it says, on as many CUs as it likes.",
        "The archive of an export is a format of its own, and reads no other: the real one is not documented.",
        "No job is ever `job_downloading`, `job_idle`, `job_arrearage_stopped` or `job_arrearage_recovering`.",
        "A list is filtered by name, type, state, queue and user; `tags`, `root_job_id` and enterprise projects select"
        " nothing.",
    ),
}


def page_of(route: Route) -> str:
    """Return the title of the page that an operation follows, or what stands for it."""
    if route.source.startswith(SDK_MODEL):
        return SDK_MODEL
    title = _PAGES[route.service].get(route.operation)
    if title is not None:
        return f'"{title}"'
    part = next((part for segment, part in _DLF_PARTS.items() if segment in route.template), None)
    return part if part and route.service == "dlf" else _PARTS[route.service]
