using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>Edits between the tools' text and the protocol's bytes, and the error when one does not apply.</summary>
internal static class FileEdits
{
    public static List<TextEdit> ToProtocol(IReadOnlyList<FileEdit> edits)
    {
        if (edits.Count == 0)
            throw new RequestException(ErrorCode.InvalidArgument, "edits is empty.",
                "Give at least one edit: edits: [{\"old_text\": \"…\", \"new_text\": \"…\"}].");
        for (var i = 0; i < edits.Count; i++)
        {
            if (edits[i].OldText.Length == 0)
            {
                throw new RequestException(
                    ErrorCode.InvalidArgument, $"edits[{i}].old_text is empty.",
                        "Give the text that is to be replaced; to create a file use fs_write.");
            }
        }
        return [.. edits.Select(edit =>
            new TextEdit(Encoding.UTF8.GetBytes(edit.OldText), Encoding.UTF8.GetBytes(edit.NewText), edit.ReplaceAll))];
    }

    /// <summary>Names the edit that failed and the reason; for a text that does not occur, where a similar one is.</summary>
    public static RequestException ErrorOf(WorkspacePath path, IReadOnlyList<TextEdit> edits, in TextEdits.Outcome outcome)
    {
        var description = EditFailure.Describe(path.ToString(), edits, outcome);
        return new RequestException(
            outcome.Error == EditError.TooLarge ? ErrorCode.ResourceExhausted : ErrorCode.InvalidArgument,
            description, $"{EditFailure.HintOf(description)} Nothing was changed.");
    }
}
