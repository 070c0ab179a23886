namespace McpDevBench.Vocabulary;

/// <summary>
/// Folders of a workspace whose files count as memory, by the workspace's memory, in the same unit. Together they have at most seven
/// eighths of it, so that a full one is "no space left", and nothing is killed for it.
/// </summary>
internal static class MemoryFolders
{
    private const int MaxSharedMemoryMb = 64;

    public static long Tmp(long memory) => memory / 2;

    public static long Run(long memory) => memory / 16;

    public static long SharedMemoryBytes(long memoryBytes) => Math.Min((long)MaxSharedMemoryMb << 20, memoryBytes / 8);

    public static long SharedMemoryMb(int memoryMb) => Math.Min(MaxSharedMemoryMb, memoryMb / 8);

    /// <summary>Of what the image declares as volumes, all of them together.</summary>
    public static long Declared(long memory) => memory * 3 / 16;
}
