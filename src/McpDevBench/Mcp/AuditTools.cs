using System.Buffers;
using System.Globalization;
using System.Text.Json;
using McpDevBench.Audit;

namespace McpDevBench.Mcp;

internal sealed record AuditQueryArguments(
    string? EventType = null,
    string? ContainerId = null,
    [Unlisted] string? ExecId = null,
    [Unlisted] string? CorrelationId = null,
    [Unlisted] string? Result = null,
    [Unlisted] string? Since = null,
    [Unlisted] string? Until = null,
    [Between(1, 200)][Unlisted] int Limit = 50,
    string? Cursor = null);

internal sealed record AuditQueryResult(IReadOnlyList<JsonElement> Records, string? NextCursor = null);

internal sealed class AuditQueryTool(AuditLog audit)
    : TypedTool<AuditQueryArguments, AuditQueryResult>(Facts, McpJson.Default.AuditQueryArguments, McpJson.Default.AuditQueryResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("audit_query", "Audit record",
        "Lists what you did, newest first. Also takes exec_id, correlation_id, result, since, until, limit.");

    protected override Task<AuditQueryResult> CallAsync(AuditQueryArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var filter = new AuditFilter
        {
            Principal = call.Owner,
            EventType = arguments.EventType,
            ContainerId = arguments.ContainerId,
            ExecId = arguments.ExecId,
            CorrelationId = arguments.CorrelationId,
            Result = arguments.Result,
            Since = AuditFilter.Time("since", arguments.Since),
            Until = AuditFilter.Time("until", arguments.Until),
        };
        var found = audit.Store.Before(filter.Checked(), Place(arguments.Cursor), arguments.Limit + 1);
        var shown = found.Take(arguments.Limit).ToList();
        var next = found.Count > shown.Count ? shown[^1].Seq.ToString(CultureInfo.InvariantCulture) : null;
        return Task.FromResult(new AuditQueryResult([.. shown.Select(Json)], next));
    }

    protected override string Render(AuditQueryResult result) =>
        (result.Records.Count == 0 ? "No records." : string.Join('\n', result.Records.Select(record => record.GetRawText()))) + Words.More(result.NextCursor);

    private static JsonElement Json(AuditRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        AuditJson.Write(record, buffer, hashes: false);
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static long Place(string? cursor) => cursor is null ? long.MaxValue
        : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq
        : throw new RefusalException(RefusalCode.InvalidArgument, $"cursor='{(cursor.Length <= 80 ? cursor : cursor[..80] + "…")}' is not allowed.", "cursor must be a next_cursor of an earlier answer.");
}
