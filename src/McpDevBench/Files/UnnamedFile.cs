using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Files;

/// <summary>
/// A file for what must be complete before it can be used. It has no name once it is open, so nothing is left of it after a crash.
/// </summary>
internal static class UnnamedFile
{
    /// <param name="folder">The server's state folder.</param>
    public static SafeFileHandle Create(string folder)
    {
        var path = Path.Combine(folder, $"upload-{Guid.NewGuid():n}.tmp");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.Asynchronous);
        File.Delete(path);
        return file;
    }
}
