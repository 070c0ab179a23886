using System.Buffers.Binary;

namespace McpDevBench.Agent.Linux;

/// <summary>
/// The users of a workspace's processes. The agent has one of its own, so that the workload can neither signal, limit, slow down
/// nor inspect it. Its threads work on files as the workload's user, and its children become that user.
/// </summary>
/// <param name="workload">User of the workload.</param>
/// <param name="group">Its group.</param>
/// <param name="own">User and group of the agent and of its bridge.</param>
internal sealed unsafe class UserIds(uint workload, uint group, uint own)
{
    /// <summary>
    /// In effect in the agent's threads: to kill processes of the workload, and to raise their priority while they end.
    /// </summary>
    private const uint InEffect = 1u << Abi.CAP_KILL | 1u << Abi.CAP_SYS_NICE;

    /// <summary>
    /// Permitted besides, to start processes as the workload. A child makes them effective before exec, which clears them all.
    /// </summary>
    private const uint Kept = InEffect | 1u << Abi.CAP_SETUID | 1u << Abi.CAP_SETGID;

    /// <summary>To empty the bounding set.</summary>
    private const uint SetPcap = 1u << Abi.CAP_SETPCAP;

    public uint Workload => workload;

    public uint Group => group;

    public uint Own => own;

    /// <summary>
    /// Before the agent executes itself: from root to the agent's own user. The capabilities are ambient, so that every thread has them
    /// afterwards.
    /// </summary>
    /// <returns>False if root lacks a capability for it.</returns>
    public bool DropRoot()
    {
        OomScore.TakeLowest();
        // Without CAP_SYS_NICE the priority stays as it is.
        Libc.setpriority(Abi.PRIO_PROCESS, 0, Abi.AgentPriority);
        // Nothing becomes inheritable that is not in the bounding set: this first.
        if (!SetCapabilities(effective: Kept | SetPcap, permitted: Kept | SetPcap, inheritable: Kept))
            return false;
        for (var capability = 0; Libc.prctl(Abi.PR_CAPBSET_READ, (nuint)capability, 0, 0, 0) >= 0; capability++)
        {
            if (Libc.prctl(Abi.PR_CAPBSET_DROP, (nuint)capability, 0, 0, 0) != 0)
                return false;
        }
        if (Libc.prctl(Abi.PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0
            || Libc.setgroups(0, null) != 0
            || Libc.setresgid(Own, Own, Own) != 0
            || Libc.setresuid(Own, Own, Own) != 0
            || !SetCapabilities(effective: Kept, permitted: Kept, inheritable: Kept))
            return false;
        for (var capability = 0; capability < 32; capability++)
        {
            if ((Kept & (1u << capability)) != 0
                && Libc.prctl(Abi.PR_CAP_AMBIENT, Abi.PR_CAP_AMBIENT_RAISE, (nuint)capability, 0, 0) != 0)
                return false;
        }
        return true;
    }

    /// <summary>
    /// After that, before any thread is started: these settings belong to a thread, and later threads inherit them. So all work on files
    /// is done as the workload.
    /// </summary>
    /// <returns>False if <see cref="DropRoot"/> did not become this user.</returns>
    public bool ActAsWorkload()
    {
        uint real, effective, saved;
        if (Libc.getresuid(&real, &effective, &saved) != 0 || real != Own || effective != Own || saved != Own)
            return false;
        // They return what was before, also where they fail; an invalid user id changes nothing.
        _ = Libc.setfsgid(Group);
        _ = Libc.setfsuid(Workload);
        return Libc.setfsgid(uint.MaxValue) == Group
            && Libc.setfsuid(uint.MaxValue) == Workload
            && SetCapabilities(effective: InEffect, permitted: Kept, inheritable: 0);
    }

    private static bool SetCapabilities(uint effective, uint permitted, uint inheritable)
    {
        Span<byte> header = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Abi.LINUX_CAPABILITY_VERSION_3);
        header[4..].Clear();
        Span<byte> sets = stackalloc byte[24];
        sets.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(sets, effective);
        BinaryPrimitives.WriteUInt32LittleEndian(sets[4..], permitted);
        BinaryPrimitives.WriteUInt32LittleEndian(sets[8..], inheritable);
        fixed (byte* version = header, values = sets)
            return Libc.capset(version, values) == 0;
    }
}
