namespace McpDevBench.AgentProtocol;

/// <summary>
/// The server introduces itself. Agents of version 1 accept any version here, but no further field: the layout is the same for all
/// versions.
/// </summary>
/// <param name="Version">The server's newest version.</param>
/// <param name="Build">The server's version as text, for the agent's own error texts.</param>
public sealed record Hello(ushort Version, string Build)
{
    public void Write(MessageWriter to) => to.UInt16(Version).String(Build);

    public static Hello Read(ref MessageReader from) => new(from.UInt16(), from.String());
}

/// <summary>The agent's answer. Until the server has acknowledged an exec that is listed here, the agent sends nothing of it.</summary>
/// <param name="Version">The version of every later message: the older one of the agent's and the server's newest.</param>
/// <param name="Build">The agent's version, as text.</param>
/// <param name="Boot">Random, new at each start of the agent.</param>
/// <param name="Execs">Every exec whose exit has not been acknowledged, running or not.</param>
/// <param name="Clock">Since version 2: milliseconds on a clock of the agent's that only goes forward.</param>
/// <param name="Mounts">Since version 3: what is mounted in the container.</param>
/// <param name="User">Since version 3: the user that the agent works on files as, and that its programs run as.</param>
public sealed record Welcome(ushort Version, string Build, Guid Boot, IReadOnlyList<ExecPosition> Execs, long Clock = 0,
    IReadOnlyList<AgentMount>? Mounts = null, uint User = 0)
{
    public void Write(MessageWriter to)
    {
        to.UInt16(Version).String(Build).Guid(Boot).UInt32((uint)Execs.Count);
        foreach (var exec in Execs)
            to.Guid(exec.Key).UInt64(exec.Acknowledged).UInt64(exec.Produced);
        if (to.Version >= 2)
            to.Int64(Clock);
        if (to.Version < 3)
            return;
        to.UInt32((uint)(Mounts?.Count ?? 0));
        foreach (var mount in Mounts ?? [])
            mount.Write(to);
        to.UInt32(User);
    }

    public static Welcome Read(ref MessageReader from)
    {
        var version = from.UInt16();
        if (version is < Protocol.MinVersion or > Protocol.Version)
            throw new ProtocolException(
                $"the agent speaks version {version}; versions {Protocol.MinVersion} to {Protocol.Version} are supported");
        from.Version = version;
        var build = from.String();
        var boot = from.Guid();
        var count = from.Count(minimumSize: 32);
        if (count > Protocol.MaxExecs)
            throw new ProtocolException($"the agent lists {count} execs, at most {Protocol.MaxExecs} are allowed");
        var execs = new ExecPosition[count];
        for (var i = 0; i < execs.Length; i++)
            execs[i] = new ExecPosition(from.Guid(), from.UInt64(), from.UInt64());
        return new Welcome(
            version, build, boot, execs, version >= 2 ? from.Int64() : 0, version >= 3 ? ReadMounts(ref from) : [],
            version >= 3 ? from.UInt32() : 0);
    }

    private static AgentMount[] ReadMounts(ref MessageReader from)
    {
        var count = from.Count(minimumSize: 12);
        if (count > AgentMount.MaxCount)
            throw new ProtocolException($"the agent lists {count} mounts, at most {AgentMount.MaxCount} are allowed");
        var mounts = new AgentMount[count];
        for (var i = 0; i < mounts.Length; i++)
            mounts[i] = AgentMount.Read(ref from);
        return mounts;
    }
}

/// <summary>Where an exec's output stands, in bytes of stdout and stderr together: acknowledged (forgotten) and produced so far.</summary>
public readonly record struct ExecPosition(Guid Key, ulong Acknowledged, ulong Produced);

/// <summary>The agent about itself.</summary>
/// <param name="ResidentBytes">Its resident memory.</param>
/// <param name="Descriptors">Its open file descriptors.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Processes">Processes in the container, the agent included.</param>
/// <param name="Execs">Execs it remembers.</param>
public sealed record AgentInfo(long ResidentBytes, int Descriptors, int Threads, int Processes, int Execs)
{
    public void Write(MessageWriter to) => to.Int64(ResidentBytes).Int32(Descriptors).Int32(Threads).Int32(Processes).Int32(Execs);

    public static AgentInfo Read(ref MessageReader from) => new(from.Int64(), from.Int32(), from.Int32(), from.Int32(), from.Int32());
}
