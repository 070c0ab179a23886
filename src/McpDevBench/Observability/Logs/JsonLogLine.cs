using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace McpDevBench.Observability.Logs;

/// <summary>A log line as one JSON object: timestamp, level, logger, message, then the fields.</summary>
internal static class JsonLogLine
{
    public const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // Readable text as it is; the encoder still escapes quotes and every control character, so a value cannot begin a new line.
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static void Write(in LogEntry entry, ArrayBufferWriter<byte> buffer)
    {
        var json = _writer ??= new Utf8JsonWriter(buffer, _options);
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("timestamp"u8, entry.Timestamp.UtcDateTime.ToString(TimestampFormat, CultureInfo.InvariantCulture));
        json.WriteString("level"u8, entry.Level);
        json.WriteString("logger"u8, entry.Logger);
        json.WriteString("message"u8, entry.Message);
        foreach (var (name, value) in entry.Fields.All)
            WriteField(json, name, value);
        if (entry.Exception is { } exception)
            json.WriteString("exception"u8, exception.ToString());
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
    }

    private static void WriteField(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteString(name, text);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int number:
                json.WriteNumber(name, number);
                break;
            case long number:
                json.WriteNumber(name, number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            case DateTimeOffset moment:
                json.WriteString(name, moment.UtcDateTime.ToString(TimestampFormat, CultureInfo.InvariantCulture));
                break;
            case IEnumerable<string> items:
                json.WriteStartArray(name);
                foreach (var item in items)
                    json.WriteStringValue(item);
                json.WriteEndArray();
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
