using System.Runtime.InteropServices;

namespace McpDevBench.Agent;

/// <summary>What posix_spawn does in the child: a session of its own, default signals, the working directory and the streams.</summary>
internal sealed unsafe class SpawnPlan : IDisposable
{
    private const int OpaqueSize = 512;

    private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed(2 * OpaqueSize);

    public SpawnPlan(Fd cwd, ExecStreams streams)
    {
        Libc.posix_spawn_file_actions_init(Actions);
        Libc.posix_spawn_file_actions_addfchdir_np(Actions, cwd);
        streams.Plan(Actions);

        Libc.posix_spawnattr_init(Attributes);
        Libc.posix_spawnattr_setflags(Attributes, Abi.POSIX_SPAWN_SETSID | Abi.POSIX_SPAWN_SETSIGDEF | Abi.POSIX_SPAWN_SETSIGMASK);
        var all = new SignalSet { Bits = ulong.MaxValue };
        var none = default(SignalSet);
        Libc.posix_spawnattr_setsigdefault(Attributes, &all);
        Libc.posix_spawnattr_setsigmask(Attributes, &none);
    }

    public byte* Actions => _memory;

    public byte* Attributes => _memory + OpaqueSize;

    public void Dispose()
    {
        Libc.posix_spawn_file_actions_destroy(Actions);
        Libc.posix_spawnattr_destroy(Attributes);
        NativeMemory.Free(_memory);
    }
}
