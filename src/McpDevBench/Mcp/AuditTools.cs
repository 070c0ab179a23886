using System.Buffers;
using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using McpDevBench.Audit;

namespace McpDevBench.Mcp;

internal sealed record AuditQueryArguments(
    [Description("Only this event, such as exec.start.")] string? EventType = null,
    string? ContainerId = null,
    string? ExecId = null,
    [Description("Which an error names.")] string? CorrelationId = null,
    [OneOf(AuditResults.Success, AuditResults.Failure, AuditResults.Denied)] string? Result = null,
    [Description("ISO 8601, such as 2026-01-31T12:00:00Z.")] string? Since = null,
    [Description("ISO 8601.")] string? Until = null,
    [Between(1, 200)] int Limit = 50,
    [Description("next_cursor of the previous page.")] string? Cursor = null);

internal sealed record AuditQueryResult(IReadOnlyList<JsonElement> Records, string? NextCursor = null);

internal sealed class AuditQueryTool(AuditLog audit)
    : TypedTool<AuditQueryArguments, AuditQueryResult>(Facts, McpJson.Default.AuditQueryArguments, McpJson.Default.AuditQueryResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("audit_query", "Audit record",
        "Lists the audit records of your own calls, newest first.");

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
