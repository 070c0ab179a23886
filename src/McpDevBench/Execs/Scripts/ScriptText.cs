using System.Buffers;

namespace McpDevBench.Execs;

/// <summary>
/// A bash script and a place in it: blanks, comments, quotes, expansions, here-documents. What it does not understand ends the reading.
/// </summary>
internal abstract class ScriptText(string script)
{
    /// <summary>Substitutions and compound commands within each other.</summary>
    private const int MaxDepth = 40;

    private static readonly SearchValues<char> _quoting = SearchValues.Create("'\"\\$`\n");

    private readonly List<(string Delimiter, bool StripsTabs)> _documents = [];
    private int _depth;

    protected string Script => script;

    /// <summary>Never beyond the end; at the end for good once the script is not understood.</summary>
    protected int At
    {
        get;
        set => field = Failed ? script.Length : Math.Min(value, script.Length);
    }

    /// <summary>The script is not understood. There is nothing more to read.</summary>
    protected bool Failed { get; private set; }

    protected char Now => Peek(0);

    protected char Peek(int offset) => At + offset < script.Length ? script[At + offset] : '\0';

    protected void Fail() => (Failed, At) = (true, script.Length);

    /// <summary>Reads a list of commands up to what ends it. Returns how many there were.</summary>
    protected abstract int ReadList();

    /// <summary>Within one more level of nesting.</summary>
    protected void Nest(Action read)
    {
        if (++_depth > MaxDepth)
            Fail();
        else
            read();
        _depth--;
    }

    protected void SkipBlanks(bool comments = true)
    {
        while (Now is ' ' or '\t' || (Now == '\\' && Peek(1) == '\n'))
            At += Now == '\\' ? 2 : 1;
        if (comments && Now == '#')
            At = script.IndexOf('\n', At) is >= 0 and var end ? end : script.Length;
    }

    protected void SkipNewlines()
    {
        for (SkipBlanks(); Now == '\n'; SkipBlanks())
            TakeNewline();
    }

    /// <summary>The text of here-documents begins after the line that announces them.</summary>
    private void TakeNewline()
    {
        At++;
        foreach (var (delimiter, stripsTabs) in _documents)
        {
            var (found, joins) = (false, false);
            while (!found && At < script.Length)
            {
                var end = script.IndexOf('\n', At) is >= 0 and var at ? at : script.Length;
                var line = script.AsSpan(At, end - At);
                // After a backslash it may be a line of the text.
                found = !joins && (stripsTabs ? line.TrimStart('\t') : line).SequenceEqual(delimiter);
                joins = line.EndsWith('\\');
                At = Math.Min(end + 1, script.Length);
            }
            if (!found)
                Fail();
        }
        _documents.Clear();
    }

    /// <summary>Whether here-documents have been announced whose text has not come yet.</summary>
    protected bool AwaitsDocument => _documents.Count > 0;

    protected void Announce(string word, bool stripsTabs)
    {
        var bare = word is ['\'', .., '\''] or ['"', .., '"'] ? word[1..^1] : word.TrimStart('\\');
        if (bare.Length == 0 || bare.AsSpan().ContainsAny(_quoting))
            Fail();
        else
            _documents.Add((bare, stripsTabs));
    }

    /// <summary>A word as it is written; null if there is none here.</summary>
    protected string? ReadWord()
    {
        var start = At;
        while (!Failed && ReadPart(start))
        {
        }
        return Failed || At == start ? null : script[start..At];
    }

    private bool ReadPart(int start)
    {
        switch (Now)
        {
            case '\0' or ' ' or '\t' or '\n' or ';' or '&' or '|' or ')':
                return false;
            case '(' when IsArray(script.AsSpan(start, At - start)):
                ReadArray();
                return true;
            case '(':
                return false;
            case '<' or '>':
                if (Peek(1) != '(')
                    return false;
                ReadSubstitution();
                return true;
            case '\r':
                Fail();
                return false;
            default:
                ReadCharacter(inQuotes: false);
                return true;
        }
    }

    private static bool IsArray(ReadOnlySpan<char> before) =>
        before.Length > 1 && before[^1] == '=' && (char.IsAsciiLetter(before[0]) || before[0] == '_');

    private void ReadArray()
    {
        At++;
        for (SkipNewlines(); Now != ')' && !Failed; SkipNewlines())
        {
            if (ReadWord() is null)
                Fail();
        }
        At++;
    }

    /// <summary>One character with what belongs to it: an escape, quotes, an expansion.</summary>
    protected void ReadCharacter(bool inQuotes)
    {
        switch (Now)
        {
            case '\\' when Peek(1) != '\0':
                At += 2;
                break;
            case '\'' when !inQuotes:
                At++;
                SkipTo('\'', escapes: false);
                break;
            case '"' when !inQuotes:
                ReadQuotes();
                break;
            case '`':
                At++;
                SkipTo('`', escapes: true);
                break;
            case '$':
                ReadExpansion(inQuotes);
                break;
            case '\\' or '\0':
                Fail();
                break;
            default:
                At++;
                break;
        }
    }

    private void ReadQuotes() => Nest(() =>
    {
        for (At++; Now != '"' && !Failed;)
            ReadCharacter(inQuotes: true);
        At++;
    });

    private void ReadExpansion(bool inQuotes)
    {
        switch (Peek(1))
        {
            case '(' when Peek(2) == '(':
                At++;
                ReadArithmetic();
                break;
            case '(':
                ReadSubstitution();
                break;
            case '{':
                Nest(() => ReadParameter(inQuotes));
                break;
            case '\'' when !inQuotes:
                At += 2;
                SkipTo('\'', escapes: true);
                break;
            case '[':
                Fail();
                break;
            default:
                At++;
                break;
        }
    }

    /// <summary>Commands in <c>$(…)</c>, <c>&lt;(…)</c> or <c>&gt;(…)</c>.</summary>
    private void ReadSubstitution() => Nest(() =>
    {
        At += 2;
        // Where the text of a here-document begins that both sides could mean is not worth knowing.
        if (AwaitsDocument)
            Fail();
        ReadList();
        if (Now != ')' || AwaitsDocument)
            Fail();
        At++;
    });

    /// <summary><c>${…}</c>.</summary>
    private void ReadParameter(bool inQuotes)
    {
        At += 2;
        if (Now is ' ' or '\t' or '\n' or '|' or '}')
            Fail();
        while (Now != '}' && !Failed)
        {
            if (Now == '{' || (Now == '\'' && inQuotes) || (Now is '<' or '>' && Peek(1) == '('))
                Fail();
            else if (Now == '"')
                ReadQuotes();
            else
                ReadCharacter(inQuotes);
        }
        At++;
    }

    /// <summary><c>((…))</c>, which ends with both brackets together.</summary>
    protected void ReadArithmetic() => Nest(() =>
    {
        var open = 2;
        for (At += 2; open > 0 && !Failed;)
        {
            if (Now is '\'' or '"' or '\\' or '`' or '\0' || (Now == ')' && open == 2 && Peek(1) != ')'))
                Fail();
            else if (Now == '$')
                ReadExpansion(inQuotes: true);
            else
            {
                open += Now switch
                {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                At++;
            }
        }
    });

    /// <summary>Skips to after the next such character.</summary>
    private void SkipTo(char end, bool escapes)
    {
        while (Now != end && At < script.Length)
            At += escapes && Now == '\\' ? 2 : 1;
        if (At >= script.Length)
            Fail();
        else
            At++;
    }
}
