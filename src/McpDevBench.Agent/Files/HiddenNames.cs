namespace McpDevBench.Agent.Files;

/// <summary>Names under which a batch keeps, until its end, what it has removed or replaced. For the batch itself these are gone.</summary>
internal sealed class HiddenNames
{
    private readonly List<byte[]> _names = [];

    /// <summary>A place beside another one, with a name that nothing else has.</summary>
    public Place Beside(Place place)
    {
        var name = TempFile.NewName();
        _names.Add(name);
        return place.Sibling(name);
    }

    /// <summary>Whether a part of a path is one of the names.</summary>
    public bool AreIn(ReadOnlySpan<byte> path)
    {
        foreach (var name in _names)
        {
            foreach (var part in path.Split((byte)'/'))
            {
                if (path[part].SequenceEqual(name.AsSpan(..^1)))
                    return true;
            }
        }
        return false;
    }
}
