namespace McpDevBench.Agent;

/// <summary>A process, told apart from a later one with the same number by the inode of its directory in /proc.</summary>
internal readonly record struct ProcessId(int Pid, ulong Inode)
{
    /// <summary>1 stands for an inode that could not be made.</summary>
    public bool IsUnique => Inode > 1;
}
