using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Every .gitignore from the workspace's root down to the current directory of a walk. The deepest with a matching rule decides.
/// </summary>
internal sealed class IgnoreStack
{
    private readonly List<(IgnoreRules? Rules, int BaseLength)> _levels = [];
    private readonly int _above;
    private readonly byte[] _prefix;

    /// <param name="prefix">Of the walk's base: empty, or ending in a slash.</param>
    public IgnoreStack(RootDirectory workspace, byte[] prefix)
    {
        _prefix = prefix;
        for (var length = 0; length < prefix.Length; length = prefix.AsSpan(length).IndexOf((byte)'/') + length + 1)
        {
            var fd = RootDirectory.TryOpenBelow(workspace.Root, prefix.AsSpan(0, length), Abi.O_PATH | Abi.O_DIRECTORY);
            if (fd < 0)
                break;
            _levels.Add((IgnoreRules.Load(fd), length));
            Libc.close(fd);
        }
        _above = _levels.Count;
    }

    /// <summary>Whether the walk's current entry is ignored.</summary>
    public bool Ignores(TreeWalk walk)
    {
        if (IsGit(walk))
            return true;
        var isDirectory = walk.Type == Abi.DT_DIR;
        Follow(walk);
        byte[] path = [.. _prefix, .. walk.Path];
        for (var i = _levels.Count - 1; i >= 0; i--)
        {
            if (_levels[i].Rules?.Decide(path.AsSpan(_levels[i].BaseLength), isDirectory) is { } ignored)
                return ignored;
        }
        return false;
    }

    /// <summary>Whether it is the directory of a Git repository, which no .gitignore names.</summary>
    public static bool IsGit(TreeWalk walk) => walk.Type == Abi.DT_DIR && walk.Name.SequenceEqual(".git"u8);

    private void Follow(TreeWalk walk)
    {
        while (_levels.Count - _above > walk.Depth)
            _levels.RemoveAt(_levels.Count - 1);
        // A walk enters one directory at a time, and stands in the one that is not known yet. Leaving one for its neighbour passes their
        // parent.
        if (_levels.Count - _above < walk.Depth)
            _levels.Add((walk.Directory < 0 ? null : IgnoreRules.Load(walk.Directory),
                _prefix.Length + walk.Path.Length - walk.Name.Length));
    }
}
