using System.Text;
using System.Text.RegularExpressions;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Whether a line contains what is searched for.</summary>
internal sealed class LineMatcher
{
    private const int MaxPattern = 4_096;

    private readonly byte[]? _literal;
    private readonly string _text;
    private readonly Regex? _regex;
    private readonly bool _ignoreCase;
    private char[] _characters = [];

    public LineMatcher(string pattern, bool literal, bool ignoreCase)
    {
        if (pattern.Length is 0 or > MaxPattern)
            throw new RefusalException(AgentStatus.Invalid, $"pattern: between 1 and {MaxPattern} characters");
        (_text, _ignoreCase) = (pattern, ignoreCase);
        if (literal)
            _literal = Encoding.UTF8.GetBytes(pattern);
        else
            _regex = Compile(ignoreCase ? "(?i)" + pattern : pattern);
    }

    public bool IsMatch(ReadOnlySpan<byte> line)
    {
        if (_literal is not null && !_ignoreCase)
            return line.IndexOf(_literal) >= 0;
        if (_characters.Length < line.Length)
            _characters = new char[Math.Max(1024, line.Length)];
        ReadOnlySpan<char> text = _characters.AsSpan(0, Encoding.UTF8.GetChars(line, _characters));
        return _regex is null ? text.Contains(_text, StringComparison.OrdinalIgnoreCase) : Matches(_regex, text);
    }

    public static RefusalException TooSlow() => new(AgentStatus.Invalid, "pattern: too slow on this text; make it simpler");

    private static bool Matches(Regex regex, ReadOnlySpan<char> text)
    {
        try
        {
            return regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }
    }

    /// <summary>Without options: the constructor that takes them brings in an engine that is never used. The time limit is the process's default (see Program).</summary>
    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern);
        }
        catch (RegexParseException error)
        {
            throw new RefusalException(AgentStatus.Invalid, $"pattern: {error.Error} at character {error.Offset}");
        }
    }
}
