using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// The mark by which every process of an exec is known, whatever it forked, daemonised or called itself: inherited over fork and exec,
/// and readable from outside. Processes that came in through the container engine have none, and are not touched.
/// </summary>
internal abstract class Marks
{
    /// <summary>A process that has a mark keeps it for its life.</summary>
    public abstract bool AreFixed { get; }

    /// <summary>For the next exec. Under the spawner's lock.</summary>
    public abstract ulong Next();

    /// <summary>The mark of a process; null if it has none, is gone, or belongs to another user.</summary>
    /// <param name="status">To read its status with, if that is where the mark is.</param>
    public abstract ulong? Of(int pid, ProcessStatus status);

    /// <summary>The mark cannot come from any exec that may have processes.</summary>
    public abstract bool IsRogue(ulong mark);

    /// <summary>The exec was ended: no process of it may be alive any more.</summary>
    public abstract void Killed(ulong mark);

    /// <summary>From any thread: the exec is over, or was never started.</summary>
    public virtual void Forget(ulong mark)
    {
    }
}
