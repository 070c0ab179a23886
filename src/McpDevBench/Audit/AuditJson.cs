using System.Buffers;
using System.Globalization;
using System.Text.Json;
using McpDevBench.Observability.Logs;

namespace McpDevBench.Audit;

/// <summary>A record as one JSON object: the guide's names, absent fields left out.</summary>
internal static class AuditJson
{
    // The encoder of log lines: escapes what could end the line, reverse it or hide in it.
    private static readonly JsonWriterOptions _options = new() { Encoder = LineEncoder.Instance, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <param name="hashes">Include the hashes of the chain, which only a holder of the key can check.</param>
    public static void Write(AuditRecord record, IBufferWriter<byte> output, bool hashes)
    {
        var json = _writer ??= new Utf8JsonWriter(output, _options);
        json.Reset(output);
        var entry = record.Entry;
        json.WriteStartObject();
        json.WriteNumber("seq"u8, record.Seq);
        WriteTime(json, entry.Timestamp);
        json.WriteString("event_type"u8, entry.EventType);
        json.WriteString("principal"u8, entry.Principal);
        WriteText(json, "client_name"u8, entry.ClientName);
        WriteText(json, "session_id"u8, entry.SessionId);
        WriteText(json, "container_id"u8, entry.ContainerId);
        WriteText(json, "exec_id"u8, entry.ExecId);
        WriteText(json, "image"u8, entry.Image);
        WriteText(json, "target"u8, entry.Target);
        json.WriteString("result"u8, entry.Result);
        WriteText(json, "error_code"u8, entry.ErrorCode);
        if (entry.DurationMs is { } duration)
            json.WriteNumber("duration_ms"u8, duration);
        WriteText(json, "correlation_id"u8, entry.CorrelationId);
        WriteText(json, "trace_id"u8, entry.TraceId);
        if (hashes)
        {
            WriteHash(json, "prev_hash"u8, record.PrevHash);
            WriteHash(json, "hash"u8, record.Hash);
        }
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>A line as <see cref="Write"/> makes it, with its hashes; null for anything else.</summary>
    public static AuditRecord? Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            string? Text(string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;
            var record = new AuditRecord(
                root.GetProperty("seq").GetInt64(),
                new AuditEntry
                {
                    Timestamp = root.GetProperty("timestamp").GetDateTimeOffset(),
                    EventType = root.GetProperty("event_type").GetString()!,
                    Principal = root.GetProperty("principal").GetString()!,
                    ClientName = Text("client_name"),
                    SessionId = Text("session_id"),
                    ContainerId = Text("container_id"),
                    ExecId = Text("exec_id"),
                    Image = Text("image"),
                    Target = Text("target"),
                    Result = root.GetProperty("result").GetString()!,
                    ErrorCode = Text("error_code"),
                    DurationMs = root.TryGetProperty("duration_ms", out var duration) ? duration.GetInt64() : null,
                    CorrelationId = Text("correlation_id"),
                    TraceId = Text("trace_id"),
                },
                Convert.FromHexString(root.GetProperty("prev_hash").GetString()!),
                Convert.FromHexString(root.GetProperty("hash").GetString()!));
            return root.GetPropertyCount() == PropertiesOf(record.Entry) ? record : null;
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentNullException)
        {
            return null;
        }
    }

    private static int PropertiesOf(AuditEntry entry)
    {
        object?[] optional =
        [
            entry.ClientName, entry.SessionId, entry.ContainerId, entry.ExecId, entry.Image, entry.Target, entry.ErrorCode,
            entry.DurationMs, entry.CorrelationId, entry.TraceId,
        ];
        return 7 + optional.Count(value => value is not null);
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void WriteTime(Utf8JsonWriter json, DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[32];
        time.UtcDateTime.TryFormat(text, out var length, Timestamps.Format, CultureInfo.InvariantCulture);
        json.WriteString("timestamp"u8, text[..length]);
    }

    private static void WriteHash(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> hash)
    {
        Span<byte> text = stackalloc byte[64];
        Convert.TryToHexStringLower(hash, text, out var length);
        json.WriteString(name, text[..length]);
    }
}
