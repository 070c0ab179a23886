using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>
/// Reads the grammar of a bash script as far as it is certain, and finds its pipes. A script that it does not understand as a whole has
/// none: then it runs as it is.
/// </summary>
internal sealed partial class ScriptReader(string script) : ScriptText(script)
{
    private readonly List<ScriptPipe> _pipes = [];
    private readonly List<ScriptStatement> _statements = [];
    private bool _hasPipeInFunction;
    private int _end;
    private int _last;

    /// <summary>
    /// The pipes that are waited for, and the statements of the outermost level, up to the last one that has a pipe or may call a function
    /// that has one.
    /// </summary>
    public static (IReadOnlyList<ScriptPipe> Pipes, IReadOnlyList<ScriptStatement> Statements) Read(string script)
    {
        var reader = new ScriptReader(script);
        reader.ReadScript();
        return reader.Failed ? ([], []) : (reader._pipes, reader._statements[..reader._last]);
    }

    /// <summary>Whether a statement of the outermost level runs in the background; not if the script is not understood.</summary>
    public static bool HasBackground(string script)
    {
        var reader = new ScriptReader(script);
        reader.ReadScript();
        return !reader.Failed && reader._statements.Exists(statement => statement.IsInBackground);
    }

    private void ReadScript()
    {
        for (SkipNewlines(); At < Script.Length; SkipNewlines())
        {
            var (before, start) = (_pipes.Count, At);
            var isInBackground = ReadStatement();
            _statements.Add(new ScriptStatement(start, isInBackground ? At : _end, isInBackground));
            if (_pipes.Count > before || _hasPipeInFunction)
                _last = _statements.Count;
        }
        // A here-document without its text, or an escape that would take in what follows.
        if (AwaitsDocument || Script.EndsWith('\\'))
            Fail();
    }

    protected override int ReadList()
    {
        var count = 0;
        for (SkipNewlines(); At < Script.Length && Now != ')' && !EndsCase() && !IsClosing(PeekPlain()); SkipNewlines())
        {
            ReadStatement();
            count++;
        }
        return Failed ? 0 : count;
    }

    /// <summary>Commands joined by <c>&amp;&amp;</c> and <c>||</c>, and what separates them from the next.</summary>
    /// <returns>Whether they run in the background.</returns>
    private bool ReadStatement()
    {
        var before = _pipes.Count;
        ReadPipe();
        while ((Now, Peek(1)) is ('&', '&') or ('|', '|'))
        {
            At += 2;
            SkipNewlines();
            ReadPipe();
        }
        switch (Now)
        {
            case '&':
                // The shell does not wait for background commands.
                _pipes.RemoveRange(before, _pipes.Count - before);
                At++;
                return true;
            case ';' when !EndsCase():
                At++;
                break;
            case ';' or '\n' or ')' or '\0':
                break;
            default:
                Fail();
                break;
        }
        return false;
    }

    private void ReadPipe()
    {
        while (PeekPlain() is "!" or "time" && !Failed)
        {
            At += PeekPlain()!.Length;
            SkipBlanks();
            if (Now == '-')
                Fail();
        }
        var start = At;
        var parts = new List<PipePart> { ReadCommand() };
        while (Now == '|' && Peek(1) != '|')
        {
            At += Peek(1) == '&' ? 2 : 1;
            SkipNewlines();
            parts.Add(ReadCommand());
        }
        if (parts.Count > 1 && !Failed)
            _pipes.Add(new ScriptPipe(start, _end, Script, parts));
    }

    /// <summary>One command with its redirections; then blanks.</summary>
    private PipePart ReadCommand()
    {
        var part = default(PipePart);
        Nest(() => part = Now == '(' || IsCompound(PeekPlain()) ? ReadCompoundPart() : ReadSimple());
        SkipBlanks();
        return part;
    }

    private PipePart ReadCompoundPart()
    {
        var start = At;
        ReadCompound();
        for (_end = At; TryReadRedirection(); _end = At)
            SkipBlanks();
        return PipePart.Compound(Failed ? "" : Script[start.._end]);
    }

    private PipePart ReadSimple()
    {
        var words = new List<string>();
        var redirections = 0;
        for (; !Failed; SkipBlanks())
        {
            if (TryReadRedirection())
                redirections++;
            else if (Now == '(' && words.Count == 1 && redirections == 0)
            {
                ReadFunction(words[0]);
                return default;
            }
            else if (ReadWord() is { } word && !(word[^1] == '}' && Now is '<' or '>'))
                words.Add(word);
            else
                break;
            _end = At;
        }
        if (words.Count + redirections == 0 || !ScriptFitness.IsFit(words))
            Fail();
        return new PipePart(words);
    }

    private void ReadFunction(string name)
    {
        At++;
        SkipBlanks();
        if (Now != ')' || !ScriptFitness.MayBeDefined(name))
            Fail();
        At++;
        SkipNewlines();
        var before = _pipes.Count;
        if (Now == '(' || IsCompound(PeekPlain()))
            ReadCompoundPart();
        else
            Fail();
        // It may be called anywhere after this.
        _hasPipeInFunction |= _pipes.Count > before;
    }

    /// <summary>Descriptors from 10 on are bash's own, and one of them is the report's.</summary>
    private bool TryReadRedirection()
    {
        SkipBlanks();
        var digits = 0;
        while (char.IsAsciiDigit(Peek(digits)))
            digits++;
        if (Peek(digits) is not ('<' or '>') && (digits > 0 || (Now, Peek(1)) is not ('&', '>')))
            return false;
        if (digits == 0 && Peek(1) == '(' && Now != '&')
            return false;
        At += digits;
        var op = Operator();
        if (digits > 1 || op is null)
            Fail();
        else
            ReadTarget(op);
        return true;
    }

    private void ReadTarget(string op)
    {
        At += op.Length;
        SkipBlanks(comments: false);
        var target = Now == '#' ? null : ReadWord();
        if (target is null || (op is "<&" or ">&" && HighDescriptor().IsMatch(target)))
            Fail();
        else if (op is "<<" or "<<-")
            Announce(target, stripsTabs: op == "<<-");
    }

    private string? Operator() => Array.Find(_operators, op => string.CompareOrdinal(Script, At, op, 0, op.Length) == 0);

    /// <summary>The longer ones first.</summary>
    private static readonly string[] _operators = ["&>>", "<<<", "<<-", "&>", ">>", ">|", ">&", "<<", "<&", "<>", "<", ">"];

    [GeneratedRegex(@"\A\d{2,}-?\z")]
    private static partial Regex HighDescriptor();
}
