using McpDevBench.Observability;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>
/// The note in a result after the workspace's container was made anew: in the text of every tool, and as a field where a process may be
/// missed.
/// </summary>
internal static class ResumeNote
{
    private const string Text =
        "Note: the workspace's container had stopped and was started again. "
            + "Its files are there; its processes, /tmp and shells are gone: start servers again.";

    /// <summary>For a result's <c>resumed</c>; null leaves it out.</summary>
    public static bool? Flag => CallFacts.Current is { Resumed: true } ? true : null;

    /// <summary>The answer to the current call, with the note before it if there was a resume.</summary>
    public static CallToolResult Add(CallToolResult result)
    {
        if (Flag is true && result.Content.FirstOrDefault() is TextContentBlock text)
            result.Content = [new TextContentBlock { Text = $"{Text}\n{text.Text}" }, .. result.Content.Skip(1)];
        return result;
    }
}
