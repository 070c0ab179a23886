namespace McpDevBench.AgentProtocol;

/// <summary>Finds the lines that share the most with a text that does not occur.</summary>
public static class NearMatch
{
    private const double MinSimilarity = 0.6;

    /// <returns>The first of the lines, counted from 1, and their text; null if no line is similar.</returns>
    public static (int Line, byte[] Text)? Find(ReadOnlySpan<byte> content, ReadOnlySpan<byte> wanted)
    {
        var (anchor, anchorAt, wantedLines) = MaxLineLength(wanted);
        if (anchor.Length == 0)
            return null;
        var pairs = new PairCounts(anchor);
        var (best, bestScore, number) = (-1, MinSimilarity, 0);
        for (var rest = content; !rest.IsEmpty; number++)
        {
            var score = pairs.Similarity(TakeLine(ref rest).Trim(" \t\r\n"u8));
            if (score > bestScore)
                (best, bestScore) = (number, score);
        }
        if (best < 0)
            return null;
        var first = Math.Max(0, best - anchorAt);
        return (first + 1, LinesFrom(content, first, wantedLines).ToArray());
    }

    private static (byte[] Line, int Index, int Count) MaxLineLength(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> longest = default;
        var (index, count) = (0, 0);
        for (var rest = text; !rest.IsEmpty; count++)
        {
            var line = TakeLine(ref rest).Trim(" \t\r\n"u8);
            if (line.Length <= longest.Length)
                continue;
            longest = line;
            index = count;
        }
        return (longest.ToArray(), index, count);
    }

    private static ReadOnlySpan<byte> LinesFrom(ReadOnlySpan<byte> content, int first, int count)
    {
        for (; first > 0; first--)
            TakeLine(ref content);
        var rest = content;
        for (; count > 0 && !rest.IsEmpty; count--)
            TakeLine(ref rest);
        return content[..^rest.Length].TrimEnd("\r\n"u8);
    }

    private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = rest[..(end < 0 ? rest.Length : end + 1)];
        rest = rest[line.Length..];
        return line;
    }

    /// <summary>How often each pair of neighbouring bytes occurs in a line.</summary>
    private readonly struct PairCounts
    {
        private readonly byte[] _line;
        private readonly int[] _counts = new int[1 << 16];

        public PairCounts(byte[] line)
        {
            _line = line;
            for (var i = 1; i < line.Length; i++)
                _counts[Pair(line, i)]++;
        }

        /// <summary>Share of the pairs that both lines have: 0 to 1.</summary>
        public double Similarity(ReadOnlySpan<byte> other)
        {
            if (other.SequenceEqual(_line))
                return 1;
            if (_line.Length < 2 || other.Length < 2 || _line.Length > 4 * other.Length || other.Length > 4 * _line.Length)
                return 0;
            var shared = 0;
            for (var i = 1; i < other.Length; i++)
            {
                if (_counts[Pair(other, i)]-- > 0)
                    shared++;
            }
            for (var i = 1; i < other.Length; i++)
                _counts[Pair(other, i)]++;
            return 2.0 * shared / (_line.Length + other.Length - 2);
        }

        private static int Pair(ReadOnlySpan<byte> line, int at) => (line[at - 1] << 8) | line[at];
    }
}
