namespace McpDevBench.AgentProtocol;

/// <summary>Which of the process's streams. A PTY has only <see cref="Stdout"/>.</summary>
public enum OutputStream : byte
{
    Stdout = 1,
    Stderr = 2,
}

/// <summary>Start a process in a session of its own.</summary>
/// <param name="Key">Chosen by the server; names the exec from here on.</param>
/// <param name="Argv">Program and arguments; the program is looked up in the PATH of <paramref name="Env"/> if it has no slash.</param>
/// <param name="Env">The whole environment, as KEY=VALUE.</param>
/// <param name="Cwd">Absolute, or relative to the workspace.</param>
/// <param name="StdinOpen">Standard input is a pipe fed by <see cref="ExecInput"/>; otherwise it is at its end from the start.</param>
/// <param name="Pty">Standard streams are a terminal of <paramref name="Rows"/> by <paramref name="Columns"/>.</param>
/// <param name="TimeoutMs">Milliseconds until the whole tree is terminated; 0 for no limit.</param>
/// <param name="GraceMs">Milliseconds between TERM and KILL when the timeout strikes.</param>
/// <param name="DrainMs">Milliseconds that a background child may keep the output open after the leader has ended.</param>
public sealed record ExecStart(
    Guid Key, IReadOnlyCollection<string> Argv, IReadOnlyCollection<string> Env, byte[] Cwd, bool StdinOpen,
    bool Pty, ushort Rows, ushort Columns, uint TimeoutMs, uint GraceMs, uint DrainMs)
{
    /// <summary>Version 2: <see cref="Argv"/> is <c>sh -c SCRIPT</c>, and bash runs the script if the image has it.</summary>
    public bool PrefersBash { get; init; }

    /// <summary>
    /// Version 3: what bash, if it is bash that runs the script, is given in its place: it does the same, and writes to descriptor 97 what
    /// is reported in <see cref="ExecDetails"/>. Empty for none.
    /// </summary>
    public string Reporting { get; init; } = "";

    public void Write(MessageWriter to)
    {
        to.Guid(Key).Strings(Argv).Strings(Env).Bytes(Cwd).Bool(StdinOpen)
            .Bool(Pty).UInt16(Rows).UInt16(Columns).UInt32(TimeoutMs).UInt32(GraceMs).UInt32(DrainMs);
        if (to.Version >= 2)
            to.Bool(PrefersBash);
        // Version 2 reported the script's last pipe, on request.
        if (to.Version == 2)
            to.Bool(false);
        if (to.Version >= 3)
            to.String(Reporting);
    }

    public static ExecStart Read(ref MessageReader from)
    {
        var start = new ExecStart(
            from.Guid(), from.Strings(), from.Strings(), from.Bytes().ToArray(), from.Bool(),
            from.Bool(), from.UInt16(), from.UInt16(), from.UInt32(), from.UInt32(), from.UInt32());
        if (from.Version < 2)
            return start;
        start = start with { PrefersBash = from.Bool() };
        if (from.Version >= 3)
            return start with { Reporting = from.String() };
        from.Bool();
        return start;
    }
}

/// <param name="Pid">The leader's process id in the container.</param>
/// <param name="Shell">Version 2: which shell runs the script, <c>bash</c> or <c>sh</c>; empty for a program.</param>
public sealed record ExecStarted(int Pid, string Shell = "")
{
    public void Write(MessageWriter to)
    {
        to.Int32(Pid);
        if (to.Version >= 2)
            to.String(Shell);
    }

    public static ExecStarted Read(ref MessageReader from) => new(from.Int32(), from.Version < 2 ? "" : from.String());
}

/// <summary>Bytes for the process's standard input, and whether its end follows them (on a PTY: the end-of-file character).</summary>
public sealed record ExecInput(Guid Key, byte[] Content, bool Eof)
{
    public void Write(MessageWriter to) => to.Guid(Key).Bytes(Content).Bool(Eof);

    public static ExecInput Read(ref MessageReader from) => new(from.Guid(), from.Bytes().ToArray(), from.Bool());
}

/// <param name="Taken">Bytes of the request that were queued for the process.</param>
/// <param name="Open">False when the process takes no more input.</param>
public sealed record ExecInputTaken(int Taken, bool Open)
{
    public void Write(MessageWriter to) => to.Int32(Taken).Bool(Open);

    public static ExecInputTaken Read(ref MessageReader from) => new(from.Int32(), from.Bool());
}

/// <param name="Signal">A Linux signal number.</param>
public sealed record ExecSignal(Guid Key, byte Signal)
{
    public void Write(MessageWriter to) => to.Guid(Key).Byte(Signal);

    public static ExecSignal Read(ref MessageReader from) => new(from.Guid(), from.Byte());
}

/// <summary>
/// TERM to the whole tree, KILL after the grace, until no process is left. On an exec that has ended: kills what it left behind.
/// </summary>
/// <param name="GraceMs">0: KILL at once.</param>
public sealed record ExecCancel(Guid Key, uint GraceMs)
{
    public void Write(MessageWriter to) => to.Guid(Key).UInt32(GraceMs);

    public static ExecCancel Read(ref MessageReader from) => new(from.Guid(), from.UInt32());
}

public sealed record ExecResize(Guid Key, ushort Rows, ushort Columns)
{
    public void Write(MessageWriter to) => to.Guid(Key).UInt16(Rows).UInt16(Columns);

    public static ExecResize Read(ref MessageReader from) => new(from.Guid(), from.UInt16(), from.UInt16());
}

/// <summary>Header of a <see cref="FrameKind.ExecOutput"/> frame; the rest of the payload is the content.</summary>
/// <param name="Offset">Bytes of this exec, both streams together, before this chunk. Without gap or overlap.</param>
/// <param name="UnixMicroseconds">When the agent read it.</param>
public readonly record struct ExecOutput(Guid Key, ulong Offset, OutputStream Stream, long UnixMicroseconds)
{
    public const int Size = 16 + 8 + 1 + 8;

    public void Write(MessageWriter to) => to.Guid(Key).UInt64(Offset).Byte((byte)Stream).Int64(UnixMicroseconds);

    public static ExecOutput Read(ref MessageReader from) => new(from.Guid(), from.UInt64(), (OutputStream)from.Byte(), from.Int64());
}

/// <summary>How an exec ended.</summary>
public enum ExecEnd : byte
{
    /// <summary>By itself, with the exit code.</summary>
    Exited = 1,

    /// <summary>By a signal that was not part of a timeout or cancellation.</summary>
    Signaled = 2,

    TimedOut = 3,
    Cancelled = 4,

    /// <summary>The kernel killed it for want of memory.</summary>
    OutOfMemory = 5,
}

/// <summary>The end of an exec.</summary>
/// <param name="Produced">Bytes of output in all; equals the last chunk's end.</param>
/// <param name="Code">Exit code of the leader; 0 if it was signalled.</param>
/// <param name="Signal">Signal that ended the leader, or 0.</param>
/// <param name="WallMicroseconds">From start to end of the leader.</param>
/// <param name="CpuMicroseconds">User and system time of the leader and the children it waited for.</param>
/// <param name="MaxRssBytes">Largest resident set among them.</param>
public sealed record ExecExited(
    Guid Key, ulong Produced, ExecEnd End, int Code, byte Signal, long WallMicroseconds, long CpuMicroseconds, long MaxRssBytes)
{
    public const int MaxSize = 16 + 8 + 1 + 4 + 1 + 3 * 8 + ExecDetails.MaxSize;

    /// <summary>Version 2.</summary>
    public ExecDetails Details { get; init; } = ExecDetails.None;

    public void Write(MessageWriter to)
    {
        to.Guid(Key).UInt64(Produced).Byte((byte)End).Int32(Code).Byte(Signal)
            .Int64(WallMicroseconds).Int64(CpuMicroseconds).Int64(MaxRssBytes);
        if (to.Version >= 2)
            Details.Write(to);
    }

    public static ExecExited Read(ref MessageReader from)
    {
        var exited = new ExecExited(
            from.Guid(), from.UInt64(), (ExecEnd)from.Byte(), from.Int32(), from.Byte(), from.Int64(), from.Int64(), from.Int64());
        return from.Version < 2 ? exited : exited with { Details = ExecDetails.Read(ref from) };
    }
}

/// <summary>
/// The server has everything below <paramref name="Offset"/> on disk, and with <paramref name="Exit"/> the exit too: the agent forgets it.
/// On a new stream the first one has the offset to resume from.
/// </summary>
public readonly record struct ExecAck(Guid Key, ulong Offset, bool Exit)
{
    public void Write(MessageWriter to) => to.Guid(Key).UInt64(Offset).Bool(Exit);

    public static ExecAck Read(ref MessageReader from) => new(from.Guid(), from.UInt64(), from.Bool());
}
