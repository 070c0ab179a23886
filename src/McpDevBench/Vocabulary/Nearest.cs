namespace McpDevBench.Vocabulary;

/// <summary>
/// "Did you mean …?" for settings, options, commands and arguments: a name that was mistyped is answered with the one that was meant.
/// </summary>
internal static class Nearest
{
    /// <summary>The known name that is most like the given one, or null when none is like it.</summary>
    public static string? To(string given, IEnumerable<string> known)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var name in known)
        {
            var distance = Distance(given, name);
            if (distance < bestDistance)
                (best, bestDistance) = (name, distance);
        }
        return bestDistance <= Math.Max(2, given.Length / 3) ? best : null;
    }

    /// <summary>Edit distance without regard to case; a name that begins with the other is close at any length.</summary>
    private static int Distance(string given, string name)
    {
        if (given.Length is < 3 or > 100)
            return given.Equals(name, StringComparison.OrdinalIgnoreCase) ? 0 : int.MaxValue;
        if (name.StartsWith(given, StringComparison.OrdinalIgnoreCase) || given.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            return 1;
        var previous = new int[name.Length + 1];
        var current = new int[name.Length + 1];
        for (var column = 0; column <= name.Length; column++)
            previous[column] = column;
        for (var row = 1; row <= given.Length; row++)
        {
            current[0] = row;
            for (var column = 1; column <= name.Length; column++)
            {
                var same = char.ToUpperInvariant(given[row - 1]) == char.ToUpperInvariant(name[column - 1]);
                current[column] = Math.Min(Math.Min(current[column - 1], previous[column]) + 1, previous[column - 1] + (same ? 0 : 1));
            }
            (previous, current) = (current, previous);
        }
        return previous[name.Length];
    }
}
