using System.Text;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Audit;

/// <summary>Texts from outside on their way into the record.</summary>
internal static class AuditText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Without what looks like a secret, and at most so many characters, none of which is NUL or half a pair: neither survives the way into the database and back.</summary>
    public static string? Clean(string? given, int longest)
    {
        var text = given is null ? null : SecretRedactor.Instance.Redact(given);
        if (text is null || (text.Length <= longest && !text.Contains('\0', StringComparison.Ordinal) && text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0))
            return text;
        var clean = new StringBuilder(longest + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > longest)
                return clean.Append('…').ToString();
            if (rune.Value == 0)
                clean.Append(Replacement);
            else
                clean.Append(rune);
        }
        return clean.ToString();
    }
}
