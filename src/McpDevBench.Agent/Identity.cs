using System.Buffers.Binary;

namespace McpDevBench.Agent;

/// <summary>
/// The users of a workspace's processes. The agent has one of its own, so that the workload can neither signal it, limit it, slow it down
/// nor look into it. Its threads work on files as the workload's user, and its children become that user.
/// </summary>
/// <param name="Workload">User of the workload.</param>
/// <param name="Group">Its group.</param>
/// <param name="Own">User and group of the agent and of its bridge.</param>
internal sealed unsafe record Identity(uint Workload, uint Group, uint Own)
{
    /// <summary>
    /// What the agent's threads have in effect: to end processes of the workload, and not to wait for it while they end.
    /// </summary>
    private const uint InEffect = 1u << Abi.CAP_KILL | 1u << Abi.CAP_SYS_NICE;

    /// <summary>What they keep besides, to start processes as the workload. A child takes them up before exec, which clears them all.</summary>
    private const uint Kept = InEffect | 1u << Abi.CAP_SETUID | 1u << Abi.CAP_SETGID;

    /// <summary>To empty the bounding set with.</summary>
    private const uint SetPcap = 1u << Abi.CAP_SETPCAP;

    /// <summary>
    /// The agent's first life: from root to the agent's own user, for the exec that follows. The capabilities are ambient, so that every
    /// thread of the second life has them.
    /// </summary>
    /// <returns>False if root lacks a capability for it.</returns>
    public bool Assume()
    {
        OomScore.TakeLowest();
        // A host that refuses it leaves the agent as it is.
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
    /// The agent's second life, before any of its threads is started: what is set here is a thread's own, and every thread that is started
    /// later inherits it. So no work on files can forget whose it is.
    /// </summary>
    /// <returns>False if the first life did not become this user.</returns>
    public bool Adopt()
    {
        uint real, effective, saved;
        if (Libc.getresuid(&real, &effective, &saved) != 0 || real != Own || effective != Own || saved != Own)
            return false;
        // They return what was before, also where they fail; a number that is no user changes nothing.
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
