using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>Edits between the tools' text and the protocol's bytes, and the help when one does not apply.</summary>
internal static class FileEdits
{
    private const int Shown = 200;

    public static List<TextEdit> ToProtocol(IReadOnlyList<FileEdit> edits)
    {
        if (edits.Count == 0)
            throw new RefusalException(RefusalCode.InvalidArgument, "edits is empty.", "Give at least one {old_text, new_text}.");
        for (var i = 0; i < edits.Count; i++)
        {
            if (edits[i].OldText.Length == 0)
                throw new RefusalException(RefusalCode.InvalidArgument, $"edits[{i}].old_text is empty.", "Give the text that is to be replaced; to create a file use fs_write.");
        }
        return [.. edits.Select(edit => new TextEdit(Encoding.UTF8.GetBytes(edit.OldText), Encoding.UTF8.GetBytes(edit.NewText), edit.ReplaceAll))];
    }

    /// <summary>Says which edit failed and why; for a text that is not there, where it nearly is.</summary>
    public static RefusalException Refuse(WorkspacePath path, byte[] content, IReadOnlyList<FileEdit> edits, TextEdits.Outcome outcome)
    {
        var edit = edits[outcome.FailedEdit];
        var text = Encoding.UTF8.GetString(content);
        if (outcome.Occurrences > 1)
            return new RefusalException(
                RefusalCode.InvalidArgument, $"edits[{outcome.FailedEdit}].old_text occurs {outcome.Occurrences} times in {path}, at lines {string.Join(", ", LinesOf(text, edit.OldText).Take(10))}.",
                "Add neighbouring lines to old_text until it occurs once, or pass replace_all=true. Nothing was changed.");
        var near = NearMatch.Find(text, edit.OldText) is { } match
            ? $" It is nearest to line {match.Line}: «{(match.Text.Length <= Shown ? match.Text : match.Text[..Shown] + "…")}»."
            : "";
        return new RefusalException(
            RefusalCode.InvalidArgument, $"edits[{outcome.FailedEdit}].old_text does not occur in {path}.{near}",
            "Read the file with fs_read and copy the text exactly, with its white space. Nothing was changed.");
    }

    private static IEnumerable<int> LinesOf(string text, string part)
    {
        var (line, counted) = (1, 0);
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal))
        {
            line += text.AsSpan(counted, at - counted).Count('\n');
            counted = at;
            yield return line;
        }
    }
}
