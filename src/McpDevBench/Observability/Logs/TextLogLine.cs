using System.Buffers;
using System.Globalization;
using System.Text;

namespace McpDevBench.Observability.Logs;

/// <summary>A log line for a person's eyes: time, level, logger, message, then the fields as <c>name=value</c>.</summary>
internal static class TextLogLine
{
    public static void Write(in LogEntry entry, ArrayBufferWriter<byte> buffer)
    {
        var line = new StringBuilder(256);
        line.Append(entry.Timestamp.UtcDateTime.ToString(JsonLogLine.TimestampFormat, CultureInfo.InvariantCulture))
            .Append(' ').Append(entry.Level.PadRight(8)).Append(' ').Append(entry.Logger).Append(": ");
        AppendEscaped(line, entry.Message);
        foreach (var (name, value) in entry.Fields.All)
        {
            line.Append(' ').Append(name).Append('=');
            AppendValue(line, value);
        }
        if (entry.Exception is { } exception)
        {
            line.Append(" exception=\"");
            AppendEscaped(line, exception.ToString(), quoted: true);
            line.Append('"');
        }
        line.Append('\n');
        var text = line.ToString();
        var written = Encoding.UTF8.GetBytes(text, buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        buffer.Advance(written);
    }

    private static void AppendValue(StringBuilder line, object value)
    {
        var text = value switch
        {
            bool flag => flag ? "true" : "false",
            DateTimeOffset moment => moment.UtcDateTime.ToString(JsonLogLine.TimestampFormat, CultureInfo.InvariantCulture),
            string single => single,
            IEnumerable<string> items => string.Join(',', items),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
        var quoted = text.Length == 0 || text.AsSpan().IndexOfAny(" \"=") >= 0;
        if (quoted)
            line.Append('"');
        AppendEscaped(line, text, quoted);
        if (quoted)
            line.Append('"');
    }

    /// <summary>No value may break the line, move the cursor or turn the reading direction.</summary>
    private static void AppendEscaped(StringBuilder line, string text, bool quoted = false)
    {
        foreach (var letter in text)
        {
            if (letter == '\n')
                line.Append("\\n");
            else if (quoted && (letter is '"' or '\\'))
                line.Append('\\').Append(letter);
            else if (char.IsControl(letter) || char.GetUnicodeCategory(letter) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                line.Append(letter);
        }
    }
}
