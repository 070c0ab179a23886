using System.Buffers;
using System.Collections.Frozen;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Audit;
using McpDevBench.Workspaces;

namespace McpDevBench.Mcp;

internal sealed record AuditQueryArguments(
    [Description("Only this event, such as exec.start.")] string? EventType = null,
    string? ContainerId = null,
    string? ExecId = null,
    [Description("The id that an error names.")] string? CorrelationId = null,
    [OneOf(AuditResults.Success, AuditResults.Failure, AuditResults.Denied)] string? Result = null,
    [Description("ISO 8601, such as 2026-01-31T12:00:00Z.")] string? Since = null,
    [Description("ISO 8601.")] string? Until = null,
    [Description("Records in the answer, within 16 KB.")][Between(1, 200)] int Limit = 50,
    [Description("Also give principal, client_name, session_id, image and trace_id.")] bool Details = false,
    [Description("next_cursor of the previous page.")] string? Cursor = null);

/// <param name="Hint">Why there is nothing.</param>
internal sealed record AuditQueryResult(IReadOnlyList<JsonElement> Records, string? NextCursor = null, string? Hint = null);

/// <param name="workspaces">Resolves an alias; null in a server without workspaces.</param>
internal sealed class AuditQueryTool(AuditLog audit, WorkspaceDirectory? workspaces = null)
    : TypedTool<AuditQueryArguments, AuditQueryResult>(Facts, McpJson.Default.AuditQueryArguments, McpJson.Default.AuditQueryResult), ITool
{
    private static readonly FrozenSet<string> _plain = FrozenSet.Create("seq", "timestamp", "event_type", "result");

    /// <summary>The same in most records of one caller.</summary>
    private static readonly FrozenSet<string> _details = FrozenSet.Create("principal", "client_name", "session_id", "image", "trace_id");

    public static ToolFacts Facts { get; } = ToolFacts.Reads("audit_query", "Audit record",
        "Lists the audit records of your own calls, newest first.");

    protected override Task<AuditQueryResult> CallAsync(AuditQueryArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var current = arguments.ContainerId is { } given ? workspaces?.IdOf(call.Caller, given)?.ToString() : null;
        var filter = new AuditFilter
        {
            Principal = call.Caller.Name,
            EventType = arguments.EventType,
            ContainerId = arguments.ContainerId is { } target ? current ?? target : null,
            ExecId = arguments.ExecId,
            CorrelationId = arguments.CorrelationId,
            Result = arguments.Result,
            Since = AuditFilter.Time("since", arguments.Since),
            Until = AuditFilter.Time("until", arguments.Until),
        };
        if (current is null)
            filter = audit.Store.Resolve(filter);
        var found = audit.Store.Before(filter.Checked(), Place(arguments.Cursor), arguments.Limit + 1);
        var shown = AnswerBudget.Take(
            found.Take(arguments.Limit).Select(record => (record.Seq, Json: Json(record, arguments.Details))), item => Line(item.Json),
            item => AnswerBudget.JsonBytes(Encoding.UTF8.GetBytes(item.Json.GetRawText())));
        var next = found.Count > shown.Count ? shown[^1].Seq.ToString(CultureInfo.InvariantCulture) : null;
        var hint = shown.Count == 0 ? WhyNone(arguments, filter, call.Caller) : null;
        return Task.FromResult(new AuditQueryResult([.. shown.Select(item => item.Json)], next, hint));
    }

    protected override string Render(AuditQueryResult result) =>
        (result.Hint ?? string.Join('\n', result.Records.Select(Line))) + Words.More(result.NextCursor);

    private string WhyNone(AuditQueryArguments arguments, AuditFilter filter, Caller caller)
    {
        if (arguments.Cursor is not null)
            return "There are no records after this cursor.";
        if (filter.Since >= filter.Until)
            return "since is not before until, so no record can match.";
        (string Name, string? Value)[] filters =
        [
            ("event_type", arguments.EventType), ("container_id", arguments.ContainerId), ("exec_id", arguments.ExecId),
            ("correlation_id", arguments.CorrelationId), ("result", arguments.Result), ("since", arguments.Since),
            ("until", arguments.Until),
        ];
        var given = filters.Where(one => one.Value is not null).Select(one => $"{one.Name}={one.Value}").ToList();
        if (given.Count == 0)
            return "You have no records yet.";
        var sentence = $"None of your records has {string.Join(" and ", given)}.";
        var isAlias = arguments.ContainerId is { } target && !WorkspaceId.TryParse(target, out _)
            && workspaces?.IdOf(caller, target) is null && filter.WithAlias.Count == 0;
        return isAlias
            ? $"{sentence} No workspace of yours has or had the alias '{arguments.ContainerId}', "
                + "as far as the records go back: give the id."
            : $"{sentence} Leave out a filter to see more.";
    }

    /// <summary>Every field of a record in one line: the values that need no name first, the others by their names.</summary>
    private static string Line(JsonElement record)
    {
        var line = new StringBuilder();
        foreach (var field in record.EnumerateObject())
        {
            if (line.Length > 0)
                line.Append(' ');
            if (!_plain.Contains(field.Name))
                line.Append(field.Name).Append('=');
            line.Append(field.Value.ToString());
        }
        return line.ToString();
    }

    private static JsonElement Json(AuditRecord record, bool details)
    {
        var buffer = new ArrayBufferWriter<byte>();
        AuditJson.Write(record, buffer, hashes: false);
        var whole = JsonElement.Parse(buffer.WrittenSpan);
        if (details)
            return whole;
        var lean = new JsonObject(
            whole.EnumerateObject().Where(field => !_details.Contains(field.Name)).Select(
                field => KeyValuePair.Create(field.Name, (JsonNode?)JsonValue.Create(field.Value))));
        return JsonSerializer.SerializeToElement(lean, McpJson.Default.JsonObject);
    }

    private static long Place(string? cursor)
    {
        if (cursor is null)
            return long.MaxValue;
        if (long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            return seq;
        throw new RequestException(
            ErrorCode.InvalidArgument, $"cursor='{Truncation.ToLength(cursor)}' is not allowed.",
            "cursor must be a next_cursor of an earlier answer.");
    }
}
