using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Observability.Logs;

/// <summary>A file opened with O_APPEND: concurrent writers and truncation leave no hole and no overlap.</summary>
internal sealed partial class AppendFile : IDisposable
{
    // O_RDWR, O_CREAT, O_APPEND, O_CLOEXEC; AT_FDCWD, AT_EMPTY_PATH; STATX_TYPE, _MODE and _INO.
    private const int ReadWrite = 0x2, CreateIfMissing = 0x40, AtTheEnd = 0x400, CloseOnExec = 0x80000;
    private const int CurrentFolder = -100, EmptyPath = 0x1000, TypeModeInode = 0x103;

    /// <summary>Its owner writes, its group may read: a shipper is in the group.</summary>
    private const int Mode = 0x1A0;

    private readonly SafeFileHandle _handle;
    private readonly Identity _identity;

    private AppendFile(SafeFileHandle handle)
    {
        _handle = handle;
        _identity = Look(handle, "", EmptyPath) ?? throw Failure("");
    }

    /// <summary>The part of a <c>statx</c> that identifies a file, or a device.</summary>
    private readonly record struct Identity(uint Major, uint Minor, ulong Inode, ushort Mode);

    /// <summary>No device, pipe or socket: it has a length, and it can be renamed.</summary>
    public bool IsRegular => (_identity.Mode & 0xF000) == 0x8000;

    /// <summary>0 of what has none.</summary>
    public long Length => IsRegular ? RandomAccess.GetLength(_handle) : 0;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public static AppendFile Open(string path)
    {
        var handle = new SafeFileHandle(OpenFile(path, ReadWrite | CreateIfMissing | AtTheEnd | CloseOnExec, Mode), ownsHandle: true);
        return handle.IsInvalid ? throw Failure(path) : new AppendFile(handle);
    }

    /// <summary>All of it, or nothing.</summary>
    /// <param name="before">How long the file was a moment ago.</param>
    public void Append(ReadOnlySpan<byte> bytes, long before)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, before);
        }
        catch when (IsRegular && Length is var after && after > before && after < before + bytes.Length)
        {
            // A full disk took a part of it: remove the incomplete line.
            RandomAccess.SetLength(_handle, before);
            throw;
        }
    }

    /// <summary>Whether the path leads to this file, and not to another one or to none.</summary>
    public bool IsStillAt(string path) => Look(null, path, 0) == _identity;

    /// <summary>The first characters, of a text that has no others than ASCII's.</summary>
    public string Beginning(int length)
    {
        var bytes = new byte[length];
        return Encoding.ASCII.GetString(bytes, 0, RandomAccess.Read(_handle, bytes, 0));
    }

    public void Dispose() => _handle.Dispose();

    private static unsafe Identity? Look(SafeFileHandle? handle, string path, int flags)
    {
        var buffer = stackalloc byte[256];
        if (Statx(handle is null ? CurrentFolder : (int)handle.DangerousGetHandle(), path, flags, TypeModeInode, buffer) != 0)
            return null;
        return new Identity(*(uint*)(buffer + 136), *(uint*)(buffer + 140), *(ulong*)(buffer + 32), *(ushort*)(buffer + 28));
    }

    private static IOException Failure(string path) => new($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* buffer);
}
