using System.Text;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Audit;

/// <summary>Prepares texts from outside for the audit log.</summary>
internal static class AuditText
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// Redacts secrets, cuts to a length, and replaces NUL and unpaired surrogates, which SQLite would not return unchanged.
    /// </summary>
    public static string? Clean(string? given, int maxLength)
    {
        var text = given is null ? null : SecretRedactor.Instance.Redact(given);
        if (text is null || (text.Length <= maxLength && !text.Contains('\0', StringComparison.Ordinal)
            && text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0))
            return text;
        var clean = new StringBuilder(maxLength + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > maxLength)
                return clean.Append('…').ToString();
            if (rune.Value == 0)
                clean.Append(Replacement);
            else
                clean.Append(rune);
        }
        return clean.ToString();
    }
}
