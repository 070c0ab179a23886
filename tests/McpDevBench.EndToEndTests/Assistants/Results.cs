using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpDevBench.EndToEndTests.Assistants;

// What the tools answer, as a client that knows only their documentation reads it. Members that a test never looks at are left out.

public sealed record Spawned(
    string ContainerId, string? Alias, string Image, string? Digest, string Status, string Workspace, bool Warm, DateTimeOffset? ExpiresAt);

public sealed record Attached(
    string ContainerId, string? Alias, IReadOnlyList<string> Roots, string Status, int RunningExecs, IReadOnlyList<NamedExec> Execs);

public sealed record NamedExec(string ExecId, string Command, DateTimeOffset StartedAt);

public sealed record Killed(string ContainerId, string Status, string Volume, string? KeptAs);

public sealed record WorkspaceEntry(string ContainerId, string? Alias, string Image, string Status, bool Persistent, int RunningExecs);

public sealed record KeptFiles(string Alias, string? ContainerId, string? Image);

public sealed record ContainerList(IReadOnlyList<WorkspaceEntry> Containers, string? NextCursor, IReadOnlyList<KeptFiles>? Kept);

public sealed record Usage(long WallMs, long CpuMs, long MaxRssBytes, long StdoutBytes, long StderrBytes);

/// <param name="Bytes">Left out of this answer.</param>
/// <param name="Hint">How to get them, or why they cannot be got.</param>
/// <param name="Dropped">Those of them that are not kept.</param>
public sealed record Truncation(long Bytes, string Hint, long? Dropped);

public sealed record ExecAnswer(
    string ExecId, string Status, string Stdout, string Stderr, string? Outcome, int? ExitCode, Usage? Usage, long NextSeq,
    Truncation? Truncated, string? Shell, IReadOnlyList<string>? Notes);

public sealed record Started(string ExecId, string Status);

/// <param name="Ts">With details.</param>
public sealed record Message(long Seq, string Stream, string Data, DateTimeOffset? Ts);

public sealed record Polled(
    IReadOnlyList<Message> Messages, long NextSeq, bool Complete, string? Outcome, int? ExitCode, Usage? Usage, Truncation? Truncated,
    IReadOnlyList<string>? Notes)
{
    public string Text => string.Concat(Messages.Select(message => message.Data));
}

/// <summary>What exec_input took, and the answer if it waited for one.</summary>
public sealed record Answered(
    int Bytes, bool Open, long NextSeq, IReadOnlyList<Message>? Messages, bool? Complete, string? Outcome, int? ExitCode)
{
    public string Text => string.Concat((Messages ?? []).Select(message => message.Data));
}

public sealed record ExecState(string? Status, string? Outcome, int? ExitCode, IReadOnlyList<string>? Notes = null);

public sealed record ListedExec(string ExecId, string ContainerId, string Command, string Status);

public sealed record ExecList(IReadOnlyList<ListedExec> Execs, string? NextCursor);

public sealed record FileContent(string Content, string Encoding, long Size, string Etag)
{
    public byte[] Bytes => Encoding == "base64" ? Convert.FromBase64String(Content) : System.Text.Encoding.UTF8.GetBytes(Content);
}

public sealed record Written(string Path, long Size, string Etag);

public sealed record Edited(string Etag, string Diff, int Replacements);

public sealed record Entry(string Path, string Type, long Size, string Mode, int Uid, int Gid, string Etag, string? LinkTarget);

public sealed record Listing(IReadOnlyList<Entry> Entries, string? NextCursor);

public sealed record Match(string Path, int Line, string Text);

public sealed record Matches(IReadOnlyList<Match> Found)
{
    [JsonPropertyName("matches")]
    public IReadOnlyList<Match> Found { get; init; } = Found;
}

public sealed record ErrorBody(ErrorDetail Error);

public sealed record ErrorDetail(string Code, string Message, string Hint, bool Retryable, string? CorrelationId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Answered))]
[JsonSerializable(typeof(Attached))]
[JsonSerializable(typeof(ContainerList))]
[JsonSerializable(typeof(Edited))]
[JsonSerializable(typeof(Entry))]
[JsonSerializable(typeof(ExecAnswer))]
[JsonSerializable(typeof(ExecList))]
[JsonSerializable(typeof(ExecState))]
[JsonSerializable(typeof(FileContent))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Killed))]
[JsonSerializable(typeof(Listing))]
[JsonSerializable(typeof(Matches))]
[JsonSerializable(typeof(Polled))]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(Spawned))]
[JsonSerializable(typeof(Started))]
[JsonSerializable(typeof(Written))]
internal sealed partial class ResultsJson : JsonSerializerContext;
