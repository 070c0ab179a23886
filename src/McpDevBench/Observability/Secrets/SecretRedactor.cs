using System.Text;
using Microsoft.Extensions.Compliance.Redaction;

namespace McpDevBench.Observability.Secrets;

/// <summary>
/// Replaces what looks like a secret (see <see cref="SecretScanner"/>) and leaves the rest of a text unchanged. For log lines, audit
/// records, spans and error texts alike. A text without a secret comes back as the same string: it costs one look at it.
/// </summary>
internal sealed class SecretRedactor : Redactor
{
    public const string Mark = "[REDACTED]";

    public static SecretRedactor Instance { get; } = new();

    public override string Redact(string? source)
    {
        var secrets = new SecretScanner(source);
        if (!secrets.MoveNext())
            return source ?? "";
        var clean = new StringBuilder(source!.Length);
        var end = 0;
        do
        {
            clean.Append(source, end, secrets.Start - end).Append(Mark);
            end = secrets.End;
        }
        while (secrets.MoveNext());
        return clean.Append(source, end, source.Length - end).ToString();
    }

    public override int GetRedactedLength(ReadOnlySpan<char> input)
    {
        var length = input.Length;
        var secrets = new SecretScanner(input);
        while (secrets.MoveNext())
            length += Mark.Length - (secrets.End - secrets.Start);
        return length;
    }

    public override int Redact(ReadOnlySpan<char> source, Span<char> destination)
    {
        var (read, written) = (0, 0);
        var secrets = new SecretScanner(source);
        while (secrets.MoveNext())
        {
            Copy(source[read..secrets.Start], destination, ref written);
            Copy(Mark, destination, ref written);
            read = secrets.End;
        }
        Copy(source[read..], destination, ref written);
        return written;
    }

    private static void Copy(ReadOnlySpan<char> text, Span<char> destination, ref int written)
    {
        text.CopyTo(destination[written..]);
        written += text.Length;
    }
}
