namespace McpDevBench.AgentProtocol;

/// <summary>Replace one text by another. Both are UTF-8, whatever the encoding of the file is.</summary>
/// <param name="ReplaceAll">False: <paramref name="OldText"/> must occur exactly once.</param>
public sealed record TextEdit(byte[] OldText, byte[] NewText, bool ReplaceAll);

/// <summary>Why an edit could not be applied.</summary>
public enum EditError
{
    None,
    NotFound,
    Ambiguous,

    /// <summary>The file's encoding has no bytes for a character of the new text.</summary>
    NotEncodable,

    /// <summary>The result would be larger than allowed.</summary>
    TooLarge,

    /// <summary>The file is <see cref="TextForm.Wide"/>.</summary>
    WideText,
}

/// <summary>
/// Applies edits one after another, each to the result of the one before. Encoding, byte order mark and line ends of the file stay.
/// Used by server and agent, so that both give the same result.
/// </summary>
public static class TextEdits
{
    /// <summary>The outcome of applying edits.</summary>
    /// <param name="Content">The new content; the old one where <paramref name="FailedEdit"/> is not -1.</param>
    /// <param name="FailedEdit">Index of the edit that could not be applied, or -1.</param>
    /// <param name="Occurrences">How often the failed edit's text occurred: 0, or more than one.</param>
    public readonly record struct Outcome(byte[] Content, int Replacements, int FailedEdit, int Occurrences)
    {
        public EditError Error { get; init; }

        /// <summary>The text that the failed edit was applied to, or the new text, as UTF-8.</summary>
        public required byte[] Text { get; init; }

        public TextForm Form { get; init; }
    }

    /// <param name="maxSize">Bytes that the result may have.</param>
    public static Outcome Apply(byte[] content, IReadOnlyList<TextEdit> edits, int maxSize = int.MaxValue)
    {
        var form = TextForms.Of(content);
        if (form == TextForm.Wide)
            return new Outcome(content, 0, 0, 0) { Error = EditError.WideText, Text = content, Form = form };
        var outcome = Apply(content, form, edits, maxSize);
        if (form is not (TextForm.Latin1 or TextForm.Windows1252) || outcome.Error != EditError.NotFound)
            return outcome;
        // UTF-8 with a few bytes that are not: its characters match as they are.
        var raw = Apply(content, TextForm.Raw, edits, maxSize);
        return raw.FailedEdit < 0 ? raw : outcome;
    }

    /// <summary>What to add to the end of a file, so that a text is added to its text: in its encoding, with the line ends of its last
    /// line.</summary>
    /// <param name="content">Of the file; or its beginning and its end.</param>
    /// <param name="text">UTF-8.</param>
    /// <returns>Null if the file's encoding has no bytes for a character.</returns>
    public static byte[]? Append(byte[] content, TextForm form, byte[] text)
    {
        var old = form == TextForm.Raw ? content : TextForms.ToUtf8(content, form);
        return TextForms.WithoutMark(new TextReplacement(old, new TextEdit([], text, ReplaceAll: false)).MakeAppended(), form);
    }

    private static Outcome Apply(byte[] content, TextForm form, IReadOnlyList<TextEdit> edits, int maxSize)
    {
        var text = TextForms.ToUtf8(content, form);
        var replacements = 0;
        for (var i = 0; i < edits.Count; i++)
        {
            var replacement = new TextReplacement(text, edits[i]);
            var (count, size) = replacement.Measure();
            var error = (count, edits[i].ReplaceAll) switch
            {
                (0, _) => EditError.NotFound,
                (> 1, false) => EditError.Ambiguous,
                _ => size > maxSize ? EditError.TooLarge : EditError.None,
            };
            if (error != EditError.None)
                return new Outcome(content, 0, i, count) { Error = error, Text = text, Form = form };
            text = replacement.Make((int)size);
            replacements += count;
        }
        if (TextForms.FromUtf8(text, form) is { } changed)
            return new Outcome(changed, replacements, -1, 0) { Text = text, Form = form };
        var failed = FirstNotEncodable(edits, form);
        return new Outcome(content, 0, failed, 0) { Error = EditError.NotEncodable, Text = edits[failed].NewText, Form = form };
    }

    private static int FirstNotEncodable(IReadOnlyList<TextEdit> edits, TextForm form)
    {
        for (var i = 0; i < edits.Count; i++)
        {
            if (TextForms.FromUtf8(edits[i].NewText, form) is null)
                return i;
        }
        return edits.Count - 1;
    }
}
