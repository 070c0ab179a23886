using System.Buffers;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>Compound commands: what begins with a reserved word or a bracket.</summary>
internal sealed partial class ScriptReader
{
    private static readonly SearchValues<char> _endOfPlain = SearchValues.Create(" \t\n;&|()<>");
    private static readonly SearchValues<char> _quoting = SearchValues.Create("'\"\\$`");
    private static readonly SearchValues<char> _testing = SearchValues.Create("&|()<>");

    /// <summary>The word here if it can be a reserved one: without quotes and expansions.</summary>
    private string? PeekPlain()
    {
        var rest = Script.AsSpan(At);
        var word = rest.IndexOfAny(_endOfPlain) is >= 0 and var end ? rest[..end] : rest;
        return word.Length == 0 || word.ContainsAny(_quoting) ? null : word.ToString();
    }

    private static bool IsCompound(string? word) => word is "if" or "while" or "until" or "for" or "case" or "{" or "[[";

    private static bool IsClosing(string? word) => word is "then" or "else" or "elif" or "fi" or "do" or "done" or "esac" or "}";

    private bool EndsCase() => (Now, Peek(1)) is (';', ';') or (';', '&');

    private void ReadCompound()
    {
        var word = PeekPlain();
        if (Now == '(')
            ReadBrackets();
        else if (word == "[[")
            ReadCondition();
        else
        {
            At += word!.Length;
            switch (word)
            {
                case "if":
                    ReadIf();
                    break;
                case "for":
                    ReadFor();
                    break;
                case "case":
                    ReadCase();
                    break;
                case "{":
                    ReadCommands("}");
                    break;
                default:
                    ReadCommands("do");
                    ReadCommands("done");
                    break;
            }
        }
    }

    /// <summary>At least one command, and the word after them.</summary>
    private void ReadCommands(string end)
    {
        if (ReadList() == 0)
            Fail();
        Expect(end);
    }

    private void Expect(string word)
    {
        SkipNewlines();
        if (PeekPlain() == word)
            At += word.Length;
        else
            Fail();
    }

    private bool TryTake(string word)
    {
        SkipNewlines();
        if (PeekPlain() != word)
            return false;
        At += word.Length;
        return true;
    }

    private void ReadBrackets()
    {
        if (Peek(1) == '(')
        {
            ReadArithmetic();
            return;
        }
        At++;
        if (ReadList() == 0 || Now != ')')
            Fail();
        At++;
    }

    private void ReadIf()
    {
        ReadCommands("then");
        if (ReadList() == 0)
            Fail();
        while (TryTake("elif"))
        {
            ReadCommands("then");
            if (ReadList() == 0)
                Fail();
        }
        if (TryTake("else"))
            ReadCommands("fi");
        else
            Expect("fi");
    }

    private void ReadFor()
    {
        SkipBlanks();
        if ((Now, Peek(1)) is ('(', '('))
            ReadArithmetic();
        else if (ReadWord() is not { } name || !Name().IsMatch(name))
            Fail();
        else if (TryTake("in"))
        {
            SkipBlanks();
            while (ReadWord() is not null)
                SkipBlanks();
            if (Now is not (';' or '\n'))
                Fail();
        }
        SkipBlanks();
        if (Now == ';')
            At++;
        Expect("do");
        ReadCommands("done");
    }

    private void ReadCase()
    {
        SkipBlanks();
        if (ReadWord() is null)
            Fail();
        Expect("in");
        while (!Failed && !TryTake("esac"))
        {
            ReadPatterns();
            ReadList();
            if (EndsCase())
                At += Peek(1) == ';' && Peek(2) == '&' ? 3 : 2;
            else if (PeekPlain() != "esac")
                Fail();
        }
    }

    private void ReadPatterns()
    {
        if (Now == '(')
            At++;
        for (; !Failed; At++)
        {
            SkipBlanks();
            if (ReadWord() is null)
                Fail();
            SkipBlanks();
            if (Now == ')')
                break;
            if (Now != '|')
                Fail();
        }
        At++;
    }

    /// <summary><c>[[ … ]]</c>: tests of one, two or three words, joined by <c>&amp;&amp;</c> and <c>||</c>.</summary>
    private void ReadCondition()
    {
        At += 2;
        var test = new List<string>();
        while (!Failed)
        {
            SkipNewlines();
            var start = At;
            while (Now is not (' ' or '\t' or '\n' or ';' or '\0') && !Failed)
                ReadCharacter(inQuotes: false);
            if (Failed || At == start)
            {
                Fail();
                return;
            }
            var word = Script[start..At];
            if (word is not ("]]" or "&&" or "||"))
                test.Add(word);
            else if (!IsTest(test))
                Fail();
            else if (word == "]]")
                return;
            else
                test.Clear();
        }
    }

    private static bool IsTest(List<string> words) => words is ["!", .. var test] ? IsPlainTest([.. test]) : IsPlainTest([.. words]);

    private static bool IsPlainTest(string[] test) => test switch
    {
        [var only] => IsOperand(only),
        [['-', var flag], var operand] => char.IsAsciiLetter(flag) && IsOperand(operand),
        [var left, "=~", var pattern] => IsOperand(left) && pattern.Count(c => c == '(') == pattern.Count(c => c == ')'),
        [var left, var op, var right] => TestOperator().IsMatch(op) && IsOperand(left) && IsOperand(right),
        _ => false,
    };

    private static bool IsOperand(string word) => word != "!" && !word.StartsWith('#') && !word.AsSpan().ContainsAny(_testing);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A(==?|!=|<|>|-(eq|ne|lt|le|gt|ge|nt|ot|ef))\z")]
    private static partial Regex TestOperator();
}
