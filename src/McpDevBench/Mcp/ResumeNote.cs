using McpDevBench.Observability;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>
/// The note in a result after the workspace's container was made anew or taken over: in the text of every tool, and as a field where a
/// process may be missed.
/// </summary>
internal static class ResumeNote
{
    private const string Files = "Its files are there;";

    private const string NoHome =
        "Its files in /workspace are there; the files of its home directory are lost, because their volume is no longer on the Docker host;";

    /// <summary>For a result's <c>resumed</c>; null leaves it out.</summary>
    public static bool? Flag => CallFacts.Current is { Resumed: true } ? true : null;

    /// <summary>The answer to the current call, with the notes before it if there are any.</summary>
    public static CallToolResult Add(CallToolResult result)
    {
        if (CallFacts.Current is { } facts && result.Content.FirstOrDefault() is TextContentBlock text)
            result.Content = [new TextContentBlock { Text = $"{Resumed(facts)}{Adopted(facts)}{text.Text}" }, .. result.Content.Skip(1)];
        return result;
    }

    private static string Resumed(CallFacts facts) => !facts.Resumed ? "" :
        $"Note: the workspace's container had stopped and was started again. {(facts.HomeLost ? NoHome : Files)} "
            + "its processes, /tmp and shells are gone: start servers again.\n";

    private static string Adopted(CallFacts facts) => facts.Adoption is { } adoption ? $"Note: {adoption}\n" : "";
}
