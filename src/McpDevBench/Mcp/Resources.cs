using System.Text;
using System.Text.Unicode;
using McpDevBench.Audit;
using McpDevBench.Execs;
using McpDevBench.Files;
using McpDevBench.Observability;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>A resource that clients read by its URI.</summary>
internal abstract class DevBenchResource(string scheme, ResourceTemplate template, string? auditEvent = null) : McpServerResource
{
    /// <summary>A resource is one message, which clients hold in memory.</summary>
    protected const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>Of a read, in the audit log; null if it is not recorded.</summary>
    public string? AuditEvent => auditEvent;

    public override ResourceTemplate ProtocolResourceTemplate => template;

    public override IReadOnlyList<object> Metadata => [];

    public override bool IsMatch(string uri) => uri.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && Split(uri, out _, out _);

    public override async ValueTask<ReadResourceResult> ReadAsync(
        RequestContext<ReadResourceRequestParams> request, CancellationToken cancellationToken = default)
    {
        var uri = request.Params.Uri;
        if (!Split(uri, out var handle, out var path))
            throw new McpProtocolException($"Unknown resource: '{uri}'", McpErrorCode.InvalidParams);
        var facts = CallFacts.Current!;
        (facts.ContainerId, facts.Target) = (auditEvent is null ? null : CallFacts.Handle(handle), path);
        await CallMemory.TakeForAnswerAsync(MaxBytes, CallMemory.BinaryFactor, cancellationToken);
        var (bytes, mimeType) = await ReadAsync(facts.Caller, handle, path, cancellationToken);
        return new ReadResourceResult { Contents = [Contents(uri, bytes, mimeType)] };
    }

    protected abstract Task<(byte[] Bytes, string? MimeType)> ReadAsync(
        Caller caller, string handle, string path, CancellationToken cancellationToken);

    /// <summary>Handle and path, decoded; clients may or may not have encoded the slashes in the path.</summary>
    private bool Split(string uri, out string handle, out string path)
    {
        var rest = uri.AsSpan(Math.Min(scheme.Length, uri.Length));
        var slash = rest.IndexOf('/');
        handle = Uri.UnescapeDataString(slash < 0 ? rest : rest[..slash]);
        path = slash < 0 ? "" : Uri.UnescapeDataString(rest[(slash + 1)..]);
        return handle.Length > 0 && path.Length > 0;
    }

    private static ResourceContents Contents(string uri, byte[] bytes, string? mimeType) => IsText(bytes)
        ? new TextResourceContents { Uri = uri, MimeType = mimeType ?? "text/plain", Text = Encoding.UTF8.GetString(bytes) }
        : BlobResourceContents.FromBytes(bytes, uri, mimeType ?? "application/octet-stream");

    /// <summary>A control character takes six bytes of JSON: content with many of them is smaller as base64.</summary>
    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Contains((byte)0) || !Utf8.IsValid(bytes))
            return false;
        var controls = 0;
        foreach (var value in bytes)
            controls += char.IsControl((char)value) && value is not (>= 0x80 or (byte)'\n' or (byte)'\r' or (byte)'\t') ? 1 : 0;
        return controls <= bytes.Length / 8;
    }
}

/// <summary><c>workspace://{container_id}/{path}</c>: a file.</summary>
internal sealed class WorkspaceFileResource(FileService files) : DevBenchResource("workspace://", new ResourceTemplate
{
    Name = "workspace_file",
    Title = "File in a workspace",
    UriTemplate = "workspace://{container_id}/{path}",
    Description = "A file below /workspace of a workspace (id or alias).",
}, AuditEvents.FsRead)
{
    protected override async Task<(byte[] Bytes, string? MimeType)> ReadAsync(
        Caller caller, string handle, string path, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        long? offset = 0;
        string? mimeType = null;
        while (offset is not null)
        {
            // As base64, so that a piece may end within a character.
            var piece = await files.ReadAsync(caller, new ReadFileRequest
            {
                Container = handle,
                Path = path,
                Offset = offset,
                Encoding = TextEncodings.Base64Name,
                MaxBytes = FileReading.MaxBytes,
            }, cancellationToken);
            if (piece.Entry.Size > MaxBytes)
                throw new RequestException(
                    ErrorCode.ResourceExhausted,
                    Words.Invariant($"The file has {piece.Entry.Size} bytes; a resource may have {MaxBytes}."),
                    $"Read a part of it with fs_read, or use {FileAddress.Named}.");
            content.Write(Convert.FromBase64String(piece.Content));
            mimeType = piece.Entry.MimeType;
            offset = piece.NextOffset > offset ? piece.NextOffset : null;
        }
        return (content.ToArray(), mimeType);
    }
}

/// <summary><c>exec://{exec_id}/log</c>: all that is kept of a command's output.</summary>
internal sealed class ExecLogResource(ExecReader reader) : DevBenchResource("exec://", new ResourceTemplate
{
    Name = "exec_log",
    Title = "Output of a command",
    UriTemplate = "exec://{exec_id}/log",
    Description = "All that is kept of the output of a command.",
    MimeType = "text/plain",
})
{
    protected override Task<(byte[] Bytes, string? MimeType)> ReadAsync(
        Caller caller, string handle, string path, CancellationToken cancellationToken)
    {
        if (path != "log")
            throw new RequestException(ErrorCode.FileNotFound, $"A command has no '{path}'.", "Read exec://{exec_id}/log.");
        return Task.FromResult<(byte[], string?)>((reader.ReadLog(caller, handle, MaxBytes, cancellationToken), "text/plain"));
    }
}
