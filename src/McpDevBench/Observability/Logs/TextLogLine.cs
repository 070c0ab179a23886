using System.Buffers;
using System.Globalization;
using System.Text;

namespace McpDevBench.Observability.Logs;

/// <summary>
/// Formats a log line for people: time, level, logger, message, then the fields as <c>name=value</c>. A value that is not plain, and a
/// message that could be mistaken for fields, is written as a JSON string, so that every line can be parsed.
/// </summary>
internal static class TextLogLine
{
    private static readonly SearchValues<char> _notInMessages = SearchValues.Create("=\"\\");
    private static readonly SearchValues<char> _notInValues = SearchValues.Create(" =\"\\");

    public static void Write(in LogEntry entry, ArrayBufferWriter<byte> buffer)
    {
        var line = new StringBuilder(256);
        line.Append(CultureInfo.InvariantCulture, $"{Time(entry.Timestamp)} {entry.Level,-8} {entry.Logger}: ");
        Append(line, entry.Message, _notInMessages);
        foreach (var (name, value) in entry.Fields.All)
            AppendField(line, name.Text, value);
        if (entry.Exception is { } exception)
            AppendField(line, "exception", exception);
        line.Append('\n');
        Encoding.UTF8.GetBytes(line.ToString(), buffer);
    }

    private static void AppendField(StringBuilder line, string name, object value)
    {
        line.Append(' ').Append(name).Append('=');
        switch (value)
        {
            case string text:
                Append(line, text, _notInValues);
                break;
            case bool flag:
                line.Append(flag ? "true" : "false");
                break;
            case DateTimeOffset moment:
                line.Append(Time(moment));
                break;
            default:
                line.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static void Append(StringBuilder line, string text, SearchValues<char> special)
    {
        var encoded = LineEncoder.Instance.Encode(text);
        if (text.Length > 0 && !text.AsSpan().ContainsAny(special) && encoded == text)
            line.Append(text);
        else
            line.Append('"').Append(encoded).Append('"');
    }

    private static string Time(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString(Timestamps.Format, CultureInfo.InvariantCulture);
}
