namespace McpDevBench.Files;

/// <summary>Where a text that does not occur nearly does: the lines that share the most with it.</summary>
internal static class NearMatch
{
    private const int MostLines = 20_000;

    /// <returns>The first of the lines, from 1, and their text; null if nothing is alike.</returns>
    public static (int Line, string Text)? Find(string content, string wanted)
    {
        var wantedLines = wanted.Split('\n').Select(line => line.Trim()).ToList();
        var anchor = wantedLines.MaxBy(line => line.Length);
        if (string.IsNullOrEmpty(anchor))
            return null;
        var anchorAt = wantedLines.IndexOf(anchor);
        var lines = content.Split('\n');
        var (best, bestScore) = (-1, 0.6);
        for (var i = 0; i < Math.Min(lines.Length, MostLines); i++)
        {
            var score = Similarity(lines[i].Trim(), anchor);
            if (score > bestScore)
                (best, bestScore) = (i, score);
        }
        if (best < 0)
            return null;
        var first = Math.Max(0, best - anchorAt);
        return (first + 1, string.Join('\n', lines[first..Math.Min(lines.Length, first + wantedLines.Count)]));
    }

    /// <summary>Share of the pairs of neighbouring characters that both have: 0 to 1.</summary>
    private static double Similarity(string one, string other)
    {
        if (one == other)
            return 1;
        if (one.Length < 2 || other.Length < 2 || one.Length > 4 * other.Length || other.Length > 4 * one.Length)
            return 0;
        var pairs = new Dictionary<(char, char), int>();
        for (var i = 1; i < one.Length; i++)
            pairs[(one[i - 1], one[i])] = pairs.GetValueOrDefault((one[i - 1], one[i])) + 1;
        var shared = 0;
        for (var i = 1; i < other.Length; i++)
        {
            var pair = (other[i - 1], other[i]);
            if (pairs.GetValueOrDefault(pair) is > 0 and var left)
            {
                pairs[pair] = left - 1;
                shared++;
            }
        }
        return 2.0 * shared / (one.Length + other.Length - 2);
    }
}
