using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Where in a line something is that is searched for.</summary>
internal sealed class LineMatcher
{
    private const int MaxPattern = 4_096;
    private const string IgnoreCase = "(?i)";

    private readonly byte[]? _literal;
    private readonly string _text;
    private readonly Regex? _regex;
    private readonly bool _ignoreCase;
    private readonly bool _isAscii;
    private char[] _characters = [];

    public LineMatcher(string pattern, bool literal, bool ignoreCase)
    {
        if (pattern.Length is 0 or > MaxPattern)
            throw new OperationException(AgentStatus.Invalid, $"pattern: between 1 and {MaxPattern} characters");
        (_text, _ignoreCase, _isAscii) = (pattern, ignoreCase, Ascii.IsValid(pattern));
        if (literal)
            _literal = Encoding.UTF8.GetBytes(pattern);
        else
            _regex = Compile(ignoreCase ? IgnoreCase : "", pattern);
    }

    /// <summary>The pattern names carriage returns, which otherwise are not part of a line.</summary>
    public bool WantsCarriageReturn => _text.Contains('\r') || (_regex is not null && _text.Contains("\\r", StringComparison.Ordinal));

    /// <summary>Whether the last match was found in the line as Latin-1.</summary>
    public bool FoundInLatin1 { get; private set; }

    /// <returns>Where the first match begins, in bytes; -1 if there is none.</returns>
    /// <exception cref="RegexMatchTimeoutException">The expression takes too long on this line.</exception>
    public int Find(LinePiece piece)
    {
        FoundInLatin1 = false;
        if (_literal is not null && !_ignoreCase)
        {
            var at = piece.Text.IndexOf(_literal);
            if (at >= 0 || _isAscii || Utf8.IsValid(Inside(piece, out _)))
                return at;
        }
        if (_characters.Length < piece.Text.Length)
            _characters = new char[Math.Max(1024, piece.Text.Length)];
        var text = Inside(piece, out var skipped);
        if (Find(_characters.AsSpan(0, Encoding.UTF8.GetChars(text, _characters)), piece) is >= 0 and var character)
            return skipped + ByteAt(text, character);
        // What is not UTF-8 may be Latin-1, where every byte is a character.
        if (Utf8.IsValid(text) || (_isAscii && _regex is null))
            return -1;
        FoundInLatin1 = true;
        return Find(_characters.AsSpan(0, Encoding.Latin1.GetChars(piece.Text, _characters)), piece);
    }

    /// <summary>Every match that is not empty and does not end with the piece, if the line goes on: where they begin, in bytes. In the same
    /// characters as the match that <see cref="Find(LinePiece)"/> found last.</summary>
    /// <exception cref="RegexMatchTimeoutException">The expression takes too long on this line.</exception>
    public List<int> FindAll(LinePiece piece, int max)
    {
        var found = new List<int>();
        if (_characters.Length < piece.Text.Length)
            _characters = new char[Math.Max(1024, piece.Text.Length)];
        var skipped = 0;
        var text = FoundInLatin1 ? piece.Text : Inside(piece, out skipped);
        var length = FoundInLatin1 ? Encoding.Latin1.GetChars(text, _characters) : Encoding.UTF8.GetChars(text, _characters);
        ReadOnlySpan<char> characters = _characters.AsSpan(0, length);
        var (at, passed) = (0, 0);
        foreach (var (start, size) in Matches(characters, piece, max))
        {
            if (!piece.IsLast && start + size == length)
                continue;
            at += FoundInLatin1 ? start - passed : ByteAt(text[at..], start - passed);
            passed = start;
            found.Add(skipped + at);
        }
        return found;
    }

    private List<(int Start, int Size)> Matches(ReadOnlySpan<char> text, LinePiece piece, int max)
    {
        var matches = new List<(int, int)>();
        if (_regex is not null)
        {
            foreach (var match in _regex.EnumerateMatches(text, piece.IsFirst ? 0 : Math.Min(1, text.Length)))
            {
                if (match.Length > 0)
                    matches.Add((match.Index, match.Length));
                if (matches.Count == max)
                    break;
            }
            return matches;
        }
        var comparison = _ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        for (var at = 0; matches.Count < max && text[at..].IndexOf(_text, comparison) is >= 0 and var next; at += next + _text.Length)
            matches.Add((at + next, _text.Length));
        return matches;
    }

    private int Find(Span<char> text, LinePiece piece)
    {
        if (_regex is null)
            return ((ReadOnlySpan<char>)text).IndexOf(_text, _ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        // Neither the beginning nor the end of a piece is the line's.
        var start = piece.IsFirst ? 0 : Math.Min(1, text.Length);
        foreach (var match in _regex.EnumerateMatches(text, start))
        {
            if (piece.IsLast || match.Index + match.Length < text.Length)
                return match.Index;
            // The next piece has it whole, and what follows it.
            if (text.Length - match.Index < LineReader.Overlap && Encoding.UTF8.GetByteCount(text[match.Index..]) < LineReader.Overlap - 8)
                return -1;
            return FindBeforeEnd(_regex, text, start);
        }
        return -1;
    }

    /// <summary>A match that needs neither the end of the text nor its last two characters: others stand there, first one that few
    /// patterns match, then one that "." does not match.</summary>
    private static int FindBeforeEnd(Regex regex, Span<char> text, int start)
    {
        text[^1] = '\uFFFF';
        foreach (var match in regex.EnumerateMatches(text, start))
        {
            if (match.Index + match.Length < text.Length)
                return match.Index;
            break;
        }
        text[^2] = '\n';
        foreach (var match in regex.EnumerateMatches(text, start))
            return match.Index + match.Length <= text.Length - 2 ? match.Index : -1;
        return -1;
    }

    /// <summary>A piece without the parts of characters that its neighbours have whole.</summary>
    private static ReadOnlySpan<byte> Inside(LinePiece piece, out int skipped)
    {
        var text = piece.Text;
        skipped = 0;
        while (!piece.IsFirst && skipped < 3 && skipped < text.Length && (text[skipped] & 0xC0) == 0x80)
            skipped++;
        text = text[skipped..];
        for (var back = 1; !piece.IsLast && back <= Math.Min(3, text.Length); back++)
        {
            if ((text[^back] & 0xC0) == 0xC0)
                return text[..^back];
            if (text[^back] < 0x80)
                break;
        }
        return text;
    }

    private static int ByteAt(ReadOnlySpan<byte> text, int character)
    {
        var at = 0;
        while (character > 0)
        {
            Rune.DecodeFromUtf8(text[at..], out var rune, out var length);
            character -= rune.Utf16SequenceLength;
            at += length;
        }
        return at;
    }

    /// <summary>Without options: the constructor that takes them brings in an engine that is never used. The time limit is the
    /// process's default (see Program).</summary>
    private static Regex Compile(string options, string pattern)
    {
        try
        {
            return new Regex(options + pattern);
        }
        catch (RegexParseException error)
        {
            throw new OperationException(AgentStatus.Invalid, PatternErrors.Describe(error, options.Length));
        }
    }
}
