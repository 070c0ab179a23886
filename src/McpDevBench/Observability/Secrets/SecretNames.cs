using System.Buffers;

namespace McpDevBench.Observability.Secrets;

/// <summary>Names of secret values: of a log field, a variable, a JSON member, a header, an option.</summary>
internal static class SecretNames
{
    /// <summary>Longer texts are not names.</summary>
    private const int MaxNameLength = 64, MaxSchemeLength = 9, MaxBlanks = 16, MaxQuotes = 4;

    private const string Key = "key", Auth = "auth", Digest = "digest", Punctuation = ",.)]}";

    private static readonly string[] _words =
    [
        "password", "passwords", "passwd", "passphrase", "pwd", "secret", "secrets", "token", "credential", "credentials", "authorization",
        "cookie", "cookies",
    ];

    /// <summary>Keys that are secret; others, such as idempotency keys, are not.</summary>
    private static readonly string[] _keys = ["api", "access", "private", "secret", "signing", "encryption", "account", "master", "ssh"];

    /// <summary>Headers whose value is the rest of the line.</summary>
    private static readonly string[] _lines = ["authorization", "cookie"];

    /// <summary>Of HTTP's authentication. What they announce is the secret.</summary>
    private static readonly string[] _schemes = ["bearer", "basic", "token", "negotiate", Digest];

    private static readonly string[] _noSecrets = ["true", "false", "null", "none"];

    private static readonly SearchValues<string> _beginnings = SearchValues.Create(Beginnings, StringComparison.OrdinalIgnoreCase);
    private static readonly SearchValues<char> _nameLetters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    private static readonly SearchValues<char> _closing = SearchValues.Create("\\\"']");
    private static readonly SearchValues<char> _valueEnds = SearchValues.Create(" \t\r\n\"'`&;<");

    /// <summary>Of all words above. The fewer there are, the faster a text without any of them is done with.</summary>
    public static string[] Beginnings => ["passw", "passphrase", "pwd", "secret", "token", "credential", "cookie", Key, Auth];

    /// <summary>Whether a value with this name is secret.</summary>
    public static bool IsSecret(ReadOnlySpan<char> name)
    {
        for (var at = 0; at < name.Length; at++)
        {
            var found = name[at..].IndexOfAny(_beginnings);
            if (found < 0)
                return false;
            at += found;
            if (WordEnd(name, at) > 0)
                return true;
        }
        return false;
    }

    /// <summary>
    /// The value whose name has one of the words at <paramref name="at"/>: in <c>NAME=value</c>, <c>name: value</c>, <c>"name": "value"</c>
    /// or <c>--name value</c>.
    /// </summary>
    public static (int Start, int End)? ValueAfter(ReadOnlySpan<char> text, int at)
    {
        var end = WordEnd(text, at);
        if (end < 0)
            return null;
        var word = text[at..end];
        end += LeadingOf(text[end..], _nameLetters, MaxNameLength);
        var start = AfterSeparator(text, end, out var isHeader, out var isClosed);
        if (start < 0 && !IsOption(text, at, end, out start))
            return null;
        // The quotes around a name alone are not around its value.
        var name = isClosed ? -1 : at;
        return isHeader && IsOneOf(word, _lines) ? Line(text, start, name) : Value(text, start, name);
    }

    /// <returns>The end of the word that begins here, or -1 if there is none or it continues: tokenizer and secretary are not
    /// secrets.</returns>
    private static int WordEnd(ReadOnlySpan<char> text, int at)
    {
        var rest = text[at..];
        foreach (var word in _words)
        {
            if (rest.StartsWith(word, StringComparison.OrdinalIgnoreCase) && EndsAt(text, at + word.Length))
                return at + word.Length;
        }
        if (rest.StartsWith(Key, StringComparison.OrdinalIgnoreCase) && EndsAt(text, at + Key.Length) && HasSecretKind(text[..at]))
            return at + Key.Length;
        // The name's last word only: auth_mode and author are not secret.
        var isAuth = rest.StartsWith(Auth, StringComparison.OrdinalIgnoreCase) && LeadingOf(rest[Auth.Length..], _nameLetters, 1) == 0 && (
            at == 0 || !char.IsAsciiLetter(text[at - 1]));
        return isAuth ? at + Auth.Length : -1;
    }

    private static bool EndsAt(ReadOnlySpan<char> text, int end) =>
        end == text.Length || !char.IsAsciiLetter(text[end]) || (
            char.IsAsciiLetterUpper(text[end]) && char.IsAsciiLetterLower(text[end - 1]));

    private static bool HasSecretKind(ReadOnlySpan<char> before)
    {
        if (before is [.. var without, '_' or '-' or '.' or ' '])
            before = without;
        foreach (var kind in _keys)
        {
            if (before.EndsWith(kind, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <returns>Where the value begins, or -1 if the name is followed by none.</returns>
    private static int AfterSeparator(ReadOnlySpan<char> text, int at, out bool isHeader, out bool isClosed)
    {
        var closing = LeadingOf(text[at..], _closing, MaxQuotes);
        isClosed = closing > 0;
        at += closing;
        at += Blanks(text[at..]);
        var rest = text[at..];
        isHeader = rest is [':', ..];
        var separator = rest switch
        {
            ['=', '=', ..] or [':', ':', ..] => 0,
            ['=', '>', ..] or [':', '=', ..] => 2,
            ['=' or ':', ..] => 1,
            ['%', '3', 'D' or 'd' or 'A' or 'a', ..] => 3,
            _ => 0,
        };
        return separator == 0 ? -1 : at + separator + Blanks(text[(at + separator)..]);
    }

    private static bool IsOption(ReadOnlySpan<char> text, int word, int end, out int start)
    {
        start = end + Blanks(text[end..]);
        if (start == end || start == text.Length || text[start] == '-')
            return false;
        return text[NameStart(text, word)..word].StartsWith("--");
    }

    private static int NameStart(ReadOnlySpan<char> text, int word)
    {
        var before = text[Math.Max(0, word - MaxNameLength)..word];
        return word - before.Length + before.LastIndexOfAnyExcept(_nameLetters) + 1;
    }

    /// <summary>Quotes within it are part of it, and end it only where they are around the header too.</summary>
    private static (int, int)? Line(ReadOnlySpan<char> text, int start, int name)
    {
        if (name >= 0 && Quotes.Around(text, NameStart(text, name)) is var (quote, escapes))
            return Unless(text, start, Quotes.End(text, start, quote, escapes, oneLine: true));
        return IsEnclosed(text, start, out var value) ? value : UpTo(text, start, text[start..].IndexOfAny('\r', '\n'));
    }

    /// <summary>One value, with the schemes that announce it. What Digest announces is the rest of the line.</summary>
    private static (int, int)? Value(ReadOnlySpan<char> text, int start, int name)
    {
        var (at, end) = (start, start);
        while (IsScheme(text, at, out var schemeEnd, out var next))
        {
            if (text[at..schemeEnd].Equals(Digest, StringComparison.OrdinalIgnoreCase))
                return Line(text, next, name) is var (_, lineEnd) ? (start, lineEnd) : (start, schemeEnd);
            (at, end) = (next, schemeEnd);
        }
        if (!IsEnclosed(text, at, out var value))
            value = UpTo(text, at, text[at..].IndexOfAny(_valueEnds));
        if (end == start)
            return value;
        return (start, value is var (_, valueEnd) ? valueEnd : end);
    }

    /// <summary>It is followed by something on the same line.</summary>
    private static bool IsScheme(ReadOnlySpan<char> text, int start, out int end, out int next)
    {
        (end, next) = (start, start);
        var length = text[start..Math.Min(text.Length, start + MaxSchemeLength + 1)].IndexOfAny(_valueEnds);
        if (length < 0 || !IsOneOf(text.Slice(start, length), _schemes))
            return false;
        end = start + length;
        var blanks = text[end..].IndexOfAnyExcept(' ', '\t');
        next = end + blanks;
        return blanks > 0 && text[next] is not ('\r' or '\n');
    }

    /// <summary>In quotes, braces or brackets.</summary>
    /// <param name="value">Null if there is nothing secret in them.</param>
    private static bool IsEnclosed(ReadOnlySpan<char> text, int start, out (int, int)? value)
    {
        value = null;
        var escapes = text[start..].IndexOfAnyExcept('\\');
        if (escapes >= 0 && Quotes.IsQuote(text[start + escapes]))
        {
            start += escapes + 1;
            value = Unless(text, start, Quotes.End(text, start, text[start - 1], escapes));
            return true;
        }
        if (text[start..] is ['[', ..])
        {
            var close = text[start..].IndexOf(']');
            value = Unless(text, start, close < 0 ? text.Length : start + close + 1);
            return true;
        }
        return text[start..] is ['{', ..];
    }

    private static (int, int)? UpTo(ReadOnlySpan<char> text, int start, int length)
    {
        var value = (length < 0 ? text[start..] : text.Slice(start, length)).TrimEnd(Punctuation);
        return Unless(text, start, start + value.Length);
    }

    private static (int, int)? Unless(ReadOnlySpan<char> text, int start, int end) =>
        end <= start || IsOneOf(text[start..end], _noSecrets) ? null : (start, end);

    private static bool IsOneOf(ReadOnlySpan<char> text, string[] words)
    {
        foreach (var word in words)
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static int Blanks(ReadOnlySpan<char> text)
    {
        var seen = text[..Math.Min(text.Length, MaxBlanks)];
        var count = seen.IndexOfAnyExcept(' ', '\t');
        return count < 0 ? seen.Length : count;
    }

    private static int LeadingOf(ReadOnlySpan<char> text, SearchValues<char> letters, int maxLength)
    {
        var seen = text[..Math.Min(text.Length, maxLength)];
        var count = seen.IndexOfAnyExcept(letters);
        return count < 0 ? seen.Length : count;
    }
}
