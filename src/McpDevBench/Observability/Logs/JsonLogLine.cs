using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace McpDevBench.Observability.Logs;

/// <summary>A log line as one JSON object: timestamp, level, logger, message, then the fields.</summary>
internal static class JsonLogLine
{
    private static readonly JsonWriterOptions _options = new() { Encoder = LineEncoder.Instance, SkipValidation = true };

    private static readonly JsonEncodedText _timestamp =
        Name("timestamp"), _level = Name("level"), _logger = Name("logger"), _message = Name("message"), _exception = Name("exception");

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static void Write(in LogEntry entry, ArrayBufferWriter<byte> buffer)
    {
        var json = _writer ??= new Utf8JsonWriter(buffer, _options);
        json.Reset(buffer);
        json.WriteStartObject();
        WriteTime(json, _timestamp, entry.Timestamp);
        json.WriteString(_level, entry.Level);
        json.WriteString(_logger, entry.Logger);
        json.WriteString(_message, entry.Message);
        foreach (var (name, value) in entry.Fields.All)
            WriteField(json, name.Json, value);
        if (entry.Exception is { } exception)
            json.WriteString(_exception, exception);
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
    }

    private static void WriteField(Utf8JsonWriter json, JsonEncodedText name, object value)
    {
        switch (value)
        {
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int number:
                json.WriteNumber(name, number);
                break;
            case long number:
                json.WriteNumber(name, number);
                break;
            case double number:
                json.WriteNumber(name, number);
                break;
            case DateTimeOffset moment:
                WriteTime(json, name, moment);
                break;
            default:
                json.WriteString(name, (string)value);
                break;
        }
    }

    private static void WriteTime(Utf8JsonWriter json, JsonEncodedText name, DateTimeOffset moment)
    {
        // Many times faster than a format of one's own; cut to milliseconds it is the same.
        Span<byte> text = stackalloc byte[32];
        moment.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[Timestamps.Length - 1] = (byte)'Z';
        json.WriteString(name, text[..Timestamps.Length]);
    }

    private static JsonEncodedText Name(string name) => JsonEncodedText.Encode(name, LineEncoder.Instance);
}
