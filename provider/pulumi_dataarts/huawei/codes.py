"""What the services' error codes mean, in our words, from their public tables.

One row an area of a service: codes and meanings, parted by `;`. What this product makes of a code, and what to do about
it, stands where the service is called (`ERRORS` and `HINTS` of its `api.py`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple


class Area(NamedTuple):
    """A part of a service's table. `form` makes a code of what stands in a row; `source` is the table's place."""

    form: str
    about: str
    source: str
    rows: str


class Meaning(NamedTuple):
    """What a code means, and where that is written."""

    code: str
    text: str
    source: str


_INTL: Final = "support.huaweicloud.com/intl/en-us"
_CDM: Final = f'CDM API reference, "Error Codes" ({_INTL}/api-cdm)'
_DLF: Final = f'DataArts Studio API reference, "DataArts Factory Error Codes" ({_INTL}/api-dataartsstudio)'
_DLI: Final = f'DLI API reference, "Error Codes" ({_INTL}/api-dli)'
_GATEWAY: Final = 'API Gateway user guide, "Error Codes" (github.com/huaweicloudDocs/apig)'
_IAM: Final = f'IAM API reference, "Error Codes" ({_INTL}/api-iam)'
_OBS: Final = f'OBS API reference, "Error Codes" ({_INTL}/api-obs)'

AREAS: Final = (
    Area(
        "Cdm.{}",
        "",
        _CDM,
        """0000 system error; 0001 resource absent or not permitted; 0004 wrong parameter type; 0009 not an
integer in 0..2147483647; 0010 integer missing or out of range; 0011 value out of range/unparsable;
0012 JDBC driver missing; 0014 parameter invalid; 0015 file unparsable; 0016 uploaded file empty;
0017 input value not saved; 0018 job/link content invalid; 0019 link not deleted in DB; 0020
required substring missing; 0021 server unreachable; 0024 value outside allowed set; 0031 submission
record not created; 0032 IAM permission missing; 0036 internal error; 0037 submit failed""",
    ),
    Area(
        "Cdm.{}",
        "",
        _CDM,
        """0051 submission engine invalid; 0052 job running; 0053 job not running; 0054 job missing; 0055 job
type unsupported; 0056 submit failed (cause); 0057 execution engine invalid; 0058 engine combination
invalid; 0059 job disabled; 0060 link disabled; 0061 connector lacks direction; 0062 binary needs
file connector; 0063 create table failed; 0064 data format; 0065 timer start failed; 0066 sample
value; 0067 schema; 0085 above maximum; 0089 config item unknown""",
    ),
    Area(
        "Cdm.{}",
        "",
        _CDM,
        """0100 job missing; 0101 link missing; 0102 connector missing; 0104 job name exists""",
    ),
    Area(
        "Cdm.{}",
        "a run failed, at",
        _CDM,
        """0201 instance lookup; 0202 unknown status; 0204 no MRS link; 0230 class load; 0231 class init; 0232
write; 0233 extract; 0234 load; 0235 data exhausted; 0236 bad partitions; 0238 must not be blank;
0240 file status; 0241 file type; 0242 file check; 0243 rename; 0244 create file; 0245 delete file;
0246 make directory; 0247 HBase operation; 0248 clear data; 0249 file name; 0250 path operation;
0251 HBase load; 0307 connection lease""",
    ),
    Area(
        "Cdm.{}",
        "",
        _CDM,
        """0315 link name exists; 0316 update of missing link; 0317 link invalid; 0318 job exists; 0319 update
of missing job; 0320 job invalid; 0321 link in use; 0322 job in use; 0323 submission exists; 0327
link or job invalid""",
    ),
    Area(
        "Cdm.{}",
        "a run or a link, files",
        _CDM,
        """0411 file server connect; 0413 upload; 0415 download; 0416 extract; 0420 source missing; 0423
duplicates at target; 0501 URI; 0518 HDFS connect; 0600 FTP connect; 0700 SFTP connect; 0800 OBS
connect; 0801 OBS bucket missing; 0831 KODO connect""",
    ),
    Area(
        "Cdm.{}",
        "JDBC",
        _CDM,
        """0900 table missing; 0901 connect; 0902 SQL failed; 0903 metadata; 0904 fetch; 0913 schema or SQL
required; 0916 previous value required; 0917 previous value without field check; 0921 type
unsupported; 0925 partition values unsupported; 0926 schema field; 0927 stage table not empty; 0928
stage-to-target move; 0931 schema/result mismatch; 0932 no maximum; 0934 same table in several
schemas; 0936 dirty-row limit; 0940 exact table match; 0941 connect (cause); 0950 credentials; 0962
host required; 0963 port required; 0964 database required""",
    ),
    Area(
        "Cdm.{}",
        "Hive, HBase",
        _CDM,
        """1000 Hive table missing; 1010 URI; 1011 Hive connect; 1100 table missing; 1101 link; 1102 create
table; 1103 no rowkey; 1104 open table; 1105 init; 1111 table name empty; 1114 rowkey empty; 1115
columns empty; 1116 duplicate column; 1117 existence check; 1118 column family missing; 1120 table
not empty; 1121 close link""",
    ),
    Area(
        "Cdm.{}",
        "Redis",
        _CDM,
        """1201 connect; 1203 extract; 1205 prefix; 1206 storage type; 1207 value delimiter; 1208 columnList;
1209 key delimiter; 1210 primaryKeyList; 1211 primary key not in columns; 1213 server address""",
    ),
    Area(
        "Cdm.{}",
        "MongoDB",
        _CDM,
        """1301 connect; 1302 extract; 1304 server set; 1305 address; 1306 database; 1307 serverlist""",
    ),
    Area(
        "Cdm.{}",
        "Elasticsearch",
        _CDM,
        """1501 connect; 1502 write; 1503 close; 1504 index lookup; 1505 type lookup; 1506 field lookup; 1508
host; 1510 index; 1511 type; 1513 field types; 1514 primary key; 1516 column name; 1517 count; 1519
extract""",
    ),
    Area(
        "Cdm.{}",
        "Kafka",
        _CDM,
        """1601 connect; 1603 sample of topic; 1604 topic empty""",
    ),
    Area(
        "DLF.{}",
        "",
        _DLF,
        """0100 job missing; 0101 job quota; 0102 job name taken; 0136 only for batch jobs; 0137 job instance
missing; 0201 creating a script failed; 0202 script name taken; 0203 modifying a script failed; 0802
parameter not configured; 0803 OBS path invalid; 0810 task missing; 0815 OBS file unreadable; 0819
workspace missing (known from the Terraform provider only); 1006 job has no nodes; 1242 OBS bucket
missing; 3004 job name empty / invalid; 3018 job name empty / invalid; 3025 schedule invalid; 3050
description invalid; 3051 request parameter invalid (examples only); 6201 script missing; 6205
script instance missing; 6241 resource missing; 6247 script type missing; 6253 script quota; 6258
directory not empty; 6259 same-named resource in directory; 6263 resource type / path / description
invalid; 6264 resource type / path / description invalid; 6265 resource type / path / description
invalid; 6271 one DLI connection per user; 6309 connection name taken; 6322 connection missing; 6323
connection type immutable; 6416 cluster used by another connection; 6418 DWS cluster or address
required; 6423 agent failed creating job; 6888 account permission; 20810 task missing; 20819
workspace missing (known from the Terraform provider only)""",
    ),
    Area(
        "DLI.{}",
        "",
        _DLI,
        """0001 parameter check; 0002 object missing; 0003 SQL permission; 0004 SQL syntax; 0005 SQL semantics;
0006 object exists; 0007 unsupported operation; 0008 metadata; 0009 system restriction; 0011 file
permission; 0012 resource unavailable; 0013 user authentication; 0014 service authentication; 0015
token parse; 0016 identity/role; 0018 data conversion; 0019 timeout; 0023 no related resources; 0100
result expired; 0999 server error (as HTTP 400); 1028 quota; 16001 Flink job missing""",
    ),
    Area(
        "APIGW.{}",
        "the gateway before the services",
        _GATEWAY,
        """0101 API, path or method unknown; 0103 backend missing; 0104 plug-in missing; 0105 backend's
configuration missing; 0106 orchestration; 0201 request or answer too large, or the backend
unavailable or too slow: the status tells; 0204 TLS version; 0301 signature or token wrong, expired,
or of an unknown key; 0302 user not authorised; 0303 app authentication; 0304 app not authorised;
0305 authentication information; 0306 API not authorised; 0307 token expired, or of another region;
0308 too many calls; 0310 project unavailable: arrears, or frozen; 0311 debug authentication; 0401
IP address not allowed; 0402 IP address not allowed; 0404 IP address not allowed; 0501 app's quota
used up; 0502 app frozen; 0601 internal error; 0602 bad request; 0605 internal error; 0606 internal
error; 0607 protocol not allowed; 0608 internal error; 0609 internal error; 0610 no backend; 0611
internal error; 0612 internal error; 0613 IAM unavailable; 0705 signature of the backend; 0802 IAM
user forbidden in the region; 1009 AppKey or AppSecret""",
    ),
    Area(
        "IAM.{}",
        "",
        _IAM,
        """0001 authentication required; 0002 not authorised; 0003 not authorised; 0004 not found; 0005
conflict; 0006 internal error; 0007 parameter invalid; 0011 body invalid; 0012 too many calls; 0061
account locked; 0062 password wrong; 0063 access token wrong; 0064 access token wrong; 0066 token
expired; 0067 token invalid; 0072 a required property is missing; 0080 user disabled; 0081 user may
use the console only; 0082 user disabled; 0083 private region; 1101 access key of a wrong size, or
empty; 1104 access key blacklisted; 1105 access key expired; 1106 no user has this access key; 1107
access key inactive; 1108 security token expired; 1109 project not found""",
    ),
    Area(
        "{}",
        "",
        _OBS,
        """PermanentRedirect the bucket is in another region; TemporaryRedirect the bucket is in another
region; BadDigest the content arrived otherwise than it was sent; InvalidArgument an argument is
invalid; InvalidBucketName no bucket can have this name; InvalidLocationConstraint the region is not
this endpoint's; IllegalLocationConstraintException the region is not this endpoint's; MalformedXML
body invalid; MalformedPolicy policy invalid; MissingRequiredHeader a header is missing;
TooManyBuckets the account may not have more buckets; AccessDenied not authorised;
InvalidAccessKeyId access key unknown; SignatureDoesNotMatch secret key wrong, or the request
changed on its way; RequestTimeTooSkewed this machine's clock is more than 15 minutes off;
VirtualHostDomainRequired the bucket belongs into the host's name; InArrearOrInsufficientBalance the
account is in arrears; NoSuchBucket bucket missing; NoSuchKey object missing; NoSuchUpload upload
missing; NoSuchVersion version missing; NoSuchBucketPolicy the bucket has no policy;
NoSuchLifecycleConfiguration the bucket has no lifecycle rules; MethodNotAllowed not allowed here;
BucketAlreadyExists somebody has a bucket of this name; BucketAlreadyOwnedByYou you have a bucket of
this name, elsewhere; BucketNotEmpty the bucket holds objects; OperationAborted another operation on
it is under way; PreconditionFailed it is no longer as it was looked at; TooManyRequests too many
calls; InternalError internal error; SlowDown too many calls; ServiceUnavailable the service is
overloaded""",
    ),
)


@cache
def meanings() -> dict[str, Meaning]:
    """Return every code's meaning, by the code in lower case."""
    found = {}
    for area in AREAS:
        for row in area.rows.split(";"):
            number, _, text = " ".join(row.split()).partition(" ")
            code = area.form.format(number)
            found[code.lower()] = Meaning(code, f"{area.about}: {text}" if area.about else text, area.source)
    return found


def find(code: str) -> Meaning | None:
    """Return a code's meaning, however it is written: `cdm.104`, `Cdm.0104`; a gateway's own prefix is `APIG.`."""
    text = re.sub(r"^apig\.", "apigw.", code.strip().lower())
    service, dot, number = text.partition(".")
    padded = f"{service}.{number.lstrip('0'):0>4}" if dot and number.isdigit() else text
    return meanings().get(text) or meanings().get(padded)
