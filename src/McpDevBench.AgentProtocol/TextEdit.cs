namespace McpDevBench.AgentProtocol;

/// <summary>Replace one text by another, on bytes.</summary>
/// <param name="ReplaceAll">False: <paramref name="OldText"/> must occur exactly once.</param>
public sealed record TextEdit(byte[] OldText, byte[] NewText, bool ReplaceAll);

/// <summary>Applies edits one after another, each to the result of the one before. Used by both sides, so that they cannot disagree.</summary>
public static class TextEdits
{
    /// <summary>The outcome of <see cref="Apply"/>.</summary>
    /// <param name="Content">The new content; the old one where <paramref name="FailedEdit"/> is not -1.</param>
    /// <param name="FailedEdit">Index of the edit that could not be applied, or -1.</param>
    /// <param name="Occurrences">How often the failed edit's text occurred: 0, or more than one.</param>
    public readonly record struct Outcome(byte[] Content, int Replacements, int FailedEdit, int Occurrences);

    public static Outcome Apply(byte[] content, IReadOnlyList<TextEdit> edits)
    {
        var current = content;
        var replacements = 0;
        for (var i = 0; i < edits.Count; i++)
        {
            var edit = edits[i];
            var occurrences = edit.OldText.Length == 0 ? 0 : Count(current, edit.OldText);
            if (occurrences == 0 || (occurrences > 1 && !edit.ReplaceAll))
                return new Outcome(content, 0, i, occurrences);
            current = Replace(current, edit, occurrences);
            replacements += occurrences;
        }
        return new Outcome(current, replacements, -1, 0);
    }

    private static int Count(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text)
    {
        var count = 0;
        for (int at; (at = content.IndexOf(text)) >= 0; content = content[(at + text.Length)..])
            count++;
        return count;
    }

    private static byte[] Replace(ReadOnlySpan<byte> content, TextEdit edit, int occurrences)
    {
        var result = new byte[checked(content.Length + (occurrences * (edit.NewText.Length - edit.OldText.Length)))];
        var to = result.AsSpan();
        for (int at; (at = content.IndexOf(edit.OldText)) >= 0; content = content[(at + edit.OldText.Length)..])
        {
            content[..at].CopyTo(to);
            edit.NewText.CopyTo(to[at..]);
            to = to[(at + edit.NewText.Length)..];
        }
        content.CopyTo(to);
        return result;
    }
}
