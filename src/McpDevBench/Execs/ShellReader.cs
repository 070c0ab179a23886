using System.Buffers;
using System.Text;

namespace McpDevBench.Execs;

/// <summary>
/// Reads simple commands of a shell script: their words as they are written, redirections left out. Gives up at everything else.
/// </summary>
internal sealed class ShellReader(string script)
{
    /// <summary>What makes the inside of <c>${…}</c> more than plain text.</summary>
    private static readonly SearchValues<char> _special = SearchValues.Create("{$`'\"\\\n|;&<>()!@");

    private int _at;

    /// <summary>Reads up to a separator, or the end.</summary>
    /// <returns>False: it is not a simple command.</returns>
    public bool TryReadCommand(out List<string> words)
    {
        words = [];
        var word = new StringBuilder();
        var isTarget = false;
        for (; _at < script.Length; _at++)
        {
            var c = script[_at];
            switch (c)
            {
                case ' ' or '\t':
                    End(words);
                    break;
                case '\n' or ';' or '|':
                case '&' when At(1) != '>':
                    End(words);
                    return !isTarget;
                case '#' when word.Length == 0:
                    _at = EndOfLine() - 1;
                    break;
                case '&' or '<' or '>':
                    // The number of a descriptor belongs to the redirection.
                    if (word.Length > 0 && word.ToString().All(char.IsAsciiDigit) && c != '&')
                        word.Clear();
                    End(words);
                    if (isTarget || !TrySkipRedirection())
                        return false;
                    isTarget = true;
                    break;
                case '(' or ')' or '`' or '\r':
                    return false;
                case '\\' when At(1) == '\n':
                    _at++;
                    break;
                default:
                    var from = _at;
                    if (!TrySkipCharacter())
                        return false;
                    word.Append(script, from, _at - from + 1);
                    break;
            }
        }
        End(words);
        return !isTarget;

        void End(List<string> to)
        {
            if (word.Length == 0)
                return;
            if (!isTarget)
                to.Add(word.ToString());
            word.Clear();
            isTarget = false;
        }
    }

    /// <returns>The separator at this place, or nothing at the end.</returns>
    public string ReadSeparator()
    {
        if (_at >= script.Length)
            return "";
        var length = (script[_at], At(1)) is ('&', '&') or ('|', '|') or ('|', '&') or (';', ';') or (';', '&') ? 2 : 1;
        _at += length;
        return script.Substring(_at - length, length);
    }

    /// <returns>False at the end.</returns>
    public bool SkipBlankLines()
    {
        while (_at < script.Length && script[_at] is ' ' or '\t' or '\n')
            _at++;
        return _at < script.Length;
    }

    private char At(int offset) => _at + offset >= 0 && _at + offset < script.Length ? script[_at + offset] : '\0';

    private int EndOfLine() => script.IndexOf('\n', _at) is >= 0 and var end ? end : script.Length;

    /// <summary>
    /// Skips an operator such as <c>2&gt;&amp;</c>, if something follows that it can be about. Ends at its last character.
    /// </summary>
    private bool TrySkipRedirection()
    {
        var from = _at;
        while (At(1) is '<' or '>' or '&')
            _at++;
        if (script.AsSpan(from, _at - from + 1) is not ("<" or ">" or ">>" or "<>" or ">&" or "<&" or "&>" or "&>>"))
            return false;
        var next = 1;
        while (At(next) is ' ' or '\t')
            next++;
        return At(next) is not ('\0' or '\n' or ';' or '|' or '&' or '<' or '>' or '(' or ')' or '#');
    }

    /// <summary>
    /// Skips one character of a word, with what belongs to it: quotes, an escape, an expansion. Ends at its last character.
    /// </summary>
    private bool TrySkipCharacter()
    {
        switch (script[_at])
        {
            case '\\':
                _at++;
                return _at < script.Length;
            case '\'':
                _at = script.IndexOf('\'', _at + 1);
                return _at >= 0;
            case '"':
                for (_at++; _at < script.Length && script[_at] != '"'; _at++)
                {
                    if (script[_at] == '`' || (script[_at] is '\\' or '$' && !TrySkipCharacter()))
                        return false;
                }
                return _at < script.Length;
            case '$':
                return TrySkipExpansion();
            default:
                return true;
        }
    }

    /// <summary>A variable, or <c>${…}</c> of plain text. A substitution of a command is code of its own.</summary>
    private bool TrySkipExpansion()
    {
        if (At(1) is '(' or '\'' or '"' or '[')
            return false;
        if (At(1) != '{')
            return true;
        var end = script.IndexOf('}', _at);
        if (end < 0 || script.AsSpan(_at + 2, end - _at - 2).ContainsAny(_special))
            return false;
        _at = end;
        return true;
    }
}
