using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>The rules of one .gitignore file, for paths below its directory.</summary>
internal sealed class IgnoreRules
{
    private const int MaxSize = 256 << 10;
    private const int MaxRules = 4_000;

    private readonly List<Rule> _rules = [];

    /// <summary>Those of a directory; null if it has none, or none that can be read.</summary>
    public static IgnoreRules? Load(int directory)
    {
        var fd = RootDirectory.TryOpenBelow(directory, ".gitignore"u8, Abi.O_RDONLY | Abi.O_NONBLOCK | Abi.O_NOCTTY);
        if (fd < 0)
            return null;
        using var file = new Fd(fd);
        if (Entry.Of(file, ".gitignore"u8) is not { Kind: AgentProtocol.FileKind.File } entry)
            return null;
        var text = new byte[Math.Min(entry.Size, MaxSize)];
        return new IgnoreRules(text.AsSpan(0, Fd.ReadFully(file, text, 0, ".gitignore"u8)));
    }

    private IgnoreRules(ReadOnlySpan<byte> text)
    {
        foreach (var range in text.Split((byte)'\n'))
        {
            if (_rules.Count < MaxRules)
                Add(text[range]);
        }
    }

    /// <summary>
    /// Whether the path (relative to the file's directory) is ignored; null if no rule speaks of it. The last one that does counts.
    /// </summary>
    public bool? Decide(ReadOnlySpan<byte> path, bool isDirectory)
    {
        var name = path[(path.LastIndexOf((byte)'/') + 1)..];
        for (var i = _rules.Count - 1; i >= 0; i--)
        {
            var rule = _rules[i];
            if ((isDirectory || !rule.DirectoriesOnly) && GlobSegments.Match(rule.Segments, rule.OnPath ? path : name))
                return !rule.Negated;
        }
        return null;
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        while (line.EndsWith(" "u8) && !line.EndsWith("\\ "u8))
            line = line[..^1];
        if (line.IsEmpty || line[0] == '#')
            return;
        var negated = line[0] == '!';
        if (negated)
            line = line[1..];
        var directoriesOnly = line.EndsWith("/"u8);
        if (directoriesOnly)
            line = line[..^1];
        if (line.IsEmpty)
            return;
        var onPath = line.Contains((byte)'/');
        _rules.Add(new Rule(GlobSegments.Split(line.TrimStart((byte)'/')), negated, directoriesOnly, onPath));
    }

    private sealed class Rule(byte[][] segments, bool negated, bool directoriesOnly, bool onPath)
    {
        public byte[][] Segments => segments;

        public bool Negated => negated;

        public bool DirectoriesOnly => directoriesOnly;

        public bool OnPath => onPath;
    }
}
