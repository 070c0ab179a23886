using System.Text;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>The regular expression that chooses lines.</summary>
internal sealed class LinePattern(string pattern)
{
    private const string Mark = "…";
    private const int MarkBytes = 3;

    private readonly Regex _regex = Compile(pattern);

    /// <summary>The pattern names carriage returns, which otherwise are not part of a line's end.</summary>
    private readonly bool _wantsReturn = pattern.Contains('\r') || pattern.Contains("\\r", StringComparison.Ordinal);

    /// <exception cref="RequestException">invalid_argument: it is not a regular expression.</exception>
    public static void Check(string pattern) => Compile(pattern);

    /// <param name="isBeheaded">The text begins within the line: a match may not begin where it does.</param>
    /// <param name="goesOn">It ends within the line: a match may not end where it does.</param>
    public bool IsMatch(string line, bool isBeheaded = false, bool goesOn = false)
    {
        var text = line.TrimEnd('\r', '\n');
        if (goesOn)
            return Inside(line, isBeheaded);
        return _regex.IsMatch(text, isBeheaded ? Math.Min(1, text.Length) : 0) || (Shown(text) is { } shown && _regex.IsMatch(shown))
            || (_wantsReturn && _regex.IsMatch(line.TrimEnd('\n')));
    }

    /// <summary>The part of a line that has the match, with a mark where something is left out.</summary>
    /// <returns>Also how many bytes of the line are kept.</returns>
    public (string Text, long Kept) Around(string line, int maxBytes)
    {
        var text = line.TrimEnd('\r', '\n');
        if (_wantsReturn && !IsMatchOf(text))
            text = line.TrimEnd('\n');
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

    private bool IsMatchOf(string text) => _regex.IsMatch(text) || (Shown(text) is { } shown && _regex.IsMatch(shown));

    private bool Inside(string text, bool isBeheaded)
    {
        foreach (var match in _regex.EnumerateMatches(text, isBeheaded ? Math.Min(1, text.Length) : 0))
            return match.Index + match.Length < text.Length;
        return false;
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
            return new Regex(PatternDialect.Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new RequestException(
                ErrorCode.InvalidArgument, $"grep='{pattern}' is not a usable regular expression: {e.Message}",
                "Escape special characters with a backslash; lookaround and backreferences are not supported.", inner: e);
        }
    }
}
