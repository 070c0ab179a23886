using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>Commands of a script up to what separates them from the next; for the background, with their <c>&amp;</c>.</summary>
internal readonly record struct ScriptStatement(int Start, int End, bool IsInBackground);

/// <summary>A pipe of a script.</summary>
/// <param name="Start">Of its first part.</param>
/// <param name="End">After its last part.</param>
internal sealed partial record ScriptPipe(int Start, int End, string Script, IReadOnlyList<PipePart> Parts)
{
    private const int MaxShown = 80;

    public int Line => Script.AsSpan(0, Start).Count('\n') + 1;

    /// <summary>On one line, cut where it is long.</summary>
    public string Text => CommandText.Of([Blanks().Replace(Script[Start..End], " ")], MaxShown);

    /// <summary>Whether it ended well although an earlier part failed, which its exit code hides.</summary>
    /// <param name="status">The pipe's own.</param>
    public bool HidesFailure(int status, IReadOnlyList<byte> codes) =>
        status == 0 && codes.Count == Parts.Count && Parts.Zip(codes).SkipLast(1).Any(part => part.First.Failed(part.Second));

    [GeneratedRegex(@"(\\\n|\s)+")]
    private static partial Regex Blanks();
}
