using System.Text;

namespace McpDevBench.Execs;

/// <summary>A command on one line, for lists: long ones are cut, with a mark.</summary>
internal static class CommandText
{
    public const int MaxBytes = 120;

    private const int MaxKeptBytes = 2048;

    /// <summary>What the server keeps of a command: as much as lists and errors show. Its agent has all of it.</summary>
    public static IReadOnlyList<string> Kept(IReadOnlyList<string> command)
    {
        var kept = new List<string>();
        var left = MaxKeptBytes;
        foreach (var argument in command)
        {
            if (left <= 0)
            {
                kept.Add("…");
                break;
            }
            var length = Utf8Text.Cut(argument, left);
            var isWhole = length == argument.Length;
            kept.Add(isWhole ? argument : $"{argument.AsSpan(0, length)}…");
            if (!isWhole)
                break;
            left -= Encoding.UTF8.GetByteCount(argument) + 1;
        }
        return kept;
    }

    /// <summary>As its caller gave it: of a command line, without the shell that runs it.</summary>
    public static string Of(Exec exec, int maxBytes = MaxBytes) =>
        exec is { IsScript: true } or { Shell: not null } && exec.Command is [_, "-c", var script]
            ? Of([script], maxBytes)
            : Of(exec.Command, maxBytes);

    public static string Of(IReadOnlyList<string> command, int maxBytes = MaxBytes)
    {
        var text = new StringBuilder();
        foreach (var argument in command)
        {
            if (text.Length > maxBytes)
                break;
            if (text.Length > 0)
                text.Append(' ');
            text.Append(argument.AsSpan(0, Math.Min(argument.Length, maxBytes + 1)));
        }
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                text[i] = ' ';
        }
        var line = text.ToString();
        var length = Utf8Text.Cut(line, maxBytes);
        return length == line.Length ? line : $"{line.AsSpan(0, length)}…";
    }
}
