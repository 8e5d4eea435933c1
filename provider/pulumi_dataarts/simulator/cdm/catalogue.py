"""Which inputs each connector knows: the table that create, update and read-back are checked and filled from.

One word an input: `name`, `*` when it is mandatory, its choices in brackets, `:type` unless it is a string,
`=default` when the server fills it in. `...` at the end lets any other input in, where no page lists them.
Mandatory inputs that the pages' own examples leave out have a default instead.

Source: CDM API "Job Parameter Description", "Link Parameter Description", "Source Job Parameters", "Destination Job
Parameters". The types and the defaults that no page prints are plausible, not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

_WORD: Final = re.compile(
    r"(?P<name>[\w.]+)(?P<must>\*?)(?:\((?P<choices>[^)]*)\))?(?::(?P<type>\w+))?(?:=(?P<default>.*))?"
)
_SIZES: Final = {"STRING": 255, "ENUM": 255, "MAP": 1000}
_TYPES: Final = {"int": "INTEGER", "bool": "BOOLEAN", "map": "MAP", "secret": "STRING", None: "STRING"}


@dataclass(frozen=True)
class Input:
    """One input of a connector. `type` is the wire's word; `name` has its group's prefix."""

    name: str
    type: str
    mandatory: bool
    secret: bool
    choices: tuple[str, ...]
    default: str | None


@dataclass(frozen=True)
class Group:
    """One config group: its inputs by full name, and whether others may be sent besides."""

    inputs: Mapping[str, Input]
    is_open: bool = False

    @cached_property
    def described(self) -> list[tuple[Input, dict[str, object]]]:
        """The inputs with what is read back of each beside its value; the same for every job."""
        return [(item, _metadata(number, item)) for number, item in enumerate(self.inputs.values(), 1)]


Groups: TypeAlias = Mapping[str, Group]


def _metadata(number: int, item: Input) -> dict[str, object]:
    described: dict[str, object] = {
        "id": number,
        "name": item.name,
        "type": item.type,
        "mandatory": item.mandatory,
        "sensitive": item.secret,
        "editable": "ANY",
        "overrides": "",
        "validators": [],
    }
    if item.type in _SIZES:
        described["size"] = _SIZES[item.type]
    if item.choices:
        described["values"] = ",".join(item.choices)
    if item.default is not None:
        described["defaultValue"] = item.default
    return described


_OBS_FILES = (
    "inputDirectory* inputFormat*(CSV_FILE|JSON_FILE|BINARY_FILE) lineSeparator columnList regexSeparator:bool=false"
    " regex fieldSeparator quoteChar:bool=false firstRowAsHeader:bool=false fromCompression(NONE|GZIP|ZIP)=NONE"
    " jsonReferenceNode encodeType=UTF-8 useMarkerFile:bool markerFile waitTime:int filterType(WILDCARD|TIME|NONE)"
    " pathFilter fileFilter startTime endTime fileSeparator md5FileSuffix splitType(FILE|SIZE)=FILE listTextFile"
    " fromFileOpType useTimeFilter:bool useWildCard:bool decryption nonexistentPathDisregard:bool"
)
_KAFKA_SOURCE = (
    "topicsList* kafkaConsumerStrategy*(LATEST|EARLIEST) isPermanency*:bool dataFormat=CSV groupId"
    " maxPollRecords:int maxPollInterval:int separator"
)
_MONGODB_LINK = "serverList* database* userName* password*:secret"
_FTP_LINK = "server* port*:int username* password*:secret"

LINKS: Final = {
    "generic-jdbc-connector": (
        "databaseType* host* port*:int database username* password*:secret fetchSize:int=1000 commitSize:int=10000"
        " usingNative:bool=false isRds:bool useSSL:bool=false jdbcProperties:map"
        " databaseconfig(SERVICENAME|SID) sidname version(HIGH_VERSION|MED_VERSION|LOW_VERSION)"
        " dialect.identifierEnclose"
    ),
    "obs-connector": (
        "storageType=OBS server* port*:int accessKey* securityKey*:secret properties:map"
    ),
    "thirdparty-obs-connector": (
        "storageType=OBS server* port:int accessKey* securityKey*:secret properties:map ..."
    ),
    "hdfs-connector": (
        "hadoopType* uri host port:int casPort:int user password:secret authType(SIMPLE|KERBEROS) principal"
        " keytab:secret runMode(EMBEDDED|STANDALONE) properties:map"
    ),
    "hive-connector": (
        "host* authType* hiveVersion(HIVE_1_X|HIVE_3_X)=HIVE_3_X obsSupport:bool=false runMode=EMBEDDED user"
        " password:secret principal keytab:secret uri hiveMsUris accessKey securityKey:secret properties:map"
    ),
    "hbase-connector": (
        "hbaseType* hBaseVersion=HBASE_2_X host port:int casPort:int uri user password:secret authType principal"
        " keytab:secret serviceType runMode properties:map zookeeperQuorum iamAuth:bool cloudtableUser accessKey"
        " securityKey:secret"
    ),
    "ftp-connector": _FTP_LINK,
    "sftp-connector": _FTP_LINK,
    "mongodb-connector": _MONGODB_LINK,
    "redis-connector": "deploymentMode*(Single|Cluster) serverlist* password*:secret dbIndex*:int",
    "kafka-connector": "hadoopType* brokerList host user password:secret authType properties:map",
    "dms-kafka-connector": (
        "kafkaType*(Basic|Platinum) brokerList* isPlatinumInstance:bool=false user password:secret"
    ),
    "dis-connector": "region* endpoint* ak* sk*:secret projectId*",
    "dli-connector": "ak* sk*:secret region* projectId*",
    "elasticsearch-connector": "host* linkType* safemode:bool user password:secret",
    "opentsdb-connector": "...",
    "nas": "...",
    "http-connector": "",
}  # fmt: skip

SOURCES: Final = {
    "generic-jdbc-connector": (
        "useSql*:bool sql schemaName tableName whereClause columnList partitionColumn usePartition:bool partitionList"
        " incrMigration:bool=false"
    ),
    "obs-connector": f"bucketName* {_OBS_FILES}",
    "thirdparty-obs-connector": f"bucketName* {_OBS_FILES} ...",
    "ftp-connector": _OBS_FILES,
    "sftp-connector": _OBS_FILES,
    "nas": f"{_OBS_FILES} ...",
    "hdfs-connector": (
        _OBS_FILES.replace("CSV_FILE|JSON_FILE|BINARY_FILE", "CSV_FILE|PARQUET_FILE|BINARY_FILE")
        + " compressedFileSuffix createSnapshot:bool formats:map dek:secret iv"
    ),
    "http-connector": (
        "inputDirectory* inputFormat*(BINARY_FILE) fromCompression(NONE|GZIP|ZIP|TARGZ)=NONE compressedFileSuffix"
        " fileSeparator useQuery:bool md5FileSuffix"
    ),
    "hive-connector": "hive=hive database table* columnList",
    "hbase-connector": (
        "table* columnFamilies columns isSplit:bool delimiter startTime endTime formats:map"
    ),
    "mongodb-connector": "database* collectionName* columnList isBatchMigration:bool filters",
    "redis-connector": (
        "keyPrefix* keySeparator* valueStoreType*(STRING|HASH) valueSeparator columnList isBatchMigration:bool"
        " formats:map"
    ),
    "dis-connector": (
        "streamName* disConsumerStrategy*(LATEST|FROM_LAST_STOP|EARLIEST) isPermanency*:bool shardId*"
        " dataFormat*(BINARY|CSV) maxPollRecords:int separator appName"
    ),
    "kafka-connector": _KAFKA_SOURCE,
    "dms-kafka-connector": _KAFKA_SOURCE,
    "elasticsearch-connector": "index* type* columnList splitNestedField:bool=false queryString",
    "opentsdb-connector": "...",
}  # fmt: skip

DESTINATIONS: Final = {
    "generic-jdbc-connector": (
        "schemaName* tableName* tablePreparation*(DO_NOTHING|CREATE_WHEN_NOT_EXIST|DROP_AND_CREATE) columnList"
        " beforeImportType(none|shouldClearTable|whereClause) whereClause orientation(ROW|COLUMN) isCompress:bool"
        " useStageTable:bool=false extendCharLength:bool=false useNullable:bool shouldClearTable:bool=false"
    ),
    "obs-connector": (
        "bucketName* outputDirectory* outputFormat*(CSV_FILE|BINARY_FILE) fieldSeparator lineSeparator"
        " writeFileSize:int duplicateFileOpType(REPLACE|SKIP|ABANDON)=REPLACE columnList encryption(NONE|KMS)=NONE"
        " kmsID projectID writeToTempFile:bool=false validateMD5:bool=false recordMD5Result:bool=false recordMD5Link"
        " recordMD5Bucket recordMD5Directory encodeType=UTF-8 markerFile copyContentType:bool=false"
        " quoteChar:bool=false firstRowAsHeader:bool filePrefix useCustomDirectory:bool shouldClearTable:bool"
    ),
    "hdfs-connector": (
        "outputDirectory* outputFormat* appendMode*:bool lineSeparator fieldSeparator writeToTempFile:bool=false"
        " duplicateFileOpType(REPLACE|SKIP|ABANDON)=REPLACE compression(NONE|DEFLATE|GZIP|BZIP2|LZ4|SNAPPY)=NONE"
        " encryption=NONE dek:secret iv filePrefix"
    ),
    "hive-connector": (
        "table* tablePreparation*(DO_NOTHING|CREATE_WHEN_NOT_EXIST|DROP_AND_CREATE) hive=hive database columnList"
        " shouldClearTable:bool=false"
    ),
    "hbase-connector": (
        "table* storageType*(PUTLIST) rowKeyColumn* columns isOverride:bool delimiter isRowkeyRedundancy:bool"
        " algorithm writeToWAL:bool transType:bool"
    ),
    "mongodb-connector": "database* collectionName* columnList isBatchMigration:bool",
    "elasticsearch-connector": (
        "index* type* shouldClearType:bool=false primaryKey columnList pipeLine"
        " createIndexStrategy(EveryHour|EveryDay|EveryWeek|EveryMonth)"
    ),
    "dli-connector": "queue* database* table* columnList shouldClearTable:bool=false",
    "dis-connector": "streamName* separator identifierEnclose columnList",
}  # fmt: skip

DRIVER: Final = {
    "throttlingConfig": (
        "numExtractors:int=1 numLoaders:int=1 submitToCluster:bool=false recordDirtyData:bool=false writeToLink"
        " obsBucket dirtyDataDirectory maxErrorRecords concurrentSubJobs:int numSplits:int splitRetryTime:int"
        " throttling byteRate channelCapacityMb recordRate"
    ),
    "jarConfig": "...",
    "schedulerConfig": (
        "isSchedulerJob:bool=false cycleType(minute|hour|day|week|month) cycle:int runAt startDate stopDate"
        " disposableType(NONE|DELETE_AFTER_SUCCEED|DELETE)=NONE"
    ),
    "transformConfig": "...",
    "retryJobConfig": "retryJobType(NONE|RETRY_TRIPLE)=NONE",
    "groupJobConfig": "groupName=DEFAULT groupId",
    "smnConfig": "...",
    "partitionConfig": "...",
}  # fmt: skip

FILE_CONNECTORS: Final = frozenset(
    f"{name}-connector" for name in ("obs", "thirdparty-obs", "hdfs", "ftp", "sftp", "http")
) | {"nas"}


def _input(word: str, group: str) -> Input:
    parsed = _WORD.fullmatch(word)
    assert parsed is not None, word
    name = parsed["name"] if "." in parsed["name"] else f"{group}.{parsed['name']}"
    return Input(
        name=name,
        type="ENUM" if parsed["choices"] else _TYPES[parsed["type"]],
        mandatory=bool(parsed["must"]),
        secret=parsed["type"] == "secret",
        choices=tuple((parsed["choices"] or "").split("|")) if parsed["choices"] else (),
        default=parsed["default"],
    )


def _group(words: str, name: str) -> Group:
    known = [_input(word, name) for word in words.split() if word != "..."]
    return Group({item.name: item for item in known}, is_open="..." in words.split())


def _groups(name: str, table: Mapping[str, str]) -> dict[str, Groups]:
    return {connector: {name: _group(words, name)} for connector, words in table.items()}


# By connector: what its links take, what a job takes that reads from it, and what one takes that writes to it.
LINK_GROUPS: Final = _groups("linkConfig", LINKS)
SOURCE_GROUPS: Final = _groups("fromJobConfig", SOURCES)
DESTINATION_GROUPS: Final = _groups("toJobConfig", DESTINATIONS)
# What every job takes besides.
DRIVER_GROUPS: Final[Groups] = {name: _group(words, name) for name, words in DRIVER.items()}
