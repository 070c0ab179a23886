using System.Runtime.InteropServices;

namespace McpDevBench.Storage;

/// <summary>The number of a file in its file system: a copy has another one.</summary>
internal static partial class FileIdentity
{
    private const int CurrentFolder = -100;
    private const uint Inode = 0x100;
    private const int BufferSize = 256, InodeOffset = 32;

    /// <returns>0: it is not there.</returns>
    public static unsafe ulong InodeOf(string path)
    {
        var buffer = stackalloc byte[BufferSize];
        return Statx(CurrentFolder, path, 0, Inode, buffer) == 0 ? *(ulong*)(buffer + InodeOffset) : 0;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* buffer);
}
