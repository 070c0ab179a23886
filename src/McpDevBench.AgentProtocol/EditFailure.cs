using System.Text;

namespace McpDevBench.AgentProtocol;

/// <summary>Explains to the caller why an edit could not be applied.</summary>
public static class EditFailure
{
    private const int MaxShown = 400;
    private const int MaxLines = 10;

    public const string Hint =
        "Copy old_text exactly from fs_read, with its white space. "
        + "If it occurs more than once, add neighbouring lines or pass replace_all=true.";

    private const string Conversion = "convert the file to UTF-8 first, with exec and iconv.";

    public static string WideText(string path) =>
        $"{path} is UTF-32, or UTF-16 that is damaged or has no byte order mark, and UTF-8 text would destroy it: {Conversion}";

    /// <param name="description">By <see cref="Describe"/>.</param>
    public static string HintOf(string description) => description.EndsWith(Conversion, StringComparison.Ordinal)
        ? "exec with file and hexdump -C | head shows how it is encoded."
        : Hint;

    /// <param name="path">The file, as the text names it.</param>
    /// <param name="outcome">With a failed edit.</param>
    public static string Describe(string path, IReadOnlyList<TextEdit> edits, in TextEdits.Outcome outcome)
    {
        var index = outcome.FailedEdit;
        return outcome.Error switch
        {
            EditError.Ambiguous =>
                $"edits[{index}].old_text occurs {outcome.Occurrences} times in {path}, {Lines(outcome.Text, edits[index])}.",
            EditError.NotEncodable =>
                $"edits[{index}].new_text has the character {FirstForeign(outcome)}, "
                + $"which {path} cannot hold: its encoding is {TextForms.NameOf(outcome.Form)}. "
                + $"Use other characters, or {Conversion}",
            EditError.WideText => WideText(path),
            EditError.TooLarge => $"edits[{index}] would make {path} too large to be edited.",
            _ => $"edits[{index}].old_text does not occur in {path}.{Near(outcome.Text, edits[index])}",
        };
    }

    private static string Lines(byte[] text, TextEdit edit)
    {
        var shown = new StringBuilder();
        var (count, last) = (0, 0);
        foreach (var line in new TextReplacement(text, edit).Lines())
        {
            // A line that has it more than once is named once.
            if (line == last)
                continue;
            last = line;
            if (++count > MaxLines)
            {
                shown.Append(", …");
                break;
            }
            shown.Append(count == 1 ? "" : ", ").Append(line);
        }
        return $"at {(count == 1 ? "line" : "lines")} {shown}";
    }

    private static string Near(byte[] text, TextEdit edit)
    {
        if (NearMatch.Find(text, edit.OldText) is not { } near)
            return "";
        var shown = Encoding.UTF8.GetString(near.Text).Replace("\r\n", "\n", StringComparison.Ordinal);
        return $" It is nearest to line {near.Line}: «{(shown.Length <= MaxShown ? shown : shown[..MaxShown] + "…")}».";
    }

    private static string FirstForeign(in TextEdits.Outcome outcome)
    {
        foreach (var rune in Encoding.UTF8.GetString(outcome.Text).EnumerateRunes())
        {
            if (!TextForms.Has(outcome.Form, rune))
                return $"'{rune}' (U+{rune.Value:X4})";
        }
        return "of another edit";
    }
}
