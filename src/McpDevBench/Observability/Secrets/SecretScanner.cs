using System.Buffers;

namespace McpDevBench.Observability.Secrets;

/// <summary>
/// Finds secrets in a text: tokens of well-known form, HTTP credentials, the user of a URL, private keys, and values with secret names. One
/// vectorised search finds the beginnings; each is decided within a few characters, so the time is linear in the length.
/// </summary>
internal ref struct SecretScanner(ReadOnlySpan<char> text)
{
    private const string KeyBegin = "-----BEGIN", KeyEnd = "-----END", Url = ":/";

    /// <summary>The first line of a key, at most.</summary>
    private const int MaxKeyHeaderLength = 64;

    private static readonly SearchValues<string> _beginnings =
        SearchValues.Create(
            [.. SecretTokens.Beginnings, .. HttpCredentials.Beginnings, .. SecretNames.Beginnings, KeyBegin, Url],
            StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<char> _authorityEnds = SearchValues.Create("/?#\\ \t\r\n\"'`<>(){}|,;");

    private readonly ReadOnlySpan<char> _text = text;
    private int _next;

    /// <summary>Where the found secret begins.</summary>
    public int Start { get; private set; }

    /// <summary>The first character after it.</summary>
    public int End { get; private set; }

    public bool MoveNext()
    {
        while (_next < _text.Length)
        {
            var found = _text[_next..].IndexOfAny(_beginnings);
            if (found < 0)
                break;
            var at = _next + found;
            if (SecretAt(at) is var (start, end) && !_text[start..end].SequenceEqual(SecretRedactor.Mark))
            {
                (Start, End, _next) = (start, end, end);
                return true;
            }
            _next = at + 1;
        }
        _next = _text.Length;
        return false;
    }

    private readonly (int Start, int End)? SecretAt(int at) =>
        SecretTokens.At(_text, at) ?? HttpCredentials.At(_text, at) ?? UserInfo(at) ?? PrivateKey(at) ?? SecretNames.ValueAfter(_text, at);

    /// <summary>What is before the @ of a URL: a name, a password, or a token in the place of either.</summary>
    private readonly (int, int)? UserInfo(int at)
    {
        if (!_text[at..].StartsWith(Url))
            return null;
        // One slash is enough: a path is tidied before it is talked about.
        var start = at + Url.Length;
        while (start < _text.Length && _text[start] == '/')
            start++;
        var rest = _text[start..];
        var length = rest.IndexOfAny(_authorityEnds);
        var user = (length < 0 ? rest : rest[..length]).LastIndexOf('@');
        return user > 0 ? (start, start + user) : null;
    }

    /// <summary>A PEM block, with its first and last line; one that does not end goes to the end of the text.</summary>
    private readonly (int, int)? PrivateKey(int at)
    {
        var rest = _text[at..];
        if (!rest.StartsWith(KeyBegin)
            || !rest[..Math.Min(rest.Length, MaxKeyHeaderLength)].Contains("PRIVATE KEY", StringComparison.Ordinal))
            return null;
        var end = rest.IndexOf(KeyEnd);
        if (end < 0)
            return (at, _text.Length);
        end += KeyEnd.Length;
        var dashes = rest[end..].IndexOf("-----");
        return (at, dashes < 0 ? _text.Length : at + end + dashes + "-----".Length);
    }
}
