namespace McpDevBench.Agent.Files;

/// <summary>Matching of one pattern without braces, segment by segment.</summary>
internal static class GlobSegments
{
    public static byte[][] Split(ReadOnlySpan<byte> pattern)
    {
        var segments = new List<byte[]>();
        for (int slash; (slash = pattern.IndexOf((byte)'/')) >= 0; pattern = pattern[(slash + 1)..])
        {
            if (slash > 0)
                segments.Add(pattern[..slash].ToArray());
        }
        segments.Add(pattern.ToArray());
        return [.. segments];
    }

    /// <summary>A <c>**</c> stands for any number of segments, and for at least one at the end.</summary>
    public static bool Match(ReadOnlySpan<byte[]> pattern, ReadOnlySpan<byte> path)
    {
        // The usual trick for one kind of wildcard: on a mismatch go back to the last one only, and let it take one more.
        var at = 0;
        var restart = -1;
        var restartPath = default(ReadOnlySpan<byte>);
        while (!path.IsEmpty)
        {
            if (at < pattern.Length && IsAny(pattern[at]))
            {
                if (at == pattern.Length - 1)
                    return true;
                restart = at++;
                restartPath = path;
                continue;
            }
            if (at < pattern.Length && MatchSegment(pattern[at], First(path)))
            {
                at++;
                path = Rest(path);
                continue;
            }
            if (restart < 0)
                return false;
            at = restart + 1;
            path = restartPath = Rest(restartPath);
        }
        return at == pattern.Length;
    }

    /// <summary>Where a character stands that is neither escaped nor in a class; -1 if nowhere.</summary>
    public static int IndexOutsideClass(ReadOnlySpan<byte> pattern, byte wanted)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
                i++;
            else if (pattern[i] == wanted)
                return i;
            else if (pattern[i] == '[' && ClassEnd(pattern, i) is > 0 and var end)
                i = end;
        }
        return -1;
    }

    private static bool IsAny(ReadOnlySpan<byte> segment) => segment.SequenceEqual("**"u8);

    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> path)
        => path.IndexOf((byte)'/') is >= 0 and var slash ? path[..slash] : path;

    private static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> path)
        => path.IndexOf((byte)'/') is >= 0 and var slash ? path[(slash + 1)..] : default;

    private static bool MatchSegment(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> name)
    {
        int p = 0, n = 0, star = -1, starName = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                starName = n;
            }
            else if (p < pattern.Length && MatchOne(pattern, p, name, n, out var inPattern, out var inName))
            {
                p += inPattern;
                n += inName;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++starName;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static bool MatchOne(ReadOnlySpan<byte> pattern, int p, ReadOnlySpan<byte> name, int n, out int inPattern, out int inName)
    {
        (inPattern, inName) = (1, 1);
        switch (pattern[p])
        {
            case (byte)'?':
                inName = CharacterLength(name, n);
                return true;
            case (byte)'[' when ClassEnd(pattern, p) is > 0 and var end:
                inPattern = end - p + 1;
                inName = CharacterLength(name, n);
                return InClass(pattern[(p + 1)..end], name.Slice(n, inName));
            case (byte)'\\' when p + 1 < pattern.Length:
                inPattern = 2;
                return pattern[p + 1] == name[n];
            default:
                return pattern[p] == name[n];
        }
    }

    /// <summary>Where a class that begins here ends; a bracket right after its start is part of it.</summary>
    private static int ClassEnd(ReadOnlySpan<byte> pattern, int start)
    {
        var from = start + 1;
        if (from < pattern.Length && pattern[from] is (byte)'!' or (byte)'^')
            from++;
        for (var i = from + 1; i < pattern.Length; i++)
        {
            if (pattern[i] == ']')
                return i;
        }
        return -1;
    }

    private static bool InClass(ReadOnlySpan<byte> members, ReadOnlySpan<byte> character)
    {
        var negated = members[0] is (byte)'!' or (byte)'^';
        if (negated)
            members = members[1..];
        var wanted = Decode(character);
        var found = false;
        while (!members.IsEmpty)
        {
            var low = Take(ref members);
            var high = low;
            if (members.Length > 1 && members[0] == '-')
            {
                members = members[1..];
                high = Take(ref members);
            }
            found |= wanted >= low && wanted <= high;
        }
        return found != negated;
    }

    private static int Take(ref ReadOnlySpan<byte> members)
    {
        var length = CharacterLength(members, 0);
        var value = Decode(members[..length]);
        members = members[length..];
        return value;
    }

    private static int Decode(ReadOnlySpan<byte> character)
        => System.Text.Rune.DecodeFromUtf8(character, out var rune, out _) == System.Buffers.OperationStatus.Done ? rune.Value
            : -character[0];

    /// <summary>Bytes of the character there; one where it is not UTF-8.</summary>
    private static int CharacterLength(ReadOnlySpan<byte> text, int at)
        => System.Text.Rune.DecodeFromUtf8(text[at..], out _, out var length) == System.Buffers.OperationStatus.Done ? length : 1;
}
