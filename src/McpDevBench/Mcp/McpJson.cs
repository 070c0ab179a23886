using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace McpDevBench.Mcp;

/// <summary>The JSON of tools: names in snake_case, nothing unknown and nothing twice in arguments, nothing null in results.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(AttachArguments))]
[JsonSerializable(typeof(AttachResult))]
[JsonSerializable(typeof(AuditQueryArguments))]
[JsonSerializable(typeof(AuditQueryResult))]
[JsonSerializable(typeof(EntryResult))]
[JsonSerializable(typeof(ExecArguments))]
[JsonSerializable(typeof(ExecCancelArguments))]
[JsonSerializable(typeof(ExecInputArguments))]
[JsonSerializable(typeof(ExecInputResult))]
[JsonSerializable(typeof(ExecPollArguments))]
[JsonSerializable(typeof(ExecPollResult))]
[JsonSerializable(typeof(ExecSignalArguments))]
[JsonSerializable(typeof(ExecStartArguments))]
[JsonSerializable(typeof(ExecStartResult))]
[JsonSerializable(typeof(ExecEndResult))]
[JsonSerializable(typeof(ExecHandleResult))]
[JsonSerializable(typeof(ExecToolResult))]
[JsonSerializable(typeof(FsBatchArguments))]
[JsonSerializable(typeof(FsBatchResult))]
[JsonSerializable(typeof(FsCopyArguments))]
[JsonSerializable(typeof(FsCopyResult))]
[JsonSerializable(typeof(FsDeleteArguments))]
[JsonSerializable(typeof(FsDeleteResult))]
[JsonSerializable(typeof(FsEditArguments))]
[JsonSerializable(typeof(FsEditResult))]
[JsonSerializable(typeof(FsListArguments))]
[JsonSerializable(typeof(FsListResult))]
[JsonSerializable(typeof(FsReadArguments))]
[JsonSerializable(typeof(FsReadResult))]
[JsonSerializable(typeof(FsSearchArguments))]
[JsonSerializable(typeof(FsSearchResult))]
[JsonSerializable(typeof(FsStatArguments))]
[JsonSerializable(typeof(FsWriteArguments))]
[JsonSerializable(typeof(FsWriteResult))]
[JsonSerializable(typeof(KillArguments))]
[JsonSerializable(typeof(KillResult))]
[JsonSerializable(typeof(ListContainersArguments))]
[JsonSerializable(typeof(ListImagesArguments))]
[JsonSerializable(typeof(ListImagesResult))]
[JsonSerializable(typeof(ListContainersResult))]
[JsonSerializable(typeof(ListExecsArguments))]
[JsonSerializable(typeof(ListExecsResult))]
[JsonSerializable(typeof(MetricsArguments))]
[JsonSerializable(typeof(MetricsResult))]
[JsonSerializable(typeof(NoArguments))]
[JsonSerializable(typeof(SpawnArguments))]
[JsonSerializable(typeof(SpawnResult))]
[JsonSerializable(typeof(SweepArguments))]
[JsonSerializable(typeof(SweepResult))]
[JsonSerializable(typeof(SystemStatusResult))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class McpJson : JsonSerializerContext;
