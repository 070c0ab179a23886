using System.Text;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>
/// What a terminal shows of an input before the program answers: the input itself, also after a prompt, and a continuation prompt for each
/// of its lines but the last.
/// </summary>
internal sealed partial class InputEcho
{
    /// <summary>Bytes that prompts and control sequences may add to the echo of a line.</summary>
    private const int MaxAddedToLine = 200;

    private readonly string[] _lines;
    private readonly int _newlines;

    private InputEcho(string input)
    {
        _newlines = input.AsSpan().CountAny('\n', '\r');
        _lines = [.. input.Split('\n', '\r').Select(Visible).Where(line => line.Length > 0)];
        MaxBytes = (2 * Encoding.UTF8.GetByteCount(input)) + (MaxAddedToLine * (_newlines + 1));
    }

    /// <summary>Longer output is more than the echo.</summary>
    public int MaxBytes { get; }

    /// <summary>Null for an input without a line to answer: keys, such as Ctrl-C, and a line without its end.</summary>
    public static InputEcho? Of(string input) => new InputEcho(input) is { _lines.Length: > 0, _newlines: > 0 } echo ? echo : null;

    /// <summary>Whether this output is the echo or a part of it, and nothing else.</summary>
    public bool IsAll(string output)
    {
        var (echoed, prompts) = (0, 0);
        var lines = new AnsiFilter().Apply(output).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var expected = echoed < _lines.Length ? _lines[echoed] : null;
            var visible = Visible(WithoutPrompts(lines[i], expected, ref prompts));
            if (visible.Length == 0)
                continue;
            if (expected is not null && visible.EndsWith(expected, StringComparison.Ordinal))
                echoed++;
            else if (i < lines.Length - 1 || expected?.StartsWith(visible, StringComparison.Ordinal) != true)
                return false;
        }
        // One more prompt than that asks for more input.
        return prompts < _newlines;
    }

    private string WithoutPrompts(string line, string? expected, ref int prompts)
    {
        while (prompts < _newlines && Continuation().Match(line) is { Success: true } prompt)
        {
            // A line of the input may begin like a prompt.
            if (Visible(line) == expected)
                break;
            (line, prompts) = (line[prompt.Length..], prompts + 1);
        }
        return line;
    }

    /// <summary>Terminals break long lines, and show control characters in their own way.</summary>
    private static string Visible(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c)));

    /// <summary>Of Python, Node, POSIX shells, IPython and SQL shells.</summary>
    [GeneratedRegex(@"^\s*(?:\.\.\.[:>]?|[>|]|->)(?: |$|\r)")]
    private static partial Regex Continuation();
}
