namespace McpDevBench.AgentProtocol;

/// <summary>List a directory, entries ordered by the bytes of their paths, a directory before what is in it.</summary>
/// <param name="Glob">Empty, or a pattern (<c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>{a,b}</c>, <c>**</c>) on the path relative to
/// <paramref name="Path"/>; without a slash it is matched against the name alone.</param>
/// <param name="MaxEntries">At most so many entries; fewer if the answer would be larger than a frame.</param>
/// <param name="After">Empty, or the path after which the page begins.</param>
/// <param name="IncludeIgnored">Since version 2; an agent of version 1 always includes them. False leaves out what .gitignore files
/// name, and .git directories.</param>
public sealed record ListRequest(byte[] Path, bool Recursive, string Glob, uint MaxEntries, byte[] After, bool IncludeIgnored = true)
{
    public void Write(MessageWriter to)
    {
        to.Bytes(Path).Bool(Recursive).String(Glob).UInt32(MaxEntries).Bytes(After);
        if (to.Version >= 2)
            to.Bool(IncludeIgnored);
    }

    public static ListRequest Read(ref MessageReader from) => new(
        from.Bytes().ToArray(), from.Bool(), from.String(), from.UInt32(), from.Bytes().ToArray(), from.Version < 2 || from.Bool());
}

/// <summary>What a list has, and what it left out.</summary>
/// <param name="More">There are entries after the last one here.</param>
public sealed record ListResponse(IReadOnlyList<FileStat> Entries, bool More)
{
    /// <summary>Null from an agent of version 1, which does not count.</summary>
    public ListCounts? Counts { get; init; }

    /// <summary>If there is more: where the list ended, to be sent as the next page's <see cref="ListRequest.After"/>. Since version
    /// 2.</summary>
    public byte[] Reached { get; init; } = [];

    public void Write(MessageWriter to)
    {
        to.Bool(More).UInt32((uint)Entries.Count);
        foreach (var entry in Entries)
            entry.Write(to);
        if (to.Version < 2)
            return;
        to.Bytes(Reached);
        (Counts ?? new ListCounts(0, 0, 0, 0)).Write(to);
    }

    public static ListResponse Read(ref MessageReader from)
    {
        var more = from.Bool();
        var entries = new FileStat[from.Count(minimumSize: 45)];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = FileStat.Read(ref from);
        var response = new ListResponse(entries, more);
        return from.Version < 2 ? response : response with { Reached = from.Bytes().ToArray(), Counts = ListCounts.Read(ref from) };
    }
}

/// <summary>Entries of one page that are not listed.</summary>
/// <param name="Ignored">Named by a .gitignore file; the insides of directories are not counted.</param>
/// <param name="Unmatched">Not matched by the glob.</param>
/// <param name="Unreadable">Directories that could not be read, and entries too deep to be named.</param>
/// <param name="Git">Directories of Git repositories. Since version 3; an older agent counts them as ignored.</param>
public sealed record ListCounts(uint Ignored, uint Unmatched, uint Unreadable, uint Git)
{
    public void Write(MessageWriter to)
    {
        to.UInt32(Ignored).UInt32(Unmatched).UInt32(Unreadable);
        if (to.Version >= 3)
            to.UInt32(Git);
    }

    public static ListCounts Read(ref MessageReader from) =>
        new(from.UInt32(), from.UInt32(), from.UInt32(), from.Version < 3 ? 0 : from.UInt32());
}
