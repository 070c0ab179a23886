using System.Text;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>The regular expression that chooses lines.</summary>
internal sealed class LinePattern(string pattern)
{
    private const string Mark = "…";
    private const int MarkBytes = 3;

    private readonly Regex _regex = Compile(pattern);

    public bool IsMatch(string line)
    {
        var text = line.TrimEnd('\r', '\n');
        return _regex.IsMatch(text) || (Shown(text) is { } shown && _regex.IsMatch(shown));
    }

    /// <summary>The part of a line that has the match, with a mark where something is left out.</summary>
    /// <returns>Also how many bytes of the line are kept.</returns>
    public (string Text, long Kept) Around(string line, int maxBytes)
    {
        var text = line.TrimEnd('\r', '\n');
        var match = _regex.Match(text);
        var at = match.Success || Shown(text) is not { } shown ? match.Index : text.Length - shown.Length + _regex.Match(shown).Index;
        var budget = Math.Max(1, maxBytes - (2 * MarkBytes));
        // A quarter of the room is for what comes before the match.
        var before = Utf8Text.LastThatFit(line.AsSpan(0, at), budget / 4);
        var rest = line.AsSpan(at - before.Length);
        var part = Utf8Text.FirstThatFit(rest, budget);
        var kept = Encoding.UTF8.GetByteCount(part);
        if (part.Length == rest.Length)
        {
            part = Utf8Text.LastThatFit(line, budget);
            kept = Encoding.UTF8.GetByteCount(part);
            return ($"{Mark}{part}", kept);
        }
        return ($"{(before.Length < at ? Mark : "")}{part}{Mark}", kept);
    }

    /// <summary>The end of a line, with a mark before it.</summary>
    public static (string Text, long Kept) End(string line, int maxBytes)
    {
        var part = Utf8Text.LastThatFit(line, Math.Max(1, maxBytes - MarkBytes));
        return ($"{Mark}{part}", Encoding.UTF8.GetByteCount(part));
    }

    /// <summary>
    /// A carriage return begins the line anew in a terminal: before a prompt of readline, in a progress bar. Null without one.
    /// </summary>
    private static string? Shown(string text) => text.LastIndexOf('\r') is >= 0 and var at ? text[(at + 1)..] : null;

    private static Regex Compile(string pattern)
    {
        try
        {
            // Without backtracking: a client's pattern must not be able to keep a processor busy.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new RequestException(
                ErrorCode.InvalidArgument, $"grep='{pattern}' is not a usable regular expression: {e.Message}",
                "Escape special characters with a backslash; lookaround and backreferences are not supported.", inner: e);
        }
    }
}
