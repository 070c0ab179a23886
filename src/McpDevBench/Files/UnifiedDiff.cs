using System.Globalization;
using System.Text;

namespace McpDevBench.Files;

/// <summary>What an edit changed, in the unified format. Edits are few and local, so the lines between the first and the last difference are one region, cut finer where lines are equal.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3, MaxLength = 16_000, MaxCells = 4_000_000;

    /// <param name="isDone">The file has the new content; otherwise nothing was changed.</param>
    public static string Of(string path, byte[] before, byte[] after, bool isDone = true)
    {
        var (old, changed) = (Lines(before), Lines(after));
        var script = Script(old, changed);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"--- {ShownPath.Of(path)}\n+++ {ShownPath.Of(path)}\n");
        var lines = new List<(int At, int Number)>();
        for (var i = 0; i < script.Count;)
        {
            if (script[i].Kind == ' ')
            {
                i++;
                continue;
            }
            var from = Math.Max(0, i - Context);
            var to = i;
            // A hunk ends where more equal lines follow than two contexts have.
            for (var equal = 0; to < script.Count && equal <= 2 * Context; to++)
                equal = script[to].Kind == ' ' ? equal + 1 : 0;
            while (to > i && script[to - 1].Kind == ' ')
                to--;
            to = Math.Min(script.Count, to + Context);
            Hunk(text, script, from, to, lines);
            i = to;
        }
        var diff = text.ToString();
        return JsonSize.Charge(diff) <= MaxLength ? diff : Cut(diff, lines, isDone);
    }

    private static string Cut(string text, List<(int At, int Number)> lines, bool isDone)
    {
        var shown = Utf8Text.FirstThatFit(text, MaxLength);
        var (length, line) = (shown.Length, 0);
        foreach (var one in lines.TakeWhile(one => one.At < length))
            line = Math.Max(line, one.Number);
        var rest = isDone
            ? string.Create(CultureInfo.InvariantCulture, $"fs_read with line={line} shows the file from there on")
            : "nothing was changed yet; fewer edits in a call have a shorter diff";
        return $"{shown}\n… {Plural.Of(text.Length - length, "character")} left out: {rest} …\n";
    }

    /// <param name="lines">Gets where each line begins in the text, and its number in the new file.</param>
    private static void Hunk(
        StringBuilder text, List<(char Kind, int Old, int New, string Line)> script, int from, int to, List<(int At, int Number)> lines)
    {
        var hunk = script[from..to];
        var (removed, added) = (hunk.Count(line => line.Kind != '+'), hunk.Count(line => line.Kind != '-'));
        text.Append(CultureInfo.InvariantCulture, $"@@ -{script[from].Old + (removed > 0 ? 1 : 0)},{removed} +{script[from].New + (added > 0 ? 1 : 0)},{added} @@\n");
        foreach (var (kind, _, at, line) in hunk)
        {
            lines.Add((text.Length, at + 1));
            text.Append(kind).Append(line.TrimEnd('\n')).Append('\n');
            if (!line.EndsWith('\n'))
                text.Append("\\ No newline at end of file\n");
        }
    }

    private static List<(char Kind, int Old, int New, string Line)> Script(List<string> old, List<string> changed)
    {
        var head = 0;
        while (head < old.Count && head < changed.Count && old[head] == changed[head])
            head++;
        var tail = 0;
        while (tail < old.Count - head && tail < changed.Count - head && old[^(tail + 1)] == changed[^(tail + 1)])
            tail++;
        var script = new List<(char, int, int, string)>();
        for (var i = 0; i < head; i++)
            script.Add((' ', i, i, old[i]));
        Middle(old, changed, head, old.Count - tail, changed.Count - tail, script);
        for (var i = tail; i > 0; i--)
            script.Add((' ', old.Count - i, changed.Count - i, old[^i]));
        return script;
    }

    /// <summary>The longest common subsequence of the region that differs; as a whole where that would be too much work.</summary>
    private static void Middle(List<string> old, List<string> changed, int head, int oldEnd, int newEnd, List<(char, int, int, string)> script)
    {
        var (rows, columns) = (oldEnd - head, newEnd - head);
        var (i, j) = (0, 0);
        if ((long)rows * columns <= MaxCells)
        {
            var common = new int[rows + 1, columns + 1];
            for (var row = rows - 1; row >= 0; row--)
            {
                for (var column = columns - 1; column >= 0; column--)
                    common[row, column] = old[head + row] == changed[head + column] ? common[row + 1, column + 1] + 1 : Math.Max(common[row + 1, column], common[row, column + 1]);
            }
            while (i < rows && j < columns)
            {
                if (old[head + i] == changed[head + j])
                    script.Add((' ', head + i, head + j, old[head + i++]));
                else if (common[i + 1, j] >= common[i, j + 1])
                {
                    script.Add(('-', head + i, head + j, old[head + i++]));
                    continue;
                }
                else
                {
                    script.Add(('+', head + i, head + j, changed[head + j]));
                }
                j++;
            }
        }
        for (; i < rows; i++)
            script.Add(('-', head + i, head + j, old[head + i]));
        for (; j < columns; j++)
            script.Add(('+', head + i, head + j, changed[head + j]));
    }

    /// <summary>Lines with their ends.</summary>
    private static List<string> Lines(byte[] content)
    {
        var text = Encoding.UTF8.GetString(content);
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..next]);
            at = next;
        }
        return lines;
    }
}
