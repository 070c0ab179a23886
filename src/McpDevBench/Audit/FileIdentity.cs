using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Audit;

/// <summary>Which file something is, whatever it is called: what tells a log that was rotated away from the one that now has its name.</summary>
internal readonly partial record struct FileIdentity(uint Major, uint Minor, ulong Inode)
{
    private const int EmptyPath = 0x1000;
    private const uint InodeWanted = 0x100;
    private const int CurrentFolder = -100;

    // The layout of struct statx is the same on every architecture.
    private const int Size = 256, InodeAt = 32, MajorAt = 136, MinorAt = 140;

    /// <returns>Null if nothing is there.</returns>
    public static unsafe FileIdentity? Of(string path)
    {
        var found = stackalloc byte[Size];
        return Statx(CurrentFolder, path, 0, InodeWanted, found) == 0 ? Read(found) : null;
    }

    /// <inheritdoc cref="Of(string)"/>
    public static unsafe FileIdentity? Of(SafeFileHandle file)
    {
        var found = stackalloc byte[Size];
        return Statx((int)file.DangerousGetHandle(), "", EmptyPath, InodeWanted, found) == 0 ? Read(found) : null;
    }

    private static unsafe FileIdentity Read(byte* found) => new(*(uint*)(found + MajorAt), *(uint*)(found + MinorAt), *(ulong*)(found + InodeAt));

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint wanted, byte* found);
}
